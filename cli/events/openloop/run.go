// Package openloop loads the API at a rate of its own and measures how long events
// take to be accepted and to be stored.
//
// Arrivals are scheduled in advance: no answer, however slow, delays the next request,
// and each latency counts from when the event was due, not from when it was sent. So
// the latencies are free of coordinated omission by construction: while the server
// stalls, every event that is due goes into the histogram with all of its wait, also
// those that have to wait for one of the places in flight. The events whose storing is
// followed are chosen by when they are due, too, not by when they are answered. What is
// not accepted has no latency; it is an error.
//
// No request is sent twice. Memory is bounded by the requests in flight, and 100 bytes
// or so for each accepted event until it was found to be processed.
package openloop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/cli/pace"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/fault"
)

// API is what a run sends to. Each call is one try.
type API interface {
	Send(ctx context.Context, payload []byte, key string) (api.Result, error)
	SendBatch(ctx context.Context, payloads [][]byte, key string) ([]api.Result, error)
	Status(ctx context.Context, id string) (api.Status, error)
}

// Config says what to send, where and when. Every field but Follow and Objectives is
// required; the caller has checked the numbers.
type Config struct {
	API API
	// Source gives Schedule.Events() events, faster than they are due.
	Source   load.Source
	Schedule Schedule
	// BatchSize is how many events a request carries: with 1 each goes to POST
	// /events. A batch is due with its first event.
	BatchSize int
	// InFlight is how many requests are in flight at most.
	InFlight int
	// Follow bounds the events a second that are asked about until they are stored;
	// zero follows none.
	Follow pace.Rate
	// Drain is how long after the last answer the accepted events may take until they
	// are found to be processed.
	Drain      time.Duration
	Objectives []Objective
	// Sent is called with each request's events when it is answered, Draining once
	// with the events that are left to ask about, Checked with those of them whose
	// end was found. Sent and Checked are called concurrently.
	Sent     func(events int)
	Draining func(events int64)
	Checked  func(events int)
}

// grace is how long requests in flight are waited for after an interruption.
const grace = 10 * time.Second

// run is a run under way.
type run struct {
	cfg   Config
	began time.Time
	stop  context.CancelCauseFunc // ends the arrivals

	requests, followers sync.WaitGroup

	mu      sync.Mutex // over what follows
	report  Report
	pending []tracked // accepted, not followed, and not known to have ended
}

// Run sends the events when they are due and reports what became of them. When ctx
// ends it sends nothing new, finishes what is in flight, and asks about no event any
// more. It ends early, too, when the API lets it do nothing, such as without a key. The
// error is the source's; the report is valid even then.
func Run(ctx context.Context, cfg Config) (Report, error) {
	arriving, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sending, cancel := load.Afterwards(ctx, grace)
	defer cancel()
	following, unfollow := context.WithCancel(ctx)
	defer unfollow()

	r := &run{cfg: cfg, began: time.Now(), stop: stop}
	r.report = Report{ErrorsByCode: map[fault.Code]int64{}, ErrorExamples: map[fault.Code]string{}, Missing: []Missing{}}
	length := cfg.Schedule.For / time.Duration(cfg.Schedule.steps())
	for i := range cfg.Schedule.steps() {
		r.report.Steps = append(r.report.Steps, Step{Figures: newFigures(cfg.Schedule.rate(i)), From: time.Duration(i) * length})
	}

	unsent, err := r.arrive(arriving, sending, following)
	r.requests.Wait()
	r.report.Unsent = unsent
	r.report.Sending = time.Since(r.began)
	if ctx.Err() == nil {
		r.report.Stopped = context.Cause(arriving)
	}
	ended := time.AfterFunc(cfg.Drain, unfollow)
	r.drain(following)
	r.followers.Wait()
	ended.Stop()
	r.report.Draining = time.Since(r.began) - r.report.Sending
	return r.conclude(ctx.Err() != nil), err
}

// conclude counts what has not ended, as lost unless the caller did not wait for it,
// and compares the figures with the objectives.
func (r *run) conclude(interrupted bool) Report {
	for _, e := range r.pending {
		step := &r.report.Steps[e.step]
		if interrupted {
			step.Unchecked++
			continue
		}
		step.Lost++
		r.report.miss(e)
	}
	out := r.report
	slices.SortFunc(out.Missing, func(a, b Missing) int { return strings.Compare(a.EventID, b.EventID) })
	for i := range out.Steps {
		out.Steps[i].Verdicts = judgeAll(r.cfg.Objectives, out.Steps[i].Figures)
	}
	out.Figures = sum(out.Steps)
	out.Verdicts = judgeAll(r.cfg.Objectives, out.Figures)
	return out
}

// arrive starts each request when it is due. It returns how many events were not sent.
func (r *run) arrive(ctx, sending, following context.Context) (unsent int64, err error) {
	var (
		places     = make(chan struct{}, r.cfg.InFlight)
		total      = r.cfg.Schedule.Events()
		freed      time.Time     // when a place came free that an arrival had waited for
		nextFollow time.Duration // when the next event to follow is due
	)
	for n := int64(0); n < total; {
		at := r.cfg.Schedule.At(n)
		a := arrival{due: r.began.Add(at), step: r.cfg.Schedule.step(at)}
		if a.payloads, err = r.next(min(int64(r.cfg.BatchSize), total-n)); err != nil {
			return total - n, err
		}
		if r.cfg.Follow > 0 && at >= nextFollow {
			a.follow, nextFollow = true, at+time.Duration(float64(time.Second)/float64(r.cfg.Follow))
		}
		select {
		case <-ctx.Done():
			return total - n, nil
		case <-time.After(time.Until(a.due)):
		}
		waited := a.due.Before(freed)
		select {
		case places <- struct{}{}:
		default:
			waited = true
			select {
			case places <- struct{}{}:
				freed = time.Now()
			case <-ctx.Done():
				return total - n, nil
			}
		}
		if waited {
			r.report.Waited += int64(len(a.payloads))
		} else {
			r.report.Late = max(r.report.Late, time.Since(a.due))
		}
		r.requests.Go(func() {
			defer func() { <-places }()
			r.send(sending, following, a)
		})
		r.report.Requests++
		n += int64(len(a.payloads))
	}
	return 0, nil
}

// next takes the events of a request from the source.
func (r *run) next(count int64) ([][]byte, error) {
	payloads := make([][]byte, count)
	for i := range payloads {
		item, err := r.cfg.Source.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("the source of events ended before the schedule's %d", r.cfg.Schedule.Events())
		}
		if err != nil {
			return nil, err
		}
		payloads[i] = item.Payload
	}
	return payloads, nil
}
