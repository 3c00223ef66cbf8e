package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/local/stack"
)

func TestSend_one(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		body string
		out  string
	}{
		"every field, digit for digit and byte for byte": {
			[]string{"--event-id", "e1", "--user-id", "ada", "--amount", "123456789012345.6780", "--currency", "EUR", "--merchant", "Café",
				"--timestamp", "2026-01-31T23:59:59Z", "--metadata", `{ "b" : 1.50,"a":"<&>"}`},
			`{"event_id":"e1","user_id":"ada","amount":123456789012345.6780,"currency":"EUR","merchant":"Café","timestamp":"2026-01-31T23:59:59Z","metadata":{ "b" : 1.50,"a":"<&>"}}`,
			"enqueued made-up\n"},
		"what is not given is not sent, but the time": {
			[]string{"--user-id", "ada", "-o", "json"}, `{"user_id":"ada","timestamp":"2024-07-01T12:00:00Z"}`,
			"{\"event_id\":\"made-up\",\"status\":\"enqueued\",\"stack\":\"ENDPOINT\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newAPI(t)
			api.says("POST /dev/events", 202, `{"event_id":"made-up","status":"enqueued"}`)
			got := run(t, append([]string{"send", "--endpoint", api.URL + "/dev", "--api-key", "k1", "--idempotency-key", "i1"}, test.args...)...)
			if want := strings.ReplaceAll(test.out, "ENDPOINT", api.URL+"/dev"); got != (outcome{exit.OK, want, ""}) {
				t.Errorf("%s", got)
			}
			if asked := api.asked(); len(asked) != 1 || asked[0] != "POST /dev/events "+test.body {
				t.Errorf("asked %q", asked)
			}
			if h := api.headers[0]; h.Get("X-Api-Key") != "k1" || h.Get("Idempotency-Key") != "i1" {
				t.Errorf("headers %v", h)
			}
		})
	}
}

func TestSend_gzipped(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--user-id", "ada"}, {"--generate", "3"}} {
		api := newAPI(t)
		api.says("POST /events", 202, `{"event_id":"made-up","status":"enqueued"}`)
		api.says("POST /events/batch", 202, `{"results":[{"status":"enqueued"},{"status":"enqueued"},{"status":"enqueued"}]}`)
		got := run(t, append([]string{"send", "--endpoint", api.URL, "--gzip"}, args...)...)
		if got.code != exit.OK {
			t.Fatalf("%s", got)
		}
		_, body, _ := strings.Cut(api.asked()[0], "/events")
		if api.headers[0].Get("Content-Encoding") != "gzip" || !strings.Contains(body, "\x1f\x8b") {
			t.Errorf("sent with %v: %q", api.headers[0], body)
		}
	}
}

func TestSend_one_that_is_refused(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) {
		problem(w, 422, "invalid_value", "2 fields are invalid",
			"/amount", "invalid_value", "amount must be greater than 0", "/currency", "invalid_value", "currency must be an ISO 4217 code such as EUR, in capital letters")
	})
	got := run(t, "send", "--endpoint", api.URL, "--user-id", "u", "--amount", "0")
	golden(t, "send_refused", got.String())
}

func TestSend_takes_a_negative_amount_for_what_it_is(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) {
		problem(w, 422, "invalid_value", "amount must be greater than 0", "/amount", "invalid_value", "amount must be greater than 0")
	})
	got := run(t, "send", "--endpoint", api.URL, "--amount", "-1", "--user-id", "u")
	want := "fluxa: the API answered 422 Unprocessable Entity\n  /amount  invalid_value  amount must be greater than 0\n  correlation id corr-1\n"
	if got != (outcome{exit.Failure, "", want}) || !strings.Contains(api.asked()[0], `"amount":-1,`) {
		t.Errorf("%s; asked %q", got, api.asked())
	}
}

// ndjson has lines that are accepted, refused, failed and malformed, as reply says.
const ndjson = `{"event_id":"a","n":1.50}
{"event_id":"b","refuse":true}

not JSON
{"event_id":"c","fail":true}
{"event_id":"d","poison":true}
{"event_id":"e" }
`

// reply answers a batch: it refuses, fails, or takes events, and refuses the whole
// for one with "poison".
func reply(w http.ResponseWriter, _ *http.Request, body string) {
	var batch struct{ Events []json.RawMessage }
	if err := json.Unmarshal([]byte(body), &batch); err != nil || strings.Contains(body, "poison") {
		problem(w, 400, "malformed_json", "the body is not valid JSON, at byte 7")
		return
	}
	var results []string
	for i, e := range batch.Events {
		switch text := string(e); {
		case strings.Contains(text, "refuse"):
			results = append(results, fmt.Sprintf(`{"index":%d,"event_id":"b","status":"refused","error":{"code":"missing_field","detail":"user_id is required","errors":[{"pointer":"/user_id","code":"missing_field","detail":"user_id is required"}]}}`, i))
		case strings.Contains(text, "fail"):
			results = append(results, fmt.Sprintf(`{"index":%d,"event_id":"c","status":"failed","error":{"code":"queue_unavailable","detail":"the queue cannot be reached"}}`, i))
		default:
			results = append(results, fmt.Sprintf(`{"index":%d,"event_id":"x","status":"enqueued"}`, i))
		}
	}
	w.WriteHeader(207)
	fmt.Fprintf(w, `{"results":[%s]}`, strings.Join(results, ","))
}

func TestSend_a_file(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("POST /events/batch", reply)
	api.on("POST /events", func(w http.ResponseWriter, r *http.Request, body string) {
		if !json.Valid([]byte(body)) || strings.Contains(body, "poison") {
			problem(w, 400, "malformed_json", "the body is not valid JSON, at byte 0")
			return
		}
		if strings.Contains(body, "fail") {
			problem(w, 500, "internal", "an internal error occurred")
			return
		}
		fmt.Fprint(w, `{"event_id":"x","status":"enqueued"}`)
	})
	folder := t.TempDir()
	file, rejects := filepath.Join(folder, "events.ndjson"), filepath.Join(folder, "rejects.ndjson")
	if err := os.WriteFile(file, []byte(ndjson), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, "send", "--endpoint", api.URL, "--file", file, "--rejects", rejects, "--concurrency", "1")
	lines := strings.Split(got.out, "\n")
	golden(t, "send_file", fmt.Sprintf("exit code %d\n%s\n", got.code, strings.Join(lines[:10], "\n")))
	if len(lines) != 13 || !strings.HasPrefix(lines[10], "in ") || !strings.HasPrefix(lines[11], "latency of ") || got.err != "" {
		t.Errorf("%s", got)
	}
	kept, err := os.ReadFile(rejects)
	if err != nil {
		t.Fatal(err)
	}
	want := "{\"event_id\":\"b\",\"refuse\":true}\nnot JSON\n{\"event_id\":\"c\",\"fail\":true}\n{\"event_id\":\"d\",\"poison\":true}\n"
	if string(kept) != want {
		t.Errorf("rejects %q, want %q", kept, want)
	}
	if !strings.Contains(strings.Join(api.asked(), "\n"), `{"event_id":"e" }`) {
		t.Error("a line was not sent byte for byte")
	}
	if again := run(t, "send", "--endpoint", api.URL, "--file", file, "--rejects", rejects); again.code != exit.Failure || !strings.HasPrefix(again.err, "fluxa: make the file of rejects: ") {
		t.Errorf("a file of rejects is overwritten: %s", again)
	}
	if missing := run(t, "send", "--endpoint", api.URL, "--file", file+".no"); missing.code != exit.Failure || !strings.HasPrefix(missing.err, "fluxa: open the events: ") {
		t.Errorf("%s", missing)
	}
}

func TestSend_standard_input(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("POST /events/batch", reply)
	got := runWith(t.Context(), strings.NewReader("{\"n\":1}\n{\"n\":2}\n"), stacks.Launcher{}, "send", "--endpoint", api.URL, "--file", "-", "-o", "json")
	var report struct {
		Accepted, Refused, Failed, Requests int64
		PerSecond                           float64            `json:"accepted_per_second"`
		Latency                             map[string]float64 `json:"latency_ms"`
		Examples                            []any
	}
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.code != exit.OK {
		t.Fatalf("%v: %s", err, got)
	}
	if report.Accepted != 2 || report.Requests != 1 || report.PerSecond <= 0 || report.Latency["p50"] <= 0 || report.Latency["max"] < report.Latency["p50"] || report.Examples == nil {
		t.Errorf("%+v", report)
	}
	if asked := api.asked(); len(asked) != 1 || asked[0] != `POST /events/batch {"events":[{"n":1},{"n":2}]}` {
		t.Errorf("asked %q", asked)
	}

	var zipped bytes.Buffer
	zip := gzip.NewWriter(&zipped)
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) { problem(w, 400, "malformed_json", "no JSON") })
	got = runWith(t.Context(), &zipped, stacks.Launcher{}, "send", "--endpoint", api.URL, "--file", "-")
	if got.code != exit.Failure || !strings.Contains(got.out, "malformed_json") {
		t.Errorf("a packed file: %s", got)
	}
}

func TestSend_generated(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("POST /events/batch", reply)
	dir := local(t, stack.Info{APIURL: api.URL, APIKey: "from the stack"})
	got := run(t, "send", "--dir", dir, "--generate", "250", "--size", "1KiB", "--rate", "60000/m")
	if got.code != exit.OK || !strings.HasPrefix(got.out, "accepted  250\nrefused   0\nfailed    0\nin ") {
		t.Fatalf("%s", got)
	}
	events := 0
	for _, r := range api.asked() {
		events += strings.Count(r, `"user_id":"user-00`)
	}
	if events != 250 || api.headers[0].Get("X-Api-Key") != "from the stack" {
		t.Errorf("%d events, key %q", events, api.headers[0].Get("X-Api-Key"))
	}
	if bad := run(t, "send", "--dir", dir, "--generate", "-3"); bad.code != exit.Usage && !strings.Contains(bad.err, "must be at least 1") {
		t.Errorf("%s", bad)
	}
}

func TestSend_interrupted_says_where_to_go_on(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	api := newAPI(t)
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) {
		cancel()
		fmt.Fprint(w, `{"event_id":"x","status":"enqueued"}`)
	})
	got := runWith(ctx, nil, stacks.Launcher{}, "send", "--endpoint", api.URL, "--generate", "100000", "--batch", "1", "--concurrency", "1", "--rate", "50/s")
	if got.code != exit.Interrupted || !strings.HasPrefix(got.out, "accepted  1\nrefused   0\nfailed    0\n") ||
		!strings.HasSuffix(got.out, "interrupted; event 2 and those after it were not sent\n") || got.err != "" {
		t.Errorf("%s", got)
	}
}

func TestSend_stops_where_it_is_not_let_in(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.says("POST /events/batch", 403, `{"message":"Forbidden"}`)
	got := run(t, "send", "--endpoint", api.URL, "--generate", "100000", "--concurrency", "1")
	if got.code != exit.Failure || !strings.Contains(got.out, "  http_403\n") || !strings.Contains(got.out, "stopped: the API answered 403 Forbidden: Forbidden; event ") {
		t.Errorf("%s", got)
	}
	if n := len(api.asked()); n > 2 {
		t.Errorf("asked %d times", n)
	}
}

const storedJSON = `{"event_id":"e1","user_id":"ada","amount":123456789012345.6780,"currency":"EUR","merchant":"Caf\u00e9 \u001b[31m","timestamp":"2026-01-31T23:59:59Z","metadata":{"b":1.50},"payload_mode":"INLINE"}`

func TestGet(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.says("GET /events/e1", 200, storedJSON)
	golden(t, "get_json", run(t, "get", "e1", "--endpoint", api.URL).String())
	golden(t, "get_text", run(t, "get", "e1", "--endpoint", api.URL, "-o", "text").String())
	golden(t, "get_missing", run(t, "get", "e2", "--endpoint", api.URL).String())

	api.says("GET /events/e3", 403, `{"message":"Forbidden"}`)
	golden(t, "get_forbidden", run(t, "get", "e3", "--endpoint", api.URL).String())
	golden(t, "get_forbidden_with_a_key", run(t, "get", "e3", "--endpoint", api.URL, "--api-key", "another's").String())
	golden(t, "get_missing_after_a_wait", run(t, "get", "e2", "--endpoint", api.URL, "--wait", "1ms").String())
	if got := run(t, "get", "e1", "--endpoint", "host"); got.code != exit.Failure || got.err != "fluxa: the endpoint \"host\" is not a URL such as https://host/stage\n" {
		t.Errorf("%s", got)
	}
	api.on("GET /events/e4", func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Retry-After", "90")
		problem(w, 503, "database_unavailable", "the database cannot be reached")
	})
	if got := run(t, "get", "e4", "--endpoint", api.URL); !strings.Contains(got.err, "  it asks to be tried again in 90.0 s\n") {
		t.Errorf("%s", got)
	}
}

func TestGet_from_a_stack_that_is_gone(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	dir := local(t, stack.Info{APIURL: api.URL})
	api.Close()
	got := run(t, "get", "e1", "--dir", dir)
	if got.code != exit.Failure || !strings.HasPrefix(got.err, "fluxa: cannot reach "+api.URL+": ") ||
		!strings.HasSuffix(got.err, "\n  is the stack up? `make up` starts a local one, --endpoint names another\n") {
		t.Errorf("%s", got)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	for id, state := range map[string]string{"done": "processed", "busy": "processing", "dead": "failed"} {
		api.says("GET /events/"+id+"/status", 200, fmt.Sprintf(`{"event_id":%q,"status":%q,"attempts":1}`, id, state))
	}
	for _, test := range []struct {
		args string
		code int
		out  string
	}{
		{"done", exit.OK, "event_id  done\nstatus    processed\nattempts  1\n"},
		{"busy", exit.OK, "event_id  busy\nstatus    processing\nattempts  1\n"},
		{"dead", exit.Failure, "event_id  dead\nstatus    failed\nattempts  1\n"},
		{"done --wait 10s", exit.OK, "event_id  done\nstatus    processed\nattempts  1\n"},
		{"dead --wait 10s", exit.Failure, "event_id  dead\nstatus    failed\nattempts  1\n"},
		{"busy --wait 10ms", exit.Failure, "event_id  busy\nstatus    processing\nattempts  1\n"},
	} {
		got := run(t, append(strings.Fields("status "+test.args), "--endpoint", api.URL, "-o", "text")...)
		if got != (outcome{test.code, test.out, ""}) {
			t.Errorf("%s: %s", test.args, got)
		}
	}
	if got := run(t, "status", "none", "--endpoint", api.URL); got.code != exit.Failure || !strings.Contains(got.err, "404 Not Found") {
		t.Errorf("%s", got)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	api := newAPI(t)
	api.on("GET /events", func(w http.ResponseWriter, r *http.Request, _ string) {
		switch r.URL.Query().Get("user_id") + r.URL.Query().Get("cursor") {
		case "ada":
			fmt.Fprintf(w, `{"events":[%s,{"event_id":"e0","amount":0.10,"timestamp":"2026-01-01T00:00:00Z"}],"next_cursor":"c2"}`, storedJSON)
		case "adac2":
			fmt.Fprint(w, `{"events":[{"event_id":"last","amount":7,"timestamp":"2025-01-01T00:00:00Z"}]}`)
		case "broken":
			fmt.Fprint(w, `{"events":[7]}`)
		default:
			fmt.Fprint(w, `{"events":[]}`)
		}
	})
	for name, args := range map[string]string{
		"page_json": "--user-id ada --limit 2 --from 2026-01-01T00:00:00Z", "page_text": "--user-id ada -o text",
		"all_json": "--user-id ada --all", "all_text": "--user-id ada --all -o text",
		"none_json": "--user-id nobody", "none_text": "--user-id nobody -o text",
	} {
		golden(t, "list_"+name, run(t, append(strings.Fields("list "+args), "--endpoint", api.URL)...).String())
	}
	for _, args := range []string{"--user-id ada", "--user-id ada --all", "--user-id nobody"} {
		if got := run(t, append(strings.Fields("list "+args), "--endpoint", api.URL)...); !json.Valid([]byte(got.out)) {
			t.Errorf("%s is not JSON: %s", args, got.out)
		}
	}
	asked := strings.Join(api.asked(), "\n")
	for _, want := range []string{"GET /events?from=2026-01-01T00%3A00%3A00Z&limit=2&user_id=ada ", "GET /events?cursor=c2&limit=200&user_id=ada "} {
		if !strings.Contains(asked, want) {
			t.Errorf("never asked %s", want)
		}
	}
	if got := run(t, "list", "--user-id", "broken", "-o", "text", "--endpoint", api.URL); got.code != exit.Failure {
		t.Errorf("%s", got)
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
	if got := runWith(ctx, nil, stacks.Launcher{}, "get", "e", "--endpoint", api.URL); got != (outcome{exit.Interrupted, "", "fluxa: interrupted\n"}) {
		t.Errorf("%s", got)
	}
}
