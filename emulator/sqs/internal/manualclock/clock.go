// Package manualclock is a clock that moves only when a test moves it.
package manualclock

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Clock stands still until Advance. It may be used by many goroutines at once.
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	waiters []waiter
	changed chan struct{}
}

type waiter struct {
	at   time.Time
	fire chan time.Time
}

// New returns a clock that stands at start.
func New(start time.Time) *Clock {
	return &Clock{now: start, changed: make(chan struct{})}
}

// Now returns the time the clock stands at.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After returns a channel that gets the time once the clock has been advanced
// by d or more.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := waiter{at: c.now.Add(d), fire: make(chan time.Time, 1)}
	if d <= 0 {
		w.fire <- c.now
		return w.fire
	}
	c.waiters = append(c.waiters, w)
	close(c.changed)
	c.changed = make(chan struct{})
	return w.fire
}

// Advance moves the clock forward and fires what has become due.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	waiting := c.waiters[:0]
	for _, w := range c.waiters {
		if w.at.After(c.now) {
			waiting = append(waiting, w)
			continue
		}
		w.fire <- c.now
	}
	c.waiters = waiting
}

// AwaitWaiter returns once somebody waits for a moment at most d from now. A
// test calls it before Advance, so that the code under test is surely waiting.
func (c *Clock) AwaitWaiter(ctx context.Context, d time.Duration) error {
	for {
		c.mu.Lock()
		changed, found := c.changed, false
		for _, w := range c.waiters {
			found = found || !w.at.After(c.now.Add(d))
		}
		c.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait until the code under test waits for the clock: %w", ctx.Err())
		}
	}
}
