package events

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/events/journal"
	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/objects"
	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type importCommand struct {
	target.API
	console.TextFormat
	File        string    `arg:"" placeholder:"FILE|s3://BUCKET/PREFIX" help:"NDJSON, as it is or compressed with gzip or zstd: a file, or the objects of S3 whose keys begin so."`
	Journal     string    `placeholder:"PATH" help:"Where to remember how far it has come (default: FILE.journal)."`
	Rejects     string    `placeholder:"PATH" help:"Where to write refused lines, byte for byte (default: FILE.rejects)."`
	Batch       int       `default:"100" placeholder:"N" help:"Events in one request, 1 to ${batch_limit} (default ${default})."`
	Concurrency int       `short:"c" default:"4" placeholder:"N" help:"Requests at once (default ${default})."`
	Rate        pace.Rate `placeholder:"N/s" help:"Events per second at most, such as 50, 50/s or 10/m (default: no limit)."`
	Gzip        bool      `help:"Send the requests gzipped."`
}

func (importCommand) Help() string {
	return `The same command again goes on after an interruption or a kill, and stores no line twice: the ids of events without an event_id are made of a key that the journal keeps, the line and how many equal lines came before it. Refused lines are written aside, in their order; once mended they are an import of their own. A line that fails for a transient reason, after its retries, ends the run: the next one sends it again. Exit code 1 when any line was refused or is left.

Objects of S3 are read in the order of their keys, as if they were one file: with your AWS credentials, or from the local stack without --endpoint. FILE is then BUCKET-PREFIX, with - for each /.

    fluxa import events.ndjson.zst --gzip
    fluxa import events.ndjson --rate 500/s --rejects refused.ndjson
    fluxa import s3://partner-bucket/2026/01/ --endpoint https://host/stage`
}

func (i importCommand) Run(ctx context.Context, c console.Console) error {
	if err := checkPace(i.Batch, i.Concurrency); err != nil {
		return err
	}
	latencies := load.NewLatencies()
	cfg := api.Config{Observe: latencies.Observe}
	if i.Gzip {
		cfg.GzipFrom = 1
	}
	client, on, err := i.Client(ctx, cfg)
	if err != nil {
		return err
	}
	from, err := i.input(ctx, on)
	if err != nil {
		return err
	}
	kept, err := journal.Open(orBeside(i.Journal, from.path, ".journal"), orBeside(i.Rejects, from.path, ".rejects"), from.identity)
	if err != nil {
		return err
	}
	on.Tell(c)
	result, runErr := i.send(ctx, c, client, kept, from, latencies)
	if err := errors.Join(runErr, kept.Close(runErr == nil && result.NextLine == 0)); err != nil {
		return errors.Join(err, i.report(c, kept.State(), from, on.Name))
	}
	if err := i.report(c, kept.State(), from, on.Name); err != nil {
		return err
	}
	if s := kept.State(); s.Refused > 0 || !s.Complete {
		return exit.ErrSaid
	}
	return nil
}

func (i importCommand) send(ctx context.Context, c console.Console, client *api.Client, kept *journal.Journal, from input, latencies *load.Latencies) (report load.Report, err error) {
	begin := kept.State()
	if begin.Complete {
		return load.Report{}, nil
	}
	plain, finish, err := from.open(ctx)
	if err != nil {
		return load.Report{}, err
	}
	defer func() { err = errors.Join(err, finish()) }()
	progress := console.NewProgress(c.Err, "imported", "events", 0)
	defer progress.Done()
	result, err := load.Run(ctx, load.Config{
		API: client, Source: begun{load.NewLines(plain), kept, begin.NextLine}, BatchSize: i.Batch, Concurrency: i.Concurrency,
		Rate: i.Rate, Key: begin.Key, From: begin.NextLine, Latencies: latencies, Progress: progress.Add,
		Settled: func(item load.Item, accepted bool) {
			if accepted {
				kept.Accepted(item.Line)
			} else {
				kept.Refused(item.Line, item.Payload)
			}
		},
	})
	return result, errors.Join(err, result.Stopped)
}

// report says how the import stands, not what this run of it did.
func (i importCommand) report(c console.Console, s journal.State, from input, stack string) error {
	if i.Output == "json" {
		if err := c.JSONLine(struct {
			Accepted int64 `json:"accepted"`
			Refused  int64 `json:"refused"`
			NextLine int64 `json:"next_line,omitempty"`
			Complete bool  `json:"complete"`

			Stack string `json:"stack"`
		}{s.Accepted, s.Refused, s.NextLine, s.Complete, stack}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(c.Out, "accepted %d\nrefused  %d\n", s.Accepted, s.Refused)
		if s.Refused > 0 {
			fmt.Fprintf(c.Out, "refused lines are in %s\n", console.Clean(orBeside(i.Rejects, from.path, ".rejects")))
		}
		if !s.Complete {
			fmt.Fprintf(c.Out, "lines from %d on are left: the same command goes on there\n", s.NextLine)
		}
	}
	return nil
}

func orBeside(path, file, ending string) string {
	if path != "" {
		return path
	}
	return file + ending
}

// input returns what is imported.
func (i importCommand) input(ctx context.Context, on *target.Stack) (input, error) {
	prefix, remote := objects.Parse(i.File)
	switch {
	case !remote:
		return fileInput(i.File)
	case prefix.Bucket == "":
		return input{}, exit.Usagef("%s must be s3://BUCKET/PREFIX", i.File)
	}
	settings := on.AWS
	if settings.Region == "" { // nothing but the API is named
		var err error
		if settings, err = target.AWSConfig(ctx, i.Region, ""); err != nil {
			return input{}, err
		}
	}
	return objectsInput(ctx, objects.New(settings), prefix)
}

// begun tells the journal of each line that is going to be sent.
type begun struct {
	load.Source
	journal *journal.Journal
	from    int64
}

// Next returns the next line.
func (b begun) Next() (load.Item, error) {
	item, err := b.Source.Next()
	if err == nil && item.Line >= b.from {
		b.journal.Begin(item.Line)
	}
	return item, err
}

// checkPace holds the flags to what a run of many events takes.
func checkPace(batch, concurrency int) error {
	switch {
	case batch < 1 || batch > contract.BatchLimit:
		return exit.Usagef("--batch is %d, it must be 1 to %d", batch, contract.BatchLimit)
	case concurrency < 1:
		return exit.Usagef("--concurrency is %d, it must be at least 1", concurrency)
	case concurrency > 1_000:
		return exit.Usagef("--concurrency is %d, it must be at most 1000", concurrency)
	}
	return nil
}
