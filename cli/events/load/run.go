// Package load sends many events to the API: read or generated one by one, put
// together into batches, several requests at once, at a given rate. Memory is
// bounded by the batches in flight.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/cli/pace"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// API is what a run sends to.
type API interface {
	Send(ctx context.Context, payload []byte, key string) (api.Result, error)
	SendBatch(ctx context.Context, payloads [][]byte, key string) ([]api.Result, error)
}

// Config says what to send, where and how fast. Every field but Rate, Key,
// Rejects, From and Settled is required; the caller has checked BatchSize and Concurrency.
type Config struct {
	API    API
	Source Source
	// BatchSize is how many events one request carries at most, 1 to
	// contract.BatchLimit. With 1 each goes to POST /events. With a Rate a batch is
	// no more than what may go in a second.
	BatchSize int
	// Concurrency is how many requests are in flight at once.
	Concurrency int
	// Rate bounds the events sent in a second.
	Rate pace.Rate
	// Key names the run: an event without an id of its own gets one made of the
	// key, its bytes, and how many equal lines came before it. So running the same
	// input again with the same key gives the same ids, also in other batches, in
	// another order, or only the lines that were not accepted. A line that came
	// before goes in a request apart, and 20 bytes or so of memory are kept for
	// each line. Default: a random key, with which
	// each request has one of its own.
	Key string
	// Rejects takes the lines that were not accepted, byte for byte. Default:
	// none. Lines too long to be read whole are left out.
	Rejects io.Writer
	// From is the first line to send. Those before it are read, and count among the
	// equal ones of the later. Default: the first one.
	From int64
	// Settled is called with each event that was accepted, or refused for good, by one
	// goroutine at a time. One that failed and may be sent again ends the run then.
	// Default: none.
	Settled func(item Item, accepted bool)
	// Progress is called with each request's events when it is done, by one
	// goroutine at a time.
	Progress func(events int, bytes int64)
	// Latencies is where the API's client records.
	Latencies *Latencies
}

const (
	// giveUpAfter requests failed in a row, each after all its tries, the rest of
	// the input would only fail more slowly.
	giveUpAfter = 8

	// grace is how long requests in flight are waited for after an interruption.
	grace = 10 * time.Second

	keyLimit = contract.IdempotencyLimit - 48 // for a hash and a number
)

// Run sends the source's events and reports what became of each. When ctx ends it
// sends nothing new, finishes what is in flight, and reports the first line not
// sent; so it does after an answer that every further request would get too. The
// error is of the key, the source or the rejects; the report is valid even then.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if len(cfg.Key) > keyLimit {
		return Report{}, fmt.Errorf("the idempotency key has %d characters, at most %d are possible for many events", len(cfg.Key), keyLimit)
	}
	prefix := cfg.Key
	if prefix == "" {
		prefix = uuid.NewString()
	}
	began := time.Now()
	feeding, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sending, cancel := Afterwards(ctx, grace)
	defer cancel()

	s := &sender{cfg: cfg, prefix: prefix, stop: stop, report: newReport()}
	batches := make(chan batch)
	var workers sync.WaitGroup
	for range cfg.Concurrency {
		workers.Go(func() {
			for b := range batches {
				s.deliver(sending, b.items)
			}
		})
	}
	nextLine, err := s.feed(feeding, batches)
	close(batches)
	workers.Wait()

	report := s.report
	report.Examples = first(report.Examples)
	report.Elapsed = time.Since(began)
	report.Latency = cfg.Latencies.Summary()
	report.NextLine = nextLine
	if ctx.Err() == nil {
		report.Stopped = context.Cause(feeding)
	}
	return report, errors.Join(err, s.rejectErr)
}

// Afterwards returns a context that ends some time after ctx does.
func Afterwards(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return out, func() { forget(); cancel() }
}
