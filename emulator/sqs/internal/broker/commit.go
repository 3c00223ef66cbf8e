package broker

import (
	"context"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	maxGroupOps   = 1024
	maxGroupBytes = 32 << 20
)

// op is one change that waits for its turn. Its apply runs with the index
// locked; it must check everything before it writes, because an error of its
// own does not undo what it wrote.
type op struct {
	ctx   context.Context
	bytes int
	apply func(*txn) error
	err   error
	done  chan struct{}
}

// do hands a change in and returns once it is committed, or has failed. The
// size bounds how much one group writes. A caller that gives up before its turn
// comes leaves nothing behind; after that the outcome is awaited, since it
// cannot be undone.
func (b *Broker) do(ctx context.Context, size int, apply func(*txn) error) error {
	o := &op{ctx: ctx, bytes: size, apply: apply, done: make(chan struct{})}
	select {
	case <-b.closing:
		return ErrClosed
	default:
	}
	select {
	case b.ops <- o:
	case <-b.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-o.done:
		return o.err
	case <-b.stopped:
	}
	select {
	case <-o.done:
		return o.err
	default:
		return ErrClosed
	}
}

func (b *Broker) commitLoop() {
	defer close(b.stopped)
	for {
		select {
		case o := <-b.ops:
			b.commit(b.collect(o))
		case <-b.closing:
			for {
				select {
				case o := <-b.ops:
					b.commit(b.collect(o))
				default:
					return
				}
			}
		}
	}
}

// collect takes what is waiting, without waiting for more.
func (b *Broker) collect(first *op) []*op {
	group, bytes := []*op{first}, first.bytes
	for len(group) < maxGroupOps && bytes < maxGroupBytes {
		select {
		case o := <-b.ops:
			group, bytes = append(group, o), bytes+o.bytes
		default:
			return group
		}
	}
	return group
}

// commit applies a group and answers all of it, after the one commit. When the
// file cannot be written nothing of the group happened: the index is read again
// from the file, and everyone gets the error.
func (b *Broker) commit(group []*op) {
	t := &txn{db: b.db, now: b.now()}
	b.mu.Lock()
	err := b.broken
	for _, o := range group {
		if err != nil {
			break
		}
		if o.err = o.ctx.Err(); o.err == nil {
			o.err = o.apply(t)
		}
		err = t.err
	}
	b.mu.Unlock()

	if commitErr := t.end(err); err == nil {
		err = commitErr
	}
	if err != nil {
		b.recover(err)
		for _, o := range group {
			o.err = err
		}
	}
	for _, o := range group {
		close(o.done)
	}
}

// recover brings the index back to what the file holds.
func (b *Broker) recover(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return
	}
	b.log.Error("queue storage could not be written; the changes were refused", "error", cause)
	old := b.queues
	if err := b.load(false); err != nil {
		b.broken = fmt.Errorf("queue storage is out of use until it is opened again: %w", errors.Join(cause, err))
		b.log.Error("queue storage could not be read again", "error", err)
	}
	for _, q := range old {
		q.wake()
	}
}

// txn is the transaction of one group. It begins with the first write, so a
// group that changes nothing never touches the file. A failed write marks the
// whole group as failed.
type txn struct {
	db  *bolt.DB
	tx  *bolt.Tx
	now int64
	err error
}

func (t *txn) fail(err error) {
	if err != nil && t.err == nil {
		t.err = fmt.Errorf("write queue storage: %w", err)
	}
}

func (t *txn) begin() *bolt.Tx {
	if t.tx == nil && t.err == nil {
		tx, err := t.db.Begin(true)
		t.fail(err)
		t.tx = tx
	}
	return t.tx
}

func (t *txn) end(failed error) error {
	if t.tx == nil {
		return nil
	}
	if failed != nil {
		return t.tx.Rollback()
	}
	if err := t.tx.Commit(); err != nil {
		// Commit rolls back by itself on most failures; after those this is a
		// closed transaction, which is what is wanted.
		if rollback := t.tx.Rollback(); rollback != nil && !errors.Is(rollback, bolterrors.ErrTxClosed) {
			err = errors.Join(err, rollback)
		}
		return fmt.Errorf("commit queue storage: %w", err)
	}
	return nil
}
