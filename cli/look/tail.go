package look

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
)

type tailCommand struct {
	target.Functions
	console.Format
	State []string      `placeholder:"STATE" help:"Only events in this state: accepted, refused, stored, duplicate, retried or \"in the DLQ\". May be given several times."`
	Since time.Duration `default:"1m" placeholder:"DURATION" help:"Begin with what happened so long ago (default ${default})."`
}

func (tailCommand) Help() string {
	return `A line for each event whenever its state changes, until Ctrl-C. Of more than a hundred events of a function between two looks the last hundred are shown, and all of them in the logs.

    fluxa events tail
    fluxa events tail --state retried --state "in the DLQ"
    fluxa events tail --stage dev -o json | jq .event_id`
}

func (t tailCommand) Run(ctx context.Context, c console.Console) (err error) {
	if t.Since <= 0 {
		return exit.Usagef("--since is %s, it must be more than 0", t.Since)
	}
	on, err := t.Find(ctx)
	if err != nil {
		return err
	}
	since := c.Now().Add(-t.Since)
	logs, err := on.Logs(since)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	style, seen := console.StyleFor(c.Out), activity.New()
	known := map[activity.Event]bool{}
	for {
		if err := logs.Next(ctx, seen.Take); err != nil && ctx.Err() == nil {
			return err
		}
		seen.Settle()
		events := seen.Events(1 << 10)
		slices.SortStableFunc(events, func(a, b activity.Event) int { return a.At.Compare(b.At) })
		now := map[activity.Event]bool{}
		for _, e := range events {
			now[e] = true
			if !known[e] && !e.At.Before(since) && (len(t.State) == 0 || slices.Contains(t.State, e.State)) {
				if err := t.print(c, style, e); err != nil {
					return err
				}
			}
		}
		known = now
		select {
		case <-ctx.Done():
			return exit.ErrSaid // the person has seen enough
		case <-time.After(interval(on)):
		}
	}
}

func (t tailCommand) print(c console.Console, style console.Style, e activity.Event) error {
	if t.AsJSON(c) {
		return c.JSONLine(struct {
			At            time.Time `json:"at"`
			EventID       string    `json:"event_id,omitempty"`
			CorrelationID string    `json:"correlation_id,omitempty"`
			State         string    `json:"state"`
			ErrorCode     string    `json:"error_code,omitempty"`
			Deliveries    int       `json:"deliveries,omitempty"`
			EndToEndMS    float64   `json:"end_to_end_ms,omitempty"`
			Announced     bool      `json:"announced,omitempty"`
		}{e.At, e.ID, e.CorrelationID, e.State, e.ErrorCode, e.Deliveries, e.EndToEndMS, e.Announced})
	}
	state := fmt.Sprintf("%-10s", e.State)
	switch e.State {
	case activity.Stored:
		state = style.Good(state)
	case activity.Refused, activity.DeadLettered:
		state = style.Bad(state)
	}
	text := fmt.Sprintf("%s %s %s", style.Dim(clock(e.At)), state, console.OrDash(e.ID))
	if e.EndToEndMS > 0 {
		text += " after " + console.Duration(time.Duration(e.EndToEndMS*float64(time.Millisecond)))
	}
	if e.ErrorCode != "" {
		text += " " + console.Clean(e.ErrorCode)
	}
	if e.Deliveries > 1 {
		text += fmt.Sprintf(" try %d", e.Deliveries)
	}
	_, err := fmt.Fprintln(c.Out, c.Wrap(text, 13))
	return err
}
