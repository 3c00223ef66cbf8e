package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	sum := sha256.Sum256([]byte(payload))
	digest := hex.EncodeToString(sum[:])
	aws := lambdatest.StartAWS(t)
	waiting := map[string]lambdatest.Object{}
	for i := range messages {
		id := fmt.Sprintf("large-%d", i)
		key := event.ObjectKey(id, digest)
		aws.Put("/payloads/"+key, []byte(payload))
		body, err := json.Marshal(lambdatest.Object{
			"event_id": id, "correlation_id": id, "payload_mode": "S3", "s3_bucket": "payloads", "s3_key": key,
			"payload_sha256": digest, "received_at": "2026-02-01T00:11:27.5Z",
		})
		if err != nil {
			t.Fatal(err)
		}
		waiting[id] = lambdatest.Object{
			"messageId": id, "receiptHandle": "r-" + id, "body": string(body), "eventSource": "aws:sqs",
			"attributes": lambdatest.Object{"ApproximateReceiveCount": "1"},
			"messageAttributes": lambdatest.Object{
				"schema_version": lambdatest.Object{"stringValue": contract.SchemaVersion, "dataType": "String"},
			},
		}
	}
	database := pgtest.MigratedURL(t)
	p := lambdatest.StartWithin(t, environment(aws.URL, database), 512)
	for tries := 0; len(waiting) > 0; tries++ {
		if tries == messages {
			t.Fatalf("%d messages are still there after %d invocations", len(waiting), tries)
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
	p.Stop()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) // the test has what it needs by then
	var rows int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM events").Scan(&rows); err != nil || rows != messages {
		t.Errorf("%d rows, error %v, want %d\n%s", rows, err, messages, tail(p.Output.String()))
	}
}

// tail is the end of what a process wrote.
func tail(text string) string { return text[max(0, len(text)-4<<10):] }
