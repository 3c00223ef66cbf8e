package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func TestMain(m *testing.M) { lambdatest.Main(m, main) }

// outside is all that the processor speaks to but the store.
type outside struct {
	blobErr, publishErr, letterErr, postponeErr error

	published []process.Notification
	letters   []process.DeadLetter
	postponed []process.Postponement

	lastDeadline time.Time // of the postponement
}

func (o *outside) Get(context.Context, string, int64) ([]byte, error) { return nil, o.blobErr }

func (o *outside) Bucket() string { return "payloads" }

func (o *outside) Publish(_ context.Context, notifications []process.Notification) []error {
	if o.publishErr == nil {
		o.published = append(o.published, notifications...)
	}
	return repeat(o.publishErr, len(notifications))
}

func (o *outside) Send(_ context.Context, letters []process.DeadLetter) []error {
	if o.letterErr == nil {
		o.letters = append(o.letters, letters...)
	}
	return repeat(o.letterErr, len(letters))
}

func (o *outside) Postpone(ctx context.Context, postponements []process.Postponement) []error {
	o.lastDeadline, _ = ctx.Deadline()
	o.postponed = append(o.postponed, postponements...)
	return repeat(o.postponeErr, len(postponements))
}

func repeat(err error, n int) []error { return slices.Repeat([]error{err}, n) }

type world struct {
	*outside
	handle any
	log    *lambdatest.Log
	store  *processtest.MemoryStore
	now    time.Time
}

// newWorld has the real handler and use case, four seconds and a half after the
// events of sqs.json were received. Delays have no jitter.
func newWorld(t *testing.T) *world { return newWorldOf(t, "") }

// newWorldOf is a world in which the outcomes are counted by the version.
func newWorldOf(t *testing.T, version string) *world {
	t.Helper()
	w := &world{outside: &outside{}, store: &processtest.MemoryStore{}, now: time.Date(2026, 2, 1, 0, 11, 32, 0, time.UTC)}
	base, log := lambdatest.Base(contract.FunctionProcessor)
	base.Version = version
	h, err := newHandler(base, process.Config{
		Store: w.store, Blobs: w.outside, Notifier: w.outside, DeadLetters: w.outside, Postponer: w.outside,
		Backoff: process.Backoff{Random: func() float64 { return 0 }}, Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.handle, w.log = boot.Handler(h.Handle), log
	return w
}

// process invokes the handler, which must not throw, and returns its answer as it
// is on the wire.
func (w *world) process(t *testing.T, edits ...func(lambdatest.Object)) string {
	t.Helper()
	raw, err := lambdatest.Invoke(t, w.handle, lambdatest.Event(t, "sqs.json", edits...))
	if err != nil {
		t.Fatalf("it threw %v", err)
	}
	return string(raw)
}

func records(change func([]any) []any) func(lambdatest.Object) {
	return func(event lambdatest.Object) { event["Records"] = change(event["Records"].([]any)) }
}

// record returns an edit of one of the records.
func record(index int, value any, way ...string) func(lambdatest.Object) {
	return records(func(all []any) []any {
		lambdatest.Set(value, way...)(all[index].(lambdatest.Object))
		return all
	})
}

// payload returns an edit that replaces a record's payload, hash and all.
func payload(index int, text string) func(lambdatest.Object) {
	return records(func(all []any) []any {
		one := all[index].(lambdatest.Object)
		var envelope lambdatest.Object
		if err := json.Unmarshal([]byte(one["body"].(string)), &envelope); err != nil {
			panic(err) // the test data is wrong
		}
		digest := sha256.Sum256([]byte(text))
		envelope["payload_inline"], envelope["payload_sha256"] = text, hex.EncodeToString(digest[:])
		body, err := json.Marshal(envelope)
		if err != nil {
			panic(err) // a map of text always marshals
		}
		one["body"] = string(body)
		return all
	})
}

const (
	first  = "059f36b4-87a3-44ab-83d2-661975830a7d"
	second = "2e1424d4-f796-459a-8184-9c92662be6da"
)

func failures(ids ...string) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{"itemIdentifier":%q}`, id)
	}
	return `{"batchItemFailures":[` + strings.Join(items, ",") + `]}`
}

func TestProcessor_a_good_batch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if answer := w.process(t); answer != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s", answer)
	}
	lambdatest.Golden(t, "good.output.golden", lambdatest.Timeless(w.log.String()))
	if len(w.store.Events()) != 2 || len(w.published) != 2 {
		t.Errorf("%d events stored, %d published", len(w.store.Events()), len(w.published))
	}
	if ms := w.log.Lines(t)[0]["end_to_end_ms"]; ms != 4500.0 {
		t.Errorf("end_to_end_ms is %v", ms)
	}
}

func TestProcessor_each_message_is_answered_for_logged_and_counted(t *testing.T) {
	t.Parallel()
	down := fault.Wrap(fault.DatabaseUnavailable, errors.New("dial tcp 10.0.0.7:5432: refused"), "the database cannot be reached")
	unstorable := func(context.Context, int, []process.Record) error { return down }
	for name, c := range map[string]struct {
		prepare func(w *world)
		edits   []func(lambdatest.Object)
		answer  string
		metrics string
	}{
		"none": {nil, []func(lambdatest.Object){records(func([]any) []any { return nil })}, failures(), "process_latency_ms=1 retried=0"},
		"a duplicate": {func(w *world) { w.process(t) }, nil, failures(),
			"db_latency_ms=2 duplicate_skipped=2 end_to_end_latency_ms=2 notified=2 process_latency_ms=2 processed_success=2 retried=0"},
		"two deliveries of one": {nil, []func(lambdatest.Object){records(func(all []any) []any { return []any{all[0], all[0]} })}, failures(),
			"db_latency_ms=1 duplicate_skipped=1 end_to_end_latency_ms=1 notified=1 process_latency_ms=1 processed_success=1 retried=0"},
		"one poisoned": {nil, []func(lambdatest.Object){record(1, "not an envelope", "body")}, failures(),
			"db_latency_ms=1 dlq_sent=1 end_to_end_latency_ms=1 notified=1 process_latency_ms=1 processed_failure=1 processed_success=1 retried=0"},
		"one of an unknown field": {nil, []func(lambdatest.Object){payload(1, `{"event_id":"order-1002","user_id":"u","amount":1,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T23:59:59Z","when":1}`)},
			failures(), "db_latency_ms=1 dlq_sent=1 end_to_end_latency_ms=1 notified=1 process_latency_ms=1 processed_failure=1 processed_success=1 retried=0"},
		"a database out of reach": {func(w *world) { w.store.BeforePersist = unstorable }, nil, failures(first, second),
			"db_latency_ms=1 oldest_retried_age_ms=1 process_latency_ms=1 processed_failure=2 retried=2"},
		"a topic out of reach": {func(w *world) { w.publishErr = errors.New("throttled") }, nil, failures(first, second),
			"db_latency_ms=1 end_to_end_latency_ms=2 oldest_retried_age_ms=1 process_latency_ms=1 processed_failure=2 processed_success=2 retried=2"},
		"a DLQ out of reach": {func(w *world) { w.letterErr = fault.New(fault.QueueUnavailable, "the queue cannot be reached") },
			[]func(lambdatest.Object){record(0, "not an envelope", "body")}, failures(first),
			"db_latency_ms=1 end_to_end_latency_ms=1 notified=1 process_latency_ms=1 processed_failure=1 processed_success=1 retried=1"},
		"a panic": {func(w *world) {
			w.store.BeforePersist = func(context.Context, int, []process.Record) error { panic("broken") }
		}, nil,
			failures(first, second), "oldest_retried_age_ms=1 process_latency_ms=1 processed_failure=2 retried=2"},
		"a clock behind": {func(w *world) { w.now = w.now.Add(-time.Hour) }, nil, failures(),
			"db_latency_ms=1 end_to_end_latency_ms=2 notified=2 process_latency_ms=1 processed_success=2 retried=0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.prepare != nil {
				c.prepare(w)
			}
			if answer := w.process(t, c.edits...); answer != c.answer {
				t.Errorf("answer %s, want %s", answer, c.answer)
			}
			if got := w.log.Counts(t); got != c.metrics {
				t.Errorf("metrics %s, want %s", got, c.metrics)
			}
			if !strings.Contains(name, "panic") { // whose stack differs from run to run
				lambdatest.Golden(t, strings.ReplaceAll(name, " ", "_")+".output.golden", lambdatest.Timeless(w.log.String()))
			}
		})
	}
}

// During an outage only these two say that events wait: the handler returns no error,
// and SQS leaves a message that it delivered three times out of its queue's age.
func TestProcessor_reports_how_many_events_wait_and_for_how_long(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.DatabaseUnavailable, "the database cannot be reached")
	for name, c := range map[string]struct {
		err         error
		waited      time.Duration
		retried, ms any
	}{
		"an outage":                 {down, 90 * time.Minute, 2.0, 5_464_500.0},
		"a clock behind":            {down, -time.Hour, 2.0, nil},
		"all is well after a while": {nil, 90 * time.Minute, 0.0, nil},
	} {
		w := newWorld(t)
		w.now = w.now.Add(c.waited)
		w.store.BeforePersist = func(context.Context, int, []process.Record) error { return c.err }
		w.process(t, records(func(all []any) []any {
			older := all[1].(lambdatest.Object)
			older["body"] = strings.Replace(older["body"].(string), "T00:11:27.5Z", "T00:10:27.5Z", 1)
			return all
		}))
		lines := slices.Collect(strings.Lines(w.log.String()))
		written := lambdatest.Decode(t, []byte(lines[len(lines)-1]))
		if written["retried"] != c.retried || written["oldest_retried_age_ms"] != c.ms {
			t.Errorf("%s: retried %v, oldest %v ms, want %v and %v", name, written["retried"], written["oldest_retried_age_ms"], c.retried, c.ms)
		}
	}
}

func TestProcessor_a_panic_is_an_error_line_with_its_stack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.BeforePersist = func(context.Context, int, []process.Record) error { panic("broken") }
	w.process(t)
	for _, line := range w.log.Lines(t) {
		if text, _ := line["error"].(string); line["level"] != "ERROR" || line["error_code"] != "panic" || !strings.Contains(text, "handler_test.go:") {
			t.Errorf("line %v", line)
		}
	}
}

func TestProcessor_hands_over_the_message(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.process(t, record(0, "not an envelope", "body"), record(0, lambdatest.Object{"stringValue": "x", "dataType": "String"}, "messageAttributes", "tenant"),
		record(0, lambdatest.Object{"binaryValue": "AP8=", "dataType": "Binary"}, "messageAttributes", "digest"))
	if len(w.letters) != 1 {
		t.Fatalf("%d letters", len(w.letters))
	}
	m := w.letters[0].Message
	if m.ID != first || m.Body != "not an envelope" || m.ReceiptHandle != "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a-059f36b4" ||
		fmt.Sprint(m.Attributes) != "map[correlation_id:checkout-7f3a event_id:order-1001 schema_version:1 tenant:x]" ||
		fmt.Sprint(m.Binary) != "map[digest:[0 255]]" {
		t.Errorf("message %+v", m)
	}
	if w.letters[0].Code != fault.InvalidEnvelope {
		t.Errorf("code %s", w.letters[0].Code)
	}
}

func TestProcessor_a_binary_schema_version_is_not_1(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"Mg==", "MQ=="} { // 2 and 1
		w := newWorld(t)
		w.process(t, record(0, lambdatest.Object{"binaryValue": value, "dataType": "Binary"}, "messageAttributes", "schema_version"))
		if len(w.letters) != 1 || w.letters[0].Code != fault.InvalidEnvelope || len(w.store.Events()) != 1 ||
			w.letters[0].Reason != `schema_version is binary, this processor reads "1"` {
			t.Errorf("%s: letters %+v, %d events", value, w.letters, len(w.store.Events()))
		}
	}
}

func TestProcessor_the_receive_count_sets_the_delay(t *testing.T) {
	t.Parallel()
	for count, want := range map[any]struct {
		deliveries float64
		delay      time.Duration
	}{
		"1": {1, 5 * time.Second}, "3": {3, 45 * time.Second}, "4": {4, time.Minute}, "999": {999, time.Minute}, "1000": {1000, 0},
		"": {1, 5 * time.Second}, "-2": {1, 5 * time.Second}, "many": {1, 5 * time.Second}, "99999999999999999999": {1, 5 * time.Second}, nil: {1, 5 * time.Second},
	} {
		w := newWorld(t)
		w.publishErr = errors.New("throttled")
		w.process(t, records(func(all []any) []any { return all[:1] }), record(0, count, "attributes", "ApproximateReceiveCount"))
		line := w.log.Only(t)
		if line["deliveries"] != want.deliveries {
			t.Errorf("count %v: deliveries %v", count, line["deliveries"])
		}
		if want.delay == 0 {
			if len(w.postponed) != 0 || line["retry_in_s"] != nil {
				t.Errorf("count %v: postponed %v", count, w.postponed)
			}
			continue
		}
		if len(w.postponed) != 1 || w.postponed[0].Delay != want.delay || line["retry_in_s"] != want.delay.Seconds() || w.postponed[0].MessageID != first {
			t.Errorf("count %v: postponed %v, retry_in_s %v", count, w.postponed, line["retry_in_s"])
		}
	}
}

func TestProcessor_a_record_without_attributes_is_taken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if answer := w.process(t, record(0, nil, "attributes"), record(0, nil, "messageAttributes")); answer != failures() || len(w.store.Events()) != 2 {
		t.Errorf("answer %s, %d events", answer, len(w.store.Events()))
	}
}

func TestProcessor_the_work_ends_in_time_to_answer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishErr = errors.New("throttled") // so that it postpones, the last thing it does
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := lambdatest.InvokeWith(ctx, w.handle, lambdatest.Event(t, "sqs.json")); err != nil {
		t.Fatal(err)
	}
	if deadline, _ := ctx.Deadline(); deadline.Sub(w.lastDeadline) != 1500*time.Millisecond {
		t.Errorf("the work ends %s before the function's deadline", deadline.Sub(w.lastDeadline))
	}
}
