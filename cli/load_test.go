package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
)

// loaded is an API that accepts events, and whose status of the n-th is as state says.
func loaded(t *testing.T, state func(n int64) string) *fakeAPI {
	t.Helper()
	api := newAPI(t)
	api.says("GET /health", 200, `{"status":"healthy"}`)
	var count atomic.Int64
	accept := func() string {
		n := count.Add(1)
		id := fmt.Sprintf("e%03d", n)
		if s := state(n); s != "" {
			api.says("GET /events/"+id+"/status", 200, fmt.Sprintf(`{"event_id":%q,"status":%q,"attempts":1}`, id, s))
		}
		return fmt.Sprintf(`{"event_id":%q,"status":"enqueued"}`, id)
	}
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, accept()) })
	api.on("POST /events/batch", func(w http.ResponseWriter, _ *http.Request, body string) {
		var batch struct{ Events []json.RawMessage }
		if err := json.Unmarshal([]byte(body), &batch); err != nil {
			t.Error(err)
		}
		results := make([]string, len(batch.Events))
		for i := range results {
			results[i] = accept()
		}
		results[0] = `{"status":"failed","error":{"code":"queue_unavailable","detail":"the queue cannot be reached"}}`
		fmt.Fprintf(w, `{"results":[%s]}`, strings.Join(results, ","))
	})
	return api
}

func processed(int64) string { return "processed" }

var (
	measuredText = regexp.MustCompile(`[0-9.]+ (µs|ms|s)\b`)
	measuredJSON = regexp.MustCompile(`("(?:p50|p90|p99|p99\.9|max|late_ms|sending_ms|draining_ms|measured_ms|asked)": )[0-9.]+`)
	counted      = regexp.MustCompile(`[0-9,.]+ (questions?|a second;)`)
	aligned      = regexp.MustCompile(` {2,}`)
)

// unmeasured replaces what differs from run to run.
func unmeasured(text string) string {
	text = measuredText.ReplaceAllString(text, "TIME")
	text = counted.ReplaceAllString(text, "N $1")
	text = measuredJSON.ReplaceAllString(text, "${1}0")
	if strings.Contains(text, `"rate"`) {
		return text
	}
	return aligned.ReplaceAllString(text, "  ")
}

func TestLoad(t *testing.T) {
	t.Parallel()
	someLost := func(n int64) string {
		if n >= 2 && n <= 4 {
			return map[int64]string{2: "failed", 3: "processing", 4: ""}[n]
		}
		return "processed"
	}
	for name, test := range map[string]struct {
		state func(int64) string
		args  string
		code  int
	}{
		"constant": {processed, "--rate 100/s --for 200ms --follow 50/s --objective accepted.p99<1h --objective stored.max<=1h --objective errors<0.1%", exit.OK},
		"ramp":     {processed, "--rate 50/s --ramp-to 150/s --for 400ms --follow 1000/s --objective accepted.p99.9<1h --objective stored.p50<1h", exit.OK},
		"missed":   {processed, "--rate 50/s --ramp-to 150/s --for 100ms --objective accepted.p50<1us", exit.Failure},
		"lost":     {someLost, "--rate 100/s --for 100ms --follow 0 --drain 4s", exit.Failure},
		"batches":  {processed, "--rate 1000/s --for 95ms --batch 20 --follow 0 --objective errors<5%", exit.Failure},
	} {
		for _, output := range []string{"text", "json"} {
			t.Run(name+" "+output, func(t *testing.T) {
				t.Parallel()
				api := loaded(t, test.state)
				got := run(t, append(strings.Fields("load "+test.args), "--endpoint", api.URL, "--output", output)...)
				if got.code != test.code || got.err != "" {
					t.Errorf("%s", got)
				}
				if output == "json" && !json.Valid([]byte(got.out)) {
					t.Error("that is not JSON")
				}
				golden(t, "load_"+name+"_"+output, unmeasured(got.String()))
			})
		}
	}
}

func TestLoad_sends_each_request_once_with_a_key_of_its_own(t *testing.T) {
	t.Parallel()
	api := loaded(t, processed)
	api.on("POST /events", func(w http.ResponseWriter, _ *http.Request, _ string) {
		problem(w, 503, "queue_unavailable", "the queue cannot be reached")
	})
	got := run(t, "load", "--endpoint", api.URL, "--rate", "100/s", "--for", "100ms", "--size", "2KiB")
	if got.code != exit.Failure && !strings.Contains(got.out, "errors    10, 100 %\n          10  queue_unavailable: the queue cannot be reached\n") {
		t.Errorf("%s", got)
	}
	keys := map[string]bool{}
	for i, r := range api.asked() {
		if strings.HasPrefix(r, "POST /events ") {
			keys[api.headers[i].Get("Idempotency-Key")] = true
			if len(r) < 2048 {
				t.Errorf("an event of %d bytes", len(r))
			}
		}
	}
	if len(keys) != 10 || len(api.asked()) != 11 { // the first asks for its health
		t.Errorf("%d keys in %d requests", len(keys), len(api.asked()))
	}
}

func TestLoad_writes_distributions(t *testing.T) {
	t.Parallel()
	api := loaded(t, processed)
	path := filepath.Join(t.TempDir(), "run")
	args := []string{"load", "--endpoint", api.URL, "--rate", "100/s", "--for", "200ms", "--hdr", path}
	if got := run(t, args...); got.code != exit.OK {
		t.Fatalf("%s", got)
	}
	for name, count := range map[string]string{"accepted": "20", "stored": "4"} {
		text, err := os.ReadFile(path + "." + name + ".hgrm")
		if err != nil || !regexp.MustCompile(`(?m)^ Value\tPercentile\t(?s:.*)Total count    = +`+count+`\]$`).Match(text) {
			t.Errorf("%v: %s", err, text)
		}
	}
	sent := len(api.asked())
	if again := run(t, args...); again.code != exit.Failure || !strings.HasPrefix(again.err, "fluxa: make the file of a distribution: ") || len(api.asked()) != sent+1 {
		t.Errorf("a file is overwritten: %s", again)
	}
}

func TestLoad_interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	api := loaded(t, func(int64) string {
		cancel()
		return "processed"
	})
	got := runWith(ctx, nil, stacks.Launcher{}, "load", "--endpoint", api.URL, "--rate", "1/s", "--for", "1h", "--objective", "errors<1%")
	for _, want := range []string{"accepted  1\n", "unchecked 1\n", "interrupted; 3,599 events not sent\n", "met  errors<1%  0 %\n"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if got.code != exit.Interrupted || got.err != "" {
		t.Errorf("%s", got)
	}
}

func TestLoad_stops_where_it_cannot_work(t *testing.T) {
	t.Parallel()
	api := loaded(t, processed)
	api.says("POST /events", 403, `{"message":"Forbidden"}`)
	got := run(t, "load", "--endpoint", api.URL, "--rate", "20/s", "--for", "1h")
	if got.code != exit.Failure || !strings.Contains(got.out, "  http_403: Forbidden\n") || !strings.Contains(got.out, "stopped: the API answered 403 Forbidden: Forbidden; 71,9") {
		t.Errorf("%s", got)
	}
	api.Close()
	if got := run(t, "load", "--endpoint", api.URL, "--rate", "20/s"); got.code != exit.Failure || !strings.HasPrefix(got.err, "fluxa: cannot reach ") || got.out != "" {
		t.Errorf("%s", got)
	}
}
