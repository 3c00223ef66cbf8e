package dlq

import (
	"context"
	"fmt"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
)

type deleteCommand struct {
	target.Queues
	console.TextFormat
	filter
	IDs []string `arg:"" optional:"" name:"id" help:"Message ids or event ids."`
	Yes bool     `short:"y" help:"Delete. Without it only what would be deleted is counted."`
}

func (deleteCommand) Help() string {
	return `Deletes the dead letters of these ids, or all that the filters choose. It cannot be undone: export them first. Ctrl-C finishes the one in hand. Exit code 1 when any message was not deleted.

    fluxa dlq delete 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77 --yes
    fluxa dlq delete --code invalid_event --older-than 72h`
}

func (d deleteCommand) Run(ctx context.Context, c console.Console) error {
	if len(d.IDs) == 0 && !d.any() {
		return exit.Usagef("give ids, or --code, --older-than or --newer-than; `fluxa dlq purge` deletes all")
	}
	chosen, err := d.at(c.Now())
	if err != nil {
		return err
	}
	queue, on, err := d.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	on.Tell(c)
	if !d.Yes {
		would, err := queue.Redrive(ctx, deadletters.Redrive{IDs: d.IDs, All: len(d.IDs) == 0, Filter: chosen, DryRun: true})
		if err != nil {
			return err
		}
		var matched int64
		for _, n := range would.Matched {
			matched += n
		}
		fmt.Fprintf(c.Out, "would delete %s; nothing was deleted, --yes deletes them permanently\n", console.Count(matched, "message"))
		return nil
	}
	count, err := queue.Count(ctx)
	if err != nil {
		return err
	}
	progress := console.NewProgress(c.Err, "deleted", "messages", count.Visible)
	result, err := queue.Delete(ctx, d.IDs, chosen, func(deadletters.Letter, error) { progress.Add(1, 1) })
	progress.Done()
	if d.Output == "json" {
		if err := c.JSONLine(struct {
			deadletters.Deleted
			Stack string `json:"stack"`
		}{result, on.Name}); err != nil {
			return err
		}
	} else {
		d.report(c, result)
	}
	if err != nil {
		return err
	}
	if result.Interrupted || len(result.Missing) > 0 {
		return exit.ErrSaid
	}
	return nil
}

func (deleteCommand) report(c console.Console, result deadletters.Deleted) {
	bad := func(format string, args ...any) {
		fmt.Fprintln(c.Out, console.StyleFor(c.Out).Bad(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(c.Out, "deleted %s\n", console.Number(result.Deleted))
	if result.Failed > 0 {
		bad("not deleted  %s; they may still be in the DLQ", console.Number(result.Failed))
	}
	for _, id := range result.Missing {
		bad("not found  %s", console.Clean(id))
	}
	if result.Interrupted {
		fmt.Fprintln(c.Out, "interrupted: the message in hand was finished, the others are untouched")
	}
	fmt.Fprintf(c.Out, "left: %s\n", counted(result.Left))
}
