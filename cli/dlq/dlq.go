// Package dlq holds the commands that look after the dead-letter queue.
package dlq

import (
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
)

// Commands are the commands of this group.
type Commands struct {
	Ls      lsCommand      `cmd:"" help:"List dead letters with their reasons."`
	Show    showCommand    `cmd:"" help:"Show the dead letters of one id in full."`
	Redrive redriveCommand `cmd:"" help:"Send dead letters back to the events queue."`
	Purge   purgeCommand   `cmd:"" help:"Delete all dead letters permanently."`
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
