package openloop

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// drainQuestions is how many events are asked about at once at the end.
	drainQuestions = 64
	// drainPatience is after how many events that have not ended a round is over:
	// those behind them were sent later.
	drainPatience = 100
	drainPause    = 250 * time.Millisecond
)

// drain asks about the accepted events, oldest first, until each has ended or ctx has.
// Events that have not ended go to the back, so that lost ones hold up no other.
func (r *run) drain(ctx context.Context) {
	r.mu.Lock()
	events := r.pending
	r.pending = nil
	r.mu.Unlock()
	r.cfg.Draining(int64(len(events)))
	for len(events) > 0 && ctx.Err() == nil {
		if events = r.round(ctx, events); len(events) == 0 {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(drainPause):
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = append(r.pending, events...)
}

// round asks about each event once, until too many of them have not ended, and returns
// those that are left.
func (r *run) round(ctx context.Context, events []tracked) []tracked {
	var (
		next, open atomic.Int64
		ended      = make([]bool, len(events))
		questions  sync.WaitGroup
	)
	for range drainQuestions {
		questions.Go(func() {
			for ctx.Err() == nil && open.Load() < drainPatience {
				i := next.Add(1) - 1
				if i >= int64(len(events)) {
					return
				}
				if ended[i] = r.settle(events[i], r.ask(ctx, &events[i])); ended[i] {
					r.cfg.Checked(1)
				} else {
					open.Add(1)
				}
			}
		})
	}
	questions.Wait()
	asked := min(next.Load(), int64(len(events)))
	left := append([]tracked(nil), events[asked:]...)
	for i, e := range events[:asked] {
		if !ended[i] {
			left = append(left, e)
		}
	}
	return left
}
