package soak

import (
	"math"
	"time"

	"gonum.org/v1/gonum/stat"
)

const (
	// warmUp is the share of the time that is left out of a trend: heaps, caches and pools
	// fill first.
	warmUp = 1.0 / 3

	// blocks is into how many means the rest is condensed. Samples near one another are
	// not independent: a fit to each of them would claim too small an error.
	blocks = 12

	// A slope is growth when it is above zero by so many standard errors, and what grows
	// from the begin to the end is so much of the mean.
	errorsAbove = 3
	material    = 0.05
)

// Trend is how a figure changes: a least-squares fit over time.
type Trend struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	First   float64 `json:"first"` // block
	Last    float64 `json:"last"`
	Mean    float64 `json:"mean"`
	PerHour float64 `json:"per_hour"` // the slope
	Error   float64 `json:"error"`    // its standard error
	Grows   bool    `json:"grows"`
}

// series is a figure over time.
type series struct {
	at     []time.Duration
	values []float64
}

func (s *series) add(at time.Duration, value float64) {
	s.at, s.values = append(s.at, at), append(s.values, value)
}

// trend fits the series. With fewer points than it takes for an error there is none: its
// slope is zero, and nothing grows.
func (s *series) trend(name, unit string) Trend {
	out := Trend{Name: name, Unit: unit}
	if len(s.at) == 0 {
		return out
	}
	hours, means := s.condense()
	out.Mean = stat.Mean(means, nil)
	out.First, out.Last = means[0], means[len(means)-1]
	if len(means) < 3 {
		return out
	}
	intercept, slope := stat.LinearRegression(hours, means, nil, false)
	squares := 0.0
	for i, h := range hours {
		residual := means[i] - intercept - slope*h
		squares += residual * residual
	}
	n := float64(len(hours))
	spread := stat.Variance(hours, nil) * (n - 1)
	out.PerHour, out.Error = slope, math.Sqrt(squares/(n-2)/spread)
	grown := slope * (hours[len(hours)-1] - hours[0])
	out.Grows = slope > errorsAbove*out.Error && grown > material*math.Abs(out.Mean)
	return out
}

// condense leaves the warm-up out, and returns the means of blocks of equal length.
func (s *series) condense() (hours, means []float64) {
	first, last := s.at[0], s.at[len(s.at)-1]
	from := first + time.Duration(warmUp*float64(last-first))
	length := (last - from) / blocks
	var sums, counts [blocks]float64
	for i, at := range s.at {
		if at < from {
			continue
		}
		block := 0
		if length > 0 {
			block = min(int((at-from)/length), blocks-1)
		}
		sums[block] += s.values[i]
		counts[block]++
	}
	for i := range blocks {
		if counts[i] > 0 {
			hours = append(hours, (from + time.Duration((float64(i)+0.5)*float64(length))).Hours())
			means = append(means, sums[i]/counts[i])
		}
	}
	return hours, means
}
