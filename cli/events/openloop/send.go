package openloop

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// arrival is a request that is due.
type arrival struct {
	payloads [][]byte
	due      time.Time
	step     int
	follow   bool
}

// send sends a request and keeps count of its events.
func (r *run) send(sending, following context.Context, a arrival) {
	results, err := r.deliver(sending, a.payloads)
	took := time.Since(a.due)
	followed := -1
	if a.follow {
		followed = rand.IntN(len(a.payloads))
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	step := &r.report.Steps[a.step]
	before := step.Accepted
	for i := range a.payloads {
		if err != nil || results[i].Status != contract.StatusEnqueued {
			step.Errors++
			r.report.fail(reasonOf(results, i, err))
			continue
		}
		step.Accepted++
		e := tracked{id: results[i].EventID, step: a.step, last: "not asked"}
		if i == followed {
			r.report.Followed++
			r.followers.Go(func() { r.follow(following, e, a.due) })
		} else {
			r.pending = append(r.pending, e)
		}
	}
	step.AcceptedIn.ObserveMany(took, step.Accepted-before)
	r.considerStopping(err)
	r.cfg.Sent(len(a.payloads))
}

// deliver returns an answer an event, or the error of the whole.
func (r *run) deliver(ctx context.Context, payloads [][]byte) ([]api.Result, error) {
	if r.cfg.BatchSize > 1 {
		return r.cfg.API.SendBatch(ctx, payloads, "")
	}
	result, err := r.cfg.API.Send(ctx, payloads[0], "")
	return []api.Result{result}, err
}

// reasonOf returns why event i of a request was not accepted.
func reasonOf(results []api.Result, i int, err error) (fault.Code, string) {
	if problem, ok := errors.AsType[*api.Problem](err); ok {
		return problem.Reason(), problem.Detail
	}
	if err != nil {
		return api.Reason(err), err.Error()
	}
	if refused := results[i].Error; refused != nil {
		return refused.Code, refused.Detail
	}
	return fault.Internal, "the API said " + results[i].Status
}

// considerStopping ends a run that the API lets do nothing: every further request would
// be answered alike. Once an event was accepted it is the load that is measured. The
// caller holds mu.
func (r *run) considerStopping(err error) {
	problem, ok := errors.AsType[*api.Problem](err)
	if !ok || problem.Status/100 != 4 || api.Transient(err) {
		return
	}
	for _, step := range r.report.Steps {
		if step.Accepted > 0 {
			return
		}
	}
	r.stop(err)
}
