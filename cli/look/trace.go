package look

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/cli/timeline"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/client/poll"
	"github.com/fluxa/fluxa/pkg/contract"
)

type traceCommand struct {
	target.API
	console.Format
	ID    string        `arg:"" help:"An event id, or the correlation id of a request."`
	Wait  time.Duration `placeholder:"DURATION" help:"How long to wait until the event is stored or has failed (default: do not wait)."`
	Since time.Duration `default:"24h" placeholder:"DURATION" help:"With --stage: how far back to search the logs (default ${default})."`
}

func (traceCommand) Help() string {
	return `Tells an event's timeline from the functions' log lines and its status. A correlation id that several events have lists them. Exit code 1 when nothing has the id, or the event has failed.

    fluxa trace first
    fluxa trace first --wait 30s
    fluxa trace checkout-7f3a --stage dev --since 2h -o json`
}

func (t traceCommand) Run(ctx context.Context, c console.Console) (err error) {
	if t.Wait < 0 || t.Since <= 0 {
		return exit.Usagef("--wait must not be negative, and --since must be more than 0")
	}
	client, on, err := t.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	logs, err := on.Logs(c.Now().Add(-t.Since))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	found, err := gather(ctx, c, logs, client, t.ID, t.Wait, interval(on))
	if err != nil {
		return err
	}
	if err := t.print(c, found); err != nil {
		return err
	}
	if !unharmed(found) {
		return exit.ErrSaid
	}
	return nil
}

// unharmed reports whether something is known of the event, and it was neither refused nor
// has it failed.
func unharmed(found timeline.Trace) bool {
	switch {
	case len(found.Others) > 0:
		return true
	case found.Status != nil:
		return found.Status.State != contract.StatusFailed
	}
	return len(found.Steps) > 0 && !refused(found)
}

func refused(found timeline.Trace) bool {
	return found.Status == nil && slices.ContainsFunc(found.Steps, func(s timeline.Step) bool { return s.Kind == "bad" })
}

// eventOf is the id of the event, where the one that was asked for is not a request's.
func eventOf(found timeline.Trace) string {
	if found.Status == nil && !slices.ContainsFunc(found.Entries, func(e activity.Entry) bool { return e.EventID == found.ID }) {
		return ""
	}
	return found.ID
}

func interval(on *target.Stack) time.Duration {
	if on.Local != nil {
		return localInterval
	}
	return stageInterval
}

var errUnsettled = errors.New("it is on its way")

// gather looks again until nothing more is expected, or the time is up.
func gather(ctx context.Context, c console.Console, logs timeline.Logs, client *api.Client, id string, wait, every time.Duration) (found timeline.Trace, err error) {
	err = poll.Until(ctx, every, wait, func() error {
		found = timeline.Gather(ctx, logs, timeline.Reader{Client: client}, id)
		if !found.Settled(c.Now()) {
			return errUnsettled
		}
		return nil
	})
	if errors.Is(err, errUnsettled) {
		err = nil
	}
	return found, err
}

func (t traceCommand) print(c console.Console, found timeline.Trace) error {
	if t.AsJSON(c) {
		return traceJSON(c, found)
	}
	style := console.StyleFor(c.Out)
	for _, failure := range found.Failed {
		fmt.Fprintln(c.Out, style.Bad(console.Clean(failure)))
	}
	if len(found.Others) > 0 {
		fmt.Fprintf(c.Out, "%s have the correlation id %s:\n", console.Count(int64(len(found.Others)), "event"), console.Clean(found.Asked))
		for _, id := range found.Others {
			fmt.Fprintf(c.Out, "  %s\n", console.Clean(id))
		}
		return nil
	}
	if found.Status == nil && len(found.Steps) == 0 {
		fmt.Fprintf(c.Out, "nothing has the id %s; if it was just sent, it may be on its way: --wait 30s\n", console.Clean(found.Asked))
		return nil
	}
	for _, field := range [][2]string{{"event", console.OrDash(eventOf(found))}, {"correlation id", console.OrDash(found.CorrelationID)}, {"status", statusOf(found)}} {
		fmt.Fprintln(c.Out, c.Wrap(fmt.Sprintf("%-14s  %s", field[0], field[1]), 16))
	}
	fmt.Fprintln(c.Out)
	for _, step := range found.Steps {
		paint := map[string]func(string) string{"good": style.Good, "bad": style.Bad}[step.Kind]
		if paint == nil {
			paint = func(text string) string { return text }
		}
		fmt.Fprintln(c.Out, strings.TrimRight(fmt.Sprintf("%s  %s  %s", style.Dim(clock(step.At)), paint(step.Title), style.Dim(step.Since)), " "))
		if step.Detail != "" {
			fmt.Fprintln(c.Out, c.Wrap("              "+console.Clean(step.Detail), 14))
		}
	}
	if len(found.Entries) > 0 {
		fmt.Fprintln(c.Out, "\nlog lines")
	}
	for _, e := range found.Entries {
		fmt.Fprintln(c.Out, lineOf(c, style, e.Function, []byte(e.Raw)))
	}
	return nil
}

// clock is a moment to the millisecond, in UTC as the logs have it.
func clock(at time.Time) string { return at.UTC().Format("15:04:05.000") }

func statusOf(found timeline.Trace) string {
	switch {
	case refused(found):
		return "refused"
	case found.Status == nil:
		return "not seen by the processor"
	}
	text := fmt.Sprintf("%s, %s", console.Clean(found.Status.State), console.Count(int64(found.Status.Attempts), "attempt"))
	if e := found.Status.Error; e != nil {
		text += fmt.Sprintf(", %s: %s", console.Clean(string(e.Code)), console.Clean(e.Reason))
	}
	return text
}

func traceJSON(c console.Console, found timeline.Trace) error {
	lines := []json.RawMessage{}
	for _, e := range found.Entries {
		lines = append(lines, json.RawMessage(e.Raw))
	}
	var status json.RawMessage
	if found.Status != nil {
		status = found.Status.JSON
	}
	return c.JSON(struct {
		EventID       string            `json:"event_id,omitempty"`
		CorrelationID string            `json:"correlation_id,omitempty"`
		Others        []string          `json:"event_ids,omitempty"`
		Status        json.RawMessage   `json:"status"`
		Announced     bool              `json:"announced"`
		Steps         []timeline.Step   `json:"steps"`
		Lines         []json.RawMessage `json:"log_lines"`
		Failed        []string          `json:"failed_to_read,omitempty"`
	}{eventOf(found), found.CorrelationID, found.Others, status, timeline.Announced(found.Entries), found.Steps, lines, found.Failed})
}
