package look

import (
	"context"
	"fmt"
	"io"

	"github.com/cli/browser"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
)

type openCommand struct {
	target.API
	What  string `arg:"" optional:"" enum:"console,api" default:"console" help:"console (of the local stack) or api (default ${default})."`
	Print bool   `help:"Only print the address."`
}

func (openCommand) Help() string {
	return `Prints the address, and on a terminal opens it in the browser. A deployed stage has its API alone: fluxa console serves its console.

    fluxa open
    fluxa open api --stage dev`
}

func (o openCommand) Run(ctx context.Context, c console.Console) error {
	_, on, err := o.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	address := on.Endpoint
	if o.What == "console" {
		if on.Stage != "" {
			return fmt.Errorf("%s has no console of its own: `fluxa console %s` serves one here", on.Name, on.Flags())
		}
		if on.Local == nil || on.Local.ConsoleURL == "" {
			return fmt.Errorf("%s has no console of its own: `fluxa open api` opens its API", on.Name)
		}
		address = on.Local.ConsoleURL
	}
	return inBrowser(c, address, o.Print)
}

// inBrowser prints an address, and on a terminal opens it.
func inBrowser(c console.Console, address string, onlyPrint bool) error {
	fmt.Fprintln(c.Out, address)
	if onlyPrint || !console.IsTerminal(c.Out) {
		return nil
	}
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	if err := browser.OpenURL(address); err != nil {
		return fmt.Errorf("no browser was found: open the address yourself: %w", err)
	}
	return nil
}
