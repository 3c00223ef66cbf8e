package events

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type failuresCommand struct {
	target.API
	target.Owner
	console.Format
	Processing bool     `help:"List what is under way in place of what failed: a try of it failed, and another will follow."`
	From       string   `placeholder:"TIME" help:"First seen not before this time, RFC 3339."`
	To         string   `placeholder:"TIME" help:"First seen before this time, RFC 3339."`
	Code       []string `placeholder:"CODE" help:"Only those with this error code. May be given several times."`
	Limit      int      `default:"100" placeholder:"N" help:"The most events to list (default ${default})."`
}

func (failuresCommand) Help() string {
	return `Newest first, by when the processor saw them first. What failed is in the DLQ too, for 14 days: fluxa dlq sends it back.

    fluxa failures
    fluxa failures --processing --output text
    fluxa failures --from 2026-01-31T00:00:00Z --code hash_mismatch`
}

func (f failuresCommand) Run(ctx context.Context, c console.Console) error {
	if f.Limit < 1 {
		return exit.Usagef("--limit is %d, it must be at least 1", f.Limit)
	}
	client, _, err := f.Client(ctx, api.Config{})
	if err != nil {
		return err
	}
	state := contract.StatusFailed
	if f.Processing {
		state = contract.StatusProcessing
	}
	var found []api.Status
	more := false
	for status, err := range f.Reads(client).Unfinished(ctx, state, api.PageRequest{From: f.From, To: f.To, Limit: min(f.Limit+1, contract.PageLimit)}) {
		if err != nil {
			return err
		}
		if len(f.Code) > 0 && (status.Error == nil || !slices.Contains(f.Code, string(status.Error.Code))) {
			continue
		}
		if more = len(found) == f.Limit; more {
			break
		}
		found = append(found, status)
	}
	if !f.AsJSON(c) {
		return f.table(c, state, found, more)
	}
	lines := []json.RawMessage{}
	for _, status := range found {
		lines = append(lines, status.JSON)
	}
	return c.JSON(struct {
		Statuses []json.RawMessage `json:"statuses"`
		More     bool              `json:"more"`
	}{lines, more})
}

func (f failuresCommand) table(c console.Console, state string, found []api.Status, more bool) error {
	if len(found) == 0 {
		fmt.Fprintf(c.Out, "no events are %s\n", state)
		return nil
	}
	byCode := map[string]int{}
	table := c.Rows(4, "FIRST SEEN", "EVENT ID", "ERROR CODE", "ATTEMPTS", "REASON")
	for _, s := range found {
		code, reason := "", ""
		if s.Error != nil {
			code, reason = string(s.Error.Code), s.Error.Reason
		}
		byCode[console.OrDash(console.Clean(code))]++
		table.Add(s.FirstSeenAt.UTC().Format("2006-01-02T15:04:05Z"), console.Clean(s.EventID), console.OrDash(console.Clean(code)), strconv.Itoa(s.Attempts), console.Fit(console.Clean(reason), 80))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	var counts []string
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		counts = append(counts, fmt.Sprintf("%d × %s", byCode[code], code))
	}
	fmt.Fprintf(c.Out, "%s: %s\n", console.Count(int64(len(found)), "event"), strings.Join(counts, ", "))
	if more {
		fmt.Fprintln(c.Out, "there are more: --limit, or narrow them by --from, --to and --code")
	}
	return nil
}
