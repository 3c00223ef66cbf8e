package dlq

import (
	"context"
	"fmt"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/target"
)

type purgeCommand struct {
	target.Queues
	Yes    bool `short:"y" help:"Delete. Without it only the number of messages is printed."`
	DryRun bool `name:"dry-run" help:"Only print the number, even with --yes."`
}

func (purgeCommand) Help() string {
	return `It cannot be undone: export them first. SQS refuses a second purge within a minute.

    fluxa dlq purge
    fluxa dlq purge --yes`
}

func (p purgeCommand) Run(ctx context.Context, c console.Console) error {
	queue, on, err := p.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	on.Tell(c)
	count, err := queue.Count(ctx)
	if err != nil {
		return err
	}
	if !p.Yes || p.DryRun {
		fmt.Fprintf(c.Out, "%s; nothing was deleted, --yes deletes them permanently\n", counted(count))
		return nil
	}
	if err := queue.Purge(ctx); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "the DLQ is purged: it had %s; on AWS it takes up to a minute\n", console.Count(count.Total(), "message"))
	return nil
}
