package process

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// item is one message on its way. err is what stands against it; nil once it is
// in the database.
type item struct {
	message   Message
	envelope  event.Envelope
	event     event.Event
	err       error
	stored    Stored
	known     bool // stored holds what the database answered
	notified  bool // this batch published its notification
	lettered  bool // it is in the DLQ
	committed time.Time
	delay     time.Duration
}

// wins tells whether the payload in the database is this item's.
func (it *item) wins() bool {
	return it.known && it.stored.Status == StatusSuccess && it.stored.SHA256 == it.envelope.SHA256
}

type batch struct {
	service  *Service
	items    []item
	persists []time.Duration
}

// run takes the steps in the order the promises need. No step but the last may use
// more than half of the time that is left: one payload that cannot be fetched must
// not cost the others theirs.
func (b *batch) run(ctx context.Context) {
	steps := []func(context.Context){b.read, b.persist, b.deadLetter, b.notify}
	for i, step := range steps {
		share, cancel := ctx, context.CancelFunc(func() {})
		if i < len(steps)-1 {
			share, cancel = half(ctx)
		}
		recovered := guard(func() { step(share) })
		cancel()
		if recovered != nil {
			for i := range b.items {
				if it := &b.items[i]; it.err == nil && !it.lettered {
					it.err = recovered
				}
			}
			return
		}
	}
}

// half returns a context that ends at half of the time left.
func half(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, time.Until(deadline)/2, context.DeadlineExceeded)
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

// read decodes every message, and fetches the large payloads side by side.
func (b *batch) read(ctx context.Context) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, b.service.cfg.FetchConcurrency)
	for i := range b.items {
		it := &b.items[i]
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if err := guard(func() { b.readOne(ctx, it) }); err != nil {
				it.err = err
			}
		})
	}
	wait.Wait()
}

func (b *batch) readOne(ctx context.Context, it *item) {
	if it.envelope, it.err = b.service.open(it.message); it.err == nil {
		it.event, it.err = b.service.read(ctx, it.envelope)
	}
}

// persist writes one record per event id, and tells every item what the database
// has of its id.
func (b *batch) persist(ctx context.Context) {
	groups := make(map[string][]*item)
	var order []string
	for i := range b.items {
		it := &b.items[i]
		id := it.envelope.EventID
		if !recordable(it.envelope) {
			continue
		}
		if groups[id] == nil {
			order = append(order, id)
		}
		groups[id] = append(groups[id], it)
	}
	records := make([]Record, 0, len(order))
	for _, id := range order {
		records = append(records, b.record(groups[id]))
	}
	if len(records) > 0 {
		b.store(ctx, records, groups)
	}
}

// recordable tells whether an envelope, good or not, names an id and a hash:
// event.DecodeEnvelope leaves those empty that a record could not hold.
func recordable(e event.Envelope) bool { return e.EventID != "" && e.SHA256 != "" }

// record chooses what to say of one id: the first good message speaks for it,
// else the first that is given up, else the first that is to be retried.
func (b *batch) record(group []*item) Record {
	speaker, best := group[0], statusOf(group[0].err)
	for _, it := range group[1:] {
		if s := statusOf(it.err); rank(s) > rank(best) {
			speaker, best = it, s
		}
	}
	r := Record{
		EventID: speaker.envelope.EventID, Status: best, CorrelationID: speaker.envelope.CorrelationID,
		SHA256: speaker.envelope.SHA256, Mode: speaker.envelope.Mode, ReceivedAt: speaker.envelope.ReceivedAt,
	}
	for _, it := range group {
		if it.envelope.SHA256 == r.SHA256 {
			r.Deliveries++
		}
	}
	if speaker.err != nil {
		r.ErrorCode, r.ErrorReason = fault.CodeOf(speaker.err), fault.ReasonOf(speaker.err)
		return r
	}
	r.Event = speaker.event
	if r.Mode == event.S3 {
		// Where this reader found it, whatever the message says.
		r.Bucket, r.Key = b.service.cfg.Blobs.Bucket(), event.ObjectKey(r.EventID, r.SHA256)
		r.Event.Metadata = nil
	}
	return r
}

func statusOf(err error) Status {
	switch fault.DispositionOf(err) {
	case fault.Acknowledge:
		return StatusSuccess
	case fault.DeadLetter:
		return StatusFailed
	default:
		return StatusProcessing
	}
}

func rank(s Status) int {
	switch s {
	case StatusSuccess:
		return 2
	case StatusFailed:
		return 1
	default:
		return 0
	}
}

// store persists the records. When the database refuses a value without saying
// whose, halves are tried apart, until the one is found that it refuses.
func (b *batch) store(ctx context.Context, records []Record, groups map[string][]*item) {
	began := b.service.cfg.Now()
	stored, err := b.service.cfg.Store.PersistBatch(ctx, records)
	now := b.service.cfg.Now()
	b.persists = append(b.persists, now.Sub(began))
	switch {
	case err == nil:
		for _, r := range records {
			answer, ok := stored[r.EventID]
			for _, it := range groups[r.EventID] {
				b.settle(it, answer, ok, now)
			}
		}
	case fault.DispositionOf(err) != fault.DeadLetter:
		b.fail(records, groups, err)
	case len(records) > 1:
		half := len(records) / 2
		b.store(ctx, records[:half], groups)
		b.store(ctx, records[half:], groups)
	case records[0].Status == StatusSuccess:
		b.fail(records, groups, fault.Wrap(fault.InvalidEvent, err, "the database refuses the event"))
		b.store(ctx, []Record{b.record(groups[records[0].EventID])}, groups)
	default: // not even the reason can be recorded: the DLQ still gets it
	}
}

// fail holds err against the items of the records: a passing fault against all of
// them, since none could be recorded, a permanent one against those whose payload
// was refused.
func (b *batch) fail(records []Record, groups map[string][]*item, err error) {
	retry := fault.DispositionOf(err) == fault.Retry
	for _, r := range records {
		for _, it := range groups[r.EventID] {
			if retry || (it.err == nil && it.envelope.SHA256 == r.SHA256) {
				it.err = err
			}
		}
	}
}

// settle compares an item with what the database has of its id.
func (b *batch) settle(it *item, answer Stored, ok bool, now time.Time) {
	if !ok {
		it.err = fault.New(fault.Internal, "the store gave no answer for the event")
		return
	}
	it.stored, it.known = answer, true
	switch {
	case it.wins():
		// What is stored and announced needs its payload no more.
		code := fault.CodeOf(it.err)
		if it.err != nil && answer.Notified && (code == fault.PayloadMissing || code == fault.StorageUnavailable) {
			it.err = nil
		}
		if it.err == nil {
			it.committed = now
		}
	case it.err == nil:
		it.err = fault.New(fault.IdempotencyConflict, "the event id was used before with another payload")
	}
}

// deadLetter sends what is given up to the DLQ. What cannot be sent is retried.
func (b *batch) deadLetter(ctx context.Context) {
	var letters []DeadLetter
	var of []*item
	for i := range b.items {
		it := &b.items[i]
		if it.err == nil || fault.DispositionOf(it.err) != fault.DeadLetter {
			continue
		}
		letters, of = append(letters, DeadLetter{
			Message: it.message, EventID: it.envelope.EventID, CorrelationID: it.envelope.CorrelationID,
			Code: fault.CodeOf(it.err), Reason: fault.ReasonOf(it.err),
		}), append(of, it)
	}
	if len(letters) == 0 {
		return
	}
	for i, err := range b.service.cfg.DeadLetters.Send(ctx, letters) {
		if err != nil {
			of[i].err = fault.Wrap(fault.QueueUnavailable, fmt.Errorf("%w (giving up on: %w)", err, of[i].err),
				"the message could not be sent to the DLQ")
			continue
		}
		of[i].lettered = true
	}
}

// notify publishes what is stored and not yet announced, once an id, and notes it.
func (b *batch) notify(ctx context.Context) {
	waiting := make(map[string][]*item)
	var notifications []Notification
	for i := range b.items {
		it := &b.items[i]
		if it.err != nil || !it.wins() || it.stored.Notified {
			continue
		}
		id := it.envelope.EventID
		if waiting[id] == nil {
			notifications = append(notifications, notification(it))
		}
		waiting[id] = append(waiting[id], it)
	}
	if len(notifications) == 0 {
		return
	}
	publishing, cancel := half(ctx)
	defer cancel()
	var published []string
	for i, err := range b.service.cfg.Notifier.Publish(publishing, notifications) {
		id := notifications[i].EventID
		if err == nil {
			published = append(published, id)
			waiting[id][0].notified = true
			continue
		}
		for _, it := range waiting[id] {
			it.err = fault.Wrap(fault.NotifierUnavailable, err, "the notification could not be sent")
		}
	}
	if len(published) == 0 {
		return
	}
	if err := b.service.cfg.Store.MarkNotified(ctx, published); err != nil {
		for _, id := range published {
			for _, it := range waiting[id] {
				it.err = err
			}
		}
	}
}

func notification(it *item) Notification {
	e := it.event
	return Notification{
		EventID: e.ID, CorrelationID: it.envelope.CorrelationID, Status: contract.StatusProcessed,
		UserID: e.UserID, Amount: e.Amount, Currency: e.Currency, Merchant: e.Merchant, Timestamp: e.Timestamp,
		Mode: it.envelope.Mode, SHA256: it.envelope.SHA256, ProcessedAt: it.committed.UTC(),
	}
}

// postpone spreads the next deliveries of what is retried. It runs in the time
// kept free before the deadline; without an answer the queue's own visibility
// time-out decides.
func (b *batch) postpone(ctx context.Context) {
	var postponements []Postponement
	var of []*item
	for i := range b.items {
		it := &b.items[i]
		if it.err == nil || it.lettered || it.message.Deliveries >= contract.MaxReceives {
			continue
		}
		it.delay = b.service.cfg.Backoff.Delay(it.message.Deliveries)
		postponements = append(postponements, Postponement{
			MessageID: it.message.ID, ReceiptHandle: it.message.ReceiptHandle, Delay: it.delay,
		})
		of = append(of, it)
	}
	if len(postponements) == 0 {
		return
	}
	errs := make([]error, len(postponements))
	if err := guard(func() { errs = b.service.cfg.Postponer.Postpone(ctx, postponements) }); err != nil {
		for i := range errs {
			errs[i] = err
		}
	}
	for i, err := range errs {
		if err != nil {
			of[i].delay = 0
			of[i].err = fmt.Errorf("%w (and its delay could not be set: %w)", of[i].err, err)
		}
	}
}

func (b *batch) report() Report {
	report := Report{Outcomes: make([]Outcome, len(b.items)), Persists: b.persists}
	firsts := make(map[string]bool) // the ids whose storing is told of already
	for i := range b.items {
		it := &b.items[i]
		o := Outcome{
			MessageID: it.message.ID, EventID: it.envelope.EventID, CorrelationID: it.envelope.CorrelationID, Err: it.err,
			Deliveries: it.message.Deliveries, Attempts: it.stored.Attempts, Notified: it.notified, Delay: it.delay,
		}
		if it.stored.Inserted && it.wins() && !it.committed.IsZero() && !firsts[o.EventID] {
			firsts[o.EventID] = true
			o.Stored, o.EndToEnd = true, it.committed.Sub(it.envelope.ReceivedAt)
		}
		switch {
		case it.lettered:
			o.Result = DeadLettered
		case it.err != nil:
			o.Result = Retried
		case o.Stored:
			o.Result = Processed
		default:
			o.Result = Duplicate
		}
		report.Outcomes[i] = o
	}
	return report
}
