package events

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/cli/events/openloop"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/cli/target"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Limits of the flags.
const (
	inFlightLimit = 10_000
	followLimit   = 1_000
)

type loadCommand struct {
	target.API
	console.TextFormat
	Rate      pace.Rate            `required:"" placeholder:"N/s" help:"Events that are due a second, such as 500/s; with --ramp-to at the beginning."`
	RampTo    *pace.Rate           `name:"ramp-to" placeholder:"N/s" help:"Change the rate evenly, up to this at the end. Default: a constant rate."`
	For       time.Duration        `default:"30s" placeholder:"DURATION" help:"How long events are due (default ${default})."`
	Batch     int                  `default:"1" placeholder:"N" help:"Events in one request, 1 to ${batch_limit}; 1 uses POST /events (default ${default})."`
	Size      size                 `placeholder:"SIZE" help:"Size of the metadata of each event, such as 300KiB (default: about 70 bytes)."`
	InFlight  int                  `name:"in-flight" default:"1000" placeholder:"N" help:"Requests in flight at most, 1 to ${in_flight_limit} (default ${default}). Events that have to wait for one to end are counted, and their wait is part of their latency."`
	Follow    pace.Rate            `default:"20/s" placeholder:"N/s" help:"Events that are asked about until they are stored, 0 to ${follow_limit} a second (default ${default}). Each is asked about a few dozen times when storing takes a second."`
	Drain     time.Duration        `default:"2m" placeholder:"DURATION" help:"How long after the last answer every accepted event may take to be processed (default ${default})."`
	Objective []openloop.Objective `placeholder:"TEXT" help:"What is to be kept, such as 'accepted.p99<100ms', 'stored.p99.9<5s', 'stored.max<10s' or 'errors<0.1%'. May be repeated."`
	HDR       string               `name:"hdr" placeholder:"PATH" help:"Write the distributions of both latencies to the new files PATH.accepted.hgrm and PATH.stored.hgrm, in the text format of HDR histograms, in milliseconds."`
}

func (loadCommand) Help() string {
	return `Generated events are due at a fixed rate, however long answers take, and nothing is sent twice. Both latencies count from when an event was due, so that a server that stalls shows up with all events that it kept waiting: "accepted" until the answer 202, "stored" until the status is processed. Stored is that of the followed events; it is at most 5 % too high, or 10 ms where that is more, and the time of two questions. What is not accepted has no latency, it is an error: give an objective for errors, too.

At the end every accepted event has to be found processed. Exit code 1 when one is not, or when an objective is missed. A ramp is reported in ten steps, with the rate up to which the objectives held.

    fluxa load --rate 500/s --for 1m --objective 'accepted.p99<100ms' --objective 'errors<0.1%'
    fluxa load --rate 100/s --ramp-to 2000/s --for 5m --batch 10 --objective 'stored.p99<2s'`
}

// check returns what is wrong with the flags.
func (l loadCommand) check() error {
	switch {
	case l.Rate <= 0:
		return exit.Usagef("--rate is %g/s, it must be more than 0", l.Rate)
	case l.RampTo != nil && *l.RampTo <= 0:
		return exit.Usagef("--ramp-to is %g/s, it must be more than 0", *l.RampTo)
	case l.For <= 0:
		return exit.Usagef("--for is %s, it must be more than 0", l.For)
	case l.Batch < 1 || l.Batch > contract.BatchLimit:
		return exit.Usagef("--batch is %d, it must be 1 to %d", l.Batch, contract.BatchLimit)
	case l.InFlight < 1 || l.InFlight > inFlightLimit:
		return exit.Usagef("--in-flight is %d, it must be 1 to %d", l.InFlight, inFlightLimit)
	case l.Follow > followLimit:
		return exit.Usagef("--follow is %g/s, it must be 0 to %d/s", l.Follow, followLimit)
	case l.Drain <= 0:
		return exit.Usagef("--drain is %s, it must be more than 0", l.Drain)
	}
	for _, o := range l.Objective {
		if o.OfStored() && l.Follow == 0 {
			return exit.Usagef("--objective is %s, which needs --follow to be more than 0", o)
		}
	}
	return nil
}

// schedule returns when events are due, and the events.
func (l loadCommand) schedule(now time.Time) (openloop.Schedule, load.Source, error) {
	schedule := openloop.Schedule{Rate: l.Rate, For: l.For}
	if l.RampTo != nil {
		schedule.RampTo = *l.RampTo
	}
	generator := load.Generator{Count: schedule.Events(), MetadataBytes: int(l.Size), Until: now}
	sample, err := generator.Source()
	if err != nil {
		return schedule, nil, exit.Usagef("--size: %v", err)
	}
	item, err := sample.Next()
	if err != nil {
		return schedule, nil, err
	}
	if room := load.Room(item); l.Batch > 1 && l.Batch > room {
		return schedule, nil, exit.Usagef("--batch is %d, at most %d events of --size %d bytes fit into a request", l.Batch, room, l.Size)
	}
	source, err := generator.Source()
	return schedule, source, err
}

func (l loadCommand) Run(ctx context.Context, c console.Console) (err error) {
	if err := l.check(); err != nil {
		return err
	}
	schedule, source, err := l.schedule(c.Now())
	if err != nil {
		return err
	}
	client, on, err := l.Client(ctx, api.Config{Tries: 1, Connections: l.InFlight})
	if err != nil {
		return err
	}
	if err := client.Health(ctx); err != nil {
		return err
	}
	accepted, stored, closeFiles, err := l.distributions()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeFiles()) }()

	on.Tell(c)
	progress := console.NewProgress(c.Err, "sent", "events", schedule.Events())
	result, runErr := openloop.Run(ctx, openloop.Config{
		API: client, Source: source, Schedule: schedule, BatchSize: l.Batch, InFlight: l.InFlight,
		Follow: l.Follow, Drain: l.Drain, Objectives: l.Objective,
		Sent: func(events int) { progress.Add(events, int64(events)) },
		Draining: func(events int64) {
			progress.Done()
			progress = console.NewProgress(c.Err, "checked", "events", events)
		},
		Checked: func(events int) { progress.Add(events, int64(events)) },
	})
	progress.Done()
	if err := l.report(c, result, on.Name); err != nil {
		return err
	}
	if accepted != nil {
		if err := errors.Join(result.AcceptedIn.WritePercentiles(accepted), result.StoredIn.WritePercentiles(stored)); err != nil {
			return fmt.Errorf("write the distributions: %w", err)
		}
	}
	if runErr != nil {
		return runErr
	}
	if !result.Held() {
		return exit.ErrSaid
	}
	return nil
}

// distributions opens the files of --hdr, before anything is sent.
func (l loadCommand) distributions() (accepted, stored *os.File, closeFiles func() error, err error) {
	if l.HDR == "" {
		return nil, nil, func() error { return nil }, nil
	}
	open := func(name string) (*os.File, error) {
		file, err := os.OpenFile(l.HDR+"."+name+".hgrm", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, fmt.Errorf("make the file of a distribution: %w", err)
		}
		return file, nil
	}
	if accepted, err = open("accepted"); err != nil {
		return nil, nil, nil, err
	}
	if stored, err = open("stored"); err != nil {
		return nil, nil, nil, errors.Join(err, accepted.Close())
	}
	return accepted, stored, func() error { return errors.Join(accepted.Close(), stored.Close()) }, nil
}
