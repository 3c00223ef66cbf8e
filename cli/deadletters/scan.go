package deadletters

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cli/pace"
)

// emptyReceives in a row end a scan: one may be chance.
const emptyReceives = 2

// scan receives message after message.
type scan struct {
	queue *Queue
	// batch is how many messages are received at once, 1 to 10.
	batch  int
	filter Filter
	// hide is how long a message stays hidden from others, should it not be given back:
	// until the scan has seen them all, so that none is seen twice before another is seen
	// at all.
	hide time.Duration
	// started is the server's time of the first receive.
	started time.Time
}

// longest is the longest visibility time-out of SQS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
const longest = 12 * time.Hour

// scanAll returns a scan of the whole queue, at a rate.
func (q *Queue) scanAll(ctx context.Context, filter Filter, rate pace.Rate) (*scan, error) {
	count, err := q.Count(ctx)
	if err != nil {
		return nil, err
	}
	s := &scan{queue: q, batch: 10, filter: filter}
	each := 100 * time.Millisecond
	if rate > 0 { // each is received when its turn comes, and so is hidden for a moment only
		s.batch = 1
		each += time.Duration(float64(time.Second) / float64(rate))
	}
	s.hide = longest
	if all := visibility.Seconds() + each.Seconds()*float64(count.Visible); all < longest.Seconds() {
		s.hide = time.Duration(all * float64(time.Second))
	}
	return s, nil
}

// letters yields each message that the filter takes once, until the queue has no more, the loop ends, or
// ctx does. The body of the loop may keep a message. An error is the last
// that is yielded; messages are given back at the end, also after an error.
//
// A message that is received twice, because its visibility time-out ended during
// a long scan, is yielded once.
func (s *scan) letters(ctx context.Context) iter.Seq2[*Letter, error] {
	return func(yield func(*Letter, error) bool) {
		held := map[string]string{} // receipt handles by message id
		defer func() {
			s.queue.release(context.WithoutCancel(ctx), slices.Collect(maps.Values(held)))
		}()
		seen := map[string]bool{}
		for idle := 0; idle < emptyReceives; {
			letters, at, err := s.queue.receive(ctx, s.batch, s.hide)
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if s.started.IsZero() {
				s.started = at
			}
			for _, l := range letters {
				held[l.MessageID] = l.receipt
			}
			idle++
			for i := range letters {
				l := &letters[i]
				if seen[l.MessageID] {
					continue
				}
				if ctx.Err() != nil {
					yield(nil, ctx.Err())
					return
				}
				idle = 0
				seen[l.MessageID] = true
				if !s.filter.takes(*l) {
					continue
				}
				more := yield(l, nil)
				if l.kept {
					delete(held, l.MessageID)
				}
				if !more {
					return
				}
			}
		}
	}
}

// List returns up to limit messages, in no particular order, and gives them back.
func (q *Queue) List(ctx context.Context, filter Filter, limit int) ([]Letter, error) {
	var out []Letter
	s := &scan{queue: q, batch: min(10, limit), filter: filter, hide: visibility}
	for l, err := range s.letters(ctx) {
		if err != nil {
			return out, err
		}
		if out = append(out, *l); len(out) >= limit {
			break
		}
	}
	return out, nil
}

// Export hands over every message that the filter takes, and gives them back. It ends with
// the first error of write.
func (q *Queue) Export(ctx context.Context, filter Filter, write func(Letter) error) error {
	s, err := q.scanAll(ctx, filter, 0)
	if err != nil {
		return err
	}
	for l, err := range s.letters(ctx) {
		if err != nil {
			return err
		}
		if err := write(*l); err != nil {
			return err
		}
	}
	return nil
}

// ErrNotThere answers the search for a message that the queue does not have, or
// that is in flight.
var ErrNotThere = errors.New("the DLQ has no such message that can be received now")

// Find returns the messages that id names, by their message id or their event's,
// and gives everything back. Several messages may be of one event. Returns
// ErrNotThere.
func (q *Queue) Find(ctx context.Context, id string) ([]Letter, error) {
	var out []Letter
	s := &scan{queue: q, batch: 10, hide: visibility}
	for l, err := range s.letters(ctx) {
		if err != nil {
			return nil, err
		}
		if l.is(id) {
			out = append(out, *l)
		}
		if l.MessageID == id {
			break
		}
	}
	if len(out) == 0 {
		return nil, ErrNotThere
	}
	return out, nil
}
