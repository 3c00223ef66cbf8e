package openloop

import (
	"context"
	"time"

	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// A followed event is asked about again after a twentieth of the time since it was
	// due, and this at least: stored latencies are never too low, and too high by no
	// more than that and the time of two questions.
	pauseShare = 20
	shortPause = 10 * time.Millisecond
)

// tracked is an accepted event whose end is not known.
type tracked struct {
	id   string
	step int
	last string // what its status said last
}

// follow asks about an event until it has ended or ctx has.
func (r *run) follow(ctx context.Context, e tracked, due time.Time) {
	for {
		select {
		case <-ctx.Done():
			r.mu.Lock()
			defer r.mu.Unlock()
			r.pending = append(r.pending, e)
			return
		case <-time.After(max(shortPause, time.Since(due)/pauseShare)):
		}
		state := r.ask(ctx, &e)
		took := time.Since(due)
		r.mu.Lock()
		r.report.Asked++
		if state == contract.StatusProcessed {
			r.report.Steps[e.step].StoredIn.Observe(took)
		}
		r.mu.Unlock()
		if r.settle(e, state) {
			return
		}
	}
}

// ask returns the state of an event, empty when there is no answer (yet).
func (r *run) ask(ctx context.Context, e *tracked) string {
	status, err := r.cfg.API.Status(ctx, e.id)
	switch {
	case err == nil:
		e.last = status.State
		if status.Error != nil {
			e.last += ": " + string(status.Error.Code)
		}
		return status.State
	case ctx.Err() != nil:
	case api.IsNotFound(err):
		e.last = "not found"
	default:
		e.last = string(api.Reason(err))
	}
	return ""
}

// settle counts an event that has ended, and reports whether it has.
func (r *run) settle(e tracked, state string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	step := &r.report.Steps[e.step]
	switch state {
	case contract.StatusProcessed:
		step.Processed++
	case contract.StatusFailed:
		step.Failed++
		r.report.miss(e)
	default:
		return false
	}
	return true
}
