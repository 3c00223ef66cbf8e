package broker

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const purgePause = 60_000 // milliseconds

// Create makes a queue. When there is one of that name it asks same whether the
// wish fits its settings, and returns what same returns; nothing changes then.
// Returns ErrTargetNotFound.
func (b *Broker) Create(ctx context.Context, name string, s Settings, same func(Settings) error) error {
	return b.do(ctx, 0, func(t *txn) error {
		if q, ok := b.queues[name]; ok {
			return same(q.settings)
		}
		if err := b.checkTarget(s); err != nil {
			return err
		}
		q := newQueue(name)
		q.id, q.settings, q.created, q.modified = rand.Uint64(), s, t.now, t.now
		t.saveQueue(q)
		t.resetMessages(q)
		b.queues[name] = q
		return nil
	})
}

// Update lets change edit a queue's settings. When change returns an error the
// queue stays as it was and the error is returned. Returns ErrQueueNotFound and
// ErrTargetNotFound.
func (b *Broker) Update(ctx context.Context, name string, change func(*Settings) error) error {
	return b.do(ctx, 0, func(t *txn) error {
		q, ok := b.queues[name]
		if !ok {
			return ErrQueueNotFound
		}
		s := q.settings
		s.Extra = maps.Clone(s.Extra)
		if err := change(&s); err != nil {
			return err
		}
		if err := b.checkTarget(s); err != nil {
			return err
		}
		q.settings, q.modified = s, t.now
		t.saveQueue(q)
		q.wake()
		return nil
	})
}

// Delete removes a queue and its messages. Returns ErrQueueNotFound.
func (b *Broker) Delete(ctx context.Context, name string) error {
	return b.do(ctx, 0, func(t *txn) error {
		q, ok := b.queues[name]
		if !ok {
			return ErrQueueNotFound
		}
		t.deleteQueue(q)
		delete(b.queues, name)
		q.wake()
		return nil
	})
}

// Purge removes every message of a queue, those in flight too. Returns
// ErrQueueNotFound, and ErrPurgeInProgress within 60 seconds of the last one.
func (b *Broker) Purge(ctx context.Context, name string) error {
	return b.do(ctx, 0, func(t *txn) error {
		q, ok := b.queues[name]
		if !ok {
			return ErrQueueNotFound
		}
		if q.purged != 0 && t.now-q.purged < purgePause {
			return ErrPurgeInProgress
		}
		q.purged = t.now
		t.saveQueue(q)
		t.resetMessages(q)
		q.clear()
		return nil
	})
}

// Queue returns a queue as it is now. Returns ErrQueueNotFound.
func (b *Broker) Queue(name string) (Info, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return Info{}, b.broken
	}
	q, ok := b.queues[name]
	if !ok {
		return Info{}, ErrQueueNotFound
	}
	q.advance(b.now())
	return Info{
		Name:       q.name,
		Settings:   q.settings,
		CreatedAt:  millis(q.created),
		ModifiedAt: millis(q.modified),
		Stats:      q.stats(),
	}, nil
}

// Age returns how long ago the oldest message of a queue was sent, as queue.oldest says,
// or 0 when it has none. Returns ErrQueueNotFound.
func (b *Broker) Age(name string) (time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return 0, b.broken
	}
	q, ok := b.queues[name]
	if !ok {
		return 0, ErrQueueNotFound
	}
	now := b.now()
	q.advance(now)
	sent := q.oldest()
	if sent == 0 {
		return 0, nil
	}
	return max(0, time.Duration(now-sent)*time.Millisecond), nil
}

// Names returns the queues whose name begins with prefix, sorted.
func (b *Broker) Names(prefix string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := []string{}
	for name := range b.queues {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (b *Broker) checkTarget(s Settings) error {
	if s.Redrive == nil {
		return nil
	}
	if _, ok := b.queues[s.Redrive.Target]; !ok {
		return ErrTargetNotFound
	}
	return nil
}
