package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
)

type getCommand struct {
	target.API
	target.Owner
	console.Format
	ID string `arg:"" help:"The event's id."`
}

func (getCommand) Help() string {
	return `    fluxa get 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77
    fluxa get first --output text`
}

func (g getCommand) Run(ctx context.Context, c console.Console) error {
	client, _, err := g.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	event, err := g.Reads(client).Event(ctx, g.ID)
	if err != nil {
		return err
	}
	return show(c, event, g.Output)
}

// show writes one JSON object as it is, indented, or as a line a field.
func show(c console.Console, object json.RawMessage, output string) error {
	if output == "json" {
		return c.RawJSON(object, "")
	}
	fields, err := fieldsOf(object)
	if err != nil {
		return err
	}
	table := c.Table()
	for _, f := range fields {
		fmt.Fprintf(table, "%s\t%s\n", console.Clean(f.name), f.text())
	}
	return table.Flush()
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
