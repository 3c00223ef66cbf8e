package openloop

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		schedule Schedule
		events   int64
		at       map[int64]time.Duration
	}{
		"constant":           {Schedule{500, 0, 30 * time.Second}, 15_000, map[int64]time.Duration{0: 0, 1: 2 * time.Millisecond, 14_999: 29_998 * time.Millisecond}},
		"a ramp to the same": {Schedule{500, 500, 30 * time.Second}, 15_000, map[int64]time.Duration{14_999: 29_998 * time.Millisecond}},
		// By t, 100 t + 95 t² are due: 195 by 1 s, 580 by 2 s, 10,500 by 10 s.
		"up":               {Schedule{100, 2000, 10 * time.Second}, 10_500, map[int64]time.Duration{0: 0, 195: time.Second, 580: 2 * time.Second, 10_500: 10 * time.Second}},
		"down":             {Schedule{2000, 100, 10 * time.Second}, 10_500, map[int64]time.Duration{0: 0, 1905: time.Second, 10_500: 10 * time.Second}},
		"slow":             {Schedule{1.0 / 60, 0, 90 * time.Second}, 2, map[int64]time.Duration{1: time.Minute}},
		"less than one":    {Schedule{1, 0, time.Millisecond}, 1, map[int64]time.Duration{0: 0}},
		"a part of one":    {Schedule{2, 0, 1100 * time.Millisecond}, 3, map[int64]time.Duration{2: time.Second}},
		"a rounding error": {Schedule{0.1, 0, 30 * time.Second}, 3, map[int64]time.Duration{2: 20 * time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.schedule.Events(); got != test.events {
				t.Errorf("%d events, want %d", got, test.events)
			}
			for n, want := range test.at {
				if got := test.schedule.At(n); (got - want).Abs() > time.Microsecond {
					t.Errorf("event %d is due at %s, want %s", n, got, want)
				}
			}
		})
	}
}

func TestRun_ramps_up(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(at time.Duration) (time.Duration, error) {
			if at < 6*time.Second {
				return 10 * time.Millisecond, nil
			}
			return at/10 - 500*time.Millisecond, nil // 100 ms at 6 s, 500 ms at 10 s
		}}
		report := runFilled(t, t.Context(), Config{
			API: f, Schedule: Schedule{100, 300, 10 * time.Second}, Objectives: objectives(t, "accepted.p50<160ms", "errors<=0%"),
		})
		seconds := make([]int, 10)
		for _, at := range f.came {
			seconds[min(int(at/time.Second), 9)]++
		}
		for i, n := range seconds {
			step, want := report.Steps[i], 110+20*i
			if n < want-1 || n > want+1 || step.Rate != float64(want) || step.Accepted != int64(n) || step.From != time.Duration(i)*time.Second {
				t.Errorf("%d came in second %d, want %d; reported %+v", n, i, want, step.Figures)
			}
		}
		// The steps from the eighth on have a median of 250 ms and more, that of all is 10 ms.
		if !report.Verdicts[0].Met || !report.Held() || report.HeldUpTo() != 230 || !report.Steps[6].Held() || report.Steps[7].Held() {
			t.Errorf("held up to %g, %+v", report.HeldUpTo(), report.Verdicts)
		}
	})
}
