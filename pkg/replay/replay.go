// Package replay sends stored events out once more, as an operation of maintain: to the
// subscribers, marked as replayed, or through the events queue.
//
// It walks a range of events page by page and moves on when a whole page was taken. What
// interrupts it has every page sent again that was not answered for, which is what some
// seconds send (pkg/operate): each event goes out at least once, and none that is outside
// the range.
package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// Store reads the events.
type Store interface {
	// Range returns events that follow a place, limit and maxBytes of payloads at most.
	// Returns a DatabaseUnavailable fault.
	Range(ctx context.Context, r event.Range, after event.Place, limit, maxBytes int) (event.RangePage, error)
	// RangeCount counts those that follow a place in its day, and returns where to go on.
	// Returns a DatabaseUnavailable fault.
	RangeCount(ctx context.Context, r event.Range, after event.Place) (n int64, next event.Place, done bool, err error)
}

// Topic announces stored events again, with an attribute that says so. It returns one
// error an event, nil for those taken, each otherwise a NotifierUnavailable fault.
type Topic interface {
	PublishAgain(ctx context.Context, events []event.Stored) []error
}

// Queue sends envelopes as ingest does. It returns one error an envelope, nil for those
// taken.
type Queue interface {
	SendAgain(ctx context.Context, envelopes []event.Envelope) []error
}

const (
	// pageLimit and pageBytes bound what a page holds in memory. A function of 256 MiB holds a page's payloads a few times: as rows, as
	// messages, as calls.
	pageLimit = 500
	pageBytes = 4 << 20

	// RateLimit is the most events a second that can be asked for. One call after the
	// other does not come near it on AWS.
	RateLimit = 10_000
)

// Arguments are those of the operation. Times are of when an event was stored.
type Arguments struct {
	From time.Time `json:"from"`
	// To ends the range; nil means event.Settled before the operation begins.
	To     *time.Time `json:"to,omitzero"`
	Client *string    `json:"client,omitzero"`  // nil: of any client; empty: without a client
	UserID string     `json:"user_id,omitzero"` // empty: of any user
	// Requeue sends the events through the queue in place of announcing them.
	Requeue bool `json:"requeue,omitzero"`
	// Rate is how many events go out in a second at most.
	Rate int `json:"rate"`
	// DryRun only counts the events.
	DryRun bool `json:"dry_run,omitzero"`
}

// Check returns an InvalidValue fault that names the argument which cannot be used.
func (a Arguments) Check() error {
	switch {
	case a.From.IsZero():
		return fault.New(fault.InvalidValue, "from is missing: it is the time from which on events were stored")
	case a.Rate < 1 || a.Rate > RateLimit:
		return fault.Newf(fault.InvalidValue, "rate must be 1 to %d events a second, got %d", RateLimit, a.Rate)
	case a.Client != nil && *a.Client != "" && !contract.ValidClient(*a.Client):
		return fault.Newf(fault.InvalidValue, "client is not the name of a client: %.64q", *a.Client)
	}
	return nil
}

// Report is what was done so far. Sent counts each event once, also when an interruption
// has it sent twice.
type Report struct {
	To     time.Time `json:"to"`     // the end of the range
	Events int64     `json:"events"` // in the range; still growing until Counted
	// Counted says that all of the range is in Events.
	Counted bool  `json:"counted"`
	Sent    int64 `json:"sent"`
}

// Cursor is how far a replay has come: first it counts, then it sends.
type Cursor struct {
	Place event.Place `json:"place,omitzero"`
	// Due is when the next page may go.
	Due time.Time `json:"due,omitzero"`
}

// Config is what a Service needs; all but Now is required.
type Config struct {
	Store Store
	Topic Topic
	Queue Queue
	Now   func() time.Time // default time.Now
}

// Service replays events. It is safe for concurrent use.
type Service struct{ Config }

// New returns a Service, or an error that names the field that is missing.
func New(c Config) (*Service, error) {
	switch {
	case c.Store == nil:
		return nil, errors.New("replay: Store is required")
	case c.Topic == nil:
		return nil, errors.New("replay: Topic is required")
	case c.Queue == nil:
		return nil, errors.New("replay: Queue is required")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{c}, nil
}

// Operation is the replay, as maintain runs it.
func (s *Service) Operation() operate.Operation { return operate.Define(s.step) }

// step counts a day of the range, or sends a page of it.
func (s *Service) step(ctx context.Context, call operate.Call[Arguments], c *Cursor, r *Report) (done bool, err error) {
	a := call.Arguments
	if r.To.IsZero() {
		r.To = s.Now().Add(-event.Settled).UTC()
		if a.To != nil {
			r.To = *a.To
		}
	}
	of := event.Range{From: a.From, To: r.To, Client: a.Client, UserID: a.UserID}
	if err := of.Check(s.Now()); err != nil {
		return false, err
	}
	if r.Counted {
		return s.send(ctx, a, of, c, r)
	}
	n, next, counted, err := s.Store.RangeCount(ctx, of, c.Place)
	if err != nil {
		return false, err
	}
	r.Events += n
	if c.Place = next; counted {
		r.Counted, c.Place = true, event.Place{}
	}
	return counted && (a.DryRun || r.Events == 0), nil
}

// send sends the next page when it is due. A page has the events of a second at most, so
// that the wait for the next one is as short.
func (s *Service) send(ctx context.Context, a Arguments, of event.Range, c *Cursor, r *Report) (done bool, err error) {
	page, err := s.Store.Range(ctx, of, c.Place, min(a.Rate, pageLimit), pageBytes)
	if err != nil {
		return false, err
	}
	if n := len(page.Events); n > 0 {
		if err := s.wait(ctx, c.Due); err != nil {
			return false, err
		}
		begun := s.Now()
		if err := s.out(ctx, a.Requeue, page.Events); err != nil {
			return false, err
		}
		c.Due = begun.Add(time.Duration(n) * time.Second / time.Duration(a.Rate))
		r.Sent += int64(n)
	}
	c.Place = page.Next
	return page.Done, nil
}

// wait waits for a time that is a second away at most, whatever a clock says.
func (s *Service) wait(ctx context.Context, due time.Time) error {
	select {
	case <-ctx.Done():
		return fault.Wrap(fault.DeadlineReached, context.Cause(ctx), "the function's deadline is near")
	case <-time.After(min(due.Sub(s.Now()), time.Second)):
		return nil
	}
}

// out sends the events. The error says how many of them were not taken, and why the first
// one was not.
func (s *Service) out(ctx context.Context, requeue bool, events []event.Stored) error {
	var errs []error
	if requeue {
		envelopes := make([]event.Envelope, len(events))
		for i, e := range events {
			envelopes[i] = e.Envelope()
		}
		errs = s.Queue.SendAgain(ctx, envelopes)
	} else {
		errs = s.Topic.PublishAgain(ctx, events)
	}
	var first error
	failed := 0
	for _, err := range errs {
		if err == nil {
			continue
		}
		if failed++; first == nil {
			first = err
		}
	}
	if first == nil {
		return nil
	}
	return fault.Restate(fault.CodeOf(first), first, fmt.Sprintf("%d of %d events were not taken", failed, len(events)))
}
