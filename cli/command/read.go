package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/fluxa/fluxa/cli/api"
	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/pkg/contract"
)

type getCommand struct {
	target
	format
	ID string `arg:"" help:"The event's id."`
}

func (getCommand) Help() string { return getHelp }

func (c getCommand) Run(ctx context.Context, a *app) error {
	client, _, err := c.client(nil)
	if err != nil {
		return err
	}
	event, err := client.Event(ctx, c.ID)
	if err != nil {
		return err
	}
	return a.show(event, c.Output)
}

type statusCommand struct {
	target
	format
	ID   string        `arg:"" help:"The event's id."`
	Wait time.Duration `help:"Wait so long for the event to be processed or given up (default: do not wait)."`
}

func (statusCommand) Help() string { return statusHelp }

func (c statusCommand) Run(ctx context.Context, a *app) error {
	if c.Wait < 0 {
		return usagef("--wait is %s, it must not be negative", c.Wait)
	}
	client, _, err := c.client(nil)
	if err != nil {
		return err
	}
	status, err := client.WaitForStatus(ctx, c.ID, c.Wait)
	if err != nil {
		return err
	}
	if err := a.show(status.JSON, c.Output); err != nil {
		return err
	}
	if status.State == api.GivenUp || (c.Wait > 0 && status.State != api.Processed) {
		return errQuiet
	}
	return nil
}

// show writes one JSON object as it is, indented, or as a line a field.
func (a *app) show(object json.RawMessage, output string) error {
	if output == "json" {
		return writeIndented(a.Out, object, "")
	}
	fields, err := fieldsOf(object)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		fmt.Fprintf(table, "%s\t%s\n", console.Clean(f.name), f.text())
	}
	return table.Flush()
}

// writeIndented keeps every digit: it moves white space, and reads no number.
func writeIndented(w io.Writer, object json.RawMessage, prefix string) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, object, prefix, "  "); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	indented.WriteByte('\n')
	_, err := indented.WriteTo(w)
	return err
}

type field struct {
	name  string
	value json.RawMessage
}

// fieldsOf returns the fields of an object in their order.
func fieldsOf(object json.RawMessage) ([]field, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.Join(errors.New("the answer is not a JSON object"), err)
	}
	var out []field
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("the answer is not JSON: %w", err)
		}
		f := field{name: fmt.Sprint(name)}
		if err := decoder.Decode(&f.value); err != nil {
			return nil, fmt.Errorf("the answer is not JSON: %w", err)
		}
		out = append(out, f)
	}
	return out, nil
}

// text returns a string without its quotes, anything else as it is written.
func (f field) text() string {
	var s string
	if json.Unmarshal(f.value, &s) == nil {
		return console.Clean(s)
	}
	return console.Clean(string(f.value))
}

type listCommand struct {
	target
	format
	UserID string `name:"user-id" required:"" placeholder:"ID" help:"Whose events."`
	From   string `placeholder:"TIME" help:"Not before this time, RFC 3339."`
	To     string `placeholder:"TIME" help:"Before this time, RFC 3339."`
	Limit  int    `placeholder:"N" help:"Events of a page, 1 to ${page_limit} (default ${page_default})."`
	Cursor string `help:"Where the page before ended: its next_cursor."`
	All    bool   `help:"Follow the pages to the last."`
}

func (listCommand) Help() string { return listHelp }

func (c listCommand) Run(ctx context.Context, a *app) error {
	if c.Limit < 0 || c.Limit > contract.PageLimit {
		return usagef("--limit is %d, it must be 1 to %d", c.Limit, contract.PageLimit)
	}
	client, _, err := c.client(nil)
	if err != nil {
		return err
	}
	request := api.PageRequest{UserID: c.UserID, From: c.From, To: c.To, Limit: c.Limit, Cursor: c.Cursor}
	if c.All && c.Limit == 0 {
		request.Limit = contract.PageLimit
	}
	writer := newEventWriter(a.Out, c.Output)
	for {
		page, err := client.Page(ctx, request)
		if err != nil {
			return err
		}
		for _, event := range page.Events {
			if err := writer.write(event); err != nil {
				return err
			}
		}
		if request.Cursor = page.NextCursor; request.Cursor == "" || !c.All {
			return writer.end(request.Cursor)
		}
	}
}

// eventWriter writes events as they come, so that no more than a page is held:
// one JSON document, or a table.
type eventWriter struct {
	out    io.Writer
	table  *tabwriter.Writer // nil for JSON
	events int
}

func newEventWriter(out io.Writer, output string) *eventWriter {
	w := &eventWriter{out: out}
	if output == "text" {
		w.table = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	}
	return w
}

func (w *eventWriter) write(event json.RawMessage) error {
	w.events++
	if w.table != nil {
		return w.row(event)
	}
	separator := ",\n    "
	if w.events == 1 {
		separator = "{\n  \"events\": [\n    "
	}
	var indented bytes.Buffer
	indented.WriteString(separator)
	if err := json.Indent(&indented, event, "    ", "  "); err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	_, err := indented.WriteTo(w.out)
	return err
}

func (w *eventWriter) row(event json.RawMessage) error {
	fields, err := fieldsOf(event)
	if err != nil {
		return err
	}
	text := map[string]string{}
	for _, f := range fields {
		text[f.name] = f.text()
	}
	if w.events == 1 {
		fmt.Fprintln(w.table, "TIMESTAMP\tEVENT ID\tAMOUNT\tCURRENCY\tMERCHANT")
	}
	fmt.Fprintf(w.table, "%s\t%s\t%s\t%s\t%s\n", text["timestamp"], text["event_id"], text["amount"], text["currency"], console.Fit(text["merchant"], 40))
	return nil
}

func (w *eventWriter) end(cursor string) error {
	if w.table != nil {
		if err := w.table.Flush(); err != nil {
			return err
		}
		switch {
		case w.events == 0:
			fmt.Fprintln(w.out, "no events")
		case cursor != "":
			fmt.Fprintf(w.out, "there are more: --all, or --cursor %s\n", console.Clean(cursor))
		}
		return nil
	}
	if w.events == 0 {
		fmt.Fprint(w.out, "{\n  \"events\": [")
	} else {
		fmt.Fprint(w.out, "\n  ")
	}
	fmt.Fprint(w.out, "]")
	if cursor != "" {
		quoted, err := json.Marshal(cursor)
		if err != nil {
			return fmt.Errorf("encode the cursor: %w", err)
		}
		fmt.Fprintf(w.out, ",\n  \"next_cursor\": %s", quoted)
	}
	_, err := fmt.Fprintln(w.out, "\n}")
	return err
}
