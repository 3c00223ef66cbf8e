package stored

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/operations"
	"github.com/fluxa/fluxa/pkg/audit"
	"github.com/fluxa/fluxa/pkg/contract"
)

type auditCommand struct {
	From *time.Time `placeholder:"TIME" help:"Stored not before this time, RFC 3339. Default: the first event."`
	period
	console.TextFormat
	Sample share `default:"1%" placeholder:"N%" help:"Which share of the events to read, such as 1% or 100% (default ${default})."`
	Part   int   `default:"1" placeholder:"N" help:"Which of the samples of that size to read, from 1 on (default ${default})."`
}

func (auditCommand) Help() string {
	return `The payload of each event of the sample is read, from the database or S3, and its SHA-256 compared with the one that was stored with it. What differs is listed, and the exit code is 1:

    payload_differs   the database has other bytes
    object_differs    the object in S3 has other bytes
    object_missing    there is no such object
    object_forbidden  S3 answers 403: a missing grant, or an object that is archived
    key_differs       the row names another object than the event's own

A sample of 1% divides the events into 100 parts by the hash of client and id, and --part says which of them is read: always the same events, until --part is another. --part 1 to 100 are all of them, and so is --sample 100%. What is interrupted, the same command goes on with.

    fluxa audit
    fluxa audit --sample 5% --part 7 --from 2026-01-01T00:00:00Z
    fluxa audit --sample 100% --from 2026-01-31T00:00:00Z --to 2026-02-01T00:00:00Z`
}

func (a auditCommand) Run(ctx context.Context, c console.Console) error {
	if a.Part < 1 || a.Part > int(a.Sample) {
		return exit.Usagef("--part is %d, a sample of that size has the parts 1 to %d", a.Part, a.Sample)
	}
	stage, err := a.Open(ctx)
	if err != nil {
		return err
	}
	arguments := audit.Arguments{To: a.To, Client: a.Client, Parts: int(a.Sample), Part: a.Part}
	if a.From != nil {
		arguments.From = *a.From
	}
	meter := &meter{out: c.Err, began: time.Now(), verb: "passed"}
	report, err := operations.Run(ctx, stage, operations.Job[audit.Report]{
		Operation: contract.OperationAudit, Arguments: arguments, Remember: true,
		Show: func(now audit.Report, begun bool) {
			if now.Counted {
				meter.show(now.Passed, now.Events, begun)
			}
		},
	})
	meter.end()
	if err != nil {
		return err
	}
	if a.Output == "json" {
		err = c.JSONLine(report)
	} else {
		err = a.tell(c, report)
	}
	if err == nil && report.Differing > 0 {
		err = exit.ErrSaid
	}
	return err
}

func (a auditCommand) tell(c console.Console, report audit.Report) error {
	fmt.Fprintf(c.Out, "read %s of %s stored before %s, %s in S3\n", console.Number(report.Read), console.Count(report.Events, "event"), when(report.To), console.Number(report.Objects))
	if report.Differing == 0 {
		fmt.Fprintln(c.Out, "all have the bytes that were accepted")
		return nil
	}
	table := c.Table()
	fmt.Fprintln(table, "CLIENT\tEVENT ID\tWHAT")
	for _, f := range report.Findings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", console.OrDash(console.Clean(f.Client)), console.Clean(f.ID), console.Clean(string(f.What)))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if more := report.Differing - int64(len(report.Findings)); more > 0 {
		fmt.Fprintf(c.Out, "and %s more: narrow them by --from, --to and --client\n", console.Number(more))
	}
	fmt.Fprintln(c.Out, console.StyleFor(c.Out).Bad("differ from what was accepted: "+console.Number(report.Differing)))
	return nil
}

// share is a part of all events, by how many parts of that size there are.
type share int

// UnmarshalText reads a percentage.
func (s *share) UnmarshalText(text []byte) error {
	number, ok := strings.CutSuffix(string(text), "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(percent > 0 && percent <= 100) || 100/percent > audit.PartsLimit {
		return fmt.Errorf("%q is not a share such as 1%% or 100%%, from %g%% on", text, 100.0/audit.PartsLimit)
	}
	*s = share(math.Round(100 / percent))
	return nil
}
