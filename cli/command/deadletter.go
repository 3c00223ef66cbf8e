package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/pkg/contract"
)

type dlqLsCommand struct {
	queueTarget
	textFormat
	Limit int `default:"20" placeholder:"N" help:"How many to list at most (default ${default})."`
}

func (dlqLsCommand) Help() string { return dlqLsHelp }

func (c dlqLsCommand) Run(ctx context.Context, a *app) error {
	if c.Limit < 1 {
		return usagef("--limit is %d, it must be at least 1", c.Limit)
	}
	queue, err := c.queues(ctx, a.logger())
	if err != nil {
		return err
	}
	count, err := queue.Count(ctx)
	if err != nil {
		return err
	}
	letters, err := queue.List(ctx, c.Limit)
	if err != nil {
		return err
	}
	slices.SortFunc(letters, func(x, y deadletters.Letter) int {
		return cmp.Or(x.SentAt.Compare(y.SentAt), cmp.Compare(x.MessageID, y.MessageID))
	})
	if c.Output == "json" {
		return a.lettersJSON(letters)
	}
	return a.letterTable(letters, count)
}

func (a *app) lettersJSON(letters []deadletters.Letter) error {
	if letters == nil {
		letters = []deadletters.Letter{}
	}
	encoder := json.NewEncoder(a.Out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		Messages []deadletters.Letter `json:"messages"`
	}{letters})
}

func (a *app) letterTable(letters []deadletters.Letter, count deadletters.Count) error {
	if len(letters) == 0 {
		switch {
		case count.Total() == 0:
			fmt.Fprintln(a.Out, "the DLQ is empty")
		default:
			fmt.Fprintf(a.Out, "nothing can be received now: %s\n", counted(count))
		}
		return nil
	}
	table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MESSAGE ID\tEVENT ID\tERROR CODE\tAGE\tRECEIVES\tREASON")
	for _, l := range letters {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", l.MessageID, orDash(l.EventID), orDash(l.ErrorCode), a.age(l.SentAt), l.Receives,
			console.Fit(reasonOf(l), 80))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "%d of %s\n", len(letters), counted(count))
	return nil
}

func counted(c deadletters.Count) string {
	text := console.Number(c.Total()) + " in the DLQ"
	if c.InFlight+c.Delayed > 0 {
		text += fmt.Sprintf(", %s of them held by somebody", console.Number(c.InFlight+c.Delayed))
	}
	return text
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return console.Clean(text)
}

// reasonOf says why a message is there. One without a reason was not given up by
// the processor: SQS moved it.
func reasonOf(l deadletters.Letter) string {
	if l.ErrorCode == "" && l.ErrorReason == "" {
		return "moved by SQS after its last receive"
	}
	return console.Clean(l.ErrorReason)
}

func (a *app) age(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return console.Duration(max(0, a.Now().Sub(at)).Truncate(time.Second))
}

type dlqShowCommand struct {
	queueTarget
	textFormat
	ID string `arg:"" help:"A message id, or an event id."`
}

func (dlqShowCommand) Help() string { return dlqShowHelp }

func (c dlqShowCommand) Run(ctx context.Context, a *app) error {
	queue, err := c.queues(ctx, a.logger())
	if err != nil {
		return err
	}
	letters, err := queue.Find(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return a.lettersJSON(letters)
	}
	for i, l := range letters {
		if i > 0 {
			fmt.Fprintln(a.Out)
		}
		if err := a.letter(l); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) letter(l deadletters.Letter) error {
	table := tabwriter.NewWriter(a.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "message id\t%s\n", l.MessageID)
	fmt.Fprintf(table, "event id\t%s\n", orDash(l.EventID))
	fmt.Fprintf(table, "correlation id\t%s\n", orDash(l.CorrelationID))
	fmt.Fprintf(table, "error code\t%s\n", orDash(l.ErrorCode))
	fmt.Fprintf(table, "reason\t%s\n", reasonOf(l))
	fmt.Fprintf(table, "sent\t%s, %s ago\n", l.SentAt.Format(time.RFC3339), a.age(l.SentAt))
	fmt.Fprintf(table, "receives\t%d\n", l.Receives)
	for _, name := range slices.Sorted(maps.Keys(l.Attributes)) {
		switch name {
		case contract.AttrEventID, contract.AttrCorrelationID, contract.AttrErrorCode, contract.AttrErrorReason:
			continue // shown above
		}
		fmt.Fprintf(table, "attribute %s\t%s\n", console.Clean(name), console.Clean(l.Attributes[name]))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(a.Out, "body")
	if json.Valid([]byte(l.Body)) {
		fmt.Fprint(a.Out, "  ")
		return writeIndented(a.Out, json.RawMessage(l.Body), "  ")
	}
	for line := range strings.Lines(l.Body) {
		fmt.Fprintf(a.Out, "  %s\n", console.Clean(strings.TrimRight(line, "\r\n")))
	}
	return nil
}

type dlqRedriveCommand struct {
	queueTarget
	textFormat
	IDs    []string `arg:"" optional:"" name:"id" help:"Message ids or event ids."`
	All    bool     `help:"All that are in the DLQ when it begins."`
	Rate   rate     `default:"20" placeholder:"N/s" help:"Messages in a second at most, such as 20, 20/s or 10/m; 0 does not bound it (default ${default})."`
	DryRun bool     `name:"dry-run" help:"Only say what would be sent back."`
}

func (dlqRedriveCommand) Help() string { return dlqRedriveHelp }

func (c dlqRedriveCommand) Run(ctx context.Context, a *app) error {
	if c.All == (len(c.IDs) > 0) {
		return usagef("give ids, or --all")
	}
	if c.DLQURL != "" && c.QueueURL == "" && !c.DryRun {
		return usagef("--dlq-url needs --queue-url, too: where to send the messages back to")
	}
	queue, err := c.queues(ctx, a.logger())
	if err != nil {
		return err
	}
	request := deadletters.Redrive{IDs: c.IDs, All: c.All, PerSecond: float64(c.Rate), DryRun: c.DryRun}
	total := int64(len(c.IDs))
	if c.All {
		count, err := queue.Count(ctx)
		if err != nil {
			return err
		}
		total = count.Visible
	}
	progress := console.NewProgress(a.Err, "sent back", "messages", total)
	var problems []string
	request.Progress = func(_ deadletters.Letter, err error) {
		if err != nil && len(problems) < 5 {
			problems = append(problems, oneLine(err))
		}
		progress.Add(1, 1)
	}
	result, err := queue.Redrive(ctx, request)
	progress.Done()
	if result.Matched == nil {
		return err // nothing was begun
	}
	for _, p := range problems {
		fmt.Fprintln(a.Err, console.Clean(p))
	}
	if c.Output == "json" {
		err = errors.Join(err, json.NewEncoder(a.Out).Encode(result))
	} else {
		a.redriven(c, result)
	}
	if err != nil {
		return err
	}
	if result.Interrupted || result.Failed+result.Doubled > 0 || len(result.Missing) > 0 {
		return errQuiet
	}
	return nil
}

func (a *app) redriven(c dlqRedriveCommand, r deadletters.Redriven) {
	if c.DryRun {
		var matched int64
		for _, n := range r.Matched {
			matched += n
		}
		fmt.Fprintf(a.Out, "would send back %s, nothing was changed\n", console.Number(matched))
		for _, code := range slices.Sorted(maps.Keys(r.Matched)) {
			fmt.Fprintf(a.Out, "  %s  %s\n", console.Number(r.Matched[code]), orDash(code))
		}
	} else {
		fmt.Fprintf(a.Out, "sent back %s\n", console.Number(r.Sent))
	}
	if r.Failed > 0 {
		fmt.Fprintln(a.Out, a.style.Bad(fmt.Sprintf("not sent  %s; they are still in the DLQ", console.Number(r.Failed))))
	}
	if r.Doubled > 0 {
		fmt.Fprintln(a.Out, a.style.Bad(fmt.Sprintf("sent, but not deleted  %s; they are in both queues, and the processor skips what it has seen", console.Number(r.Doubled))))
	}
	if r.Late > 0 {
		fmt.Fprintf(a.Out, "came meanwhile  %s; they were left there\n", console.Number(r.Late))
	}
	for _, id := range r.Missing {
		fmt.Fprintln(a.Out, a.style.Bad("not found  "+console.Clean(id)))
	}
	if r.Interrupted {
		fmt.Fprintln(a.Out, "interrupted: the message in hand was finished, the others are untouched")
	}
	fmt.Fprintf(a.Out, "left: %s\n", counted(r.Left))
}

type dlqPurgeCommand struct {
	queueTarget
	Yes    bool `short:"y" help:"Delete. Without it only the number is told."`
	DryRun bool `name:"dry-run" help:"Only tell the number, even with --yes."`
}

func (dlqPurgeCommand) Help() string { return dlqPurgeHelp }

func (c dlqPurgeCommand) Run(ctx context.Context, a *app) error {
	queue, err := c.queues(ctx, a.logger())
	if err != nil {
		return err
	}
	count, err := queue.Count(ctx)
	if err != nil {
		return err
	}
	if !c.Yes || c.DryRun {
		fmt.Fprintf(a.Out, "%s; nothing was deleted, --yes deletes them for good\n", counted(count))
		return nil
	}
	if err := queue.Purge(ctx); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "the DLQ is purged: it had %s; on AWS it takes up to a minute\n", console.Count(count.Total(), "message"))
	return nil
}
