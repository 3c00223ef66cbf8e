package process_test

import (
	"context"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

func TestBackoff_survives_six_hours_of_outage(t *testing.T) {
	t.Parallel()
	for _, random := range []float64{0, 0.999} {
		service, w, store := newServiceWith(t, random)
		store.BeforePersist = func(context.Context, int, []process.Record) error {
			return fault.New(fault.DatabaseUnavailable, "down")
		}
		var sum time.Duration
		for n := 1; n <= contract.MaxReceives; n++ {
			m := good(t, "a")
			m.Deliveries = n
			service.ProcessBatch(t.Context(), []process.Message{m})
		}
		for i, p := range w.postponed {
			if i > 0 && p.Delay < w.postponed[i-1].Delay*8/10 {
				t.Errorf("delay %d is %s after %s", i, p.Delay, w.postponed[i-1].Delay)
			}
			if p.Delay%time.Second != 0 || p.Delay > time.Minute {
				t.Errorf("delay %s is no whole number of seconds up to a minute", p.Delay)
			}
			sum += p.Delay
		}
		if len(w.postponed) != contract.MaxReceives-1 || sum <= 13*time.Hour {
			t.Errorf("%d waits of %s in all, want %d of more than 13 h", len(w.postponed), sum, contract.MaxReceives-1)
		}
	}
}
