package pgstore_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
)

// Each payload that the decoder takes goes as a message through the processor into the
// database, and comes back to the byte, with its hash.
func FuzzPayloadComesBack(f *testing.F) {
	for _, c := range eventtest.Accepted() {
		f.Add([]byte(c.Payload))
	}
	for _, payload := range eventtest.Corpus() {
		f.Add(payload)
	}
	url := pgtest.MigratedURL(f)
	store, conn := open(f, pgstore.Config{URL: url, MaxConns: 1}), connect(f, url)
	service, err := process.New(process.Config{Store: store, Blobs: outside{}, Notifier: outside{}, DeadLetters: outside{}, Postponer: outside{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := event.Decode(payload)
		if err != nil {
			return // and what it answers then is FuzzDecode's
		}
		if e.ID == "" {
			e.ID = "made-by-ingest"
		}
		if _, err := conn.Exec(t.Context(), "TRUNCATE events, idempotency_keys"); err != nil {
			t.Fatal(err)
		}
		text, hash := string(payload), event.Hash(payload)
		envelope := event.Envelope{EventID: e.ID, CorrelationID: "c-1", Mode: event.Inline, Payload: &text, SHA256: hash, ReceivedAt: time.Now().UTC()}
		body, err := envelope.Encode()
		if err != nil {
			t.Fatal(err)
		}
		report := service.ProcessBatch(t.Context(), []process.Message{{
			ID: "m-1", Body: body, Deliveries: 1, Attributes: map[string]string{contract.AttrSchemaVersion: contract.SchemaVersion},
		}})
		if o := report.Outcomes[0]; o.Result != process.Processed {
			t.Fatalf("%q was %s: %v", payload, o.Result, o.Err)
		}
		got, err := store.Event(t.Context(), event.Identity{ID: e.ID})
		if err != nil || !bytes.Equal(got.Payload, payload) || got.SHA256 != hash || event.Hash(got.Payload) != hash {
			t.Errorf("%q came back as %q with the hash %s, %v", payload, got.Payload, got.SHA256, err)
		}
	})
}

// outside takes every notification, and nothing else is asked of it.
type outside struct{}

var errOutside = errors.New("not a call that a good inline event makes")

func (outside) Publish(_ context.Context, n []process.Notification) []error {
	return make([]error, len(n))
}
func (outside) Send(_ context.Context, letters []process.DeadLetter) []error {
	return errorsOf(len(letters))
}
func (outside) Postpone(_ context.Context, p []process.Postponement) []error { return errorsOf(len(p)) }
func (outside) Bucket() string                                               { return "payloads" }
func (outside) Get(context.Context, string, int64) ([]byte, error)           { return nil, errOutside }

func errorsOf(n int) []error {
	out := make([]error, n)
	for i := range out {
		out[i] = errOutside
	}
	return out
}
