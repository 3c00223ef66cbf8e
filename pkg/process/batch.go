package process

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// fetchConcurrency bounds the payloads fetched and decoded at once, and the runs of
// small ones beside them. One payload of
// 5 MiB with nothing but distinct names takes up to 15 MB beside itself to decode.
const fetchConcurrency = 4

// decodeRun is how many messages a goroutine decodes: one of its own takes longer to
// start than 0.4 KB to decode.
const decodeRun = 64

// batch is one run over some messages. Its methods are the steps, in the order of
// this file: read, persist, deadLetter, notify, postpone. Each takes the items in
// one state and moves them to another.
type batch struct {
	service  *Service
	items    []*item
	persists []time.Duration
	due      map[BatchID][]event.Identity // the events that each call of the store leaves to publish
}

// in returns the items that are in a state.
func (b *batch) in(s state) []*item {
	var out []*item
	for _, it := range b.items {
		if it.state == s {
			out = append(out, it)
		}
	}
	return out
}

// run takes the steps in the order the promises need, each but the last with half
// of the time that is left. After a panic in a step there is no further one.
func (b *batch) run(ctx context.Context) {
	steps := []func(context.Context){b.read, b.persist, b.deadLetter, b.notify}
	for i, step := range steps {
		share, cancel := ctx, context.CancelFunc(func() {})
		if i < len(steps)-1 {
			share, cancel = budget.Half(ctx)
		}
		panicked := guard(func() { step(share) })
		cancel()
		if panicked != nil {
			b.abandon(panicked)
			return
		}
	}
}

// guard turns a panic into an error with its stack, for the log.
func guard(step func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fault.Panicked, fmt.Errorf("%v\n%s", r, debug.Stack()), "the processor panicked")
		}
	}()
	step()
	return nil
}

// guarded runs a step of one message; a panic in it is that message's failure.
func (it *item) guarded(step func()) {
	if panicked := guard(step); panicked != nil {
		it.retry(panicked)
	}
}

// abandon leaves on the queue what the steps have not brought to an end. A
// rejected message keeps its own error.
func (b *batch) abandon(err error) {
	for _, it := range b.items {
		switch it.state {
		case received, read, stored:
			it.retry(err)
		case rejected:
			it.retry(it.err)
		}
	}
}

// read decodes every message, and fetches the large payloads side by side.
func (b *batch) read(ctx context.Context) {
	var runs, fetches errgroup.Group
	runs.SetLimit(fetchConcurrency)
	fetches.SetLimit(fetchConcurrency)
	for run := range slices.Chunk(b.in(received), decodeRun) {
		runs.Go(func() error {
			for _, it := range run {
				it.guarded(func() { b.readOne(ctx, it, &fetches) })
			}
			return nil
		})
	}
	_ = errors.Join(runs.Wait(), fetches.Wait()) // always nil: each item has its own error
}

// readOne decodes a message, and leaves it to fetches when its payload is not in it.
func (b *batch) readOne(ctx context.Context, it *item, fetches *errgroup.Group) {
	var err error
	if it.envelope, err = b.service.open(it.message); err != nil {
		it.fail(err)
		return
	}
	if it.envelope.Mode == event.Inline {
		b.readPayload(ctx, it)
		return
	}
	fetches.Go(func() error {
		it.guarded(func() { b.readPayload(ctx, it) })
		return nil
	})
}

func (b *batch) readPayload(ctx context.Context, it *item) {
	e, err := b.service.read(ctx, it.envelope)
	if err != nil {
		it.fail(err)
		return
	}
	// What was looked at is not needed again: it holds the whole payload in memory.
	e.Metadata = nil
	it.becomeRead(e)
}

// deadLetter sends what is rejected to the DLQ. What cannot be sent is retried.
func (b *batch) deadLetter(ctx context.Context) {
	items := b.in(rejected)
	if len(items) == 0 {
		return
	}
	letters := make([]DeadLetter, len(items))
	for i, it := range items {
		letters[i] = DeadLetter{
			Message: it.message, Client: it.envelope.Client, EventID: it.envelope.EventID, CorrelationID: it.envelope.CorrelationID,
			Code: fault.CodeOf(it.err), Reason: fault.ReasonOf(it.err),
		}
	}
	for i, err := range b.service.cfg.DeadLetters.Send(ctx, letters) {
		if err != nil {
			items[i].retry(fault.Wrap(fault.QueueUnavailable, fmt.Errorf("%w (giving up on: %w)", err, items[i].err),
				"the message could not be sent to the DLQ"))
			continue
		}
		items[i].becomeDeadLettered()
	}
}

// notify publishes what is stored, once an id. Only then are the messages of the id
// done. A batch of which everything was published is noted with the next one.
func (b *batch) notify(ctx context.Context) {
	waiting := make(map[event.Identity][]*item)
	var notifications []Notification
	for _, it := range b.in(stored) {
		id := it.envelope.Identity()
		if waiting[id] == nil {
			notifications = append(notifications, notification(it))
		}
		waiting[id] = append(waiting[id], it)
	}
	if len(notifications) == 0 {
		return
	}
	published := make(map[event.Identity]bool, len(notifications))
	for i, err := range b.service.cfg.Notifier.Publish(ctx, notifications) {
		id := notifications[i].Identity()
		if err == nil {
			published[id] = true
			waiting[id][0].published = true
		}
		for _, it := range waiting[id] {
			if err != nil {
				it.retry(fault.Wrap(fault.NotifierUnavailable, err, "the notification could not be sent"))
				continue
			}
			it.finish(it.committed)
		}
	}
	for batch, due := range b.due {
		if !slices.ContainsFunc(due, func(id event.Identity) bool { return !published[id] }) {
			b.service.notes.add(batch)
		}
	}
}

func notification(it *item) Notification {
	e := it.event
	return Notification{
		Client: it.envelope.Client, EventID: e.ID, CorrelationID: it.envelope.CorrelationID, Status: contract.StatusProcessed,
		UserID: e.UserID, Amount: e.Amount, Currency: e.Currency, Merchant: e.Merchant, Timestamp: e.Timestamp,
		Mode: it.envelope.Mode, SHA256: it.envelope.SHA256, ProcessedAt: it.committed.UTC(),
	}
}

// postpone spreads the next deliveries of what is retried. It runs in the time
// kept free before the deadline. Where it sets no delay, and after the last
// delivery that the queue allows, the visibility time-out decides.
func (b *batch) postpone(ctx context.Context) {
	b.abandon(fault.New(fault.Internal, "a step gave no outcome for the message"))
	var items []*item
	var postponements []Postponement
	for _, it := range b.in(retried) {
		if it.message.Deliveries >= contract.MaxReceives {
			continue
		}
		items = append(items, it)
		postponements = append(postponements, Postponement{
			MessageID: it.message.ID, ReceiptHandle: it.message.ReceiptHandle,
			Delay: b.service.cfg.Backoff.Delay(it.message.Deliveries),
		})
	}
	if len(items) == 0 {
		return
	}
	errs := make([]error, len(items))
	if panicked := guard(func() { errs = b.service.cfg.Postponer.Postpone(ctx, postponements) }); panicked != nil {
		for i := range errs {
			errs[i] = panicked
		}
	}
	for i, err := range errs {
		if err != nil {
			items[i].retry(fmt.Errorf("%w (and its delay could not be set: %w)", items[i].err, err))
			continue
		}
		items[i].postpone(postponements[i].Delay)
	}
}

func (b *batch) report() Report {
	report := Report{Outcomes: make([]Outcome, len(b.items)), Persists: b.persists}
	now := b.service.cfg.Now()
	for i, it := range b.items {
		o := Outcome{
			MessageID: it.message.ID, Client: it.envelope.Client, EventID: it.envelope.EventID, CorrelationID: it.envelope.CorrelationID,
			Result: it.result(), Err: it.err, Deliveries: it.message.Deliveries, Attempts: it.database.Attempts,
			Stored: it.inserted, Notified: it.published, Delay: it.delay,
		}
		if it.inserted {
			o.EndToEnd = max(it.committed.Sub(it.envelope.ReceivedAt), 0) // the two are of two clocks
		}
		if o.Result == Retried && !it.envelope.ReceivedAt.IsZero() {
			o.Age = now.Sub(it.envelope.ReceivedAt)
		}
		report.Outcomes[i] = o
	}
	return report
}
