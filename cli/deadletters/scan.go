package deadletters

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// emptyReceives in a row end a scan: one may be chance.
const emptyReceives = 2

// scan receives message after message and shows each once, until the queue has no
// more, visit says stop, or ctx ends. What visit wants to keep hidden or has
// deleted it says so; all else is given back at the end, also after an error.
//
// A message that is received twice, because its visibility time-out ended during
// a long scan, is shown once.
type scan struct {
	queue *Queue
	// batch is how many messages are received at once, 1 to 10.
	batch int
	// visit returns what is to become of the message.
	visit func(Letter) verdict
	// started is the server's time of the first receive.
	started time.Time
}

type verdict int

const (
	giveBack verdict = iota
	gone             // it is no longer in the queue
	giveBackAndStop
	goneAndStop
	tooLate // its time-out ends too soon: it is given back at once, and shown when it comes again
)

func (s *scan) run(ctx context.Context) error {
	held := map[string]string{} // receipt handles by message id
	defer func() {
		s.queue.release(context.WithoutCancel(ctx), slices.Collect(maps.Values(held)))
	}()
	seen := map[string]bool{}
	for idle := 0; idle < emptyReceives; {
		letters, at, err := s.queue.receive(ctx, s.batch)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		if s.started.IsZero() {
			s.started = at
		}
		for _, l := range letters {
			held[l.MessageID] = l.receipt
		}
		idle++
		for _, l := range letters {
			if seen[l.MessageID] {
				continue
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			idle = 0
			decided := s.visit(l)
			if decided == tooLate {
				delete(held, l.MessageID)
				if time.Until(l.hiddenUntil) > 0 {
					s.queue.release(context.WithoutCancel(ctx), []string{l.receipt})
				}
				continue
			}
			seen[l.MessageID] = true
			if decided == gone || decided == goneAndStop {
				delete(held, l.MessageID)
			}
			if decided == giveBackAndStop || decided == goneAndStop {
				return nil
			}
		}
	}
	return nil
}

// List returns up to limit messages, in no particular order, and gives them back.
func (q *Queue) List(ctx context.Context, limit int) ([]Letter, error) {
	var out []Letter
	s := &scan{queue: q, batch: min(10, limit)}
	s.visit = func(l Letter) verdict {
		out = append(out, l)
		if len(out) >= limit {
			return giveBackAndStop
		}
		return giveBack
	}
	return out, s.run(ctx)
}

// ErrNotThere answers the search for a message that the queue does not have, or
// that somebody else holds at the moment.
var ErrNotThere = errors.New("the DLQ has no such message that can be received now")

// Find returns the messages that id names, by their message id or their event's,
// and gives everything back. Several messages may be of one event. Returns
// ErrNotThere.
func (q *Queue) Find(ctx context.Context, id string) ([]Letter, error) {
	var out []Letter
	s := &scan{queue: q, batch: 10}
	s.visit = func(l Letter) verdict {
		if !l.is(id) {
			return giveBack
		}
		out = append(out, l)
		if l.MessageID == id {
			return giveBackAndStop
		}
		return giveBack
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, ErrNotThere
	}
	return out, nil
}
