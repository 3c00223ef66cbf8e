package main

import (
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// nowhere is a database that nobody serves.
const nowhere = "postgres://fluxa:MARKpassword@127.0.0.1:1/fluxa"

func environment(endpoint, database string) map[string]string {
	return map[string]string{
		"FLUXA_ENVIRONMENT": "test", "FLUXA_LOG_LEVEL": "debug", "AWS_ENDPOINT_URL": endpoint,
		"QUEUE_URL": "http://localhost/111122223333/events", "DLQ_URL": "http://localhost/111122223333/events-dlq",
		"TOPIC_ARN": "arn:aws:sns:eu-west-1:111122223333:processed", "PAYLOAD_BUCKET": "payloads", "DATABASE_URL": database,
	}
}

func TestMain_needs_what_config_says_and_no_more(t *testing.T) {
	t.Parallel()
	lambdatest.CheckEnvironment(t, config.Variables[config.Processor](), environment("http://127.0.0.1:1", nowhere))
}

func TestMain_takes_a_batch_into_the_database(t *testing.T) {
	t.Parallel()
	database := pgtest.MigratedURL(t)
	aws := lambdatest.StartAWS(t)
	p := lambdatest.Start(t, environment(aws.URL, pgtest.As(t, database, contract.DatabaseUser(contract.FunctionProcessor))))
	for range 2 {
		answer, err := p.Invoke(lambdatest.Event(t, "sqs.json"))
		if err != nil || string(answer) != `{"batchItemFailures":[]}` {
			t.Errorf("answer %s, error %v", answer, err)
		}
	}
	p.Stop()
	want := "db_latency_ms=2 duplicate_skipped=2 end_to_end_latency_ms=2 notified=2 process_latency_ms=2 processed_success=2 retried=0"
	if got := p.Output.Counts(t); got != want {
		t.Errorf("metrics %s, want %s", got, want)
	}
	if calls := aws.Calls(); !slices.Equal(calls, []string{"PublishBatch"}) {
		t.Errorf("calls %q", calls)
	}
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) // the test has what it needs by then
	var rows, attempts int
	var amount string
	if err := conn.QueryRow(t.Context(), `SELECT count(*), sum(attempts), max(amount)::text FROM events JOIN idempotency_keys USING (event_id)`).
		Scan(&rows, &attempts, &amount); err != nil || rows != 2 || attempts != 4 || amount != "123456789012345.6700" {
		t.Errorf("%d rows, %d attempts, amount %s, error %v", rows, attempts, amount, err)
	}
}

// TestMain_writes_nothing_of_what_it_takes marks every place of a message that
// belongs to the client, lets everything go wrong that can, and looks for the mark
// in all that the process wrote.
func TestMain_writes_nothing_of_what_it_takes(t *testing.T) {
	t.Parallel()
	const marked = `{"user_id":"MARKuser","amount":77123.4567,"currency":"EUR","merchant":"MARKmerchant","timestamp":"2026-01-31T23:59:59Z",` +
		`"metadata":{"MARKname":{"MARKinner":"MARKvalue"}}}`
	replaced := func(from, to string) func(lambdatest.Object) { return payload(0, strings.Replace(marked, from, to, 1)) }
	messages := []func(lambdatest.Object){
		payload(0, marked), replaced("MARKvalue", "MARKother"), // a conflict
		replaced("}}}", "}}"), replaced(`"MARKname":`, "MARKname:"), replaced(`{"MARKname"`, `{"MARKname":1,"MARKname"`),
		replaced("MARKvalue", `MARKvalue\u0000`), replaced("MARKvalue", `MARKvalue\ud800`), replaced(`"MARKuser"`, `["MARKuser"]`),
		replaced("77123.4567", `"MARK77123"`), replaced(`"EUR"`, `"MRK"`), replaced(`{"user_id"`, `{"MARKunknown":1,"user_id"`),
		replaced(`{"user_id"`, `{"event_id":"MARK","user_id"`),
		record(0, `"MARK"`, "body"), record(0, `{"event_id":"MARK/id","MARK":1}`, "body"), record(0, `{"MARK":1,"MARK":2}`, "body"),
		record(0, `{"event_id":{"MARK":1}}`, "body"), record(0, `MARK`, "body"), record(0, `{"payload_inline":"MARK`, "body"),
		record(0, `{"event_id":"e","received_at":"MARKtime"}`, "body"),
	}
	database := pgtest.MigratedURL(t)
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	marks := []string{"MARK", "MRK", "77123"}
	if password, _ := u.User.Password(); password != "" {
		marks = append(marks, password)
	}
	failing := lambdatest.StartAWS(t)
	failing.Fail = func(string) bool { return true }
	var output strings.Builder
	for _, e := range []map[string]string{
		environment(lambdatest.StartAWS(t).URL, database), environment(failing.URL, database), environment(failing.URL, nowhere),
	} {
		p := lambdatest.Start(t, e)
		for i, message := range messages {
			if e["DATABASE_URL"] == nowhere && i > 0 {
				break // each takes as long as the store is patient
			}
			if _, err := p.Invoke(lambdatest.Event(t, "sqs.json", message)); err != nil {
				t.Fatal(err)
			}
		}
		p.Stop()
		output.WriteString(p.Output.String())
	}
	lambdatest.CheckUnsaid(t, output.String(), 2*(2*len(messages)+1), marks...)
}

func TestWire_tells_what_it_cannot_work_with(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	good := config.Processor{
		Service: config.Service{Environment: "test"}, Queue: config.Queue{QueueURL: "http://localhost/1/q"}, DLQURL: "http://localhost/1/d",
		TopicARN: "arn:aws:sns:eu-west-1:1:t", Payloads: config.Payloads{PayloadBucket: "payloads"},
		Database: config.Database{Server: config.Server{URL: nowhere}, MaxConns: 1}, Retry: config.Retry{BaseSeconds: 5, MaxSeconds: 900},
	}
	if handler, err := wire(t.Context(), io.Discard, good); err != nil || handler == nil {
		t.Fatalf("handler %v, error %v", handler, err)
	}
	for want, edit := range map[string]func(*config.Processor){
		`sqsqueue: QueueURL must be the URL of a queue, got "q"`:                         func(c *config.Processor) { c.QueueURL = "q" },
		`sqsqueue: QueueURL must be the URL of a queue, got "d"`:                         func(c *config.Processor) { c.DLQURL = "d" },
		`snsnotify: TopicARN must be the ARN of a topic, got "t"`:                        func(c *config.Processor) { c.TopicARN = "t" },
		`s3blob: Bucket must be the name of a bucket, got ""`:                            func(c *config.Processor) { c.PayloadBucket = "" },
		"pgstore: MaxConns is 1000, it must be 1 to 100":                                 func(c *config.Processor) { c.MaxConns = 1000 },
		"process: Backoff.Max is 1s, it must be from Base (5s) to 12h":                   func(c *config.Processor) { c.MaxSeconds = 1 },
		`telemetry: Service must have a name and an environment, got "processor" and ""`: func(c *config.Processor) { c.Environment = "" },
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
