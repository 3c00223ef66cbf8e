package main

import (
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

// nowhere is a database that nobody serves.
const nowhere = "postgres://fluxa:MARKpassword@127.0.0.1:1/fluxa"

func environment(endpoint, database string) map[string]string {
	return map[string]string{
		"FLUXA_ENVIRONMENT": "test", "FLUXA_LOG_LEVEL": "debug", "AWS_ENDPOINT_URL": endpoint,
		"PAYLOAD_BUCKET": "payloads", "DATABASE_URL": database, "DB_MAX_CONNS": "1",
	}
}

func TestMain_needs_what_config_says_and_no_more(t *testing.T) {
	t.Parallel()
	lambdatest.CheckEnvironment(t, config.Variables[config.Query](), environment("http://127.0.0.1:1", nowhere))
}

// seed stores one event inline and one whose payload is an object.
func seed(t *testing.T, database string, aws *lambdatest.AWS) {
	t.Helper()
	store, err := pgstore.New(pgstore.Config{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	payload := `{"user_id":"user-1","amount":12.50,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T23:59:59Z","metadata":{"MARKname":"MARKlarge"}}`
	inline, large := processtest.Success("order-1001", strings.Replace(payload, "MARKlarge", "MARKvalue", 1)), processtest.SuccessS3("big", payload)
	inline.Event.Merchant = "MARKmerchant"
	inline.Event.UserID, large.Event.UserID = "MARKuser", "MARKuser"
	if _, err := store.PersistBatch(t.Context(), []process.Record{inline, large, processtest.Failed("bad", "p")}, nil); err != nil {
		t.Fatal(err)
	}
	aws.Put("/payloads/"+event.ObjectKey(event.Identity{ID: "big"}, large.SHA256), []byte(payload))
}

func TestMain_reads_the_database_and_the_storage_and_writes_nothing_of_it(t *testing.T) {
	t.Parallel()
	database := pgtest.MigratedURL(t)
	aws := lambdatest.StartAWS(t)
	seed(t, database, aws)
	p := lambdatest.Start(t, environment(aws.URL, pgtest.As(t, database, contract.DatabaseUser(contract.FunctionQuery))))
	get := func(file string, status int, part string, edits ...func(lambdatest.Object)) {
		t.Helper()
		raw, err := p.Invoke(lambdatest.Event(t, file, edits...))
		if err != nil {
			t.Fatal(err)
		}
		if answer := lambdatest.AnswerOf(t, raw); answer.Status != status || !strings.Contains(answer.Body, part) {
			t.Errorf("%s: status %d, want %d with %s: %s", file, answer.Status, status, part, answer.Body)
		}
	}
	get("get-event.json", 200, `"metadata":{"MARKname":"MARKvalue"}`)
	get("get-event.json", 200, `"metadata":{"MARKname":"MARKlarge"}`, id("big"))
	get("get-payload.json", 200, `"metadata":{"MARKname":"MARKvalue"}`)
	get("get-payload.json", 200, `"metadata":{"MARKname":"MARKlarge"}`, id("big"))
	get("get-event.json", 404, "no such event", id("absent"))
	get("get-event.json", 422, "event_id must be", id("MARK/id"))
	get("get-status.json", 200, `"status":"processed"`)
	get("get-status.json", 200, `"error":{"code":"hash_mismatch"`, id("bad"))
	get("get-status.json", 422, "event_id must be", id("MARK id"))
	get("get-list.json", 200, `"merchant":"MARKmerchant"`, parameters("user_id", "MARKuser"))
	get("get-list.json", 422, "cursor is not", parameters("user_id", "MARKuser", "cursor", "MARKcursor", "from", "MARKfrom", "to", "MARKto", "limit", "MARK"))
	get("get-list.json", 422, "257 characters", parameters("user_id", strings.Repeat("M", 253)+"MARK"))
	get("get-health.json", 200, "healthy")
	p.Stop()
	if got, want := p.Output.Counts(t), "query_failure=4 query_latency_ms=12 query_not_found=1 query_success=7"; got != want {
		t.Errorf("metrics %s, want %s", got, want)
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	marks := []string{"MARK"}
	if password, _ := u.User.Password(); password != "" {
		marks = append(marks, password)
	}
	lambdatest.CheckUnsaid(t, p.Output.String(), 13, marks...)
}

func TestMain_a_database_out_of_reach_is_a_503_and_its_password_stays_unsaid(t *testing.T) {
	t.Parallel()
	p := lambdatest.Start(t, environment(lambdatest.StartAWS(t).URL, nowhere))
	for _, file := range []string{"get-event.json", "get-status.json", "get-list.json"} {
		raw, err := p.Invoke(lambdatest.Event(t, file))
		if err != nil {
			t.Fatal(err)
		}
		if answer := lambdatest.AnswerOf(t, raw); answer.Status != 503 || answer.Headers["Retry-After"] != "5" || strings.Contains(answer.Body, "127.0.0.1") {
			t.Errorf("%s: answer %+v", file, answer)
		}
	}
	p.Stop()
	lambdatest.CheckUnsaid(t, p.Output.String(), 3, "MARK")
	if lines := p.Output.Lines(t); lines[0]["error_code"] != "database_unavailable" || lines[0]["level"] != "ERROR" {
		t.Errorf("line %v", lines[0])
	}
}

func TestWire_tells_what_it_cannot_work_with(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	good := config.Query{
		Service: config.Service{Environment: "test"}, Payloads: config.Payloads{PayloadBucket: "payloads"},
		Database: config.Database{Server: config.Server{URL: nowhere}, MaxConns: 1},
	}
	if handler, err := wire(t.Context(), io.Discard, good); err != nil || handler == nil {
		t.Fatalf("handler %v, error %v", handler, err)
	}
	for want, edit := range map[string]func(*config.Query){
		`s3blob: Bucket must be the name of a bucket, got ""`:                        func(c *config.Query) { c.PayloadBucket = "" },
		"pgstore: MaxConns is 1000, it must be 1 to 100":                             func(c *config.Query) { c.MaxConns = 1000 },
		`telemetry: Service must have a name and an environment, got "query" and ""`: func(c *config.Query) { c.Environment = "" },
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

func TestCheck_passes_and_fails_of_a_database_or_a_storage_out_of_reach(t *testing.T) {
	t.Parallel()
	migrated, every := pgtest.MigratedURL(t), "getEvent getEventStatus listEvents"
	for _, c := range []struct{ database, refused, want string }{
		{migrated, "none", ""}, {migrated, "GET /payloads/", "payloads"}, {nowhere, "none", every}, {pgtest.URL(t), "none", every},
	} {
		aws := lambdatest.StartAWS(t)
		aws.Fail = func(called string) bool { return strings.HasPrefix(called, c.refused) }
		p := lambdatest.Start(t, environment(aws.URL, c.database))
		if failed := p.Check(); strings.Join(failed, " ") != c.want {
			t.Errorf("with %s and without %s fail %q, want %q", c.database, c.refused, failed, c.want)
		}
		p.Stop()
		if counts := p.Output.Counts(t); counts != "" {
			t.Errorf("it counts %s", counts)
		}
		lambdatest.CheckUnsaid(t, p.Output.String(), 1, "MARK")
	}
}
