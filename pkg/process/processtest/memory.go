package processtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// MemoryStore is a process.Store and a maintain.Store that keeps everything in memory and
// follows the same rules as the database; the suites of Store and Maintained prove it for
// both. The zero value is ready and safe for concurrent use. The hooks are set before the
// first call and run outside the store's lock, so that they may block or look
// into the store; call counts the calls of that method, from 1.
type MemoryStore struct {
	// BeforePersist runs before anything is written. Its error is returned and
	// nothing is written: an unreachable database, or a value it refuses.
	BeforePersist func(ctx context.Context, call int, records []process.Record) error
	// AfterPersist runs after everything is written. Its error is returned
	// although it is: an answer that was lost on the way.
	AfterPersist func(ctx context.Context, call int, records []process.Record) error
	// Now is the clock; time.Now when nil.
	Now func() time.Time

	mu         sync.Mutex
	rows       map[event.Identity]Row
	events     map[event.Identity]process.Record
	partitions []time.Time // the days that have one, the first one first
	announced  map[process.BatchID]bool
	batches    []time.Time // when each batch was persisted; their ids count from 1
	begun      map[string]int
	erased     map[erasedHash]time.Time
}

// Row is an idempotency record as MemoryStore holds it. StoredAt says when the batch
// StoredBy stored its event, and so in which partition it lies. AnnouncedBy is the batch
// that publishes its notification.
type Row struct {
	Status      process.Status
	SHA256      string
	FirstSeenAt time.Time
	LastSeenAt  time.Time
	Attempts    int
	ErrorCode   fault.Code
	ErrorReason string
	StoredAt    time.Time
	StoredBy    process.BatchID
	AnnouncedBy process.BatchID
}

var _ process.Store = (*MemoryStore)(nil)

// PersistBatch does what process.Store says, and refuses (InvalidEvent) what the
// tables would refuse: an id or a hash that cannot be one, an unknown status, a
// success without an amount.
func (m *MemoryStore) PersistBatch(ctx context.Context, records []process.Record, announced []process.BatchID) (process.Persisted, error) {
	m.mu.Lock()
	m.batches = append(m.batches, m.now())
	call := len(m.batches)
	m.mu.Unlock()
	if err := reach(ctx, "persist a batch"); err != nil {
		return process.Persisted{}, err
	}
	if m.BeforePersist != nil {
		if err := m.BeforePersist(ctx, call, records); err != nil {
			return process.Persisted{}, err
		}
	}
	persisted, err := m.persist(process.BatchID(call), records, announced)
	if err != nil {
		return process.Persisted{}, err
	}
	if m.AfterPersist != nil {
		if err := m.AfterPersist(ctx, call, records); err != nil {
			return process.Persisted{}, err
		}
	}
	return persisted, nil
}

func (m *MemoryStore) persist(batch process.BatchID, records []process.Record, announced []process.BatchID) (process.Persisted, error) {
	seen := make(map[event.Identity]bool, len(records))
	for _, r := range records {
		if seen[r.Identity()] {
			return process.Persisted{}, fmt.Errorf("persist a batch: event id %q occurs twice", r.EventID)
		}
		seen[r.Identity()] = true
		if err := storable(r); err != nil {
			return process.Persisted{}, fault.Wrap(fault.InvalidEvent, err, "the database refuses a value of the batch")
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows, m.events, m.announced = map[event.Identity]Row{}, map[event.Identity]process.Record{}, map[process.BatchID]bool{}
	}
	for _, id := range announced {
		m.announced[id] = true
	}
	stored := make(map[event.Identity]process.Stored, len(records))
	for _, r := range records {
		if m.refuses(r) {
			stored[r.Identity()] = process.Stored{Status: process.StatusErased, SHA256: r.SHA256}
			continue
		}
		row := m.claim(batch, r)
		m.rows[r.Identity()] = row
		inserted := row.StoredBy == batch
		if inserted {
			m.events[r.Identity()] = r
		}
		stored[r.Identity()] = process.Stored{
			Status: row.Status, SHA256: row.SHA256, Inserted: inserted,
			Notified: m.announced[row.AnnouncedBy], Attempts: row.Attempts,
		}
	}
	return process.Persisted{Batch: batch, Events: stored}, nil
}

// claim returns the row of a record's id after the record.
func (m *MemoryStore) claim(batch process.BatchID, r process.Record) Row {
	now := m.now()
	row, known := m.rows[r.Identity()]
	if known && row.Status == process.StatusSuccess {
		if row.SHA256 == r.SHA256 {
			row.Attempts += max(r.Deliveries, 1)
			row.LastSeenAt = now
			if r.Status == process.StatusSuccess && !m.announced[row.AnnouncedBy] {
				row.AnnouncedBy = batch
			}
		}
		return row
	}
	if !known {
		row.FirstSeenAt = now
	}
	row.Status, row.SHA256, row.LastSeenAt = r.Status, r.SHA256, now
	row.Attempts += max(r.Deliveries, 1)
	row.ErrorCode, row.ErrorReason = r.ErrorCode, r.ErrorReason
	if r.Status == process.StatusSuccess {
		row.ErrorCode, row.ErrorReason = "", ""
		row.StoredAt, row.StoredBy, row.AnnouncedBy = now, batch, batch
	}
	return row
}

// Event does what process.Store says.
func (m *MemoryStore) Event(ctx context.Context, id event.Identity) (event.Stored, error) {
	if err := reach(ctx, "read an event"); err != nil {
		return event.Stored{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.events[id]
	if !ok {
		return event.Stored{}, fault.New(fault.NotFound, "no such event is stored; one that was accepted a moment ago may be on its way: ask for its status")
	}
	stored := event.Stored{Event: r.Event, Client: r.Client, CorrelationID: r.CorrelationID, Mode: r.Mode, SHA256: r.SHA256, ReceivedAt: r.ReceivedAt}
	if r.Mode == event.Inline {
		stored.Payload = []byte(r.Payload)
	}
	return stored, nil
}

// Begun does what process.Store says.
func (m *MemoryStore) Begun(ctx context.Context, messageIDs []string) (map[string]int, error) {
	if err := reach(ctx, "read whose work began"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]int{}
	for _, id := range messageIDs {
		if n := m.begun[id]; n > 0 {
			out[id] = n
		}
	}
	return out, nil
}

// Begin does what process.Store says.
func (m *MemoryStore) Begin(ctx context.Context, messageIDs []string) error {
	if err := reach(ctx, "note the beginning of the work"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.begun == nil {
		m.begun = map[string]int{}
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(messageIDs))) {
		m.begun[id]++
	}
	return nil
}

// End does what process.Store says.
func (m *MemoryStore) End(ctx context.Context, messageIDs []string) error {
	if err := reach(ctx, "note the end of the work"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range messageIDs {
		delete(m.begun, id)
	}
	return nil
}

// Row returns the idempotency record of an event, and whether there is one.
func (m *MemoryStore) Row(id event.Identity) (Row, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	row, known := m.rows[id]
	return row, known
}

// Events returns a copy of the stored events: by name, the record that stored it.
func (m *MemoryStore) Events() map[event.Identity]process.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.events)
}

// Announced reports whether the store knows that an event was published.
func (m *MemoryStore) Announced(id event.Identity) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.announced[m.rows[id].AnnouncedBy]
}

// Calls returns how often PersistBatch was called, failed calls included.
func (m *MemoryStore) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.batches)
}

func (m *MemoryStore) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}

func reach(ctx context.Context, what string) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(fault.DatabaseUnavailable, fmt.Errorf("%s: %w", what, err), "the database cannot be reached")
	}
	return nil
}

func storable(r process.Record) error {
	envelope := event.Envelope{
		Client: r.Client, EventID: r.EventID, SHA256: r.SHA256, Mode: event.S3,
		Key: event.ObjectKey(r.Identity(), r.SHA256), ReceivedAt: time.Unix(1, 0),
	}
	switch {
	case !envelope.Valid():
		return errors.New("the id or the hash cannot be one")
	case r.Status != process.StatusProcessing && r.Status != process.StatusSuccess && r.Status != process.StatusFailed:
		return fmt.Errorf("status %q is unknown", r.Status)
	case r.Status != process.StatusSuccess:
		return nil
	case r.Event.Amount.String() == "":
		return errors.New("the event has no amount")
	case (r.Payload == "") != (r.Bucket != "") || (r.Payload == "") != (r.Key != ""):
		return errors.New("an inline event has a payload, an S3 event a bucket and a key")
	}
	return nil
}
