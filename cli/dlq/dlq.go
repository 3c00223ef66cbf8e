// Package dlq holds the commands that look after the dead-letter queue.
package dlq

import (
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
)

// Commands are the commands of this group.
type Commands struct {
	Ls      lsCommand      `cmd:"" help:"List dead letters with their reasons."`
	Show    showCommand    `cmd:"" help:"Show the dead letters of one id in full."`
	Redrive redriveCommand `cmd:"" help:"Send dead letters back to the events queue."`
	Edit    editCommand    `cmd:"" help:"Edit the payload of a dead letter and send it back."`
	Export  exportCommand  `cmd:"" help:"Write dead letters as lines of JSON."`
	Delete  deleteCommand  `cmd:"" help:"Delete chosen dead letters permanently."`
	Purge   purgeCommand   `cmd:"" help:"Delete all dead letters permanently."`
}

// filter chooses dead letters.
type filter struct {
	Code      []string      `placeholder:"CODE" help:"Only those with this error code; - for messages that SQS itself moved. May be given several times."`
	OlderThan time.Duration `placeholder:"DURATION" help:"Only those that were sent longer ago, such as 90m."`
	Client    string        `placeholder:"NAME" help:"Only those of this client."`
	NewerThan time.Duration `placeholder:"DURATION" help:"Only those that were sent later than so long ago, such as 24h."`
}

func (f filter) any() bool {
	return len(f.Code) > 0 || f.OlderThan != 0 || f.NewerThan != 0 || f.Client != ""
}

func (f filter) at(now time.Time) (deadletters.Filter, error) {
	out := deadletters.Filter{Codes: f.Code, Client: f.Client}
	if f.OlderThan < 0 || f.NewerThan < 0 {
		return out, exit.Usagef("--older-than and --newer-than must not be negative")
	}
	if f.OlderThan > 0 {
		out.Before = now.Add(-f.OlderThan)
	}
	if f.NewerThan > 0 {
		out.After = now.Add(-f.NewerThan)
	}
	if f.OlderThan > 0 && f.NewerThan > 0 && f.OlderThan >= f.NewerThan {
		return out, exit.Usagef("--older-than %s and --newer-than %s leave no time between them", f.OlderThan, f.NewerThan)
	}
	return out, nil
}

func lettersJSON(c console.Console, letters []deadletters.Letter) error {
	if letters == nil {
		letters = []deadletters.Letter{}
	}
	return c.JSON(struct {
		Messages []deadletters.Letter `json:"messages"`
	}{letters})
}

func counted(c deadletters.Count) string {
	text := console.Number(c.Total()) + " in the DLQ"
	if c.InFlight+c.Delayed > 0 {
		text += fmt.Sprintf(", %s of them in flight", console.Number(c.InFlight+c.Delayed))
	}
	return text
}

// reasonOf says why a message is there. One without a reason was not rejected by
// the processor: SQS moved it.
func reasonOf(l deadletters.Letter) string {
	if l.ErrorCode == "" && l.ErrorReason == "" {
		return "moved by SQS after its last receive"
	}
	return console.Clean(l.ErrorReason)
}

func age(c console.Console, at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return console.Duration(max(0, c.Now().Sub(at)).Truncate(time.Second))
}
