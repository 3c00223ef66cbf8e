package process

import (
	"context"
	"slices"

	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

const (
	// watchedAfter is how many deliveries a message has before it is watched. Fewer
	// cost nothing; more than a few mean an outage, or a message that ends the process.
	watchedAfter = 3

	// endingsLimit is how often work on a message may end the process, once it is
	// watched, before it is given up. The messages beside it are stored by then: it is
	// the only one that is worked on while it is suspect.
	endingsLimit = 4
)

// runWatched runs the messages together, but for those on which work began before and
// never ended: they are suspected to end the process (out of memory, out of time), and
// each runs apart, after all others are settled. An outage makes no suspects, however
// many deliveries a message has: its work comes to an end, if a failure.
func (s *Service) runWatched(ctx context.Context, items []*item) *batch {
	whole := &batch{service: s, items: items}
	together, suspects := s.suspects(ctx, items)
	if len(together) > 0 {
		share, cancel := ctx, context.CancelFunc(func() {})
		if len(suspects) > 0 {
			share, cancel = budget.Half(ctx)
		}
		whole.runPart(share, together)
		cancel()
	}
	for _, it := range suspects {
		whole.runPart(ctx, []*item{it})
	}
	return whole
}

// runPart runs some of the items as a batch of their own, and notes that work on them
// begins, and has ended: of no item that only waits for its turn. What is given up and
// could not be sent to the DLQ keeps its note: without it, the message would end the
// process as many times again.
func (b *batch) runPart(ctx context.Context, items []*item) {
	items = b.service.begin(ctx, items)
	part := &batch{service: b.service, items: items, due: map[BatchID][]event.Identity{}}
	part.run(ctx)
	b.persists = append(b.persists, part.persists...)
	var ended []string
	for _, it := range items {
		if it.watched && (!it.givenUp || it.state == deadLettered) {
			ended = append(ended, it.message.ID)
		}
	}
	if len(ended) > 0 {
		// A note that stays makes a suspect, which costs its next delivery some time.
		_ = guard(func() { _ = b.service.cfg.Store.End(ctx, ended) })
	}
}

// begin notes that work on the items begins, and returns those that it may begin on. What
// cannot be watched is retried.
func (s *Service) begin(ctx context.Context, items []*item) []*item {
	var ids []string
	for _, it := range items {
		if it.watched && !it.givenUp {
			ids = append(ids, it.message.ID)
		}
	}
	if len(ids) == 0 {
		return items
	}
	err := guarded(func() error { return s.cfg.Store.Begin(ctx, ids) })
	if err == nil {
		return items
	}
	return slices.DeleteFunc(items, func(it *item) bool {
		if !it.watched || it.givenUp {
			return false
		}
		s.leave(it, err)
		return true
	})
}

// suspects splits the items. What has been tried too often is rejected; what nothing can
// be known of is retried, and in neither part.
//
// Beside one that is given up no suspect is worked on. Should it end the process, the
// other one would come again, its note gone, and end the process as many times again.
func (s *Service) suspects(ctx context.Context, items []*item) (together, suspects []*item) {
	var watched []string
	for _, it := range items {
		if it.watched = it.message.Deliveries > watchedAfter; it.watched {
			watched = append(watched, it.message.ID)
		}
	}
	if len(watched) == 0 {
		return items, nil
	}
	var begun map[string]int
	err := guarded(func() (err error) {
		begun, err = s.cfg.Store.Begun(ctx, watched)
		return err
	})
	givenUp := false
	for _, it := range items {
		switch n := begun[it.message.ID]; {
		case !it.watched:
			together = append(together, it)
		case err != nil:
			s.leave(it, err)
		case n >= endingsLimit:
			s.giveUp(it, n)
			givenUp = true
			together = append(together, it)
		case n > 0:
			suspects = append(suspects, it)
		default:
			together = append(together, it)
		}
	}
	if !givenUp {
		return together, suspects
	}
	for _, it := range suspects {
		s.leave(it, fault.New(fault.DeadlineReached, "the message may end the processor, and waits until it is tried without one that is given up"))
	}
	return together, nil
}

// guarded is guard for a step that returns an error.
func guarded(step func() error) (err error) {
	if panicked := guard(func() { err = step() }); panicked != nil {
		return panicked
	}
	return err
}

// leave retries a message that was not looked at.
func (s *Service) leave(it *item, err error) {
	s.identify(it)
	it.retry(err)
}

// identify reads whose record a message is, for its outcome. Of its payload nothing is
// read.
func (s *Service) identify(it *item) {
	if envelope, err := s.open(it.message); err == nil {
		it.envelope = envelope
	}
}

// giveUp rejects a message that ended the process so many times.
func (s *Service) giveUp(it *item, endings int) {
	s.identify(it)
	it.givenUp = true
	it.reject(fault.Newf(fault.ProcessorEnded,
		"the processor ended %d times while it worked on this message: out of memory, or of time", endings))
}
