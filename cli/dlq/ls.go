package dlq

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
)

type lsCommand struct {
	target.Queues
	console.Format
	filter
	Limit int `default:"20" placeholder:"N" help:"How many to list at most (default ${default})."`
}

func (lsCommand) Help() string {
	return `Receives messages for a moment and gives them back at once; each look counts as a receive.

    fluxa dlq ls
    fluxa dlq ls --code hash_mismatch --newer-than 24h
    fluxa dlq ls --limit 100 --output json`
}

func (l lsCommand) Run(ctx context.Context, c console.Console) error {
	if l.Limit < 1 {
		return exit.Usagef("--limit is %d, it must be at least 1", l.Limit)
	}
	chosen, err := l.at(c.Now())
	if err != nil {
		return err
	}
	queue, _, err := l.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	count, err := queue.Count(ctx)
	if err != nil {
		return err
	}
	letters, err := queue.List(ctx, chosen, l.Limit)
	if err != nil {
		return err
	}
	slices.SortFunc(letters, func(x, y deadletters.Letter) int {
		return cmp.Or(x.SentAt.Compare(y.SentAt), cmp.Compare(x.MessageID, y.MessageID))
	})
	switch {
	case l.AsJSON(c):
		return lettersJSON(c, letters)
	case len(letters) > 0:
		return table(c, letters, count)
	case count.Total() == 0:
		fmt.Fprintln(c.Out, "the DLQ is empty")
	case l.any():
		fmt.Fprintf(c.Out, "none of these: %s\n", counted(count))
	default:
		fmt.Fprintf(c.Out, "nothing can be received now: %s\n", counted(count))
	}
	return nil
}

func table(c console.Console, letters []deadletters.Letter, count deadletters.Count) error {
	table := c.Rows(5, "MESSAGE ID", "EVENT ID", "ERROR CODE", "AGE", "RECEIVES", "REASON")
	for _, l := range letters {
		table.Add(l.MessageID, console.OrDash(l.EventID), console.OrDash(l.ErrorCode), age(c, l.SentAt), strconv.Itoa(l.Receives),
			console.Fit(reasonOf(l), 80))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "%d of %s\n", len(letters), counted(count))
	return nil
}
