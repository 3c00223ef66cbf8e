package process

import (
	"context"

	"github.com/fluxa/fluxa/pkg/budget"
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
// has ended. What is given up and could not be sent to the DLQ keeps its note: without it,
// the message would end the process as many times again.
func (b *batch) runPart(ctx context.Context, items []*item) {
	part := &batch{service: b.service, items: items, due: map[BatchID][]string{}}
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

// suspects splits the items. What has been tried too often is rejected; what cannot be
// watched is retried, and in neither part.
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
	var err error
	if panicked := guard(func() { begun, err = s.cfg.Store.Begin(ctx, watched) }); panicked != nil {
		err = panicked
	}
	for _, it := range items {
		switch n := begun[it.message.ID]; {
		case !it.watched:
			together = append(together, it)
		case err != nil:
			s.identify(it)
			it.retry(err)
		case n > endingsLimit:
			s.giveUp(it, n-1)
			together = append(together, it)
		case n > 1:
			suspects = append(suspects, it)
		default:
			together = append(together, it)
		}
	}
	return together, suspects
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
