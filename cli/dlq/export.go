package dlq

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/target"
)

type exportCommand struct {
	target.Queues
	filter
	Out string `placeholder:"FILE" help:"New file to write to, readable by its owner only. Default: standard output."`
}

func (exportCommand) Help() string {
	return `Each line is a message with its body and attributes, as in fluxa dlq ls --output json; binary attributes are in base64. Nothing is taken off the queue. Messages that are in flight are left out.

    fluxa dlq export --out letters.ndjson
    fluxa dlq export --code invalid_event | jq -r .event_id`
}

func (e exportCommand) Run(ctx context.Context, c console.Console) (err error) {
	chosen, err := e.at(c.Now())
	if err != nil {
		return err
	}
	queue, _, err := e.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	count, err := queue.Count(ctx)
	if err != nil {
		return err
	}
	var out io.Writer = c.Out
	if e.Out != "" {
		file, err := os.OpenFile(e.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("make the file to export to: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	buffered := bufio.NewWriter(out)
	lines := json.NewEncoder(console.Escaping(buffered))
	lines.SetEscapeHTML(false)
	progress := console.NewProgress(c.Err, "exported", "messages", count.Visible)
	written := int64(0)
	err = queue.Export(ctx, chosen, func(l deadletters.Letter) error {
		written++
		progress.Add(1, 1)
		return lines.Encode(l)
	})
	err = errors.Join(err, buffered.Flush())
	progress.Done()
	fmt.Fprintf(c.Err, "exported %s of %s\n", console.Number(written), counted(count))
	return err
}
