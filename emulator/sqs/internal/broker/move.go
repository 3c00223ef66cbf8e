package broker

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	maxMoveBatch  = 100
	maxMovesKept  = 10
	movesPerSlice = 10 // a paced move works in slices of a tenth of a second
)

// MoveStatus is where a move task stands.
type MoveStatus string

// The states of a move task. A move begins running and ends in one of the
// others.
const (
	MoveRunning   MoveStatus = "RUNNING"
	MoveCompleted MoveStatus = "COMPLETED"
	MoveCancelled MoveStatus = "CANCELLED"
	MoveFailed    MoveStatus = "FAILED"
)

// Move is a task that takes the visible messages of a dead-letter queue to
// another queue, or back to where each came from when Destination is empty.
// Rate is in messages a second, 0 for as fast as it goes. Tasks are kept in
// memory: a restart ends a running one, between two messages, and forgets it.
type Move struct {
	ID            string
	Source        string
	Destination   string
	Rate          int
	Status        MoveStatus
	Moved         int
	ToMove        int
	StartedAt     time.Time
	FailureReason string
}

// StartMove begins a move of the messages that are visible now. A moved message
// is a new one: new id, new time, no receives. Returns ErrQueueNotFound,
// ErrNotDeadLetterQueue, ErrTargetNotFound and ErrMoveRunning.
func (b *Broker) StartMove(ctx context.Context, source, destination string, rate int) (Move, error) {
	var m *Move
	err := b.do(ctx, 0, func(t *txn) error {
		q, ok := b.queues[source]
		if !ok {
			return ErrQueueNotFound
		}
		if !b.isTarget(source) {
			return ErrNotDeadLetterQueue
		}
		if _, ok := b.queues[destination]; destination != "" && !ok {
			return ErrTargetNotFound
		}
		if slices.ContainsFunc(b.moves, func(m *Move) bool { return m.Source == source && m.Status == MoveRunning }) {
			return ErrMoveRunning
		}
		q.advance(t.now)
		m = &Move{
			ID: newID(), Source: source, Destination: destination, Rate: rate,
			Status: MoveRunning, ToMove: q.visible.Len(), StartedAt: millis(t.now),
		}
		b.remember(m)
		return nil
	})
	if err != nil {
		return Move{}, err
	}
	b.mu.Lock()
	started := *m
	b.mu.Unlock()
	b.running.Go(func() { b.runMove(m) })
	return started, nil
}

// Moves returns the most recent tasks of a source queue, newest first. Returns
// ErrQueueNotFound.
func (b *Broker) Moves(source string, limit int) ([]Move, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.queues[source]; !ok {
		return nil, ErrQueueNotFound
	}
	found := []Move{}
	for _, m := range slices.Backward(b.moves) {
		if m.Source == source && len(found) < limit {
			found = append(found, *m)
		}
	}
	return found, nil
}

// CancelMove stops a running move and returns how many messages it has moved;
// those stay moved. Returns ErrMoveNotFound and ErrMoveEnded.
func (b *Broker) CancelMove(id string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.moves, func(m *Move) bool { return m.ID == id })
	if i < 0 {
		return 0, ErrMoveNotFound
	}
	m := b.moves[i]
	if m.Status != MoveRunning {
		return 0, ErrMoveEnded
	}
	m.Status = MoveCancelled
	return m.Moved, nil
}

func (b *Broker) runMove(m *Move) {
	batch, pause := maxMoveBatch, time.Duration(0)
	if m.Rate > 0 {
		batch = max(1, m.Rate/movesPerSlice)
		pause = time.Duration(batch) * time.Second / time.Duration(m.Rate)
	}
	for b.moveBatch(m, batch) {
		if pause == 0 {
			continue
		}
		select {
		case <-b.clock.After(pause):
		case <-b.closing:
			return
		}
	}
}

// moveBatch moves up to n messages and reports whether there is more to do.
func (b *Broker) moveBatch(m *Move, n int) bool {
	more, moved, reason := true, 0, ""
	err := b.do(context.Background(), 0, func(t *txn) error {
		if m.Status != MoveRunning {
			more = false
			return nil
		}
		source, ok := b.queues[m.Source]
		if !ok {
			more, reason = false, "AWS.SimpleQueueService.NonExistentQueue"
			return nil
		}
		source.advance(t.now)
		for ; moved < n && m.Moved+moved < m.ToMove; moved++ {
			front := source.visible.Front()
			if front == nil {
				more = false
				return nil
			}
			if reason = b.moveOne(t, m, source, front.Value.(*entry)); reason != "" {
				more = false
				return nil
			}
		}
		more = m.Moved+moved < m.ToMove
		return nil
	})
	if errors.Is(err, ErrClosed) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		m.Status, m.FailureReason = MoveFailed, err.Error()
		return false
	}
	m.Moved += moved
	switch {
	case reason != "":
		m.Status, m.FailureReason = MoveFailed, reason
	case !more && m.Status == MoveRunning:
		m.Status = MoveCompleted
	}
	return more && m.Status == MoveRunning
}

// moveOne moves one message and returns why it could not.
func (b *Broker) moveOne(t *txn, m *Move, source *queue, e *entry) string {
	h, body, ok := t.read(source, e)
	if !ok {
		return ""
	}
	name := m.Destination
	if name == "" {
		name = h.Source
	}
	if name == "" {
		return "CouldNotDetermineMessageSource"
	}
	target, ok := b.queues[name]
	if !ok {
		return "AWS.SimpleQueueService.NonExistentQueue"
	}
	t.drop(source, e)
	t.append(target, header{
		ID: newID(), Sent: t.now, Due: t.now,
		Sender: h.Sender, Trace: h.Trace, Attributes: h.Attributes,
	}, body)
	return ""
}

// remember keeps the newest tasks and every running one.
func (b *Broker) remember(m *Move) {
	b.moves = append(b.moves, m)
	kept, ended := b.moves[:0], 0
	for _, old := range b.moves {
		if old.Source == m.Source && old.Status != MoveRunning {
			ended++
		}
	}
	for _, old := range b.moves {
		if old.Source == m.Source && old.Status != MoveRunning && ended >= maxMovesKept {
			ended--
			continue
		}
		kept = append(kept, old)
	}
	b.moves = kept
}

func (b *Broker) isTarget(name string) bool {
	for _, q := range b.queues {
		if q.settings.Redrive != nil && q.settings.Redrive.Target == name {
			return true
		}
	}
	return false
}
