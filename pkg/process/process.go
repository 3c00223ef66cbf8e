// Package process takes batches of queue messages into the database. Each
// message gets an outcome of its own: stored, recognised as a duplicate, given
// up with a reason, or left for a later delivery. One bad message never makes a
// good one run again.
//
// Read state.go first: the states of a message and how it moves between them. Then
// batch.go, the steps that move it, and persist.go, the second of them.
//
// The order of the steps is what the promises rest on: persist, then send what failed
// for good to the DLQ, and publish, and only then acknowledge. A crash between any two
// of them leaves the message on the queue, and every step can be taken again. That a
// batch was published is noted with the next one, at no commit of its own: a process
// that ends before it has one publishes once more what is delivered once more.
package process

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Config holds what a Service needs; the interfaces are required.
type Config struct {
	Store       Store
	Blobs       Blobs
	Notifier    Notifier
	DeadLetters DeadLetters
	Postponer   Postponer
	Backoff     Backoff
	Now         func() time.Time // default time.Now
}

// Service processes batches. It is safe for concurrent use.
type Service struct {
	cfg   Config
	notes notes
}

// New returns a Service, or an error that names the field that is wrong.
func New(cfg Config) (*Service, error) {
	required := []struct {
		name string
		set  bool
	}{
		{"Store", cfg.Store != nil}, {"Blobs", cfg.Blobs != nil}, {"Notifier", cfg.Notifier != nil},
		{"DeadLetters", cfg.DeadLetters != nil}, {"Postponer", cfg.Postponer != nil},
	}
	for _, r := range required {
		if !r.set {
			return nil, fmt.Errorf("process: %s is required", r.name)
		}
	}
	var err error
	if cfg.Backoff, err = cfg.Backoff.withDefaults(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{cfg: cfg}, nil
}

// Result is the word for what became of a message.
type Result string

// The results.
const (
	Processed    Result = "processed"     // its event was stored by this delivery
	Duplicate    Result = "duplicate"     // its event was stored before
	DeadLettered Result = "dead_lettered" // given up: it is in the DLQ, with the reason
	Erased       Result = "erased"        // its user was erased after it was accepted: nothing of it is kept
	Retried      Result = "retried"       // it stays on the queue
)

// Outcome is what became of one message. Err is nil for Processed, Duplicate and Erased.
type Outcome struct {
	MessageID     string
	Client        string // empty in a stage without clients
	EventID       string
	CorrelationID string
	Result        Result
	Err           error
	Deliveries    int
	Attempts      int           // of the event, over all its messages; 0 when unknown
	Stored        bool          // this delivery put the event into the database, whatever came after
	EndToEnd      time.Duration // received to committed, with Stored; at least 0
	Notified      bool          // this delivery published the notification
	Delay         time.Duration // until the next delivery, for Retried
	Age           time.Duration // since it was received by ingest, for Retried; 0 when that is unknown
}

// Report is what became of a batch, one outcome per message in the order given.
// Persists has the duration of each database call that stored records.
type Report struct {
	Outcomes []Outcome
	Persists []time.Duration
}

// Failed returns the ids of the messages that must stay on the queue.
func (r Report) Failed() []string {
	var ids []string
	for _, o := range r.Outcomes {
		if o.Result == Retried {
			ids = append(ids, o.MessageID)
		}
	}
	return ids
}

// ProcessBatch gives each message an outcome. It returns before ctx's deadline:
// what is not done by then is left on the queue. It never panics: a panic in one
// message is that message's failure, one in a shared step fails what it held.
func (s *Service) ProcessBatch(ctx context.Context, messages []Message) Report {
	work, cancel := budget.Keep(ctx, budget.Postpone, fault.New(fault.DeadlineReached, "the function's deadline is near"))
	defer cancel()
	items := make([]*item, len(messages))
	for i := range messages {
		items[i] = &item{message: messages[i]}
	}
	b := s.runWatched(work, items)
	b.postpone(ctx)
	return b.report()
}

// open reads the envelope of a message. The error is permanent.
func (s *Service) open(m Message) (event.Envelope, error) {
	envelope, err := event.DecodeEnvelope(m.Body)
	if err != nil {
		return envelope, err
	}
	if _, ok := m.Binary[contract.AttrSchemaVersion]; ok {
		return envelope, fault.Newf(fault.InvalidEnvelope, "schema_version is binary, this processor reads %q", contract.SchemaVersion)
	}
	if version, ok := m.Attributes[contract.AttrSchemaVersion]; ok && version != contract.SchemaVersion {
		return envelope, fault.Newf(fault.InvalidEnvelope,
			"schema_version is %.32q, this processor reads %q", version, contract.SchemaVersion)
	}
	return envelope, nil
}

// read turns an envelope into an event. The error is permanent, unless the payload
// could not be fetched for now.
func (s *Service) read(ctx context.Context, envelope event.Envelope) (event.Event, error) {
	payload, err := s.payload(ctx, envelope)
	if err != nil {
		return event.Event{}, err
	}
	if event.Hash(payload) != envelope.SHA256 {
		return event.Event{}, fault.New(fault.HashMismatch, "the payload is not the one that was accepted: its SHA-256 differs")
	}
	e, err := event.Decode(payload)
	if err != nil {
		return event.Event{}, fault.Restate(fault.InvalidEvent, err, "the payload is not a valid event")
	}
	if e.ID != "" && e.ID != envelope.EventID {
		return event.Event{}, fault.New(fault.InvalidEvent, "the payload's event_id is not the envelope's")
	}
	e.ID = envelope.EventID
	return e, nil
}

// storedInOtherWords reports whether the event that is stored under the id of an
// envelope says the same as the one in it, although the bytes differ. That the stored
// one is gone counts as no: retention took it, and its key is still there.
func (s *Service) storedInOtherWords(ctx context.Context, envelope event.Envelope) (bool, error) {
	sent, err := s.read(ctx, envelope)
	if err != nil {
		return false, err
	}
	stored, err := s.cfg.Store.Event(ctx, envelope.Identity())
	if fault.CodeOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	first := event.Envelope{Client: stored.Client, EventID: stored.ID, Mode: stored.Mode, SHA256: stored.SHA256}
	if stored.Mode == event.Inline {
		payload := string(stored.Payload)
		first.Payload = &payload
	}
	was, err := s.read(ctx, first)
	if fault.DispositionOf(err) == fault.DeadLetter {
		return false, nil // the object of the stored one is gone or changed: nothing to compare with
	}
	if err != nil {
		return false, err
	}
	return event.Same(was, sent), nil
}

// payload returns the exact bytes. An S3 object is looked up in this reader's own
// bucket: what bucket the message names does not matter.
func (s *Service) payload(ctx context.Context, envelope event.Envelope) ([]byte, error) {
	if envelope.Mode == event.Inline {
		return []byte(*envelope.Payload), nil
	}
	payload, err := s.cfg.Blobs.Get(ctx, event.ObjectKey(envelope.Identity(), envelope.SHA256), contract.BodyLimit)
	if fault.CodeOf(err) == fault.PayloadTooLarge {
		return nil, fault.Wrap(fault.HashMismatch, err, "the payload's object is larger than any accepted payload")
	}
	return payload, err
}
