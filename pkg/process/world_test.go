package process_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is everything around the processor but the store. It notes each step in
// order and fails on demand.
type world struct {
	mu          sync.Mutex
	steps       []string
	objects     map[string]string
	getErr      func(key string) error
	getContext  func(context.Context) // sees the context of each Get first
	published   []process.Notification
	publishErr  func(process.Notification) error
	letters     []process.DeadLetter
	letterErr   func(process.DeadLetter) error
	postponed   []process.Postponement
	postponeErr func(process.Postponement) error
}

func (w *world) step(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps = append(w.steps, fmt.Sprintf(format, args...))
}

func (w *world) Bucket() string { return "own-bucket" }

func (w *world) Get(ctx context.Context, key string, _ int64) ([]byte, error) {
	if w.getContext != nil {
		w.getContext(ctx)
	}
	if w.getErr != nil {
		if err := w.getErr(key); err != nil {
			return nil, err
		}
	}
	if object, ok := w.objects[key]; ok {
		return []byte(object), nil
	}
	return nil, fault.New(fault.PayloadMissing, "the object is gone")
}

func (w *world) Publish(_ context.Context, all []process.Notification) []error {
	w.step("publish %d", len(all))
	errs := make([]error, len(all))
	for i, n := range all {
		if w.publishErr != nil {
			errs[i] = w.publishErr(n)
		}
		if errs[i] == nil {
			w.published = append(w.published, n)
		}
	}
	return errs
}

type letterbox struct{ *world }

func (w letterbox) Send(_ context.Context, all []process.DeadLetter) []error {
	w.step("dead-letter %d", len(all))
	errs := make([]error, len(all))
	for i, l := range all {
		if w.letterErr != nil {
			errs[i] = w.letterErr(l)
		}
		if errs[i] == nil {
			w.letters = append(w.letters, l)
		}
	}
	return errs
}

func (w *world) Postpone(_ context.Context, all []process.Postponement) []error {
	w.step("postpone %d", len(all))
	errs := make([]error, len(all))
	for i, p := range all {
		if w.postponeErr != nil {
			errs[i] = w.postponeErr(p)
		}
		if errs[i] == nil {
			w.postponed = append(w.postponed, p)
		}
	}
	return errs
}

func newService(t *testing.T) (*process.Service, *world, *processtest.MemoryStore) {
	t.Helper()
	return newServiceWith(t, 0)
}

// newServiceWith takes what the jitter's random source always returns.
func newServiceWith(t *testing.T, random float64) (*process.Service, *world, *processtest.MemoryStore) {
	t.Helper()
	w := &world{objects: map[string]string{}}
	store := &processtest.MemoryStore{
		Now: func() time.Time { return now },
		AfterPersist: func(_ context.Context, _ int, records []process.Record) error {
			w.step("persist %d", len(records))
			return nil
		},
	}
	service, err := process.New(process.Config{
		Store: store, Blobs: w, Notifier: w, DeadLetters: letterbox{w}, Postponer: w,
		Backoff: process.Backoff{Random: func() float64 { return random }}, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return service, w, store
}

func payloadOf(id, merchant string) string {
	return fmt.Sprintf(`{"event_id":%q,"user_id":"u","amount":1.50,"currency":"EUR","merchant":%q,"timestamp":"2026-11-23T11:59:00Z","metadata":{"k":[1,2]}}`, id, merchant)
}

func envelopeOf(id, payload string) event.Envelope {
	return event.Envelope{EventID: id, CorrelationID: "c-" + id, Mode: event.Inline, Payload: &payload,
		SHA256: event.Hash([]byte(payload)), ReceivedAt: now.Add(-3 * time.Second)}
}

// wrap makes the queue message of an envelope.
func wrap(t *testing.T, messageID string, e event.Envelope) process.Message {
	t.Helper()
	body, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return process.Message{ID: messageID, Body: body, ReceiptHandle: "r-" + messageID, Deliveries: 1,
		Attributes: map[string]string{"schema_version": "1"}}
}

// good is the message of a valid inline event.
func good(t *testing.T, id string) process.Message {
	t.Helper()
	return wrap(t, "m-"+id, envelopeOf(id, payloadOf(id, "m")))
}

// large is the message of a valid S3 event whose object is in w.
func large(t *testing.T, w *world, id string) process.Message {
	t.Helper()
	payload := payloadOf(id, "m")
	e := envelopeOf(id, payload)
	e.Mode, e.Payload, e.Bucket, e.Key = event.S3, nil, "somebody-elses-bucket", event.ObjectKey(event.Identity{ID: id}, e.SHA256)
	w.objects[e.Key] = payload
	return wrap(t, "m-"+id, e)
}

// words gives each outcome as "result code".
func words(r process.Report) []string {
	var out []string
	for _, o := range r.Outcomes {
		word := string(o.Result)
		if o.Err != nil {
			word += " " + string(fault.CodeOf(o.Err))
		}
		out = append(out, word)
	}
	return out
}
