package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// manyNames is a payload of nearly the size limit that has nothing but distinct names
// in it: no other takes as much memory to check.
func manyNames() string {
	var b strings.Builder
	b.WriteString(`{"user_id":"u","amount":1,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T23:59:59Z","metadata":{"-":0`)
	for i := 0; b.Len() < contract.BodyLimit-32; i++ {
		fmt.Fprintf(&b, `,"%x":0`, i)
	}
	b.WriteString("}}")
	return b.String()
}

// TestMain_takes_a_hundred_payloads_of_the_largest_size_in_512_MiB: what is out of time
// in one invocation comes again with the next, as from SQS.
func TestMain_takes_a_hundred_payloads_of_the_largest_size_in_512_MiB(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("RLIMIT_DATA bounds a process on Linux only")
	}
	const messages = 100
	payload := manyNames()
	digest := event.Hash([]byte(payload))
	aws := lambdatest.StartAWS(t)
	aws.CutOff = true
	waiting := map[string]lambdatest.Object{}
	for i := range messages {
		id := fmt.Sprintf("large-%d", i)
		key := event.ObjectKey(event.Identity{ID: id}, digest)
		aws.Put("/payloads/"+key, []byte(payload))
		waiting[id] = delivery(t, id, lambdatest.Object{
			"event_id": id, "correlation_id": id, "payload_mode": "S3", "s3_bucket": "payloads", "s3_key": key,
			"payload_sha256": digest, "received_at": "2026-02-01T00:11:27.5Z",
		})
	}
	database := pgtest.MigratedURL(t)
	p := lambdatest.StartWithin(t, environment(aws.URL, database), contract.ProcessorMemory)
	settle(t, p, waiting, messages)
	p.Stop()
	isStored(t, database, messages)
}

// TestMain_takes_as_many_events_as_an_invocation_holds_in_512_MiB: the smallest events
// there are, up to the largest batch, in the 6 MiB that Lambda hands over.
func TestMain_takes_as_many_events_as_an_invocation_holds_in_512_MiB(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("RLIMIT_DATA bounds a process on Linux only")
	}
	digest := event.Hash([]byte(small))
	waiting := map[string]lambdatest.Object{}
	size := 0
	for len(waiting) < contract.QueueBatchLimit {
		id := fmt.Sprintf("e%d", len(waiting))
		record := delivery(t, id, lambdatest.Object{
			"event_id": id, "correlation_id": id, "payload_mode": "INLINE", "payload_inline": small,
			"payload_sha256": digest, "received_at": "2026-02-01T00:11:27.5Z",
		})
		raw, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		if size += len(raw) + 1; size > contract.InvocationLimit-1024 {
			break
		}
		waiting[id] = record
	}
	messages := len(waiting)
	aws, database := lambdatest.StartAWS(t), pgtest.MigratedURL(t)
	aws.CutOff = true
	p := lambdatest.StartWithin(t, environment(aws.URL, database), contract.ProcessorMemory)
	settle(t, p, waiting, 10)
	p.Stop()
	isStored(t, database, messages)
	t.Logf("%d events", messages)
}

// TestProcessor_answers_within_the_limit_of_Lambda_when_all_of_the_largest_batch_fails:
// an answer that Lambda refuses would repeat what was done.
func TestProcessor_answers_within_the_limit_of_Lambda_when_all_of_the_largest_batch_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishErr = errors.New("throttled")
	var batch []any
	for i := range contract.QueueBatchLimit {
		id := fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		batch = append(batch, delivery(t, id, lambdatest.Object{
			"event_id": id, "correlation_id": id, "payload_mode": "INLINE", "payload_inline": small,
			"payload_sha256": event.Hash([]byte(small)), "received_at": "2026-02-01T00:11:27.5Z",
		}))
	}
	answer := w.process(t, records(func([]any) []any { return batch }))
	if n := strings.Count(answer, `"itemIdentifier"`); n != len(batch) || len(answer) > contract.InvocationLimit {
		t.Errorf("%d of %d messages in an answer of %d bytes, the limit is %d", n, len(batch), len(answer), contract.InvocationLimit)
	}
}

// small is about the smallest event there is.
const small = `{"user_id":"u","amount":1,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T23:59:59Z"}`

// settle invokes the function with what it left, as SQS does, at most so many times.
func settle(t *testing.T, p *lambdatest.Process, waiting map[string]lambdatest.Object, most int) {
	t.Helper()
	for tries := 0; len(waiting) > 0; tries++ {
		if tries == most {
			t.Fatalf("%d messages are still there after %d invocations\n%s", len(waiting), tries, tail(p.Output.String()))
		}
		var batch []any
		for _, record := range waiting {
			batch = append(batch, record)
		}
		raw, err := p.Invoke(lambdatest.Event(t, "sqs.json", records(func([]any) []any { return batch })))
		if err != nil {
			t.Fatalf("%v\n%s", err, tail(p.Output.String()))
		}
		var answer struct {
			BatchItemFailures []struct{ ItemIdentifier string }
		}
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatal(err)
		}
		left := map[string]lambdatest.Object{}
		for _, failure := range answer.BatchItemFailures {
			left[failure.ItemIdentifier] = waiting[failure.ItemIdentifier]
		}
		waiting = left
	}
}

func isStored(t *testing.T, database string, want int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) // the test has what it needs by then
	var rows int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM events").Scan(&rows); err != nil || rows != want {
		t.Errorf("%d rows, error %v, want %d", rows, err, want)
	}
}

// delivery is the record in which SQS hands over an envelope.
func delivery(t *testing.T, id string, envelope lambdatest.Object) lambdatest.Object {
	t.Helper()
	body, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return lambdatest.Object{
		"messageId": id, "receiptHandle": "r-" + id, "body": string(body), "eventSource": "aws:sqs",
		"attributes": lambdatest.Object{"ApproximateReceiveCount": "1"},
		"messageAttributes": lambdatest.Object{
			"schema_version": lambdatest.Object{"stringValue": contract.SchemaVersion, "dataType": "String"},
		},
	}
}

// tail is the end of what a process wrote.
func tail(text string) string { return text[max(0, len(text)-4<<10):] }
