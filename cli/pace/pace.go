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

// UnmarshalText reads a rate from the command line: 50, 50/s, 10/m or 1/h, which is
// the lowest.
func (r *Rate) UnmarshalText(text []byte) error {
	number, unit, _ := strings.Cut(string(text), "/")
	seconds, known := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || value < 0 || value > 1e9 || (value > 0 && value/seconds < 1.0/3600) {
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

// maxDebt is how much lost time is caught up.
const maxDebt = time.Second

// New returns a pace at which the first thing may go at once.
func New(r Rate) *Pace {
	p := &Pace{due: time.Now()}
	if r > 0 {
		p.interval = time.Duration(float64(time.Second) / float64(r))
	}
	return p
}

// Wait waits until n more things may go, or ctx ends.
func (p *Pace) Wait(ctx context.Context, n int) error {
	if p.interval > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(p.due)):
		}
		if floor := time.Now().Add(-maxDebt); p.due.Before(floor) {
			p.due = floor
		}
		p.due = p.due.Add(time.Duration(n) * p.interval)
	}
	return ctx.Err()
}
