package load

import (
	"context"
	"errors"
	"fmt"
	"sync"

	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// sender sends batches and counts what becomes of them.
type sender struct {
	cfg    Config
	prefix string // of each request's Idempotency-Key
	stop   context.CancelCauseFunc

	mu        sync.Mutex // over what follows, Progress and Rejects
	report    Report
	failures  int // requests that failed in a row
	rejectErr error
}

// deliver sends the items. A batch that is refused as a whole is halved until the
// line is found that it is refused for.
func (s *sender) deliver(ctx context.Context, items []Item) {
	key, single := s.key(items)
	if single {
		result, err := s.cfg.API.Send(ctx, items[0].Payload, key)
		s.conclude(items, []api.Result{result}, err)
		return
	}
	results, err := s.cfg.API.SendBatch(ctx, payloads(items), key)
	if api.OfContent(err) && len(items) > 1 {
		half := len(items) / 2
		s.deliver(ctx, items[:half])
		s.deliver(ctx, items[half:])
		return
	}
	s.conclude(items, results, err)
}

// key returns the Idempotency-Key of a request, and whether it is for a single event.
//
// Under a key of the caller's, a line's id must not depend on the lines beside it. The
// API derives the ids of a batch from the key and each event's bytes, so every batch
// has the same key, but for lines that came before: these are kept apart by how often.
// A single event's id is of the key alone: there the key holds the line's hash.
func (s *sender) key(items []Item) (key string, single bool) {
	first := items[0]
	switch {
	case s.cfg.Key == "":
		return fmt.Sprintf("%s:%d-%d", s.prefix, first.Line, items[len(items)-1].Line), len(items) == 1
	case len(items) == 1 && alone(first):
		return fmt.Sprintf("%s:%x:%d", s.prefix, hash(first.Payload), first.equal), true
	case first.equal > 0:
		return fmt.Sprintf("%s:%d", s.prefix, first.equal), false
	}
	return s.prefix, false
}

// conclude records what became of the items of one request.
func (s *sender) conclude(items []Item, results []api.Result, err error) {
	switch {
	case err == nil:
		s.settle(items, func(item Item) *Example {
			result := results[0]
			results = results[1:]
			return exampleOf(item, result)
		})
	case api.OfContent(err):
		s.settle(items, func(item Item) *Example { return problemExample(item, err, false) })
	default:
		s.settle(items, func(item Item) *Example { return problemExample(item, err, true) })
		s.considerStopping(err)
	}
}

// considerStopping ends the run when every further request would fare as badly.
func (s *sender) considerStopping(err error) {
	s.mu.Lock()
	s.failures++
	failures := s.failures
	s.mu.Unlock()
	if problem, ok := errors.AsType[*api.Problem](err); ok && problem.Status/100 != 5 && !api.Transient(err) {
		s.stop(err) // no key, a wrong address
		return
	}
	if failures >= giveUpAfter {
		s.stop(fmt.Errorf("%d requests failed in a row: %w", failures, err))
	}
}

// settle counts each item: why returns nil for an accepted one.
func (s *sender) settle(items []Item, why func(Item) *Example) {
	s.mu.Lock()
	defer s.mu.Unlock()
	accepted, bytes := 0, int64(0)
	for _, item := range items {
		bytes += item.Size
		example := why(item)
		switch {
		case s.cfg.Settled == nil:
		case example != nil && example.Failed:
			s.stop(fmt.Errorf("line %d failed: %s", item.Line, example.Detail))
		default:
			s.cfg.Settled(item, example == nil)
		}
		if example == nil {
			accepted++
			continue
		}
		s.report.reject(*example)
		if s.cfg.Rejects != nil && item.Payload != nil && s.rejectErr == nil {
			if _, err := s.cfg.Rejects.Write(append(item.Payload, '\n')); err != nil {
				s.rejectErr = fmt.Errorf("write the lines that were not accepted: %w", err)
				s.stop(s.rejectErr)
			}
		}
	}
	if accepted > 0 {
		s.report.Accepted += int64(accepted)
		s.failures = 0
	}
	s.cfg.Progress(len(items), bytes)
}

func exampleOf(item Item, result api.Result) *Example {
	if result.Status == contract.StatusEnqueued {
		return nil
	}
	e := &Example{Line: item.Line, Code: fault.Internal, Detail: "the API said " + result.Status, Failed: result.Status != contract.StatusRefused}
	if result.Error != nil {
		e.Code, e.Detail = result.Error.Code, detail(result.Error.Detail, result.Error.Errors)
	}
	return e
}

func problemExample(item Item, err error, failed bool) *Example {
	e := &Example{Line: item.Line, Code: api.Reason(err), Detail: err.Error(), Failed: failed}
	if problem, ok := errors.AsType[*api.Problem](err); ok {
		e.Detail = detail(problem.Detail, problem.Errors)
	}
	return e
}

// detail adds each field's error, where the sentence only counts them.
func detail(text string, fields []fault.Field) string {
	if len(fields) < 2 {
		return text
	}
	for i, field := range fields {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		text += separator + field.Detail
	}
	return text
}
