package openloop

import (
	"math"
	"time"

	"github.com/fluxa/fluxa/cli/pace"
)

// rampSteps is in how many parts of equal length a ramp is reported.
const rampSteps = 10

// Schedule says when events are due: Rate a second for the time For, or with RampTo
// at a rate that changes evenly from Rate to RampTo. RampTo zero means no ramp.
type Schedule struct {
	Rate, RampTo pace.Rate
	For          time.Duration
}

// last is the rate at the end.
func (s Schedule) last() float64 {
	if s.RampTo == 0 {
		return float64(s.Rate)
	}
	return float64(s.RampTo)
}

// Events returns how many events are due.
func (s Schedule) Events() int64 {
	total := (float64(s.Rate) + s.last()) / 2 * s.For.Seconds()
	const rounding = 1e-12 // of the floating point: 15,000.000000002 are no 15,001
	return int64(math.Ceil(total * (1 - rounding)))
}

// At returns when event n is due after the beginning; the first is event 0.
func (s Schedule) At(n int64) time.Duration {
	// By the time t, first·t + growth·t² are due. Solved for t, in the form that has
	// no growth below the line, so that it may be zero.
	first, growth := float64(s.Rate), (s.last()-float64(s.Rate))/(2*s.For.Seconds())
	root := math.Sqrt(max(0, first*first+4*growth*float64(n)))
	return time.Duration(2 * float64(n) / (first + root) * float64(time.Second))
}

func (s Schedule) steps() int {
	if s.RampTo == 0 {
		return 1
	}
	return rampSteps
}

// step returns the part of the schedule that a time is in.
func (s Schedule) step(at time.Duration) int {
	return min(int(float64(at)/float64(s.For)*float64(s.steps())), s.steps()-1)
}

// rate returns the mean rate of a part.
func (s Schedule) rate(step int) float64 {
	return float64(s.Rate) + (s.last()-float64(s.Rate))*(float64(step)+0.5)/float64(s.steps())
}
