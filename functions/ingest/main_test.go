package main

import (
	"encoding/base64"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
)

func environment(endpoint string) map[string]string {
	return map[string]string{
		"FLUXA_ENVIRONMENT": "test", "FLUXA_LOG_LEVEL": "debug", "AWS_ENDPOINT_URL": endpoint,
		"QUEUE_URL": "http://sqs.eu-west-1.localhost/111122223333/events", "PAYLOAD_BUCKET": "payloads",
	}
}

func TestMain_needs_what_config_says_and_no_more(t *testing.T) {
	t.Parallel()
	lambdatest.CheckEnvironment(t, config.Variables[config.Ingest](), environment("http://127.0.0.1:1"))
}

func TestMain_takes_events_into_the_queue_and_the_storage(t *testing.T) {
	t.Parallel()
	aws := lambdatest.StartAWS(t)
	p := lambdatest.Start(t, environment(aws.URL))
	now := time.Now().UTC().Format(time.RFC3339)
	for _, event := range [][]byte{
		lambdatest.Event(t, "post-event.json"),
		lambdatest.Event(t, "post-event.json", body(large("big"))),
		lambdatest.Event(t, "post-batch.json", batchOf(eventWith("timestamp", `"`+now+`"`), eventWith())),
	} {
		raw, err := p.Invoke(event)
		if err != nil {
			t.Fatal(err)
		}
		if answer := lambdatest.AnswerOf(t, raw); answer.Status != 202 {
			t.Errorf("answer %+v", answer)
		}
	}
	calls := aws.Calls()
	if len(calls) != 4 || calls[0] != "AmazonSQS.SendMessage" || !strings.HasPrefix(calls[1], "PUT /payloads/raw/big/") ||
		calls[2] != "AmazonSQS.SendMessage" || calls[3] != "AmazonSQS.SendMessageBatch" {
		t.Errorf("calls %q", calls)
	}
	if sent := aws.Bodies()[0]; !strings.Contains(sent, `"AWSTraceHeader"`) || !strings.Contains(sent, "Root=1-5759e988-bd862e3fe1be46a994272793") {
		t.Errorf("the trace header does not travel: %s", sent)
	}
	p.Stop()
	if got, want := p.Output.Counts(t), "ingest_latency_ms=3 ingest_success=4 payload_inline_count=3 payload_s3_count=1 s3_puts=1 sqs_sent=4"; got != want {
		t.Errorf("metrics %s, want %s", got, want)
	}
}

// TestMain_writes_nothing_of_what_it_takes marks every place of a request that
// belongs to the caller, sends it in every way that goes wrong, and looks for the
// mark in all that the process wrote.
func TestMain_writes_nothing_of_what_it_takes(t *testing.T) {
	t.Parallel()
	marked := eventWith("user_id", `"MARKuser"`, "amount", "77123.4567", "merchant", `"MARKmerchant"`,
		"metadata", `{"MARKname":{"MARKinner":"MARKvalue"}}`)
	replaced := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(marked) }
	bodies := []string{
		marked,
		large("big")[:len(large("big"))-2] + `,"MARKname":"MARKvalue"}}`,
		replaced("}}}", "}}"),                               // cut off
		replaced(`"MARKname":`, `MARKname:`),                // no JSON
		replaced(`{"MARKname"`, `{"MARKname":1,"MARKname"`), // a name twice
		replaced("MARKvalue", `MARKvalue\u0000`),            // no text for PostgreSQL
		replaced("MARKvalue", `MARKvalue\ud800`),            // half a surrogate pair
		replaced("MARKvalue", "MARKvalue\x01"),              // a control character
		replaced(`"MARKvalue"`, `1e4000`),                   // a number too long
		replaced(`"MARKvalue"`, strings.Repeat(`{"MARKdeep":`, 120)+"1"+strings.Repeat("}", 120)),
		replaced(`"MARKuser"`, `"`+strings.Repeat("MARKuser", 40)+`"`), // too long
		replaced(`"MARKuser"`, `["MARKuser"]`), replaced(`"MARKmerchant"`, `{"MARK":1}`),
		replaced("77123.4567", `"MARK77123"`), replaced("77123.4567", `77123.45678`),
		replaced(`"EUR"`, `"MRK"`), replaced(`"EUR"`, `"MARKcurrency"`), replaced("2026-01-31T23:59:59Z", "MARKtime"),
		replaced(`{"user_id"`, `{"event_id":"MARK/id","user_id"`), replaced(`{"user_id"`, `{"MARKunknown":1,"user_id"`),
		`"MARK"`, `MARK`, marked + "MARK", "\uFEFF" + marked, "\x1f\x8bMARK", "",
	}
	aws := lambdatest.StartAWS(t)
	failing := lambdatest.StartAWS(t)
	failing.Fail = func(string) bool { return true }
	var output strings.Builder
	for _, endpoint := range []string{aws.URL, failing.URL} {
		p := lambdatest.Start(t, environment(endpoint))
		caller := []func(lambdatest.Object){
			lambdatest.Header("Idempotency-Key", "MARKkey"), lambdatest.Header("Authorization", "AWS4-HMAC-SHA256 MARKsignature"),
			lambdatest.Header("Cookie", "MARKcookie"),
		}
		send := func(edits ...func(lambdatest.Object)) {
			for _, file := range []string{"post-event.json", "post-batch.json"} {
				if _, err := p.Invoke(lambdatest.Event(t, file, append(slices.Clone(caller), edits...)...)); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, text := range bodies {
			send(body(text))
			send(batchOf(text))
			send(lambdatest.Set(base64.StdEncoding.EncodeToString([]byte(text)), "body"), lambdatest.Set(true, "isBase64Encoded"))
		}
		send(body(`{"events":[],"MARKother":1}`))
		send(lambdatest.Set("MARK!", "body"), lambdatest.Set(true, "isBase64Encoded"))
		send(body(marked), lambdatest.Header("Idempotency-Key", strings.Repeat("MARK", 100)))
		send(body(marked), lambdatest.Header("X-Correlation-ID", strings.Repeat("MARK", 100)))
		p.Stop()
		output.WriteString(p.Output.String())
	}
	lambdatest.CheckUnsaid(t, output.String(), 2*2*(3*len(bodies)+4), "MARK", "MRK", "77123", "TUFSS")
}

func TestWire_tells_what_it_cannot_work_with(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	good := config.Ingest{
		Service: config.Service{Environment: "test"}, Queue: config.Queue{QueueURL: "http://localhost/1/q"}, Payloads: config.Payloads{PayloadBucket: "payloads"},
	}
	if handler, err := wire(t.Context(), io.Discard, good); err != nil || handler == nil {
		t.Fatalf("handler %v, error %v", handler, err)
	}
	for want, edit := range map[string]func(*config.Ingest){
		`sqsqueue: QueueURL must be the URL of a queue, got "q"`:                      func(c *config.Ingest) { c.QueueURL = "q" },
		`s3blob: Bucket must be the name of a bucket, got ""`:                         func(c *config.Ingest) { c.PayloadBucket = "" },
		`telemetry: Service must have a name and an environment, got "ingest" and ""`: func(c *config.Ingest) { c.Environment = "" },
	} {
		c := good
		edit(&c)
		if _, err := wire(t.Context(), io.Discard, c); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	if _, err := wire(t.Context(), io.Discard, good); err == nil {
		t.Error("it starts without a region")
	}
}

func TestCheck_passes_leaves_nothing_and_fails_of_each_missing_grant(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{"none": "", "AmazonSQS.SendMessage": "queue", "PUT /payloads/": "payloads"} {
		aws := lambdatest.StartAWS(t)
		aws.Fail = func(called string) bool { return strings.HasPrefix(called, operation) }
		p := lambdatest.Start(t, environment(aws.URL))
		if failed := p.Check(); strings.Join(failed, " ") != want {
			t.Errorf("without %s fail %q, want %q", operation, failed, want)
		}
		p.Stop()
		if counts := p.Output.Counts(t); counts != "" || aws.Taken() != 0 || len(aws.Calls()) < 2 {
			t.Errorf("it counts %s; AWS took %d of %q", counts, aws.Taken(), aws.Calls())
		}
	}
}
