package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

func TestBatch_all_accepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw, err := lambdatest.Invoke(t, w.handle, lambdatest.Event(t, "post-batch.json"))
	if err != nil {
		t.Fatal(err)
	}
	lambdatest.Golden(t, "post-batch.answer.golden.json", string(raw)+"\n")
	lambdatest.Golden(t, "post-batch.output.golden", lambdatest.Timeless(w.log.String()))
	if len(w.queue.sent) != 2 {
		t.Errorf("%d messages sent", len(w.queue.sent))
	}
}

func TestBatch_each_event_is_answered_for_on_its_own(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queue.errs["later"] = fault.New(fault.QueueUnavailable, "the queue cannot be reached")
	w.queue.errs["broken"] = fault.New(fault.Internal, "the queue refused the message")
	answer := w.postBatch(t, lambdatest.NoHeader("Idempotency-Key"), batchOf(
		eventWith("event_id", `"good"`), eventWith("amount", "0", "extra", "1"), eventWith("event_id", `"later"`),
		`[]`, large("big"), eventWith("event_id", `"broken"`), `{"a":1,"a":2}`,
		eventWith("event_id", `"early"`, "timestamp", `"2027-01-01T00:00:00Z"`), eventWith()))
	if answer.Status != 207 || answer.Headers["Content-Type"] != "application/json" || answer.Headers["X-Correlation-ID"] != "nightly-import" {
		t.Errorf("status %d, headers %v", answer.Status, answer.Headers)
	}
	lambdatest.Golden(t, "post-batch.partial.golden.json", answer.Body+"\n")
	want := "ingest_failure=6 ingest_latency_ms=1 ingest_success=3 payload_inline_count=2 payload_s3_count=1 s3_puts=1 sqs_sent=3"
	if got := w.log.Counts(t); got != want {
		t.Errorf("metrics %s, want %s", got, want)
	}
	line := w.log.Only(t)
	if line["level"] != "WARN" || line["events"] != 9.0 || line["enqueued"] != 3.0 || line["refused"] != 4.0 || line["failed"] != 2.0 ||
		line["error_code"] != "invalid_value" || line["status"] != 207.0 {
		t.Errorf("line %v", line)
	}
}

func TestBatch_as_a_whole(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.QueueUnavailable, "the queue cannot be reached")
	for name, c := range map[string]struct {
		body    func(lambdatest.Object)
		down    bool
		status  int
		code    string
		metrics string
	}{
		"all refused": {batchOf(`{}`, `1`), false, 207, "", "ingest_failure=2 ingest_latency_ms=1"},
		"all to be sent again": {batchOf(eventWith("event_id", `"a"`), eventWith("event_id", `"b"`), eventWith("event_id", `"c"`)), true, 503, "queue_unavailable",
			"ingest_failure=3 ingest_latency_ms=1"},
		"one refused, the rest to be sent again": {batchOf(`{}`, eventWith("event_id", `"b"`)), true, 207, "", "ingest_failure=2 ingest_latency_ms=1"},
		"no events":                              {batchOf(), false, 422, "invalid_value", "ingest_failure=1 ingest_latency_ms=1"},
		"too many":                               {batchOf(strings.Split(strings.Repeat("1,", 500)+"1", ",")...), false, 422, "invalid_value", "ingest_failure=1 ingest_latency_ms=1"},
		"no JSON":                                {body(`{"events":[`), false, 400, "malformed_json", "ingest_failure=1 ingest_latency_ms=1"},
		"too large":                              {batchOf(`"` + strings.Repeat("x", contract.BodyLimit) + `"`), false, 413, "payload_too_large", "ingest_failure=1 ingest_latency_ms=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.down {
				w.queue.errs["a"], w.queue.errs["b"], w.queue.errs["c"] = down, down, down
			}
			answer := w.postBatch(t, c.body)
			if code, _ := lambdatest.Decode(t, []byte(answer.Body))["code"].(string); answer.Status != c.status || code != c.code {
				t.Errorf("status %d: %s", answer.Status, answer.Body)
			}
			if retry := answer.Headers["Retry-After"]; (retry == "5") != (c.status == 503) {
				t.Errorf("Retry-After %q", retry)
			}
			if got := w.log.Counts(t); got != c.metrics {
				t.Errorf("metrics %s, want %s", got, c.metrics)
			}
		})
	}
}

func TestBatch_the_largest_answer_fits_into_an_invocation(t *testing.T) {
	t.Parallel()
	// The names are as long as an answer repeats them, of what JSON writes longest.
	var members []string
	for i := range 12 {
		members = append(members, fmt.Sprintf("%d%s", i, strings.Repeat("\u2028", 63)), "0")
	}
	events := make([]string, contract.BatchLimit)
	for i := range events {
		events[i] = eventWith(append(members, "event_id", `"`+strings.Repeat(".", contract.EventIDLimit)+`"`, "metadata", "0", "amount", "0",
			"user_id", "0", "merchant", "0", "currency", "0", "timestamp", "0")...)
	}
	w := newWorld(t)
	raw, err := lambdatest.Invoke(t, w.handle, lambdatest.Event(t, "post-batch.json", batchOf(events...)))
	if err != nil {
		t.Fatal(err)
	}
	if answer := lambdatest.AnswerOf(t, raw); answer.Status != 207 || len(raw) > contract.InvocationLimit {
		t.Errorf("status %d, the answer has %d bytes, the limit is %d", answer.Status, len(raw), contract.InvocationLimit)
	}
}
