package stored

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/operations"
	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/replay"
)

type replayCommand struct {
	From time.Time `required:"" placeholder:"TIME" help:"Stored not before this time, RFC 3339."`
	period
	console.TextFormat
	UserID  string    `placeholder:"ID" help:"Only this user's events."`
	Requeue bool      `help:"Send the events through the events queue, as they came, in place of announcing them."`
	Rate    pace.Rate `default:"100" placeholder:"N/s" help:"Events per second at most, at least 1 (default ${default})."`
	DryRun  bool      `name:"dry-run" help:"Only count the events."`
}

func (replayCommand) Help() string {
	return `Each event of the range is published to the topic again, with the attribute replayed: the message is the one that was published when it was stored. Subscribers know it by its event_id. With --requeue its message is sent to the events queue again, with the bytes and the time of its acceptance: the processor finds it stored, and announces it unless it has noted that it did.

What is interrupted, the same command goes on with. The events of some five seconds before then go out twice.

    fluxa replay --from 2026-01-31T00:00:00Z --to 2026-01-31T06:00:00Z --dry-run
    fluxa replay --from 2026-01-31T00:00:00Z --to 2026-01-31T06:00:00Z --rate 200/s
    fluxa replay --from 2026-01-31T00:00:00Z --user-id ada --client orders`
}

func (r replayCommand) Run(ctx context.Context, c console.Console) error {
	if r.Rate < 1 || r.Rate > replay.RateLimit {
		return exit.Usagef("--rate is %g/s, it must be 1 to %d events a second", float64(r.Rate), replay.RateLimit)
	}
	stage, err := r.Open(ctx)
	if err != nil {
		return err
	}
	stage.Tell(c)
	verb := "announced"
	if r.Requeue {
		verb = "queued"
	}
	meter := &meter{out: c.Err, began: time.Now(), verb: verb}
	report, err := operations.Run(ctx, stage, operations.Job[replay.Report]{
		Operation: contract.OperationReplay,
		Arguments: replay.Arguments{From: r.From, To: r.To, Client: r.Client, UserID: r.UserID, Requeue: r.Requeue, Rate: int(r.Rate), DryRun: r.DryRun},
		Show: func(now replay.Report, begun bool) {
			if now.Counted && !r.DryRun {
				meter.show(now.Sent, now.Events, begun)
			}
		},
		Remember: !r.DryRun,
	})
	meter.end()
	if err != nil {
		return err
	}
	if r.Output == "json" {
		return c.JSONLine(struct {
			replay.Report
			Stack string `json:"stack"`
		}{report, stage.Name})
	}
	if r.DryRun {
		fmt.Fprintf(c.Out, "%s stored from %s to %s, nothing was sent\n", console.Count(report.Events, "event"), when(r.From), when(report.To))
		return nil
	}
	fmt.Fprintf(c.Out, "%s %s stored from %s to %s\n", verb, console.Count(report.Sent, "event"), when(r.From), when(report.To))
	return nil
}
