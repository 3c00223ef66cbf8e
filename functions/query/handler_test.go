package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/query"
)

func TestMain(m *testing.M) { lambdatest.Main(m, main) }

// fakeStore has what it is given, or fails with err.
type fakeStore struct {
	err      error
	events   map[event.Identity]event.Stored
	states   map[event.Identity]query.Status
	page     []event.Stored
	statuses []query.Status
	more     bool
	filter   query.Filter // of the last page asked for
	asked    int
}

func (s *fakeStore) Event(_ context.Context, id event.Identity) (event.Stored, error) {
	s.asked++
	stored, ok := s.events[id]
	if !ok && s.err == nil {
		return stored, fault.New(fault.NotFound, "no such event is stored")
	}
	return stored, s.err
}

func (s *fakeStore) Status(_ context.Context, id event.Identity) (query.Status, error) {
	s.asked++
	status, ok := s.states[id]
	if !ok && s.err == nil {
		return status, fault.New(fault.NotFound, "the event is not known, or has not reached the processor yet")
	}
	return status, s.err
}

func (s *fakeStore) Events(_ context.Context, filter query.Filter) ([]event.Stored, bool, error) {
	s.asked++
	s.filter = filter
	return s.page, s.more, s.err
}

func (s *fakeStore) Unfinished(_ context.Context, filter query.Filter) ([]query.Status, bool, error) {
	s.asked++
	s.filter = filter
	return s.statuses, s.more, s.err
}

type fakeBlobs map[string]string

func (b fakeBlobs) Get(_ context.Context, key string, _ int64) ([]byte, error) {
	payload, ok := b[key]
	if !ok {
		return nil, fault.New(fault.PayloadMissing, "the payload's object is gone")
	}
	return []byte(payload), nil
}

type world struct {
	handle any
	log    *lambdatest.Log
	store  *fakeStore
	blobs  fakeBlobs
}

func newWorld(t *testing.T) *world { t.Helper(); return newWorldOf(t, nil) }

func newWorldOf(t *testing.T, clients config.Clients) *world {
	t.Helper()
	w := &world{store: &fakeStore{events: map[event.Identity]event.Stored{}, states: map[event.Identity]query.Status{}}, blobs: fakeBlobs{}}
	base, log := lambdatest.Base(contract.FunctionQuery)
	api, err := newAPI(base, query.Config{Store: w.store, Blobs: w.blobs}, clients)
	if err != nil {
		t.Fatal(err)
	}
	w.handle, w.log = boot.Handler(api.Handle), log
	return w
}

func (w *world) get(t *testing.T, file string, edits ...func(lambdatest.Object)) lambdatest.Answer {
	t.Helper()
	return lambdatest.Call(t, w.handle, lambdatest.Event(t, file, edits...))
}

var moment = time.Date(2026, 1, 31, 23, 59, 59, 123456000, time.UTC)

// stored returns an event as the database has it: what is read out of the payload is
// nil.
func stored(t *testing.T, id, amount, metadata string) event.Stored {
	t.Helper()
	exact, err := event.ParseAmount(amount)
	if err != nil {
		t.Fatal(err)
	}
	s := event.Stored{
		Event: event.Event{ID: id, UserID: "user-1", Amount: exact, Currency: "EUR", Merchant: "Café <Zürich>", Timestamp: moment},
		Mode:  event.Inline, CorrelationID: "checkout-7f3a",
		ReceivedAt: moment.Add(time.Second), CreatedAt: moment.Add(2 * time.Second),
	}
	if metadata != "" {
		metadata = `, "metadata": ` + metadata
	}
	s.Payload = []byte(`{"user_id": "user-1", "amount": ` + amount +
		`, "currency": "EUR", "merchant": "Café <Zürich>", "timestamp": "2026-01-31T23:59:59.123456Z"` + metadata + "}\n")
	s.SHA256 = event.Hash(s.Payload)
	return s
}

func TestQuery_routes(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"event": "get-event.json", "payload": "get-payload.json", "status": "get-status.json", "list": "get-list.json", "health": "get-health.json",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.store.events[event.Identity{ID: "order-1001"}] = stored(t, "order-1001", "123456789012345.6700", `{"items": [1, 2.50, {"sku": "A\"1"}]}`)
			w.store.states[event.Identity{ID: "order-1001"}] = query.Status{
				Identity: event.Identity{ID: "order-1001"}, State: "processing", Attempts: 2, FirstSeenAt: moment, LastSeenAt: moment.Add(5 * time.Second),
				Error: &query.StatusError{Code: fault.StorageUnavailable, Reason: "the payload cannot be read"},
			}
			w.store.page = []event.Stored{stored(t, "order-1002", "0.1", ""), stored(t, "order-1001", "99.99", `{"a": 1}`)}
			w.store.more = true
			raw, err := lambdatest.Invoke(t, w.handle, lambdatest.Event(t, file, lambdatest.Header("X-Correlation-ID", "support-42")))
			if err != nil {
				t.Fatal(err)
			}
			lambdatest.Golden(t, name+".answer.golden.json", string(raw)+"\n")
			lambdatest.Golden(t, name+".output.golden", lambdatest.Timeless(w.log.String()))
		})
	}
}

func TestQuery_a_large_event_is_answered_whole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Quoted as JSON is in JSON, angle brackets stay one byte each.
	metadata := `{"text":"` + strings.Repeat("<&>", contract.BodyLimit/3-100) + `"}`
	payload := `{"user_id":"user-1","amount":1.50,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T23:59:59Z","metadata":` + metadata + `}`
	s := stored(t, "big", "1.50", "")
	s.Mode, s.Payload, s.SHA256 = event.S3, nil, event.Hash([]byte(payload))
	w.store.events[event.Identity{ID: "big"}] = s
	w.blobs[event.ObjectKey(event.Identity{ID: "big"}, s.SHA256)] = payload
	raw, err := lambdatest.Invoke(t, w.handle, lambdatest.Event(t, "get-event.json", id("big")))
	if err != nil {
		t.Fatal(err)
	}
	if answer := lambdatest.AnswerOf(t, raw); answer.Status != 200 || !strings.Contains(answer.Body, metadata) || len(raw) > contract.InvocationLimit {
		t.Errorf("status %d, %d bytes", answer.Status, len(raw))
	}
}

// The digest is over the bytes that are answered, by RFC 9530: what a client computes.
func TestQuery_a_payload_comes_back_byte_for_byte(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inline, large := stored(t, "order-1001", "1.50", `{ "a":1e2,"\u0062" : "<&>" }`), stored(t, "big", "1", "{}")
	w.blobs[event.ObjectKey(event.Identity{ID: "big"}, large.SHA256)] = string(large.Payload)
	want := map[string][]byte{"order-1001": inline.Payload, "big": large.Payload}
	large.Mode, large.Payload = event.S3, nil
	w.store.events[event.Identity{ID: "order-1001"}], w.store.events[event.Identity{ID: "big"}] = inline, large
	for name, payload := range want {
		answer := w.get(t, "get-payload.json", id(name))
		sum := sha256.Sum256([]byte(answer.Body))
		digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
		if answer.Status != 200 || answer.Body != string(payload) || answer.Headers["Repr-Digest"] != digest || answer.Headers["Content-Encoding"] != "identity" {
			t.Errorf("%s: answer %+v, want %s with %s", name, answer, payload, digest)
		}
	}
	inline.Payload = append(inline.Payload, ' ')
	w.store.events[event.Identity{ID: "order-1001"}] = inline
	if answer := w.get(t, "get-payload.json"); answer.Status != 500 {
		t.Errorf("a payload that is not what was accepted: %+v", answer)
	}
}

func id(id string) func(lambdatest.Object) { return lambdatest.Set(id, "pathParameters", "event_id") }

func TestQuery_failures_are_counted_by_kind(t *testing.T) {
	t.Parallel()
	down := fault.Wrap(fault.DatabaseUnavailable, errors.New("dial tcp 10.0.0.7:5432"), "the database cannot be reached")
	const missing, failed = "query_latency_ms=1 query_not_found=1", "query_failure=1 query_latency_ms=1"
	for name, c := range map[string]struct {
		file    string
		edit    func(lambdatest.Object)
		err     error
		status  int
		code    string
		metrics string
		eventID any // of the log line
	}{
		"an unknown event":        {"get-event.json", id("absent"), nil, 404, "not_found", missing, "absent"},
		"an unknown status":       {"get-status.json", id("absent"), nil, 404, "not_found", missing, "absent"},
		"an unknown path":         {"get-event.json", lambdatest.Set("/event", "resource"), nil, 404, "not_found", missing, nil},
		"another method":          {"get-event.json", lambdatest.Set("DELETE", "httpMethod"), nil, 405, "method_not_allowed", failed, nil},
		"what is no id":           {"get-event.json", id("a b"), nil, 422, "invalid_value", failed, ""},
		"the status of no id":     {"get-status.json", id(".."), nil, 422, "invalid_value", failed, ""},
		"no id":                   {"get-event.json", lambdatest.Set(nil, "pathParameters"), nil, 422, "invalid_value", failed, ""},
		"an event, no database":   {"get-event.json", id("order-1001"), down, 503, "database_unavailable", failed, "order-1001"},
		"a status, no database":   {"get-status.json", id("order-1001"), down, 503, "database_unavailable", failed, "order-1001"},
		"a list, no database":     {"get-list.json", id(""), down, 503, "database_unavailable", failed, nil},
		"a fault of ours":         {"get-event.json", id("order-1001"), errors.New("no such column"), 500, "internal", failed, "order-1001"},
		"an event without object": {"get-event.json", id("gone"), nil, 500, "internal", failed, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			gone := stored(t, "gone", "1", "")
			gone.Mode = event.S3
			w.store.events[event.Identity{ID: "gone"}] = gone
			w.store.err = c.err
			answer := w.get(t, c.file, c.edit)
			if problem := lambdatest.Decode(t, []byte(answer.Body)); answer.Status != c.status || problem["code"] != c.code {
				t.Errorf("status %d, problem %v", answer.Status, problem)
			}
			if got := w.log.Counts(t); got != c.metrics {
				t.Errorf("metrics %s, want %s", got, c.metrics)
			}
			if line := w.log.Only(t); line["event_id"] != c.eventID {
				t.Errorf("event_id in the log is %v, want %v", line["event_id"], c.eventID)
			}
			if strings.Contains(answer.Body, "10.0.0.7") || strings.Contains(answer.Body, "column") {
				t.Errorf("inner detail is told: %s", answer.Body)
			}
		})
	}
}

func TestQuery_an_id_may_come_percent_encoded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.events[event.Identity{ID: "shop:1"}] = stored(t, "shop:1", "1", "")
	w.store.states[event.Identity{ID: "shop:1"}] = query.Status{Identity: event.Identity{ID: "shop:1"}, State: "processed"}
	for _, file := range []string{"get-event.json", "get-status.json"} {
		for _, written := range []string{"shop:1", "shop%3A1", "shop%3a1"} {
			answer := w.get(t, file, id(written))
			if got := lambdatest.Decode(t, []byte(answer.Body))["event_id"]; answer.Status != 200 || got != "shop:1" {
				t.Errorf("%s of %s: status %d, event %v", file, written, answer.Status, got)
			}
		}
		if answer := w.get(t, file, id("shop%3")); answer.Status != 422 {
			t.Errorf("a broken escape: status %d", answer.Status)
		}
	}
}

func TestQuery_health_touches_nothing_and_is_not_measured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.err = errors.New("down")
	if answer := w.get(t, "get-health.json"); answer.Status != 200 || answer.Body != `{"status":"healthy"}` {
		t.Errorf("answer %+v", answer)
	}
	if w.store.asked != 0 || w.log.Counts(t) != "" {
		t.Errorf("the store was asked %d times, metrics %q", w.store.asked, w.log.Counts(t))
	}
}
