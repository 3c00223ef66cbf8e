package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type getCommand struct {
	target.API
	target.Owner
	console.Format
	ID   string        `arg:"" help:"The event's id."`
	Wait time.Duration `placeholder:"DURATION" help:"How long to wait until the event is stored (default: do not wait)."`
}

func (getCommand) Help() string {
	return `Prints it as the API answers it, digit for digit.

    fluxa get 0192f0c1-5b7e-7c3a-9a52-0f6d6f1f2a77
    fluxa get first --wait 30s --output text`
}

func (g getCommand) Run(ctx context.Context, c console.Console) error {
	if g.Wait < 0 {
		return exit.Usagef("--wait is %s, it must not be negative", g.Wait)
	}
	client, _, err := g.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	client = g.Reads(client)
	if g.Wait > 0 {
		status, err := client.WaitForStatus(ctx, g.ID, g.Wait)
		if err != nil {
			return mayBeOnItsWay(err, g.ID, g.Wait)
		}
		if status.State == contract.StatusFailed {
			return exit.Advise(fmt.Errorf("the event %s has failed and is not stored", console.Clean(g.ID)), "`fluxa status "+console.Clean(g.ID)+"` says why")
		}
	}
	event, err := client.Event(ctx, g.ID)
	if err != nil {
		return mayBeOnItsWay(err, g.ID, g.Wait)
	}
	return show(c, event, g.Format)
}

// mayBeOnItsWay adds to a 404 how to wait for an event that was just sent.
func mayBeOnItsWay(err error, id string, waited time.Duration) error {
	if !api.IsNotFound(err) {
		return err
	}
	if waited > 0 {
		return exit.Advise(err, fmt.Sprintf("nothing was seen of it within %s: is the id right, and the stack the one that it was sent to?", console.Duration(waited)))
	}
	return exit.Advise(err, "if it was just sent, it may be on its way: `fluxa status "+console.Clean(id)+" --wait 30s` waits for it")
}

// show writes one JSON object as it is, indented, or as a line a field.
func show(c console.Console, object json.RawMessage, format console.Format) error {
	if format.AsJSON(c) {
		return c.RawJSON(object, "")
	}
	fields, err := fieldsOf(object)
	if err != nil {
		return err
	}
	names := 0
	for _, f := range fields {
		names = max(names, len(console.Clean(f.name)))
	}
	for _, f := range fields {
		fmt.Fprintln(c.Out, c.Wrap(fmt.Sprintf("%-*s  %s", names, console.Clean(f.name), f.text()), names+2))
	}
	return nil
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
