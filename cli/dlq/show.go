package dlq

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/pkg/contract"
)

type showCommand struct {
	target.Queues
	console.Format
	ID string `arg:"" help:"A message id, or an event id."`
}

func (showCommand) Help() string {
	return `Prints attributes and body of each. The body is the payload as it was sent.

    fluxa dlq show 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77`
}

func (s showCommand) Run(ctx context.Context, c console.Console) error {
	queue, _, err := s.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	letters, err := queue.Find(ctx, s.ID)
	if err != nil {
		return err
	}
	if s.AsJSON(c) {
		return lettersJSON(c, letters)
	}
	for i, l := range letters {
		if i > 0 {
			fmt.Fprintln(c.Out)
		}
		if err := show(c, l); err != nil {
			return err
		}
	}
	return nil
}

func show(c console.Console, l deadletters.Letter) error {
	table := c.Table()
	fmt.Fprintf(table, "message id\t%s\n", l.MessageID)
	fmt.Fprintf(table, "event id\t%s\n", console.OrDash(l.EventID))
	fmt.Fprintf(table, "correlation id\t%s\n", console.OrDash(l.CorrelationID))
	fmt.Fprintf(table, "error code\t%s\n", console.OrDash(l.ErrorCode))
	fmt.Fprintf(table, "reason\t%s\n", reasonOf(l))
	fmt.Fprintf(table, "sent\t%s, %s ago\n", l.SentAt.Format(time.RFC3339), age(c, l.SentAt))
	fmt.Fprintf(table, "receives\t%d\n", l.Receives)
	for _, name := range slices.Sorted(maps.Keys(l.Attributes)) {
		switch name {
		case contract.AttrEventID, contract.AttrCorrelationID, contract.AttrErrorCode, contract.AttrErrorReason:
			continue // shown above
		}
		fmt.Fprintf(table, "attribute %s\t%s\n", console.Clean(name), console.Clean(l.Attributes[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(l.BinaryAttributes)) {
		fmt.Fprintf(table, "attribute %s\t%s, binary\n", console.Clean(name), console.Count(int64(len(l.BinaryAttributes[name])), "byte"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(c.Out, "body")
	if json.Valid([]byte(l.Body)) {
		fmt.Fprint(c.Out, "  ")
		return c.RawJSON(json.RawMessage(l.Body), "  ")
	}
	for line := range strings.Lines(l.Body) {
		fmt.Fprintf(c.Out, "  %s\n", console.Clean(strings.TrimRight(line, "\r\n")))
	}
	return nil
}
