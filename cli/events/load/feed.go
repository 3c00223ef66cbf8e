package load

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fluxa/fluxa/cli/pace"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

type read struct {
	item Item
	err  error
}

// feeder puts events together and hands them to the workers, in their order.
type feeder struct {
	sender  *sender
	batches chan<- batch
	pace    *pace.Pace
	size    int
	current batch
	lines   repeats
}

// feed reads the source to its end, or until ctx ends. It returns the first line
// that no worker has taken, 0 when there is none.
func (s *sender) feed(ctx context.Context, batches chan<- batch) (int64, error) {
	f := &feeder{sender: s, batches: batches, pace: pace.New(s.cfg.Rate), size: s.cfg.BatchSize}
	if s.cfg.Rate > 0 { // a batch is what may go in a second
		f.size = min(f.size, max(1, int(s.cfg.Rate)))
	}
	items := readAhead(ctx, s.cfg.Source)
	var last int64
	for {
		var next read
		select {
		case next = <-items:
		case <-ctx.Done():
			return f.unsent(last), nil
		}
		switch {
		case errors.Is(next.err, io.EOF) && f.flush(ctx):
			return 0, nil
		case errors.Is(next.err, io.EOF):
			return f.unsent(last), nil
		case next.err != nil:
			f.flush(ctx)
			return last + 1, next.err
		}
		last = next.item.Line
		if !f.take(ctx, next.item) {
			return f.unsent(last), nil
		}
	}
}

// readAhead reads in a goroutine of its own, since a read may block for good.
func readAhead(ctx context.Context, source Source) <-chan read {
	out := make(chan read)
	go func() {
		for {
			item, err := source.Next()
			select {
			case out <- read{item, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// unsent returns the first line that no worker has; last is the last one read.
func (f *feeder) unsent(last int64) int64 {
	if len(f.current.items) > 0 {
		return f.current.items[0].Line
	}
	return last + 1
}

// take adds an event to the batch, and hands over what is full. It reports whether
// to go on; if not, the event is in the current batch.
func (f *feeder) take(ctx context.Context, item Item) bool {
	if item.Line < f.sender.cfg.From {
		if item.Payload != nil {
			f.lines.before(item.Payload)
		}
		return true
	}
	if item.Payload == nil {
		f.sender.settle([]Item{item}, func(Item) *Example {
			return &Example{Line: item.Line, Code: fault.PayloadTooLarge, Detail: fmt.Sprintf(
				"the line has %d bytes, an event at most %d; it was not sent", item.Size, contract.BodyLimit)}
		})
		return true
	}
	if f.sender.cfg.Key != "" {
		item.equal = f.lines.before(item.Payload)
	}
	single := alone(item)
	if (single || !f.current.fits(item, f.size)) && !f.flush(ctx) {
		f.current.add(item)
		return false
	}
	f.current.add(item)
	if len(f.current.items) == f.size || single {
		return f.flush(ctx)
	}
	return true
}

// flush hands the batch to a worker when its turn comes. It reports whether one
// took it.
func (f *feeder) flush(ctx context.Context) bool {
	if len(f.current.items) == 0 {
		return true
	}
	if f.pace.Wait(ctx, len(f.current.items)) != nil {
		return false
	}
	select {
	case f.batches <- f.current:
		f.current = batch{}
		return true
	case <-ctx.Done():
		return false
	}
}
