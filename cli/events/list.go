package events

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type listCommand struct {
	target.API
	target.Owner
	console.Format
	UserID string `name:"user-id" required:"" placeholder:"ID" help:"Whose events."`
	From   string `placeholder:"TIME" help:"Not before this time, RFC 3339."`
	To     string `placeholder:"TIME" help:"Before this time, RFC 3339."`
	Limit  int    `placeholder:"N" help:"Events of a page, 1 to ${page_limit} (default ${page_default})."`
	Cursor string `help:"The next_cursor of the page before."`
	All    bool   `help:"List every page."`
}

func (listCommand) Help() string {
	return `The metadata of an event whose payload is in S3 is left out; fluxa get shows it.

    fluxa list --user-id ada --limit 10
    fluxa list --user-id ada --from 2026-01-01T00:00:00Z --all --output text`
}

func (l listCommand) Run(ctx context.Context, c console.Console) error {
	if l.Limit < 0 || l.Limit > contract.PageLimit {
		return exit.Usagef("--limit is %d, it must be 1 to %d", l.Limit, contract.PageLimit)
	}
	client, _, err := l.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	client = l.Reads(client)
	request := api.PageRequest{UserID: l.UserID, From: l.From, To: l.To, Limit: l.Limit, Cursor: l.Cursor}
	if l.All && l.Limit == 0 {
		request.Limit = contract.PageLimit
	}
	var found api.Page
	if l.All {
		for event, err := range client.Events(ctx, request) {
			if err != nil {
				return err
			}
			found.Events = append(found.Events, event)
		}
	} else if found, err = client.Page(ctx, request); err != nil {
		return err
	}
	if !l.AsJSON(c) {
		return table(c, found.Events, found.NextCursor)
	}
	if found.Events == nil {
		found.Events = []json.RawMessage{}
	}
	return c.JSON(found)
}

func table(c console.Console, events []json.RawMessage, cursor string) error {
	if len(events) == 0 {
		fmt.Fprintln(c.Out, "no events")
		return nil
	}
	table := c.Rows(4, "TIMESTAMP", "EVENT ID", "AMOUNT", "CURRENCY", "MERCHANT")
	for _, event := range events {
		fields, err := fieldsOf(event)
		if err != nil {
			return err
		}
		text := map[string]string{}
		for _, f := range fields {
			text[f.name] = f.text()
		}
		table.Add(text["timestamp"], text["event_id"], text["amount"], text["currency"], console.Fit(text["merchant"], 40))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if cursor != "" {
		fmt.Fprintf(c.Out, "there are more: --all, or --cursor %s\n", console.Clean(cursor))
	}
	return nil
}
