// Package ingest accepts events: it validates a payload, gives it an id, hashes
// its exact bytes, puts a large one into object storage and sends one queue
// message. It has no database: what it answers is that the queue has the event
// durably, nothing more.
package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// putConcurrency bounds the payloads of one batch that are put at once.
const putConcurrency = 8

// Config holds what a Service needs. Queue and Blobs are required. Now defaults
// to time.Now, NewID to a random UUIDv7.
type Config struct {
	Queue Queue
	Blobs Blobs
	Now   func() time.Time
	NewID func() (string, error)
}

// Service accepts events. It is safe for concurrent use.
type Service struct{ cfg Config }

// New returns a Service, or an error that names the field that is missing.
func New(cfg Config) (*Service, error) {
	if cfg.Queue == nil {
		return nil, errors.New("ingest: Queue is required")
	}
	if cfg.Blobs == nil {
		return nil, errors.New("ingest: Blobs is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.NewID == nil {
		cfg.NewID = newUUIDv7
	}
	return &Service{cfg: cfg}, nil
}

func newUUIDv7() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// Caller says who asks, and under which names the request travels.
// IdempotencyKey may be empty. ID tells two callers apart, so that they can use
// the same key without colliding. Client owns the events; it is empty in a stage
// without clients, and otherwise tells callers apart in place of ID: the keys and roles
// of one client are one caller.
type Caller struct {
	Client         string
	ID             string
	CorrelationID  string
	IdempotencyKey string
}

// Receipt is the answer for one event. With Err set the event was not accepted,
// and EventID is the id it would have had, empty if it has none. Stored says that
// the payload was put into object storage.
type Receipt struct {
	EventID string
	Mode    event.Mode
	SHA256  string
	Stored  bool
	Err     error
}

// Ingest accepts one event: payload is the exact body. The receipt's Err is a
// fault of kind Invalid when the caller must change it, Transient when the queue
// or the storage cannot be reached.
func (s *Service) Ingest(ctx context.Context, caller Caller, payload []byte) Receipt {
	return s.accept(ctx, caller, [][]byte{payload}, func(string) string { return "" })[0]
}

// IngestBatch accepts each event of a batch body on its own and returns one
// receipt per event, in request order. The error is of the body as a whole;
// then nothing was accepted.
//
// With an IdempotencyKey, the id of an event that names none depends on its exact
// bytes, not on its place: sent again with the same key it gets the same id, alone,
// in another order or in another batch. Of events with equal bytes, the first of a
// batch is always the same one, and so is the second.
func (s *Service) IngestBatch(ctx context.Context, caller Caller, body []byte) ([]Receipt, error) {
	if len(body) > contract.BodyLimit {
		return nil, tooLarge(len(body))
	}
	payloads, err := event.SplitBatch(body)
	if err != nil {
		return nil, err
	}
	before := map[string]int{}
	return s.accept(ctx, caller, payloads, func(sha256Hex string) string {
		equal := before[sha256Hex]
		before[sha256Hex]++
		return fmt.Sprintf("%s#%d", sha256Hex, equal)
	}), nil
}

// accept runs the three steps over all payloads: read, put, send. suffix tells
// the events of one batch apart where one Idempotency-Key names them all; it is
// called once for the hash of each event that is in order.
func (s *Service) accept(ctx context.Context, caller Caller, payloads [][]byte, suffix func(sha256Hex string) string) []Receipt {
	now := s.cfg.Now().UTC()
	receipts := make([]Receipt, len(payloads))
	envelopes := make([]event.Envelope, len(payloads))
	messages := make([]Message, len(payloads))

	var puts errgroup.Group
	puts.SetLimit(putConcurrency)
	for i, payload := range payloads {
		r := &receipts[i]
		if r.EventID, r.Err = s.read(payload, now); r.Err != nil {
			continue
		}
		r.SHA256 = event.Hash(payload)
		if r.EventID == "" {
			if r.EventID, r.Err = s.newID(caller, r.SHA256, suffix); r.Err != nil {
				continue
			}
		}
		envelopes[i] = event.Envelope{
			Client: caller.Client, EventID: r.EventID, CorrelationID: caller.CorrelationID, SHA256: r.SHA256, ReceivedAt: now,
		}
		messages[i], r.Mode, r.Err = s.message(envelopes[i], payload)
		if r.Err != nil || r.Mode == event.Inline {
			continue
		}
		puts.Go(func() error {
			r.Err = s.cfg.Blobs.Put(ctx, event.ObjectKey(envelopes[i].Identity(), r.SHA256), payload, r.SHA256, now)
			r.Stored = r.Err == nil
			return nil
		})
	}
	_ = puts.Wait() // always nil: each receipt has its own error
	s.send(ctx, messages, receipts)
	return receipts
}

func (s *Service) send(ctx context.Context, messages []Message, receipts []Receipt) {
	var outgoing []Message
	var of []int
	for i := range receipts {
		if receipts[i].Err == nil {
			outgoing, of = append(outgoing, messages[i]), append(of, i)
		}
	}
	if len(outgoing) == 0 {
		return
	}
	for j, err := range s.cfg.Queue.Send(ctx, outgoing) {
		receipts[of[j]].Err = err
	}
}

// read validates a payload and returns the id that the event names, if any.
func (s *Service) read(payload []byte, now time.Time) (string, error) {
	if len(payload) > contract.BodyLimit {
		return "", tooLarge(len(payload))
	}
	e, err := event.Decode(payload)
	if err != nil {
		return "", err
	}
	if err := e.CheckTimestamp(now); err != nil {
		return e.ID, err
	}
	if err := checkReadback(payload); err != nil {
		return e.ID, err
	}
	return e.ID, nil
}

// newID makes an id for an event that names none.
func (s *Service) newID(caller Caller, sha256Hex string, suffix func(sha256Hex string) string) (string, error) {
	if caller.IdempotencyKey != "" {
		return derivedID(caller, suffix(sha256Hex)), nil
	}
	id, err := s.cfg.NewID()
	if err != nil {
		return "", fmt.Errorf("make an event id: %w", err)
	}
	return id, nil
}

// message encodes the envelope. A payload over the inline limit travels through
// object storage, and so does one whose encoding would outgrow the queue.
func (s *Service) message(envelope event.Envelope, payload []byte) (Message, event.Mode, error) {
	m := Message{Client: envelope.Client, EventID: envelope.EventID, CorrelationID: envelope.CorrelationID}
	if len(payload) <= contract.InlineLimit {
		text := string(payload)
		inline := envelope
		inline.Mode, inline.Payload = event.Inline, &text
		body, err := inline.Encode()
		if err != nil {
			return m, event.Inline, err
		}
		if len(body) <= contract.QueueMessageLimit-contract.QueueMessageReserve {
			m.Body = body
			return m, event.Inline, nil
		}
	}
	envelope.Mode = event.S3
	envelope.Bucket, envelope.Key = s.cfg.Blobs.Bucket(), event.ObjectKey(envelope.Identity(), envelope.SHA256)
	body, err := envelope.Encode()
	m.Body = body
	return m, event.S3, err
}

// fluxaKeys is the namespace of ids derived from an Idempotency-Key.
var fluxaKeys = uuid.MustParse("6a6f4c5e-7d5b-4f0e-9b43-0d9d8c1f2a77")

// derivedID makes the same id of the same caller and key, always. The caller's
// length goes in first, so that no caller and key can be cut differently to the
// same bytes.
func derivedID(caller Caller, suffix string) string {
	name := caller.ID
	if caller.Client != "" {
		name = caller.Client
	}
	data := binary.BigEndian.AppendUint64(nil, uint64(len(name)))
	data = append(data, name...)
	data = append(data, caller.IdempotencyKey...)
	data = append(data, 0) // a header holds no NUL: the suffix cannot be part of a key
	data = append(data, suffix...)
	return uuid.NewHash(sha256.New(), fluxaKeys, data, 8).String()
}

func tooLarge(size int) error {
	return fault.Newf(fault.PayloadTooLarge, "the body has %d bytes, the limit is %d", size, contract.BodyLimit)
}

// checkReadback refuses a payload that could not be returned by a query: the
// answer carries it as a JSON string, in which quotes, backslashes and control
// characters take more room.
func checkReadback(payload []byte) error {
	const limit = contract.InvocationLimit - contract.InvocationReserve
	if len(payload)*6 <= limit {
		return nil
	}
	if size := event.QuotedSize(payload); size > limit {
		return fault.Newf(fault.PayloadTooLarge,
			"the body takes %d bytes when quoted as a JSON string, the limit is %d; it has many quotes, backslashes or line ends", size, limit)
	}
	return nil
}
