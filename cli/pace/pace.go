// Package pace spreads work evenly over time.
package pace

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is how many things may be done in a second; 0 means no limit.
type Rate float64

// UnmarshalText reads a rate from the command line: 50, 50/s, 10/m or 1/h.
func (r *Rate) UnmarshalText(text []byte) error {
	number, unit, _ := strings.Cut(string(text), "/")
	seconds, known := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || value < 0 || value > 1e9 {
		return fmt.Errorf("%q is not a rate such as 50, 50/s or 10/m", text)
	}
	*r = Rate(value / seconds)
	return nil
}

// Pace spreads things evenly at a rate. It is used by one goroutine.
type Pace struct {
	interval time.Duration
	due      time.Time
}

// slack is how early a thing may go, so that no timer is set for less than it can
// measure; maxDebt is how much lost time is caught up.
const (
	slack   = time.Millisecond
	maxDebt = time.Second
)

// New returns a pace at which the first thing may go at once.
func New(r Rate) *Pace {
	p := &Pace{due: time.Now()}
	if r > 0 {
		p.interval = time.Duration(float64(time.Second) / float64(r))
	}
	return p
}

// Until returns how long the next thing has to wait; zero or less means it may go.
func (p *Pace) Until() time.Duration {
	if p.interval == 0 {
		return 0
	}
	return time.Until(p.due) - slack
}

// Took notes that a thing went.
func (p *Pace) Took() {
	if floor := time.Now().Add(-maxDebt); p.due.Before(floor) {
		p.due = floor
	}
	p.due = p.due.Add(p.interval)
}

// Wait waits for the next thing's turn, or until ctx ends.
func (p *Pace) Wait(ctx context.Context) error {
	if p.interval > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(p.due)):
		}
	}
	if ctx.Err() == nil {
		p.Took()
	}
	return ctx.Err()
}
