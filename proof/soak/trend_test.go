package soak

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// measured is 30 minutes of samples, one a second: a value at the begin, what it grows in
// an hour, and noise.
func measured(start, perHour, noise float64) *series {
	return measuredWith(rand.New(rand.NewPCG(1, 2)), start, perHour, noise)
}

func measuredWith(random *rand.Rand, start, perHour, noise float64) *series {
	var s series
	for second := range 1800 {
		at := time.Duration(second) * time.Second
		s.add(at, start+perHour*at.Hours()+noise*random.NormFloat64())
	}
	return &s
}

func TestTrend_finds_growth_and_nothing_else(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		series *series
		slope  float64
		grows  bool
	}{
		"noise alone":                          {measured(100, 0, 10), 0, false},
		"a leak of half in an hour":            {measured(100, 50, 2), 50, true},
		"the same leak beneath much noise":     {measured(100, 50, 10), 50, true},
		"growth that is exact, and no matter":  {measured(100, 2, 0), 2, false},
		"what shrinks":                         {measured(100, -50, 2), -50, false},
		"a constant":                           {measured(7, 0, 0), 0, false},
		"nothing at all, such as no goroutine": {measured(0, 0, 0), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.series.trend("memory", "MiB")
			if got.Grows != c.grows || math.Abs(got.PerHour-c.slope) > 4*got.Error+0.01 {
				t.Errorf("%+v, want a slope of %g that grows: %t", got, c.slope, c.grows)
			}
		})
	}
}

// TestTrend_takes_noise_for_noise has noise so strong that the line rises or falls by more
// than matters, by chance: three standard errors of twelve points are hardly ever exceeded.
func TestTrend_takes_noise_for_noise(t *testing.T) {
	t.Parallel()
	grows := 0
	for seed := range uint64(200) {
		s := measuredWith(rand.New(rand.NewPCG(seed, seed)), 100, 0, 300)
		if s.trend("memory", "MiB").Grows {
			grows++
		}
	}
	if grows > 4 {
		t.Errorf("it takes %d of 200 for growth", grows)
	}
}

func TestTrend_leaves_the_warm_up_out(t *testing.T) {
	t.Parallel()
	s := measured(100, 0, 1)
	for i := range 500 {
		s.values[i] = 0.2 * float64(i) // a heap that fills
	}
	if got := s.trend("memory", "MiB"); got.Grows {
		t.Errorf("%+v: what grew first and stays is no growth", got)
	}
}

func TestTrend_of_too_few_samples_says_nothing(t *testing.T) {
	t.Parallel()
	var s series
	if got := s.trend("memory", "MiB"); got.Grows || got.Mean != 0 {
		t.Errorf("of none: %+v", got)
	}
	s.add(0, 1)
	s.add(time.Second, 100)
	if got := s.trend("memory", "MiB"); got.Grows || got.PerHour != 0 {
		t.Errorf("of two: %+v", got)
	}
}
