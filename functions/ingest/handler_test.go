package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
)

func TestMain(m *testing.M) { lambdatest.Main(m, main) }

// fakeQueue takes every message but those of the event ids in errs.
type fakeQueue struct {
	errs map[string]error
	sent []ingest.Message
}

func (q *fakeQueue) Send(_ context.Context, messages []ingest.Message) []error {
	out := make([]error, len(messages))
	for i, m := range messages {
		if out[i] = q.errs[m.EventID]; out[i] == nil {
			q.sent = append(q.sent, m)
		}
	}
	return out
}

// fakeBlobs keeps every object, or refuses all with err.
type fakeBlobs struct {
	err error

	mu   sync.Mutex // a batch puts several at once
	keys []string
}

func (b *fakeBlobs) Put(_ context.Context, key string, _ []byte, _ string, _ time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.keys = append(b.keys, key)
	}
	return b.err
}

func (b *fakeBlobs) Bucket() string { return "payloads" }

type world struct {
	handle any
	log    *lambdatest.Log
	queue  *fakeQueue
	blobs  *fakeBlobs
}

// newWorld has the real handler and use case, on the last day of January 2026.
func newWorld(t *testing.T) *world { t.Helper(); return newWorldOf(t, nil) }

func newWorldOf(t *testing.T, clients config.Clients) *world {
	t.Helper()
	w := &world{queue: &fakeQueue{errs: map[string]error{}}, blobs: &fakeBlobs{}}
	made := 0
	base, log := lambdatest.Base(contract.FunctionIngest)
	api, err := newAPI(base, ingest.Config{
		Queue: w.queue, Blobs: w.blobs,
		Now:   func() time.Time { return time.Date(2026, 2, 1, 0, 11, 27, 5e8, time.UTC) },
		NewID: func() (string, error) { made++; return fmt.Sprintf("made-%d", made), nil },
	}, clients)
	if err != nil {
		t.Fatal(err)
	}
	w.handle, w.log = boot.Handler(api.Handle), log
	return w
}

func (w *world) post(t *testing.T, edits ...func(lambdatest.Object)) lambdatest.Answer {
	t.Helper()
	return lambdatest.Call(t, w.handle, lambdatest.Event(t, "post-event.json", edits...))
}

func (w *world) postBatch(t *testing.T, edits ...func(lambdatest.Object)) lambdatest.Answer {
	t.Helper()
	return lambdatest.Call(t, w.handle, lambdatest.Event(t, "post-batch.json", edits...))
}

func body(text string) func(lambdatest.Object) { return lambdatest.Set(text, "body") }

func batchOf(events ...string) func(lambdatest.Object) {
	return body(`{"events":[` + strings.Join(events, ",") + `]}`)
}

// eventWith returns an event; a name given again replaces the member.
func eventWith(members ...string) string {
	names := []string{"user_id", "amount", "currency", "merchant", "timestamp"}
	values := map[string]string{"user_id": `"u"`, "amount": "1.50", "currency": `"EUR"`, "merchant": `"m"`, "timestamp": `"2026-01-31T23:59:59Z"`}
	for i := 0; i < len(members); i += 2 {
		if _, ok := values[members[i]]; !ok {
			names = append(names, members[i])
		}
		values[members[i]] = members[i+1]
	}
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%q:%s", name, values[name]))
	}
	return "{" + strings.Join(out, ",") + "}"
}

func large(id string) string {
	return eventWith("event_id", `"`+id+`"`, "metadata", `{"text":"`+strings.Repeat("x", contract.InlineLimit)+`"}`)
}

func TestIngest_one_event(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw, err := lambdatest.Invoke(t, w.handle, lambdatest.Event(t, "post-event.json"))
	if err != nil {
		t.Fatal(err)
	}
	lambdatest.Golden(t, "post-event.answer.golden.json", string(raw)+"\n")
	lambdatest.Golden(t, "post-event.output.golden", lambdatest.Timeless(w.log.String()))
	if len(w.queue.sent) != 1 {
		t.Fatalf("%d messages sent", len(w.queue.sent))
	}
	lambdatest.Golden(t, "post-event.message.golden.json", w.queue.sent[0].Body+"\n")
}

func TestIngest_a_large_event_goes_to_the_storage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if answer := w.post(t, body(large("big"))); answer.Status != 202 || answer.Body != `{"event_id":"big","status":"enqueued"}` {
		t.Fatalf("answer %+v", answer)
	}
	if got, want := w.log.Counts(t), "ingest_latency_ms=1 ingest_success=1 payload_s3_count=1 s3_puts=1 sqs_sent=1"; got != want {
		t.Errorf("metrics %s, want %s", got, want)
	}
	if line := w.log.Only(t); line["payload_mode"] != "S3" || len(w.blobs.keys) != 1 || !strings.HasPrefix(w.blobs.keys[0], "raw/big/") {
		t.Errorf("payload_mode %v, objects %v", line["payload_mode"], w.blobs.keys)
	}
}

func TestIngest_refusals_are_counted_once_each(t *testing.T) {
	t.Parallel()
	unreachable := fault.Wrap(fault.QueueUnavailable, errors.New("dial tcp 10.0.0.7:443"), "the queue cannot be reached")
	const failed = "ingest_failure=1 ingest_latency_ms=1"
	for name, c := range map[string]struct {
		edits   []func(lambdatest.Object)
		queue   error
		blobs   error
		status  int
		code    string
		metrics string
	}{
		"malformed JSON":   {[]func(lambdatest.Object){body(`{"user_id"`)}, nil, nil, 400, "malformed_json", failed},
		"no body":          {[]func(lambdatest.Object){lambdatest.Set(nil, "body")}, nil, nil, 400, "malformed_json", failed},
		"an invalid event": {[]func(lambdatest.Object){body(eventWith("amount", "-1"))}, nil, nil, 422, "invalid_value", failed},
		"too far in the future": {[]func(lambdatest.Object){body(eventWith("timestamp", `"2026-02-01T00:16:27.6Z"`))},
			nil, nil, 422, "invalid_value", failed},
		"too large": {[]func(lambdatest.Object){body(eventWith("metadata", `{"a":"`+strings.Repeat("x", contract.BodyLimit)+`"}`))},
			nil, nil, 413, "payload_too_large", failed},
		"too large once quoted": {[]func(lambdatest.Object){body(eventWith("metadata", `{"a":"`+strings.Repeat(`\"`, 3<<19)+`"}`))},
			nil, nil, 413, "payload_too_large", failed},
		"another media type":     {[]func(lambdatest.Object){lambdatest.Header("Content-Type", "text/plain")}, nil, nil, 415, "unsupported_media_type", failed},
		"another method":         {[]func(lambdatest.Object){lambdatest.Set("DELETE", "httpMethod")}, nil, nil, 405, "method_not_allowed", failed},
		"another path":           {[]func(lambdatest.Object){lambdatest.Set("/", "resource")}, nil, nil, 404, "not_found", failed},
		"a queue out of reach":   {nil, unreachable, nil, 503, "queue_unavailable", failed},
		"a queue that refuses":   {nil, fault.New(fault.Internal, "the queue refused the message"), nil, 500, "internal", failed},
		"a storage out of reach": {[]func(lambdatest.Object){body(large("order-1001"))}, nil, fault.New(fault.StorageUnavailable, "no storage"), 503, "storage_unavailable", failed},
		"a queue out of reach after the storage": {[]func(lambdatest.Object){body(large("order-1001"))}, unreachable, nil, 503, "queue_unavailable",
			"ingest_failure=1 ingest_latency_ms=1 s3_puts=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.queue.errs["order-1001"], w.blobs.err = c.queue, c.blobs
			answer := w.post(t, c.edits...)
			problem := lambdatest.Decode(t, []byte(answer.Body))
			if answer.Status != c.status || problem["code"] != c.code || answer.Headers["Content-Type"] != "application/problem+json" {
				t.Errorf("status %d, problem %v", answer.Status, problem)
			}
			if retry := answer.Headers["Retry-After"]; (retry == "5") != (c.status == 503) {
				t.Errorf("Retry-After %q", retry)
			}
			if got := w.log.Counts(t); got != c.metrics {
				t.Errorf("metrics %s, want %s", got, c.metrics)
			}
			if len(w.queue.sent) != 0 {
				t.Errorf("%d messages sent", len(w.queue.sent))
			}
		})
	}
}

func TestIngest_a_refusal_names_each_field(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer := w.post(t, body(`{"user_id":"","amount":"12","currency":"eur","timestamp":"today","extra":1}`))
	lambdatest.Golden(t, "post-event.refused.golden.json", answer.Body+"\n")
}

func TestIngest_an_idempotency_key_gives_the_id(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := func(edits ...func(lambdatest.Object)) string {
		answer := w.post(t, append(edits, body(eventWith()))...)
		var accepted struct {
			ID string `json:"event_id"`
		}
		if err := json.Unmarshal([]byte(answer.Body), &accepted); err != nil || answer.Status != 202 {
			t.Fatalf("%v: %+v", err, answer)
		}
		return accepted.ID
	}
	key := func(k string) func(lambdatest.Object) { return lambdatest.Header("idempotency-key", k) }
	caller := func(k string) func(lambdatest.Object) {
		return lambdatest.Set(k, "requestContext", "identity", "apiKeyId")
	}
	first := id(key("k"))
	if again := id(key("k")); again != first {
		t.Errorf("the same caller and key: %s, then %s", first, again)
	}
	for name, other := range map[string]string{"another key": id(key("l")), "another caller": id(key("k"), caller("other")), "no key": id()} {
		if other == first {
			t.Errorf("%s gives the same id", name)
		}
	}
	if no := id(); !strings.HasPrefix(no, "made-") {
		t.Errorf("without a key the id is %s", no)
	}
}

func TestIngest_wire_refuses_what_it_cannot_work_with(t *testing.T) {
	t.Parallel()
	base, _ := lambdatest.Base(contract.FunctionIngest)
	if _, err := newAPI(base, ingest.Config{Blobs: &fakeBlobs{}}, nil); err == nil || err.Error() != "ingest: Queue is required" {
		t.Errorf("error %v", err)
	}
	base.Service.Environment = ""
	if _, err := newAPI(base, ingest.Config{Blobs: &fakeBlobs{}, Queue: &fakeQueue{}}, nil); err == nil {
		t.Error("metrics of no environment are taken")
	}
}
