// Package load sends many events to the API: read or generated one by one, put
// together into batches, several at once, at a given rate. What is in memory at
// any time is bounded by the batches under way.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/cli/api"
	"github.com/fluxa/fluxa/pkg/contract"
)

// API is what a run sends to.
type API interface {
	Send(ctx context.Context, payload []byte, key string) (api.Result, error)
	SendBatch(ctx context.Context, payloads [][]byte, key string) ([]api.Result, error)
}

// Config says what to send, where and how fast. API and Source are required.
type Config struct {
	API    API
	Source Source
	// BatchSize is how many events one request carries at most: default 100, up
	// to contract.BatchLimit. With 1 each goes to POST /events.
	BatchSize int
	// Concurrency is how many requests are under way at once. Default 4.
	Concurrency int
	// PerSecond bounds the events sent in a second. Zero does not.
	PerSecond float64
	// Linger is how long a batch waits to fill while no event comes. Default 1 s.
	Linger time.Duration
	// Key names the run. Each request has an Idempotency-Key of it and the lines
	// it carries, so that running the same input again with the same key and
	// batch size gives the same ids. Such a run never sends a batch for its age.
	// Default: a random one.
	Key string
	// Rejects takes the lines that were not accepted, byte for byte. Default:
	// nobody. Lines too long to be read whole are left out.
	Rejects io.Writer
	// Progress is told of each request's events when it is done; it is called by
	// one goroutine at a time.
	Progress func(events int, bytes int64)
	// Latencies is where the API's client records. Default: an empty one.
	Latencies *Latencies
}

const (
	// giveUpAfter requests failed in a row, each after all its tries, the rest of
	// the input would only fail more slowly.
	giveUpAfter = 8

	// grace is how long requests under way are waited for after an interruption.
	grace = 10 * time.Second

	keyLimit = contract.IdempotencyLimit - 48 // for two line numbers
)

func (c Config) withDefaults() (Config, error) {
	if c.API == nil || c.Source == nil {
		return c, errors.New("load: API and Source are required")
	}
	if c.BatchSize == 0 {
		c.BatchSize = 100
	}
	if c.Concurrency == 0 {
		c.Concurrency = 4
	}
	if c.Progress == nil {
		c.Progress = func(int, int64) {}
	}
	if c.Latencies == nil {
		c.Latencies = NewLatencies()
	}
	if c.Linger == 0 && c.Key == "" {
		c.Linger = time.Second
	}
	switch {
	case c.BatchSize < 1 || c.BatchSize > contract.BatchLimit:
		return c, fmt.Errorf("the batch size is %d, it must be 1 to %d", c.BatchSize, contract.BatchLimit)
	case c.Concurrency < 1 || c.Concurrency > 1_000:
		return c, fmt.Errorf("the concurrency is %d, it must be 1 to 1000", c.Concurrency)
	case c.PerSecond < 0:
		return c, fmt.Errorf("the rate is %g events a second, it must not be negative", c.PerSecond)
	case len(c.Key) > keyLimit:
		return c, fmt.Errorf("the idempotency key has %d characters, at most %d are possible for many events", len(c.Key), keyLimit)
	}
	if c.Key == "" {
		c.Key = uuid.NewString()
	}
	return c, nil
}

// Run sends the source's events and reports what became of each. When ctx ends it
// sends nothing new, finishes what is under way, and reports the first line not
// sent; so it does after an answer that every further request would get too. The
// error is of the settings, the source or the rejects; the report holds even then.
func Run(ctx context.Context, cfg Config) (Report, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Report{}, err
	}
	began := time.Now()
	feeding, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	sending, cancel := afterwards(ctx, grace)
	defer cancel()

	s := &sender{cfg: cfg, tally: newTally(), stop: stop}
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

	report := s.tally.summary()
	report.Elapsed = time.Since(began)
	report.Latency = cfg.Latencies.Summary()
	report.NextLine = nextLine
	if ctx.Err() == nil {
		if cause := context.Cause(feeding); cause != nil {
			report.Stopped = cause
		}
	}
	return report, errors.Join(err, s.rejectErr)
}

// afterwards returns a context that ends some time after ctx does.
func afterwards(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return out, func() { forget(); cancel() }
}
