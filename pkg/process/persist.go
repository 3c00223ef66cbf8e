package process

import (
	"context"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// persist writes one record per event, and moves every item of an event by what the
// database then has of it.
func (b *batch) persist(ctx context.Context) {
	groups := make(map[event.Identity][]*item)
	var order []event.Identity
	for _, it := range b.items {
		id := it.envelope.Identity()
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

// recordable reports whether an envelope, good or not, names an id and a hash:
// event.DecodeEnvelope leaves those empty that a record could not hold.
func recordable(e event.Envelope) bool { return e.EventID != "" && e.SHA256 != "" }

// record chooses what to say of one id: the first good message speaks for it,
// else the first that is rejected, else the first that is to be retried.
func (b *batch) record(group []*item) Record {
	speaker := group[0]
	for _, it := range group[1:] {
		if rank(it.state) > rank(speaker.state) {
			speaker = it
		}
	}
	r := Record{
		Client: speaker.envelope.Client, EventID: speaker.envelope.EventID, Status: statusOf(speaker.state), CorrelationID: speaker.envelope.CorrelationID,
		SHA256: speaker.envelope.SHA256, Mode: speaker.envelope.Mode, ReceivedAt: speaker.envelope.ReceivedAt,
	}
	for _, it := range group {
		if it.envelope.SHA256 == r.SHA256 {
			r.Deliveries++
		}
	}
	if speaker.state != read {
		r.ErrorCode, r.ErrorReason = fault.CodeOf(speaker.err), fault.ReasonOf(speaker.err)
		return r
	}
	r.Event = speaker.event
	if r.Mode == event.S3 {
		// Where this reader found it, whatever the message says.
		r.Bucket, r.Key = b.service.cfg.Blobs.Bucket(), event.ObjectKey(r.Identity(), r.SHA256)
	} else {
		r.Payload = *speaker.envelope.Payload
	}
	return r
}

// statusOf is the status of a record that a message in one of the states before
// the commit speaks for.
func statusOf(s state) Status {
	switch s {
	case read:
		return StatusSuccess
	case rejected:
		return StatusFailed
	default:
		return StatusProcessing
	}
}

func rank(s state) int {
	switch s {
	case read:
		return 2
	case rejected:
		return 1
	default:
		return 0
	}
}

// store persists the records. When the database refuses a value without saying
// whose, halves are tried apart, until the one is found that it refuses.
func (b *batch) store(ctx context.Context, records []Record, groups map[event.Identity][]*item) {
	began := b.service.cfg.Now()
	announced := b.service.notes.take()
	answer, err := b.service.cfg.Store.PersistBatch(ctx, records, announced)
	if err != nil {
		b.service.notes.add(announced...)
	}
	now := b.service.cfg.Now()
	b.persists = append(b.persists, now.Sub(began))
	switch {
	case err == nil:
		for _, r := range records {
			stored, ok := answer.Events[r.Identity()]
			if r.Status == StatusSuccess && stored.Status == StatusSuccess && stored.SHA256 == r.SHA256 && !stored.Notified {
				b.due[answer.Batch] = append(b.due[answer.Batch], r.Identity())
			}
			b.settle(ctx, groups[r.Identity()], r, stored, ok, now)
		}
	case fault.DispositionOf(err) != fault.DeadLetter:
		for _, r := range records {
			for _, it := range groups[r.Identity()] {
				it.retry(err) // rejected ones too: their reason is not recorded
			}
		}
	case len(records) > 1:
		half := len(records) / 2
		b.store(ctx, records[:half], groups)
		b.store(ctx, records[half:], groups)
	case records[0].Status == StatusSuccess:
		group := groups[records[0].Identity()]
		for _, it := range group {
			if it.state == read && it.envelope.SHA256 == records[0].SHA256 {
				it.reject(fault.Wrap(fault.InvalidEvent, err, "the database refuses the event"))
			}
		}
		b.store(ctx, []Record{b.record(group)}, groups)
	default: // not even the reason can be recorded: the DLQ still gets it
	}
}

// settle moves the items of one id by the answer of the database to a record. The first one
// whose event was inserted counts as the one that stored it. An item with another payload
// than the record's gets a record of its own before it counts as a conflict, or as one whose
// payload is missing: the database may refuse it for its user, who was erased.
func (b *batch) settle(ctx context.Context, group []*item, r Record, answer Stored, ok bool, now time.Time) {
	inserted := answer.Inserted
	var apart []*item
	for _, it := range group {
		if !ok {
			it.retry(fault.New(fault.Internal, "the store gave no answer for the event"))
			continue
		}
		it.database = answer
		same := answer.SHA256 == it.envelope.SHA256
		has := answer.Status == StatusSuccess && same
		switch {
		case answer.Status == StatusErased && same && (it.state == read || it.state == rejected):
			it.becomeErased()
		case answer.Status == StatusErased && it.state == read:
			it.retry(fault.New(fault.DatabaseUnavailable, "another event of the id was of an erased user; this one is looked at when it comes again"))
		case has && it.state == read:
			it.inserted, inserted = inserted, false
			if answer.Notified {
				it.finish(now)
			} else {
				it.becomeStored(now)
			}
		case has && answer.Notified && payloadUnreadable(it.err):
			it.finish(now) // what is stored and published needs its payload no more
		case !has && it.envelope.SHA256 != r.SHA256 && (it.state == read || it.state == rejected && fault.CodeOf(it.err) == fault.PayloadMissing):
			apart = append(apart, it)
		case !has && it.state == read:
			b.compare(ctx, it, now)
		}
	}
	for len(apart) > 0 {
		payload := apart[0].envelope.SHA256
		differs := func(it *item) bool { return it.envelope.SHA256 != payload }
		own := slices.DeleteFunc(slices.Clone(apart), differs)
		apart = slices.DeleteFunc(apart, func(it *item) bool { return !differs(it) })
		b.store(ctx, []Record{b.record(own)}, map[event.Identity][]*item{r.Identity(): own})
	}
}

// compare takes a second look at a message whose id is stored with another payload: in
// other words it may be the same event. Its notification is the affair of the message
// that stored it.
func (b *batch) compare(ctx context.Context, it *item, now time.Time) {
	same, err := b.service.storedInOtherWords(ctx, it.envelope)
	switch {
	case err != nil:
		it.fail(err)
	case same:
		it.finish(now)
	default:
		it.reject(fault.New(fault.IdempotencyConflict, "the event id was used before with another payload"))
	}
}

func payloadUnreadable(err error) bool {
	code := fault.CodeOf(err)
	return code == fault.PayloadMissing || code == fault.StorageUnavailable
}
