package dlq

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/cli/target"
)

type redriveCommand struct {
	target.Queues
	console.TextFormat
	filter
	IDs    []string  `arg:"" optional:"" name:"id" help:"Message ids or event ids."`
	All    bool      `help:"All messages that are in the DLQ when the redrive begins."`
	Rate   pace.Rate `default:"20" placeholder:"N/s" help:"Messages per second at most, such as 20, 20/s or 10/m; 0 means no limit (default ${default})."`
	DryRun bool      `name:"dry-run" help:"Only print what would be sent back."`
}

func (redriveCommand) Help() string {
	return `Each message is sent to the events queue as it came, without the attributes that say why it failed, and only then deleted from the dead-letter queue: none is ever lost. A message that fails again during the redrive, and so returns, stays. Ctrl-C finishes the one in hand. Exit code 1 when any message was not sent back.

    fluxa dlq redrive --all --dry-run
    fluxa dlq redrive --all --code database_unavailable --rate 5/s
    fluxa dlq redrive first 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77`
}

func (r redriveCommand) Run(ctx context.Context, c console.Console) error {
	if r.All == (len(r.IDs) > 0) {
		return exit.Usagef("give ids, or --all")
	}
	if r.DLQURL != "" && r.QueueURL == "" && !r.DryRun {
		return exit.Usagef("--dlq-url needs --queue-url, too: where to send the messages back to")
	}
	chosen, err := r.at(c.Now())
	if err != nil {
		return err
	}
	queue, on, err := r.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	on.Tell(c)
	total := int64(len(r.IDs))
	if r.All {
		count, err := queue.Count(ctx)
		if err != nil {
			return err
		}
		total = count.Visible
	}
	progress := console.NewProgress(c.Err, "sent back", "messages", total)
	var problems []string
	result, err := queue.Redrive(ctx, deadletters.Redrive{
		IDs: r.IDs, All: r.All, Filter: chosen, Rate: r.Rate, DryRun: r.DryRun,
		Progress: func(_ deadletters.Letter, err error) {
			if err != nil && len(problems) < 5 {
				problems = append(problems, console.OneLine(err))
			}
			progress.Add(1, 1)
		},
	})
	progress.Done()
	if result.Matched == nil {
		return err // nothing was begun
	}
	for _, p := range problems {
		fmt.Fprintln(c.Err, p)
	}
	if r.Output == "json" {
		err = errors.Join(err, c.JSONLine(struct {
			deadletters.Redriven
			Stack string `json:"stack"`
		}{result, on.Name}))
	} else {
		r.report(c, result)
	}
	if err != nil {
		return err
	}
	if result.Interrupted || result.Failed+result.Doubled > 0 || len(result.Missing) > 0 {
		return exit.ErrSaid
	}
	return nil
}

func (r redriveCommand) report(c console.Console, result deadletters.Redriven) {
	bad := func(format string, args ...any) {
		fmt.Fprintln(c.Out, console.StyleFor(c.Out).Bad(fmt.Sprintf(format, args...)))
	}
	if r.DryRun {
		var matched int64
		for _, n := range result.Matched {
			matched += n
		}
		fmt.Fprintf(c.Out, "would send back %s, nothing was changed\n", console.Number(matched))
		for _, code := range slices.Sorted(maps.Keys(result.Matched)) {
			fmt.Fprintf(c.Out, "  %s  %s\n", console.Number(result.Matched[code]), console.OrDash(code))
		}
	} else {
		fmt.Fprintf(c.Out, "sent back %s\n", console.Number(result.Sent))
	}
	if result.Failed > 0 {
		bad("not sent  %s; they are still in the DLQ", console.Number(result.Failed))
	}
	if result.Doubled > 0 {
		bad("sent, but not deleted  %s; they are in both queues, and the processor skips what it has seen", console.Number(result.Doubled))
	}
	if result.Late > 0 {
		fmt.Fprintf(c.Out, "arrived during the redrive  %s; they stay in the DLQ\n", console.Number(result.Late))
	}
	for _, id := range result.Missing {
		bad("not found  %s", console.Clean(id))
	}
	if result.Interrupted {
		fmt.Fprintln(c.Out, "interrupted: the message in hand was finished, the others are untouched")
	}
	fmt.Fprintf(c.Out, "left: %s\n", counted(result.Left))
}
