package events

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/events/journal"
	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

type importCommand struct {
	target.API
	console.TextFormat
	File        string    `arg:"" help:"The file: NDJSON, as it is or compressed with gzip or zstd."`
	Journal     string    `placeholder:"PATH" help:"Where to remember how far it has come (default: FILE.journal)."`
	Rejects     string    `placeholder:"PATH" help:"Where to write refused lines, byte for byte (default: FILE.rejects)."`
	Batch       int       `default:"100" placeholder:"N" help:"Events in one request, 1 to ${batch_limit} (default ${default})."`
	Concurrency int       `short:"c" default:"4" placeholder:"N" help:"Requests at once (default ${default})."`
	Rate        pace.Rate `placeholder:"N/s" help:"Events per second at most, such as 50, 50/s or 10/m (default: no limit)."`
	Gzip        bool      `help:"Send the requests gzipped."`
}

func (importCommand) Help() string {
	return `The same command again goes on after an interruption or a kill, and stores no line twice: the ids of events without an event_id are made of a key that the journal keeps, the line and how many equal lines came before it. Refused lines are written aside, in their order; once mended they are an import of their own. A line that fails for a transient reason, after its retries, ends the run: the next one sends it again. Exit code 1 when any line was refused or is left.

    fluxa import events.ndjson.zst --gzip
    fluxa import events.ndjson --rate 500/s --rejects refused.ndjson`
}

func (i importCommand) Run(ctx context.Context, c console.Console) (err error) {
	if err := checkPace(i.Batch, i.Concurrency); err != nil {
		return err
	}
	latencies := load.NewLatencies()
	cfg := api.Config{Observe: latencies.Observe}
	if i.Gzip {
		cfg.GzipFrom = 1
	}
	client, _, err := i.Client(cfg)
	if err != nil {
		return err
	}
	file, err := os.Open(i.File)
	if err != nil {
		return fmt.Errorf("open the events: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	input, err := identify(file)
	if err != nil {
		return err
	}
	kept, err := journal.Open(orBeside(i.Journal, i.File, ".journal"), orBeside(i.Rejects, i.File, ".rejects"), input)
	if err != nil {
		return err
	}
	result, runErr := i.send(ctx, c, client, kept, file, latencies)
	if err := errors.Join(runErr, kept.Close(runErr == nil && result.NextLine == 0)); err != nil {
		return errors.Join(err, i.report(c, kept.State()))
	}
	if err := i.report(c, kept.State()); err != nil {
		return err
	}
	if s := kept.State(); s.Refused > 0 || !s.Complete {
		return exit.ErrSaid
	}
	return nil
}

func (i importCommand) send(ctx context.Context, c console.Console, client *api.Client, kept *journal.Journal, file *os.File, latencies *load.Latencies) (load.Report, error) {
	begin := kept.State()
	if begin.Complete {
		return load.Report{}, nil
	}
	plain, closePlain, err := decompressed(file)
	if err != nil {
		return load.Report{}, err
	}
	defer closePlain()
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
func (i importCommand) report(c console.Console, s journal.State) error {
	if i.Output == "json" {
		if err := c.JSONLine(struct {
			Accepted int64 `json:"accepted"`
			Refused  int64 `json:"refused"`
			NextLine int64 `json:"next_line,omitempty"`
			Complete bool  `json:"complete"`
		}{s.Accepted, s.Refused, s.NextLine, s.Complete}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(c.Out, "accepted %d\nrefused  %d\n", s.Accepted, s.Refused)
		if s.Refused > 0 {
			fmt.Fprintf(c.Out, "refused lines are in %s\n", console.Clean(orBeside(i.Rejects, i.File, ".rejects")))
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

// identify returns what tells one file from another: its size, and a hash of its begin.
func identify(file *os.File) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("look at the events: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", exit.Usagef("%s is not a file: what cannot be read again cannot be imported; fluxa send --file - takes a stream", file.Name())
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(file, 0, 1<<20)); err != nil {
		return "", fmt.Errorf("read the events: %w", err)
	}
	return fmt.Sprintf("%d bytes, %x", info.Size(), hash.Sum(nil)[:8]), nil
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
