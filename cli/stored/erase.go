package stored

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/operations"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/erase"
)

type eraseCommand struct {
	target.Queues
	operations.Function
	console.TextFormat
	UserID string  `required:"" name:"user-id" placeholder:"ID" help:"Whose events to erase."`
	Client *string `placeholder:"NAME" help:"Only those of this client; an empty name means those that were sent while the stage had no clients. Default: those of every client."`
	Yes    bool    `short:"y" help:"Erase. Without it only what would be erased is counted."`
	DryRun bool    `name:"dry-run" help:"Only count, even with --yes."`
}

func (eraseCommand) Help() string {
	return `Removes what the stage has of a user: stored events, payload objects with all their versions, dead letters. Messages of the user that wait in the events queue are dropped when their turn comes, and so is whatever else was accepted before; what the user sends later is stored. It takes half a minute at least, for requests that were under way. A record of the erasure stays, with counts and hashes. Backups, and what was announced, exported or archived elsewhere, are out of its reach.

The same command goes on after an interruption. Exit code 1 when dead letters or objects are left that name the user and cannot be read.

    fluxa erase --user-id user-42
    fluxa erase --user-id user-42 --client orders --yes`
}

// erased is what the command reports.
type erased struct {
	erase.Report
	DryRun      bool     `json:"dry_run"`
	DeadLetters int64    `json:"dead_letters"`
	Stack       string   `json:"stack"`
	Unclear     []string `json:"dead_letters_unclear,omitempty"`
}

func (e eraseCommand) Run(ctx context.Context, c console.Console) error {
	queue, on, err := e.Queues.Open(ctx, c.Logger())
	if err != nil {
		return err
	}
	stage, err := e.Function.Open(ctx, on, e.Folder())
	if err != nil {
		return err
	}
	on.Tell(c)
	out := erased{DryRun: e.DryRun || !e.Yes, Stack: on.Name}
	if out.Report, err = e.events(ctx, c, stage, out.DryRun); err != nil {
		return err
	}
	if err := e.letters(ctx, stage, queue, &out); err != nil {
		return err
	}
	if err := e.print(c, stage, out); err != nil {
		return err
	}
	if len(out.Unclear) > 0 || len(out.Unreadable) > 0 {
		return exit.ErrSaid
	}
	return nil
}

// events erases rows and objects.
func (e eraseCommand) events(ctx context.Context, c console.Console, stage *operations.Stage, dryRun bool) (erase.Report, error) {
	arguments := erase.Arguments{UserID: e.UserID, Client: erase.EveryClient, DryRun: dryRun}
	if e.Client != nil {
		arguments.Client = *e.Client
	}
	progress := console.NewProgress(c.Err, "erased", "events and objects", 0)
	defer func() { progress.Done() }()
	shown, waits := int64(0), false
	return operations.Run(ctx, stage, operations.Job[erase.Report]{
		Operation: contract.OperationErase, Arguments: arguments, Remember: !dryRun,
		Show: func(r erase.Report, _ bool) {
			if r.Waits && !waits {
				progress.Done()
				fmt.Fprintf(c.Err, "waiting up to %s for uploads that were under way\n", contract.RequestLimit)
				progress, shown, waits = console.NewProgress(c.Err, "erased", "events and objects", 0), 0, true
			}
			progress.Add(int(r.Events+r.Objects-shown), 0)
			shown = r.Events + r.Objects
		},
	})
}

// letters deletes the dead letters. It comes last: of one whose payload was an object the
// erasure knows the hash by then.
func (e eraseCommand) letters(ctx context.Context, stage *operations.Stage, queue *deadletters.Queue, out *erased) error {
	until := out.Until
	if out.DryRun {
		until = time.Now()
	}
	found, err := queue.OfUser(ctx, e.UserID, e.Client, until)
	if err != nil {
		return err
	}
	ids := found.IDs
	for messages := range slices.Chunk(slices.Sorted(maps.Keys(found.Elsewhere)), erase.HashesLimit) {
		var asked erase.Hashes
		for _, id := range messages {
			asked.SHA256 = append(asked.SHA256, found.Elsewhere[id])
		}
		known, err := operations.Run(ctx, stage, operations.Job[erase.Hashes]{Operation: contract.OperationErasedHashes, Arguments: asked})
		if err != nil {
			return err
		}
		for _, id := range messages {
			if slices.Contains(known.SHA256, found.Elsewhere[id]) {
				ids = append(ids, id)
			}
		}
	}
	out.Unclear, out.DeadLetters = found.Unclear, int64(len(ids))
	if out.DryRun || len(ids) == 0 {
		return nil
	}
	deleted, err := queue.Delete(ctx, ids, deadletters.Filter{}, func(deadletters.Letter, error) {})
	out.DeadLetters = deleted.Deleted
	if err == nil && deleted.Interrupted {
		err = ctx.Err()
	}
	return err
}

func (e eraseCommand) print(c console.Console, stage *operations.Stage, out erased) error {
	if e.Output == "json" {
		return c.JSON(out)
	}
	verb := "erased in"
	if out.DryRun {
		verb = "to be erased in"
	}
	fmt.Fprintf(c.Out, "%s %s: %s, %s, %s\n", verb, stage.Name, console.Count(out.Events, "event"), console.Count(out.Objects, "object"), console.Count(out.DeadLetters, "dead letter"))
	if out.DryRun {
		fmt.Fprintln(c.Out, "nothing was erased, --yes erases; objects of messages that wait are found only then")
	} else {
		fmt.Fprintf(c.Out, "erasure %s, of what was accepted until %s\n", out.Erasure, out.Until.Format(time.RFC3339))
	}
	if len(out.Unclear) > 0 {
		fmt.Fprintf(c.Out, "%s with the id cannot be read: look with `fluxa dlq show ID`, remove with `fluxa dlq delete ID`: %s\n",
			console.Count(int64(len(out.Unclear)), "dead letter"), console.Clean(strings.Join(out.Unclear, " ")))
	}
	if len(out.Unreadable) > 0 {
		fmt.Fprintf(c.Out, "%s cannot be read: %s\n", console.Count(int64(len(out.Unreadable)), "object"), console.Clean(strings.Join(out.Unreadable, " ")))
	}
	return nil
}
