package broker

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

const (
	maxVisibility    = 12 * time.Hour
	maxDropsPerGroup = 1000
)

// Send puts messages on a queue, all or none, and returns their ids in order.
// When it returns without an error they are in the file. Returns
// ErrQueueNotFound.
func (b *Broker) Send(ctx context.Context, name string, messages []Message) ([]string, error) {
	ids := make([]string, len(messages))
	size := 0
	for i, m := range messages {
		ids[i] = uuid.NewString()
		size += len(m.Body)
	}
	err := b.do(ctx, size, func(t *txn) error {
		q, ok := b.queues[name]
		if !ok {
			return ErrQueueNotFound
		}
		for i, m := range messages {
			delay := q.settings.Delay
			if m.Delay != nil {
				delay = *m.Delay
			}
			t.append(q, header{
				ID:         ids[i],
				Sent:       t.now,
				Due:        t.now + delay.Milliseconds(),
				Sender:     m.SenderID,
				Trace:      m.TraceHeader,
				Attributes: m.Attributes,
			}, []byte(m.Body))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// ReceiveOptions say how much to take and how long to wait for it. A nil
// Visibility means the queue's own time-out, a nil Wait its own wait.
type ReceiveOptions struct {
	Max        int
	Visibility *time.Duration
	Wait       *time.Duration
}

// Receive takes up to Max visible messages and hides them for the visibility
// time-out. With none there it waits, and returns no messages when the wait is
// over. A message that was received as often as the redrive settings allow is
// moved to the dead-letter queue instead. Receive counts are in the file before
// it returns. Returns ErrQueueNotFound, and ErrOverLimit when too many are in
// flight and no wait was asked for.
func (b *Broker) Receive(ctx context.Context, name string, o ReceiveOptions) ([]Received, error) {
	start := time.Now()
	for {
		w, err := b.look(name)
		if err != nil {
			return nil, err
		}
		wait := w.wait
		if o.Wait != nil {
			wait = *o.Wait
		}
		if w.full && wait == 0 {
			return nil, ErrOverLimit
		}
		if w.ready && !w.full {
			got, err := b.take(ctx, name, o)
			if err != nil || len(got) > 0 {
				return got, err
			}
			continue
		}
		left := wait - time.Since(start)
		if left <= 0 {
			return nil, nil
		}
		if due := time.Duration(w.due-b.now()) * time.Millisecond; due > 0 {
			left = min(left, due)
		}
		select {
		case <-w.changed:
		case <-time.After(left):
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-b.closing:
			return nil, ErrClosed
		}
	}
}

// watch is what a receiver sees before it decides to take or to wait.
type watch struct {
	ready   bool
	full    bool
	due     int64
	wait    time.Duration
	changed <-chan struct{}
}

func (b *Broker) look(name string) (watch, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return watch{}, b.broken
	}
	q, ok := b.queues[name]
	if !ok {
		return watch{}, ErrQueueNotFound
	}
	q.advance(b.now())
	w := watch{
		ready:   q.visible.Len() > 0,
		full:    q.inFlight >= b.maxInFlight,
		wait:    q.settings.ReceiveWait,
		changed: q.changed,
	}
	if len(q.waiting) > 0 {
		w.due = q.waiting[0].due
	}
	return w, nil
}

func (b *Broker) take(ctx context.Context, name string, o ReceiveOptions) ([]Received, error) {
	var got []Received
	err := b.do(ctx, 0, func(t *txn) error {
		q, ok := b.queues[name]
		if !ok {
			return ErrQueueNotFound
		}
		visibility := q.settings.VisibilityTimeout
		if o.Visibility != nil {
			visibility = *o.Visibility
		}
		q.advance(t.now)
		limit := min(o.Max, b.maxInFlight-q.inFlight)
		for dropped := 0; len(got) < limit && dropped < maxDropsPerGroup && t.err == nil; {
			front := q.visible.Front()
			if front == nil {
				return nil
			}
			e := front.Value.(*entry)
			switch target := b.deadLetterTarget(q, e); {
			case q.expired(e, t.now):
				t.drop(q, e)
				dropped++
			case target != nil:
				t.deadLetter(q, target, e)
				dropped++
			default:
				got = append(got, t.receive(q, e, visibility))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return got, nil
}

// deadLetterTarget returns where a message goes instead of to a receiver, or
// nil. Without its dead-letter queue a message stays where it is.
func (b *Broker) deadLetterTarget(q *queue, e *entry) *queue {
	if !q.exhausted(e) {
		return nil
	}
	return b.queues[q.settings.Redrive.Target]
}

func (t *txn) receive(q *queue, e *entry, visibility time.Duration) Received {
	h, body, ok := t.read(q, e)
	if !ok {
		return Received{}
	}
	q.lift(e)
	e.receives++
	e.received = t.now
	e.due = t.now + visibility.Milliseconds()
	e.nonce = rand.Uint64()
	if e.first == 0 {
		e.first = t.now
	}
	q.park(e, inFlight)
	t.saveState(q, e)
	return Received{
		ID:              h.ID,
		ReceiptHandle:   handle{queue: q.id, seq: e.seq, nonce: e.nonce}.String(),
		Body:            string(body),
		Attributes:      h.Attributes,
		TraceHeader:     h.Trace,
		SenderID:        h.Sender,
		SourceQueue:     h.Source,
		SentAt:          millis(h.Sent),
		FirstReceivedAt: millis(e.first),
		ReceiveCount:    int(e.carried + e.receives),
	}
}

// deadLetter moves a message with its id, its attributes, the time it was sent
// and the count of its receives.
func (t *txn) deadLetter(from, to *queue, e *entry) {
	h, body, ok := t.read(from, e)
	if !ok {
		return
	}
	h.Source = from.name
	h.Carried = e.carried + e.receives
	h.First = e.first
	h.Due = t.now
	t.drop(from, e)
	t.append(to, h, body)
}

// DeleteMessages deletes by receipt handle and answers for each on its own, in
// order. A message that is gone, or that someone else has received since, is no
// error: the handle has nothing left to delete. Returns ErrQueueNotFound for
// the whole call, and per handle ErrInvalidHandle.
func (b *Broker) DeleteMessages(ctx context.Context, name string, handles []string) ([]error, error) {
	return b.each(ctx, name, len(handles), func(t *txn, q *queue, i int) error {
		e, err := q.find(handles[i])
		if errors.Is(err, ErrMessageGone) {
			return nil
		}
		if err == nil {
			t.drop(q, e)
		}
		return err
	})
}

// Visibility is a wish to see a message again after Timeout, zero for at once.
type Visibility struct {
	Handle  string
	Timeout time.Duration
}

// ChangeVisibility moves the moment at which messages in flight become visible
// and answers for each on its own, in order. Returns ErrQueueNotFound for the
// whole call, and per handle ErrInvalidHandle, ErrMessageGone, ErrNotInFlight
// or ErrVisibilityTooLong.
func (b *Broker) ChangeVisibility(ctx context.Context, name string, changes []Visibility) ([]error, error) {
	return b.each(ctx, name, len(changes), func(t *txn, q *queue, i int) error {
		e, err := q.find(changes[i].Handle)
		if err != nil {
			return err
		}
		if e.place != inFlight {
			return ErrNotInFlight
		}
		due := t.now + changes[i].Timeout.Milliseconds()
		if due-e.received > maxVisibility.Milliseconds() {
			return ErrVisibilityTooLong
		}
		q.lift(e)
		e.due = due
		q.park(e, inFlight)
		q.advance(t.now)
		t.saveState(q, e)
		return nil
	})
}

func (b *Broker) each(ctx context.Context, name string, n int, apply func(*txn, *queue, int) error) ([]error, error) {
	results := make([]error, n)
	err := b.do(ctx, 0, func(t *txn) error {
		q, ok := b.queues[name]
		if !ok {
			return ErrQueueNotFound
		}
		q.advance(t.now)
		for i := range results {
			results[i] = apply(t, q, i)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

func (q *queue) find(receipt string) (*entry, error) {
	h, err := parseHandle(receipt)
	if err != nil {
		return nil, err
	}
	if h.queue != q.id {
		return nil, ErrInvalidHandle
	}
	e, ok := q.entries[h.seq]
	if !ok || e.nonce != h.nonce {
		return nil, ErrMessageGone
	}
	return e, nil
}
