package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/cli/target"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

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
	if got := run(t, append([]string{"dlq", "purge"}, remote...)...); got.code != exit.Failure || got.err != "fluxa: the AWS region is not known: give --region or AWS_REGION\n" {
		t.Errorf("%s", got)
	}
	if got := run(t, append([]string{"dlq", "redrive", "e1", "--region", "us-east-1"}, remote...)...); got.code != exit.OK || got.out != "sent back 1\nleft: 0 in the DLQ\n" {
		t.Errorf("%s", got)
	}
	q.wantStats("events", sqs.Stats{Visible: 1})

	cfg, err := target.AWSConfig(t.Context(), "", "https://sqs.eu-central-1.amazonaws.com/123456789012/dlq")
	if err != nil || cfg.Region != "eu-central-1" {
		t.Errorf("region %q, %v", cfg.Region, err)
	}

	api := newAPI(t)
	platform(t, api, "", "")
	q.dead("e2", "x", "y", "z")
	got := run(t, "verify", "--endpoint", api.URL, "--dlq-url", q.info.DLQURL, "--region", "us-east-1", "--metrics-stage", "dev", "--metrics-timeout", "1ms")
	if got.code != exit.Failure || !strings.Contains(got.out, "FAIL  metrics   ask CloudWatch for the metrics: ") || !strings.Contains(got.out, "FAIL  dlq       the DLQ has 1 message\n") {
		t.Errorf("%s", got)
	}
}

func TestDoctor_shows_what_the_preflight_finds(t *testing.T) {
	t.Parallel()
	const (
		passed = `{"name":"account","status":"passed","detail":"account 1"}`
		failed = `{"name":"zones","status":"failed","detail":"there is no a","advice":"change it"}`
	)
	for name, c := range map[string]struct {
		script string
		args   []string
		code   int
		out    string
		err    string
	}{
		"all is well": {"echo '" + passed + "'", nil, exit.OK, "ok    account   account 1\n1 check: 1 passed, 0 failed, 0 skipped\n", ""},
		"one failed":  {"echo '" + passed + "'; echo '" + failed + "'", nil, exit.Failure, "ok    account   account 1\nFAIL  zones     there is no a\n                to do: change it\n2 checks: 1 passed, 1 failed, 0 skipped\n", ""},
		"for programs": {"echo '" + failed + "'", []string{"-o", "json"}, exit.Failure, `{
  "ok": false,
  "checks": [
    {
      "name": "zones",
      "status": "failed",
      "detail": "there is no a",
      "advice": "change it"
    }
  ]
}
`, ""},
		"what it is given": {`printf '{"name":"a","status":"passed","detail":"%s"}' "$*"`, []string{"--region", "eu-west-1"}, exit.OK,
			"ok    a         -assembly cdk.out -stage prod -region eu-west-1\n1 check: 1 passed, 0 failed, 0 skipped\n", ""},
		"no templates":  {"echo 'cdk.out has no stage' >&2; exit 1", nil, exit.Failure, "", "fluxa: cdk.out has no stage\n"},
		"it is killed":  {"kill -9 $$", nil, exit.Failure, "", "fluxa: run fluxa-preflight: signal: killed\n"},
		"it is another": {"echo nonsense", nil, exit.Failure, "", "fluxa: read what fluxa-preflight found: invalid character 'o' in literal null (expecting 'u')\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "fluxa-preflight"), []byte("#!/bin/sh\n"+c.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			launcher := stacks.Launcher{Program: func() (string, error) { return filepath.Join(bin, "fluxa"), nil }}
			got := runWith(t.Context(), nil, launcher, append([]string{"doctor", "--stage", "prod"}, c.args...)...)
			if want := (outcome{c.code, c.out, c.err}); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

func TestDoctor_says_how_the_preflight_is_built(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	launcher := stacks.Launcher{Program: func() (string, error) { return filepath.Join(bin, "fluxa"), nil }}
	got := runWith(t.Context(), nil, launcher, "doctor", "--stage", "prod")
	want := "fluxa: there is no " + filepath.Join(bin, "fluxa-preflight") + ": make preflight STAGE=prod builds it, and calls this command\n"
	if got != (outcome{exit.Failure, "", want}) {
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
				(event_id, correlation_id, user_id, amount, currency, merchant, ts, payload, payload_sha256, received_at, created_at)
				VALUES ($1, 'c', 'u', $2::text::numeric, 'XTS', 'm', now(), '{}', decode(repeat('00', 32), 'hex'), now(), now())`, sent.EventID, sent.Amount.String())
			if err := errors.Join(err, connection.Close(t.Context())); err != nil {
				t.Error(err)
			}
		}
		if logs != "" {
			for function, metric := range map[string]string{"Ingest": "ingest_success", "Processor": "processed_success"} {
				line := fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"Fluxa/%s","Metrics":[{"Name":%q}]}]},%q:1}`+"\n", time.Now().UnixMilli(), function, metric, metric)
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
	if got.code != exit.OK || !strings.HasSuffix(got.out, "6 checks: 4 passed, 0 failed, 2 skipped\n") {
		t.Errorf("%s", got)
	}
	database := pgtest.MigratedURL(t)
	platform(t, api, database, "")
	got = run(t, "verify", "--endpoint", api.URL, "--skip-metrics", "--skip-dlq", "--database-url", database)
	if got.code != exit.OK || !strings.Contains(got.out, "ok    database  SELECT finds the event") {
		t.Errorf("%s", got)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	golden(t, "migrate", run(t, "migrate", "--database-url", url).String())
	golden(t, "migrate_again", run(t, "migrate", "--dir", local(t, stack.Info{DatabaseURL: url})).String())
	if got := run(t, "migrate", "--database-url", "postgres://u:secret@127.0.0.1:1/d"); got.code != exit.Failure || !strings.HasPrefix(got.err, "fluxa: ") || strings.Contains(got.err, "secret") {
		t.Errorf("%s", got)
	}
}

func TestUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	var got stack.Config
	launcher := stacks.Launcher{Run: func(_ context.Context, c stack.Config) error {
		got = c
		_, err := fmt.Fprintln(c.Out, "up")
		return err
	}}
	done := runWith(t.Context(), nil, launcher, "up", "--dir", dir, "--bin", "b", "--port", "9090", "--host", "0.0.0.0", "--database-url", "postgres://d", "--api-key", "k",
		"--clients", "orders:k", "--batch-size", "100", "--batch-window", "1s")
	const exposed = "warning: with --host 0.0.0.0 everybody who reaches this machine can use the AWS endpoint, which accepts any credentials\n"
	if done != (outcome{exit.OK, "up\n", exposed}) {
		t.Errorf("%s", done)
	}
	if got.Console == nil || got.Reference == nil {
		t.Error("the stack has no console, or no reference of its API")
	}
	if got.Traces == nil {
		t.Error("the stack keeps no traces")
	}
	got.Out, got.Console, got.Reference, got.Traces = nil, nil, nil, nil
	want := stack.Config{
		Dir: dir, BinDir: "b", Port: 9090, Host: "0.0.0.0", DatabaseURL: "postgres://d", APIKey: "k", Clients: []stack.Client{{Name: "orders", Keys: []string{"k"}, Reads: "own"}},
		Tuning: stack.Tuning{BatchSize: 100, BatchWindow: time.Second},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +ran)\n%s", diff)
	}
	for host, warns := range map[string]bool{"127.0.0.1": false, "::1": false, "localhost": false, "::": true, "192.0.2.1": true, "a.example": true} {
		done := runWith(t.Context(), nil, launcher, "up", "--dir", dir, "--host", host)
		if without := "can call the API, which asks for no key (FLUXA_API_KEY sets one), and use"; done.code != exit.OK || strings.Contains(done.err, without) != warns || (done.err != "") != warns {
			t.Errorf("--host %s: %s", host, done)
		}
	}
	if done := runWith(t.Context(), nil, launcher, "up", "--dir", dir, "--watch"); done.code != exit.OK || got.Watch == nil {
		t.Errorf("nothing is watched: %s", done)
	}
	launcher.Run = func(context.Context, stack.Config) error { return errors.New("port 9090 is in use") }
	if done := runWith(t.Context(), nil, launcher, "up", "--dir", dir); done != (outcome{exit.Failure, "", "fluxa: port 9090 is in use\n"}) {
		t.Errorf("%s", done)
	}
	for _, refused := range [][]string{
		{"--batch-size", "0"}, {"--batch-size", "10001"}, {"--batch-size", "11"}, {"--batch-size", "11", "--batch-window", "999ms"},
		{"--batch-window", "-1s"}, {"--batch-window", "5m1s"},
	} {
		if done := runWith(t.Context(), nil, launcher, append([]string{"up", "--dir", dir}, refused...)...); done.code != exit.Usage || !strings.Contains(done.err, "fluxa: --batch-") {
			t.Errorf("%s: %s", refused, done)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if done := runWith(t.Context(), nil, launcher, "up", "--dir", filepath.Join(file, "data")); done.code != exit.Failure || !strings.HasPrefix(done.err, "fluxa: the data folder cannot be made (choose another with --dir): ") {
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
	launcher := stacks.Launcher{Program: func() (string, error) { return program, nil }}
	got := runWith(t.Context(), nil, launcher, "up", "--detach", "--watch", "--dir", dir, "--port", "0", "--api-key", "hidden", "--database-url", "postgres://hidden")
	if got.code != exit.OK || got.err != "" || !strings.HasPrefix(got.out, "Fluxa is up in the background, process ") || !strings.Contains(got.out, "  API           "+api.URL+"\n") {
		t.Fatalf("%s", got)
	}
	info, err := stack.ReadInfo(dir)
	if err != nil || info.APIKey != "hidden" || info.DatabaseURL != "postgres://hidden" {
		t.Errorf("the process has %+v, %v", info, err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "up.log"))
	if want := "arguments: up --port 0 --host 127.0.0.1 --dir " + dir + " --bin dist/bin --batch-size 10 --batch-window 0s --traces=true --watch\n"; err != nil || string(log) != want {
		t.Errorf("its arguments: %s, %v; want %s", log, err, want)
	}
	if again := runWith(t.Context(), nil, launcher, "up", "-d", "--dir", dir); again.code != exit.Failure || !strings.Contains(again.err, "a stack runs there already: process ") {
		t.Errorf("%s", again)
	}
	down := run(t, "down", "--dir", dir)
	if want := fmt.Sprintf("the local stack under %s is stopped (process %d); its data stays\n", dir, info.PID); down != (outcome{exit.OK, want, ""}) {
		t.Errorf("%s", down)
	}
	if again := run(t, "down", "--dir", dir); again != (outcome{exit.OK, "no local stack runs under " + dir + "\n", ""}) {
		t.Errorf("%s", again)
	}
	reset := run(t, "reset", "--dir", dir)
	if want := "no local stack runs under " + dir + "\n" + dir + " is removed\n"; reset != (outcome{exit.OK, want, ""}) {
		t.Errorf("%s", reset)
	}
	if again := run(t, "reset", "--dir", dir); again != (outcome{exit.OK, "there is no " + dir + ": nothing to remove\n", ""}) {
		t.Errorf("%s", again)
	}
	t.Setenv(childVariable, "")
	launcher.Program = func() (string, error) { return "", errors.New("no such thing") }
	if got := runWith(t.Context(), nil, launcher, "up", "-d", "--dir", dir); got.err != "fluxa: find this program: no such thing\n" {
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
	if got.code != exit.Failure || !strings.Contains(got.err, dir+" is not removed: ") {
		t.Errorf("%s", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "thesis.txt")); err != nil {
		t.Error(err)
	}
}
