package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func TestDLQ(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	dir := local(t, q.info)
	dlq := func(args ...string) outcome {
		return run(t, append(append([]string{"dlq"}, args...), "--dir", dir)...)
	}
	golden(t, "dlq_ls_empty", dlq("ls").String())
	first := q.dead("e1", "hash_mismatch", "the payload is not the one that was accepted: its SHA-256 differs", envelope(t, "e1"))
	q.dead("", "", "", "two\nlines \x09 that are no envelope")
	q.dead("e2", "invalid_event", strings.Repeat("a long reason ", 12)+"\n2nd line", envelope(t, "e2"))

	golden(t, "dlq_ls", stable(dlq("ls").String()))
	if got := dlq("ls", "--limit", "1"); strings.Count(got.out, "\n") != 3 || !strings.HasSuffix(got.out, "\n1 of 3 in the DLQ\n") {
		t.Errorf("%s", got)
	}
	var listed struct {
		Messages []struct {
			MessageID string `json:"message_id"`
			EventID   string `json:"event_id"`
			ErrorCode string `json:"error_code"`
			Body      string
			Receives  int
		}
	}
	if got := dlq("ls", "-o", "json"); json.Unmarshal([]byte(got.out), &listed) != nil || len(listed.Messages) != 3 {
		t.Fatalf("%s", got)
	}
	if m := listed.Messages[0]; m.MessageID != first || m.EventID != "e1" || m.ErrorCode != "hash_mismatch" || m.Body != envelope(t, "e1") {
		t.Errorf("%+v", m)
	}

	// How often each was received before depends on which one ls --limit 1 got.
	receives := regexp.MustCompile(`receives( +)\d+`)
	show := func(id string) string {
		return receives.ReplaceAllString(stable(dlq("show", id).String()), "receives${1}N")
	}
	golden(t, "dlq_show", show("e1"))
	golden(t, "dlq_show_no_envelope", show(listed.Messages[1].MessageID))
	golden(t, "dlq_show_missing", dlq("show", "nobody").String())
	if got := dlq("show", first, "-o", "json"); got.code != ExitOK || !json.Valid([]byte(got.out)) {
		t.Errorf("%s", got)
	}
	golden(t, "dlq_dry_run", dlq("redrive", "--all", "--dry-run").String())
	golden(t, "dlq_purge_asks", dlq("purge").String())
	golden(t, "dlq_purge_dry_run", dlq("purge", "--yes", "--dry-run").String())
	q.wantStats("dlq", sqs.Stats{Visible: 3})
	q.wantStats("events", sqs.Stats{})

	golden(t, "dlq_redrive_ids", dlq("redrive", "e1", "nobody").String())
	q.wantStats("dlq", sqs.Stats{Visible: 2})
	q.wantStats("events", sqs.Stats{Visible: 1})
	golden(t, "dlq_redrive_all", dlq("redrive", "--all", "--rate", "0", "-o", "json").String())
	q.wantStats("events", sqs.Stats{Visible: 3})

	q.dead("e3", "x", "y", "z")
	golden(t, "dlq_purge", dlq("purge", "--yes").String())
	q.wantStats("dlq", sqs.Stats{})
	golden(t, "dlq_none_json", dlq("ls", "-o", "json").String())
}

func TestDLQ_redrive_that_fails_keeps_the_messages(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	q.dead("e1", "x", "y", "z")
	info := q.info
	info.QueueURL = q.web.URL + "/000000000000/gone"
	got := run(t, "dlq", "redrive", "--all", "--dir", local(t, info))
	if got.code != ExitFailure || !strings.Contains(got.out, "not sent  1; they are still in the DLQ") || !strings.Contains(got.err, "to the events queue: ") {
		t.Errorf("%s", got)
	}
	q.wantStats("dlq", sqs.Stats{Visible: 1})
}

func TestDLQ_redrive_interrupted_says_what_is_left(t *testing.T) {
	t.Parallel()
	q := newQueues(t)
	for i := range 3 {
		q.dead(fmt.Sprint("e", i), "x", "y", "z")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancelling := &cancelAfter{handler: q.web.Config.Handler, operation: "DeleteMessage", cancel: cancel}
	q.web.Config.Handler = cancelling
	got := runWith(ctx, Config{}, "dlq", "redrive", "--all", "--dir", local(t, q.info), "--rate", "1/h")
	if got.code != ExitInterrupted {
		t.Errorf("%s", got)
	}
	golden(t, "dlq_redrive_interrupted", got.String())
	q.wantStats("dlq", sqs.Stats{Visible: 2})
	q.wantStats("events", sqs.Stats{Visible: 1})
}

type cancelAfter struct {
	handler   http.Handler
	operation string
	cancel    func()
}

func (c *cancelAfter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.handler.ServeHTTP(w, r)
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), c.operation) {
		c.cancel()
	}
}

// TestDeployed uses the AWS settings of the environment, so it is not parallel.
func TestDeployed(t *testing.T) {
	q := newQueues(t)
	q.runs = true // for the waiting receives of a deployed queue
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": q.web.URL, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_CONFIG_FILE": os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	q.dead("e1", "x", "y", "z")
	remote := []string{"--dlq-url", q.info.DLQURL, "--queue-url", q.info.QueueURL}
	if got := run(t, append([]string{"dlq", "purge"}, remote...)...); got.code != ExitFailure || got.err != "fluxa: the AWS region is not known: give --region or AWS_REGION\n" {
		t.Errorf("%s", got)
	}
	if got := run(t, append([]string{"dlq", "redrive", "e1", "--region", "us-east-1"}, remote...)...); got.code != ExitOK || got.out != "sent back 1\nleft: 0 in the DLQ\n" {
		t.Errorf("%s", got)
	}
	q.wantStats("events", sqs.Stats{Visible: 1})

	cfg, err := awsConfig(t.Context(), "", "https://sqs.eu-central-1.amazonaws.com/123456789012/dlq")
	if err != nil || cfg.Region != "eu-central-1" {
		t.Errorf("region %q, %v", cfg.Region, err)
	}

	api := newAPI(t)
	platform(t, api, "", "")
	q.dead("e2", "x", "y", "z")
	got := run(t, "verify", "--endpoint", api.URL, "--dlq-url", q.info.DLQURL, "--region", "us-east-1", "--stage", "dev", "--metrics-timeout", "1ms")
	if got.code != ExitFailure || !strings.Contains(got.out, "FAIL  metrics   ask CloudWatch for the metrics: ") || !strings.Contains(got.out, "FAIL  dlq       the DLQ has 1 message\n") {
		t.Errorf("%s", got)
	}
}

// platform answers an API's routes as the whole product does: an event that was
// sent is in the database (when there is one) and the logs have its metrics.
func platform(t *testing.T, api *fakeAPI, databaseURL, logs string) {
	t.Helper()
	api.says("GET /health", 200, `{"status":"healthy"}`)
	api.on("POST /events", func(w http.ResponseWriter, r *http.Request, body string) {
		var sent struct {
			EventID string      `json:"event_id"`
			Amount  json.Number `json:"amount"`
		}
		if err := json.Unmarshal([]byte(body), &sent); err != nil {
			t.Error(err)
		}
		api.says("GET /events/"+sent.EventID, 200, body)
		api.says("GET /events/"+sent.EventID+"/status", 200, `{"event_id":"x","status":"processed","attempts":1}`)
		if databaseURL != "" {
			connection, err := pgx.Connect(t.Context(), databaseURL)
			if err != nil {
				t.Error(err)
				return
			}
			_, err = connection.Exec(t.Context(), `INSERT INTO events
				(event_id, correlation_id, user_id, amount, amount_scale, currency, merchant, ts, payload_mode, payload_sha256, received_at)
				VALUES ($1, 'c', 'u', $2::text::numeric, 4, 'XTS', 'm', now(), 'INLINE', repeat('0', 64), now())`, sent.EventID, sent.Amount.String())
			if err := errors.Join(err, connection.Close(t.Context())); err != nil {
				t.Error(err)
			}
		}
		if logs != "" {
			for function, metric := range map[string]string{"Ingest": "ingest_success", "Processor": "processed_success"} {
				line := fmt.Sprintf(`{"_aws":{"CloudWatchMetrics":[{"Namespace":"Fluxa/%s","Metrics":[{"Name":%q}]}]},%q:1}`+"\n", function, metric, metric)
				if err := os.WriteFile(filepath.Join(logs, function+".log"), []byte(line), 0o600); err != nil {
					t.Error(err)
				}
			}
		}
		w.WriteHeader(202)
		fmt.Fprintf(w, `{"event_id":%q,"status":"enqueued"}`, sent.EventID)
	})
}

func TestVerify_local(t *testing.T) {
	t.Parallel()
	q, api, logs := newQueues(t), newAPI(t), t.TempDir()
	database := pgtest.MigratedURL(t)
	platform(t, api, database, logs)
	info := q.info
	info.APIURL, info.DatabaseURL, info.LogDir = api.URL, database, logs
	dir := local(t, info)
	normal := func(o outcome) string {
		return strings.NewReplacer(api.URL, "API", logs, "LOGS").Replace(stable(o.String()))
	}
	golden(t, "verify", normal(run(t, "verify", "--dir", dir)))
	golden(t, "verify_json", normal(run(t, "verify", "--dir", dir, "-o", "json", "--skip-metrics", "--skip-dlq")))

	q.dead("e1", "x", "y", "z")
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) {
		problem(w, 422, "invalid_value", "amount is wrong")
	})
	golden(t, "verify_fails", normal(run(t, "verify", "--dir", dir)))
}

func TestVerify_deployed_without_more_than_its_API(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	platform(t, api, "", "")
	golden(t, "verify_deployed", strings.ReplaceAll(stable(run(t, "verify", "--endpoint", api.URL).String()), api.URL, "API"))
	got := run(t, "verify", "--endpoint", api.URL, "--skip-metrics", "--skip-dlq")
	if got.code != ExitOK || !strings.HasSuffix(got.out, "6 checks: 4 passed, 0 failed, 2 skipped\n") {
		t.Errorf("%s", got)
	}
	database := pgtest.MigratedURL(t)
	platform(t, api, database, "")
	got = run(t, "verify", "--endpoint", api.URL, "--skip-metrics", "--skip-dlq", "--database-url", database)
	if got.code != ExitOK || !strings.Contains(got.out, "ok    database  SELECT finds the event") {
		t.Errorf("%s", got)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	golden(t, "migrate", run(t, "migrate", "--database-url", url).String())
	golden(t, "migrate_again", run(t, "migrate", "--dir", local(t, stack.Info{DatabaseURL: url})).String())
	if got := run(t, "migrate", "--database-url", "postgres://u:secret@127.0.0.1:1/d"); got.code != ExitFailure || !strings.HasPrefix(got.err, "fluxa: ") || strings.Contains(got.err, "secret") {
		t.Errorf("%s", got)
	}
}

func TestUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	var got stack.Config
	cfg := Config{Stack: func(_ context.Context, c stack.Config) error {
		got = c
		_, err := fmt.Fprintln(c.Out, "up")
		return err
	}}
	done := runWith(t.Context(), cfg, "up", "--dir", dir, "--bin", "b", "--port", "9090", "--host", "0.0.0.0", "--database-url", "postgres://d", "--api-key", "k")
	if done != (outcome{ExitOK, "up\n", ""}) {
		t.Errorf("%s", done)
	}
	got.Out = nil
	if want := (stack.Config{Dir: dir, BinDir: "b", Port: 9090, Host: "0.0.0.0", DatabaseURL: "postgres://d", APIKey: "k"}); got != want {
		t.Errorf("ran %+v, want %+v", got, want)
	}
	cfg.Stack = func(context.Context, stack.Config) error { return errors.New("port 9090 is in use") }
	if done := runWith(t.Context(), cfg, "up", "--dir", dir); done != (outcome{ExitFailure, "", "fluxa: port 9090 is in use\n"}) {
		t.Errorf("%s", done)
	}
	if done := run(t, "up", "--dir", dir); done.code != ExitFailure {
		t.Errorf("without a stack: %s", done)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if done := runWith(t.Context(), cfg, "up", "--dir", filepath.Join(file, "data")); done.code != ExitFailure || !strings.HasPrefix(done.err, "fluxa: the data folder cannot be made (choose another with --dir): ") {
		t.Errorf("%s", done)
	}
}

// TestUp_detached starts the test binary as the program, with secrets in its
// environment, so it is not parallel.
func TestUp_detached(t *testing.T) {
	api := newAPI(t)
	api.says("GET /health", 200, `{"status":"healthy"}`)
	dir := filepath.Join(t.TempDir(), "data")
	t.Setenv(childVariable, "1")
	t.Setenv("FLUXA_TEST_INFO_DIR", dir)
	t.Setenv("FLUXA_TEST_API_URL", api.URL)
	program := programNamedFluxa(t)
	cfg := Config{Executable: func() (string, error) { return program, nil }}
	got := runWith(t.Context(), cfg, "up", "--detach", "--dir", dir, "--port", "0", "--api-key", "hidden", "--database-url", "postgres://hidden")
	if got.code != ExitOK || got.err != "" || !strings.HasPrefix(got.out, "Fluxa is up in the background, process ") || !strings.Contains(got.out, "  API           "+api.URL+"\n") {
		t.Fatalf("%s", got)
	}
	info, err := stack.ReadInfo(dir)
	if err != nil || info.APIKey != "hidden" || info.DatabaseURL != "postgres://hidden" {
		t.Errorf("the process has %+v, %v", info, err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "up.log"))
	if want := "arguments: up --port 0 --host 127.0.0.1 --dir " + dir + " --bin dist/bin\n"; err != nil || string(log) != want {
		t.Errorf("its arguments: %s, %v; want %s", log, err, want)
	}
	if again := runWith(t.Context(), cfg, "up", "-d", "--dir", dir); again.code != ExitFailure || !strings.Contains(again.err, "a stack runs there already: process ") {
		t.Errorf("%s", again)
	}
	down := run(t, "down", "--dir", dir)
	if want := fmt.Sprintf("the local stack under %s is stopped (process %d); its data stays\n", dir, info.PID); down != (outcome{ExitOK, want, ""}) {
		t.Errorf("%s", down)
	}
	if again := run(t, "down", "--dir", dir); again != (outcome{ExitOK, "no local stack runs under " + dir + "\n", ""}) {
		t.Errorf("%s", again)
	}
	reset := run(t, "reset", "--dir", dir)
	if want := "no local stack runs under " + dir + "\n" + dir + " is removed\n"; reset != (outcome{ExitOK, want, ""}) {
		t.Errorf("%s", reset)
	}
	if again := run(t, "reset", "--dir", dir); again != (outcome{ExitOK, "there is no " + dir + ": nothing to remove\n", ""}) {
		t.Errorf("%s", again)
	}
	t.Setenv(childVariable, "")
	cfg.Executable = func() (string, error) { return "", errors.New("no such thing") }
	if got := runWith(t.Context(), cfg, "up", "-d", "--dir", dir); got.err != "fluxa: find this program: no such thing\n" {
		t.Errorf("%s", got)
	}
}

func TestReset_refuses_what_is_not_its_own(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, "reset", "--yes", "--dir", dir)
	if got.code != ExitFailure || !strings.Contains(got.err, dir+" is not removed: ") {
		t.Errorf("%s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"y\n": true, "Yes\n": true, "n\n": false, "\n": false, "": false, "y": false} {
		var out strings.Builder
		a := &app{Config: Config{In: strings.NewReader(answer), Out: &out}}
		if got := a.confirm("remove it?"); got != want || out.String() != "remove it? [y/N] " {
			t.Errorf("%q: %v, asked %q", answer, got, out.String())
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	api := newAPI(t)
	api.on("GET /events/e", func(_ http.ResponseWriter, r *http.Request, _ string) {
		cancel()
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Second):
			t.Error("the request was not given up")
		}
	})
	if got := runWith(ctx, Config{}, "get", "e", "--endpoint", api.URL); got != (outcome{ExitInterrupted, "", "fluxa: interrupted\n"}) {
		t.Errorf("%s", got)
	}
}

func TestLogger_writes_no_time(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	(&app{Config: Config{Err: &out}}).logger().Warn("careful", "n", 1)
	if out.String() != "level=WARN msg=careful n=1\n" {
		t.Errorf("wrote %q", out.String())
	}
}

func TestScript_calls_verify(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../scripts/verify_dev.sh")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(script)), "\n")
	if !slices.Contains(lines, "set -euo pipefail") || lines[len(lines)-1] != `exec go run ./cli/cmd/fluxa verify "$@"` {
		t.Errorf("the script is\n%s", script)
	}
}
