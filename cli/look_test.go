package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/local/stack"
)

// The log lines of an event that is stored at its second try, and of one that is refused.
var lines = map[string]string{
	"ingest": `{"timestamp":"2024-07-01T11:59:00.1Z","level":"INFO","message":"request","service":"ingest","environment":"local","route":"ingestEvent","status":202,"duration_ms":20,"body_bytes":120,"event_id":"e1","correlation_id":"c1"}
{"_aws":{"Timestamp":1719835140100,"CloudWatchMetrics":[]},"ingest_success":1}
{"timestamp":"2024-07-01T11:59:05Z","level":"WARN","message":"request","service":"ingest","environment":"local","status":422,"error_code":"invalid_value","correlation_id":"c2"}
`,
	"processor": `{"timestamp":"2024-07-01T11:59:01Z","level":"WARN","message":"message","service":"processor","environment":"local","event_id":"e1","correlation_id":"c1","result":"retried","deliveries":1,"error_code":"database_unavailable","error":"it is away","retry_in_s":2}
panic: no JSON
{"timestamp":"2024-07-01T11:59:03Z","level":"INFO","message":"message","service":"processor","environment":"local","event_id":"e1","correlation_id":"c1","result":"processed","deliveries":2,"notified":true,"end_to_end_ms":2900}
`,
	"query": `{"timestamp":"2024-07-01T11:00:00Z","level":"INFO","message":"too long ago","service":"query","environment":"local","status":200}
`,
}

// watched is a local stack with these lines in its logs.
func watched(t *testing.T, api *fakeAPI) (dir string, info stack.Info) {
	t.Helper()
	info = stack.Info{APIURL: api.URL, LogDir: t.TempDir(), ConsoleURL: api.URL + "/console"}
	for function, text := range lines {
		if err := os.WriteFile(filepath.Join(info.LogDir, function+".log"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return local(t, info), info
}

func TestTrace(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.says("GET /events/e1", 200, `{"event_id":"e1"}`)
	api.says("GET /events/e1/status", 200, `{"event_id":"e1","status":"processed","attempts":2,"last_seen_at":"2024-07-01T11:59:03Z"}`)
	dir, info := watched(t, api)
	golden(t, "trace_text", run(t, "trace", "e1", "--dir", dir, "-o", "text").String())
	golden(t, "trace_json", run(t, "trace", "c1", "--dir", dir, "--wait", "10s").String())
	golden(t, "trace_refused", run(t, "trace", "c2", "--dir", dir, "-o", "text").String())
	golden(t, "trace_missing", run(t, "trace", "nobody", "--dir", dir, "-o", "text").String())

	batch := strings.Repeat(`{"timestamp":"2024-07-01T11:59:03Z","level":"INFO","message":"m","service":"processor","event_id":"%d","correlation_id":"c3","result":"processed"}`+"\n", 2)
	if err := os.WriteFile(filepath.Join(info.LogDir, "processor.log"), fmt.Appendf(nil, batch, 1, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t, "trace", "c3", "--dir", dir, "-o", "text"); got != (outcome{exit.OK, "2 events have the correlation id c3:\n  1\n  2\n", ""}) {
		t.Errorf("%s", got)
	}
	if got := run(t, "trace", "e1", "--endpoint", api.URL); got.code != exit.Usage || got.err != "fluxa: the logs of "+api.URL+" are not known: give --stage NAME\n" {
		t.Errorf("%s", got)
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	dir, _ := watched(t, newAPI(t))
	logs := func(args ...string) outcome { return run(t, append([]string{"logs", "--dir", dir}, args...)...) }
	golden(t, "logs_text", logs("-o", "text").String())
	golden(t, "logs_json", logs().String())
	for args, want := range map[string]int{"--handler ingest": 2, "--handler ingest,query --since 2h": 3, "--level warn": 3, "--level error": 1, "--id e1": 3, "--id c2": 1, "--handler query": 0} {
		if got := logs(strings.Fields(args)...); got.code != exit.OK || strings.Count(got.out, "\n") != want {
			t.Errorf("%s: %d lines, want %d; %s", args, strings.Count(got.out, "\n"), want, got)
		}
	}
}

// screen collects what a command writes, and calls back when it has seen a text.
type screen struct {
	strings.Builder
	wants string
	seen  func()
}

func (s *screen) Write(p []byte) (int, error) {
	n, err := s.Builder.Write(p)
	if strings.Contains(s.String(), s.wants) {
		s.seen()
	}
	return n, err
}

// watch runs a command that goes on until it is interrupted, which it is when it has shown
// a text.
func watch(t *testing.T, until string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := &screen{wants: until, seen: cancel}, &strings.Builder{}
	code := Run(ctx, args, console.Console{In: strings.NewReader(""), Out: out, Err: err, Now: func() time.Time { return now }}, stacks.Launcher{})
	return outcome{code, out.String(), err.String()}
}

func TestLogs_follow_what_is_written(t *testing.T) {
	t.Parallel()
	dir, info := watched(t, newAPI(t))
	written := func() {
		file, err := os.OpenFile(filepath.Join(info.LogDir, "maintain.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(file, `{"timestamp":"2024-07-01T12:00:01Z","level":"INFO","message":"new","service":"maintain"}`)
		}
		if err != nil {
			t.Error(err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	time.AfterFunc(50*time.Millisecond, written)
	got := watch(t, "12:00:01.000 maintain  INFO  new\n", "logs", "-f", "--dir", dir, "-o", "text")
	if got.code != exit.Interrupted || got.err != "" || strings.Count(got.out, "11:59:03.000 processor") != 1 || strings.Count(got.out, " new\n") != 1 {
		t.Errorf("%s", got)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	dir, _ := watched(t, newAPI(t))
	got := watch(t, "refused", "events", "tail", "--dir", dir, "-o", "text", "--since", "5m")
	want := "11:59:03.000 stored     e1 after 2.9 s try 2\n11:59:05.000 refused    - invalid_value\n"
	if got != (outcome{exit.Interrupted, want, ""}) {
		t.Errorf("%s", got)
	}
	got = watch(t, "e1", "events", "tail", "--dir", dir, "--since", "5m", "--state", "stored")
	if got != (outcome{exit.Interrupted, `{"at":"2024-07-01T11:59:03Z","event_id":"e1","correlation_id":"c1","state":"stored","deliveries":2,"end_to_end_ms":2900,"announced":true}` + "\n", ""}) {
		t.Errorf("%s", got)
	}
}

func TestOpen_prints_the_address(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	dir, _ := watched(t, api)
	for args, want := range map[string]string{"open --dir " + dir: "/console", "open api --dir " + dir: "", "open api --endpoint " + api.URL: ""} {
		if got := run(t, strings.Fields(args)...); got != (outcome{exit.OK, api.URL + want + "\n", ""}) {
			t.Errorf("%s: %s", args, got)
		}
	}
	if got := run(t, "open", "--endpoint", api.URL); got.code != exit.Failure || got.err != "fluxa: "+api.URL+" has no console of its own: `fluxa open api` opens its API\n" {
		t.Errorf("%s", got)
	}
}

func TestSend_and_wait(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	dir, info := watched(t, api)
	const unannounced = `{"timestamp":"2024-07-01T11:59:03Z","level":"INFO","message":"m","service":"processor","event_id":"e2","result":"processed"}`
	if err := os.WriteFile(filepath.Join(info.LogDir, "maintain.log"), []byte(unannounced+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	send := func(args ...string) outcome {
		return run(t, append([]string{"send", "--user-id", "ada", "--wait", "1s", "--dir", dir}, args...)...)
	}
	api.says("POST /events", 202, `{"event_id":"e1","status":"enqueued"}`)
	asked := 0
	api.on("GET /events/e1/status", func(w http.ResponseWriter, _ *http.Request, _ string) {
		if asked++; asked == 1 {
			problem(w, 404, "not_found", "not yet")
			return
		}
		fmt.Fprint(w, `{"event_id":"e1","status":"processed","attempts":1}`)
	})
	if got := send(); got.code != exit.OK || !strings.HasPrefix(got.out, "enqueued e1\nstored and announced after ") {
		t.Errorf("%s", got)
	}
	var answer struct {
		Stack, State string
		Announced    bool
	}
	if got := send("-o", "json"); got.code != exit.OK || json.Unmarshal([]byte(got.out), &answer) != nil || answer.State != "processed" || !answer.Announced || answer.Stack == "" {
		t.Errorf("%s", got)
	}
	api.says("POST /events", 202, `{"event_id":"e2","status":"enqueued"}`)
	for status, want := range map[string]string{
		`{"event_id":"e2","status":"processed","attempts":1}`:                                                     "stored, not announced within 1.0 s\n",
		`{"event_id":"e2","status":"failed","attempts":1,"error":{"code":"hash_mismatch","reason":"it differs"}}`: "failed hash_mismatch: it differs\n",
		`{"event_id":"e2","status":"processing","attempts":3}`:                                                    "not stored within 1.0 s: processing, 3 attempts\n",
	} {
		api.says("GET /events/e2/status", 200, status)
		if got := send(); got != (outcome{exit.Failure, "enqueued e2\n" + want, ""}) {
			t.Errorf("%s: %s", status, got)
		}
	}
}
