// Package batch sends many entries through calls that take few at once, as the
// batch operations of SQS and SNS do: it packs the entries into calls within the
// limits, makes several calls side by side, tries again what is worth it, and
// never loses the outcome of an entry.
package batch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Outcome is what one call says of one entry. A nil Err means taken. Again says
// that trying once more may help.
type Outcome struct {
	Err   error
	Again bool
}

// Call makes one call with some entries and returns their outcomes, in order.
// Its own retries of a whole call are the SDK's affair: what it reports with
// Again is sent once more by the Sender.
type Call[E any] func(ctx context.Context, entries []E) []Outcome

// Config says how entries are sent. Call is required.
type Config[E any] struct {
	// Call sends the entries of one call.
	Call Call[E]
	// Size returns the bytes of an entry that count against Bytes; nothing by
	// default.
	Size func(E) int
	// Entries is the most that one call takes: contract.CallEntries by default and at most.
	Entries int
	// Bytes is the most that the entries of one call may have in sum; zero means
	// no limit. An entry that is larger alone gets a call of its own: refusing
	// it is for the caller, before.
	Bytes int
	// Calls is how many calls are under way at once; 8 by default.
	Calls int
	// Attempts is how often an entry is tried in all; 3 by default.
	Attempts int
	// Backoff is the mean pause before the second try; it doubles for each one
	// after. 100 ms by default. The pause is drawn at random from half to one
	// and a half times that.
	Backoff time.Duration
}

// Sender sends entries. It is safe for concurrent use.
type Sender[E any] struct{ config Config[E] }

// New returns a sender. Returns an error that names a field which cannot be
// used.
func New[E any](c Config[E]) (*Sender[E], error) {
	if c.Call == nil {
		return nil, fmt.Errorf("batch: Call is required")
	}
	if c.Size == nil {
		c.Size = func(E) int { return 0 }
	}
	for _, n := range []struct {
		name  string
		value *int
		start int
		limit int
	}{
		{"Entries", &c.Entries, contract.CallEntries, contract.CallEntries},
		{"Calls", &c.Calls, 8, 64},
		{"Attempts", &c.Attempts, 3, 10},
	} {
		if *n.value == 0 {
			*n.value = n.start
		}
		if *n.value < 1 || *n.value > n.limit {
			return nil, fmt.Errorf("batch: %s must be 1 to %d, got %d", n.name, n.limit, *n.value)
		}
	}
	if c.Bytes < 0 {
		return nil, fmt.Errorf("batch: Bytes must not be negative, got %d", c.Bytes)
	}
	if c.Backoff == 0 {
		c.Backoff = 100 * time.Millisecond
	}
	if c.Backoff < 0 {
		return nil, fmt.Errorf("batch: Backoff must not be negative, got %s", c.Backoff)
	}
	return &Sender[E]{c}, nil
}

// Send sends the entries and returns one error per entry, in their order, nil
// for those taken. Once the context is done it starts no call: what is left gets
// the context's error. Calls that are under way end by the context themselves.
func (s *Sender[E]) Send(ctx context.Context, entries []E) []error {
	errs := make([]error, len(entries))
	parts := s.split(entries)
	if len(parts) == 1 { // not worth a goroutine, whose stack would grow anew under each call of the SDK
		s.sendPart(ctx, entries, errs)
		return errs
	}
	var calls errgroup.Group
	calls.SetLimit(s.config.Calls)
	for _, part := range parts {
		calls.Go(func() error {
			s.sendPart(ctx, entries[part.from:part.to], errs[part.from:part.to])
			return nil
		})
	}
	_ = calls.Wait() // always nil: each entry has its own error
	return errs
}

type span struct{ from, to int }

// split packs neighbours together, in order.
func (s *Sender[E]) split(entries []E) []span {
	var parts []span
	sum := 0
	for i, entry := range entries {
		size := s.config.Size(entry)
		last := len(parts) - 1
		if last < 0 || parts[last].to-parts[last].from == s.config.Entries || (s.config.Bytes > 0 && sum+size > s.config.Bytes) {
			parts = append(parts, span{i, i + 1})
			sum = size
			continue
		}
		parts[last].to++
		sum += size
	}
	return parts
}

// sendPart tries the entries of one call until each is taken, or beyond help, or
// the attempts or the time are used up.
func (s *Sender[E]) sendPart(ctx context.Context, entries []E, errs []error) {
	left := make([]int, len(entries))
	for i := range left {
		left[i] = i
	}
	for attempt := 1; ; attempt++ {
		if err := context.Cause(ctx); err != nil {
			for _, i := range left {
				if errs[i] == nil {
					errs[i] = err
				}
			}
			return
		}
		part := make([]E, len(left))
		for n, i := range left {
			part[n] = entries[i]
		}
		left = settle(left, s.config.Call(ctx, part), errs)
		if len(left) == 0 || attempt == s.config.Attempts || budget.Sleep(ctx, jitter(s.config.Backoff<<(attempt-1))) != nil {
			return
		}
	}
}

// settle notes the outcomes and returns the entries to try again. An entry that
// the call says nothing of has failed.
func settle(left []int, outcomes []Outcome, errs []error) []int {
	var again []int
	for n, i := range left {
		outcome := Outcome{Err: fmt.Errorf("the call gave %d outcomes for %d entries", len(outcomes), len(left)), Again: true}
		if n < len(outcomes) {
			outcome = outcomes[n]
		}
		errs[i] = outcome.Err
		if outcome.Err != nil && outcome.Again {
			again = append(again, i)
		}
	}
	return again
}

// jitter draws a pause from half to one and a half times the mean.
func jitter(mean time.Duration) time.Duration { return mean/2 + rand.N(mean+1) }
