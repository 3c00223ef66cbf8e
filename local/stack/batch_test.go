package stack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	domain "github.com/fluxa/fluxa/pkg/event"
)

// TestBatch_each_message_for_itself puts ten messages into one batch: eight good
// ones, one whose payload was changed on the way, and one whose payload cannot be
// fetched for a while.
func TestBatch_each_message_for_itself(t *testing.T) {
	t.Parallel()
	p := start(t, func(c *stack.Config) {
		c.Tuning.ProcessorTimeout = 8 * time.Second
		c.Tuning.BatchWindow = time.Second
	})
	// The fault first: no object can be read until it is taken away.
	var refused atomic.Int32
	restore := p.Endpoint().Intercept(endpoint.S3, func(w http.ResponseWriter, r *http.Request, s3 http.Handler) {
		if r.Method == http.MethodGet {
			refused.Add(1)
			endpointtest.Refuse(http.StatusServiceUnavailable, "SlowDown", "please reduce your request rate")(w, r, s3)
			return
		}
		s3.ServeHTTP(w, r)
	})
	if a := p.post(sized(t, "transient", contract.InlineLimit+1, "a")); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	var entries []types.SendMessageBatchRequestEntry
	for i := range 9 {
		payload := event(fmt.Sprintf("good-%d", i))
		e := domain.Envelope{EventID: fmt.Sprintf("good-%d", i), CorrelationID: "c", Mode: domain.Inline, Payload: &payload,
			SHA256: domain.Hash([]byte(payload)), ReceivedAt: time.Now().UTC()}
		if i == 8 {
			e.EventID, e.SHA256 = "poison", domain.Hash([]byte("another payload"))
		}
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: &body})
	}
	url := p.Info().QueueURL
	if _, err := p.SQS().SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries}); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		p.processed(fmt.Sprintf("good-%d", i))
	}
	eventually(t, func() string {
		if s, err := p.Queues().Stats(stack.DLQ); err != nil || s.Visible != 1 {
			return fmt.Sprintf("the DLQ holds %+v (%v), want the poison", s, err)
		}
		return ""
	})
	dead := p.messages(stack.DLQ)
	if attribute(dead[0], "event_id") != "poison" || attribute(dead[0], "error_code") != "hash_mismatch" || attribute(dead[0], "error_reason") == "" {
		t.Errorf("the DLQ holds %+v", dead[0].MessageAttributes)
	}
	eventually(t, func() string {
		a := p.get("/events/transient/status")
		if a.status != http.StatusOK || a.field(t, "status") != `"processing"` || !strings.Contains(string(a.body), "storage_unavailable") {
			return "the transient one: " + a.String()
		}
		return ""
	})
	if a := p.get("/events/transient"); a.status != http.StatusNotFound || refused.Load() == 0 {
		t.Errorf("the transient one is stored while its payload cannot be read (%d tries): %s", refused.Load(), a)
	}

	unfinished := func(status string) string {
		a := p.get("/events?status=" + status)
		var page struct {
			Statuses []struct {
				EventID string `json:"event_id"`
				Error   struct{ Code string }
			}
		}
		if err := json.Unmarshal(a.body, &page); err != nil || a.status != http.StatusOK {
			t.Fatalf("%s: %v", a, err)
		}
		var lines []string
		for _, s := range page.Statuses {
			lines = append(lines, s.EventID+": "+s.Error.Code)
		}
		return strings.Join(lines, ", ")
	}
	if failed, waits := unfinished("failed"), unfinished("processing"); failed != "poison: hash_mismatch" || waits != "transient: storage_unavailable" {
		t.Errorf("%q is listed as failed, %q as processing", failed, waits)
	}

	restore()
	p.processed("transient")
	p.drained()
	if failed, waits := unfinished("failed"), unfinished("processing"); failed != "poison: hash_mismatch" || waits != "" {
		t.Errorf("in the end %q is listed as failed, %q as processing", failed, waits)
	}

	rows, err := p.database().Query(t.Context(), `SELECT event_id || ' ' || status || ' ' || attempts FROM idempotency_keys WHERE event_id LIKE 'good-%' OR event_id = 'poison' ORDER BY event_id`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []string{"good-0 success 1", "good-1 success 1", "good-2 success 1", "good-3 success 1", "good-4 success 1",
		"good-5 success 1", "good-6 success 1", "good-7 success 1", "poison failed 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records: %s", diff)
	}
	if n := p.number(`SELECT attempts FROM idempotency_keys WHERE event_id = 'transient' AND status = 'success'`); n < 2 {
		t.Errorf("the transient one has %d attempts", n)
	}
	notified := p.notified()
	for i := range 8 {
		if n := notified[fmt.Sprintf("good-%d", i)]; n != 1 {
			t.Errorf("good-%d was announced %d times", i, n)
		}
	}
	if notified["transient"] != 1 || notified["poison"] != 0 {
		t.Errorf("notifications: %v", notified)
	}
}

// TestBatch_may_be_larger: a processor gets what a stage with the same settings would give
// it at once.
func TestBatch_may_be_larger_than_ten(t *testing.T) {
	t.Parallel()
	const events = 40
	p := start(t, func(c *stack.Config) {
		c.Tuning.ProcessorTimeout = 30 * time.Second
		c.Tuning.BatchSize, c.Tuning.BatchWindow = events, 5*time.Second
	})
	var batch []string
	for i := range events {
		batch = append(batch, event(fmt.Sprint("e", i)))
	}
	if a := p.do(http.MethodPost, "/events/batch", []byte(`{"events":[`+strings.Join(batch, ",")+`]}`)); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	p.drained()
	if n := p.number(`SELECT max(n) FROM (SELECT count(*) AS n FROM idempotency_keys WHERE stored_by IS NOT NULL GROUP BY stored_by) AS batches`); n <= 10 || n > events {
		t.Errorf("the largest batch had %d events, want more than 10 and at most %d", n, events)
	}
}
