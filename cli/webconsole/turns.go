package webconsole

import (
	"context"

	"github.com/fluxa/fluxa/cli/deadletters"
)

// turns lets one look into the DLQ end before the next begins. A look hides the messages
// that it has received until it gives them back: beside a list that a page has asked for,
// and perhaps left again, a message to be mended would seem to be gone.
type turns struct {
	queue DeadLetters
	place chan struct{}
}

func inTurns(queue DeadLetters) turns { return turns{queue, make(chan struct{}, 1)} }

// wait returns when it is the caller's turn, or with the error of ctx.
func (t turns) wait(ctx context.Context) (done func(), err error) {
	select {
	case t.place <- struct{}{}:
		return func() { <-t.place }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// List implements DeadLetters.
func (t turns) List(ctx context.Context, filter deadletters.Filter, limit int) ([]deadletters.Letter, error) {
	done, err := t.wait(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return t.queue.List(ctx, filter, limit)
}

// Find implements DeadLetters.
func (t turns) Find(ctx context.Context, id string) ([]deadletters.Letter, error) {
	done, err := t.wait(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return t.queue.Find(ctx, id)
}

// Redrive implements DeadLetters.
func (t turns) Redrive(ctx context.Context, r deadletters.Redrive) (deadletters.Redriven, error) {
	done, err := t.wait(ctx)
	if err != nil {
		return deadletters.Redriven{}, err
	}
	defer done()
	return t.queue.Redrive(ctx, r)
}

// SendEdited implements DeadLetters.
func (t turns) SendEdited(ctx context.Context, l deadletters.Letter, payload []byte) error {
	done, err := t.wait(ctx)
	if err != nil {
		return err
	}
	defer done()
	return t.queue.SendEdited(ctx, l, payload)
}

// Delete implements DeadLetters.
func (t turns) Delete(ctx context.Context, ids []string, filter deadletters.Filter, each func(deadletters.Letter, error)) (deadletters.Deleted, error) {
	done, err := t.wait(ctx)
	if err != nil {
		return deadletters.Deleted{}, err
	}
	defer done()
	return t.queue.Delete(ctx, ids, filter, each)
}
