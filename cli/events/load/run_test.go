package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/cli/pace"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// fake takes what the API takes: it refuses a batch as a whole when a line of it
// has "poison" in it, one event with "bad" in it, fails one with "weak" in it.
type fake struct {
	mu       sync.Mutex
	requests []string // payload|payload
	err      error    // answers everything
	delay    time.Duration
}

func (f *fake) note(payloads ...[]byte) error {
	time.Sleep(f.delay)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, string(bytes.Join(payloads, []byte("|"))))
	return f.err
}

var malformed = &api.Problem{Status: 400, Title: "Bad Request", Code: fault.MalformedJSON, Detail: "no JSON"}

func (f *fake) result(p []byte) api.Result {
	switch {
	case bytes.Contains(p, []byte("bad")):
		return api.Result{Status: contract.StatusRefused, Error: &api.ResultError{Code: fault.MissingField, Detail: "2 fields are invalid",
			Errors: []fault.Field{{Detail: "amount is required"}, {Detail: "merchant is required"}}}}
	case bytes.Contains(p, []byte("weak")):
		return api.Result{Status: contract.StatusNotTaken, Error: &api.ResultError{Code: fault.QueueUnavailable, Detail: "the queue cannot be reached"}}
	default:
		return api.Result{Status: contract.StatusEnqueued}
	}
}

func (f *fake) Send(_ context.Context, payload []byte, _ string) (api.Result, error) {
	if err := f.note(payload); err != nil {
		return api.Result{}, err
	}
	if bytes.Contains(payload, []byte("poison")) || !json.Valid(payload) {
		return api.Result{}, malformed
	}
	return f.result(payload), nil
}

func (f *fake) SendBatch(_ context.Context, payloads [][]byte, _ string) ([]api.Result, error) {
	if err := f.note(payloads...); err != nil {
		return nil, err
	}
	var out []api.Result
	for _, p := range payloads {
		if bytes.Contains(p, []byte("poison")) {
			return nil, malformed
		}
		out = append(out, f.result(p))
	}
	return out, nil
}

// runFilled runs with what the command sets by default.
func runFilled(ctx context.Context, cfg Config) (Report, error) {
	if cfg.BatchSize == 0 {
		cfg.BatchSize = 100
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = 4
	}
	if cfg.Progress == nil {
		cfg.Progress = func(int, int64) {}
	}
	cfg.Latencies = NewLatencies()
	return Run(ctx, cfg)
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strconv.Itoa(i+1) + "\n")
	}
	return b.String()
}

func TestRun_settles_every_line(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines    string
		batch    int
		requests []string
		report   string
		rejects  string
	}{
		"all accepted": {numbers(7), 3, []string{"1|2|3", "4|5|6", "7"}, "7 accepted, 0 refused, 0 failed", ""},
		"one by one":   {numbers(2), 1, []string{"1", "2"}, "2 accepted, 0 refused, 0 failed", ""},
		"some refused, some failed": {"1\n\"bad\"\n3\n\"weak\"\n", 4, []string{`1|"bad"|3|"weak"`},
			"2 accepted, 1 refused map[missing_field:1], 1 failed map[queue_unavailable:1]" +
				"\n2 missing_field 2 fields are invalid: amount is required; merchant is required\n4 queue_unavailable the queue cannot be reached (failed)",
			"\"bad\"\n\"weak\"\n"},
		"a line that spoils its batch is found, the others are sent": {"1\n2\n\"poison\"\n4\n5\n", 5,
			[]string{`1|2|"poison"|4|5`, "1|2", `"poison"|4|5`, `"poison"`, "4|5"},
			"4 accepted, 1 refused map[malformed_json:1], 0 failed\n3 malformed_json no JSON", "\"poison\"\n"},
		"what is not one JSON value is never put among others": {"1\n2},{\"x\":3\n4\n", 3,
			[]string{"1", `2},{"x":3`, "4"},
			"2 accepted, 1 refused map[malformed_json:1], 0 failed\n2 malformed_json no JSON", "2},{\"x\":3\n"},
		"a line over the limit is not sent": {"1\n" + strings.Repeat("2", contract.BodyLimit+1) + "\n3\n", 9,
			[]string{"1|3"}, "2 accepted, 1 refused map[payload_too_large:1], 0 failed\n" +
				"2 payload_too_large the line has 5242882 bytes, an event at most 5242880; it was not sent", ""},
		"nothing": {"\n\n", 9, nil, "0 accepted, 0 refused, 0 failed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			var rejects bytes.Buffer
			var events int
			var size int64
			report, err := runFilled(t.Context(), Config{
				API: f, Source: NewLines(strings.NewReader(test.lines)), BatchSize: test.batch, Concurrency: 1, Rejects: &rejects, Key: "whole batches",
				Progress: func(n int, bytes int64) { events += n; size += bytes },
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(report); got != test.report {
				t.Errorf("report %s\nwant   %s", got, test.report)
			}
			if !slices.Equal(f.requests, test.requests) {
				t.Errorf("requests %.300q\nwant     %.300q", f.requests, test.requests)
			}
			if rejects.String() != test.rejects {
				t.Errorf("rejects %q, want %q", rejects.String(), test.rejects)
			}
			if total := report.Accepted + report.Refused + report.Failed; int64(events) != total || size != int64(len(strings.Trim(test.lines, "\n")))+min(1, total) {
				t.Errorf("progress was told of %d events and %d bytes", events, size)
			}
			if report.Complete() != (report.Refused+report.Failed == 0) || report.NextLine != 0 || report.Stopped != nil {
				t.Errorf("complete %v, next line %d, stopped %v", report.Complete(), report.NextLine, report.Stopped)
			}
		})
	}
}

func describe(r Report) string {
	codes := func(m map[fault.Code]int64) string {
		if len(m) == 0 {
			return ""
		}
		return fmt.Sprint(" ", m)
	}
	text := fmt.Sprintf("%d accepted, %d refused%s, %d failed%s", r.Accepted, r.Refused, codes(r.RefusedByCode), r.Failed, codes(r.FailedByCode))
	for _, e := range r.Examples {
		text += fmt.Sprintf("\n%d %s %s", e.Line, e.Code, e.Detail)
		if e.Failed {
			text += " (failed)"
		}
	}
	return text
}

func TestRun_keys(t *testing.T) {
	t.Parallel()
	keys := func(t *testing.T, key string) string {
		t.Helper()
		recorder := &keyRecorder{}
		if _, err := runFilled(t.Context(), Config{API: recorder, Source: NewLines(strings.NewReader(numbers(5))), BatchSize: 2, Concurrency: 1, Key: key}); err != nil {
			t.Fatal(err)
		}
		return strings.Join(recorder.keys, " ")
	}
	if got := keys(t, "import-7"); got != "import-7 import-7 import-7" {
		t.Errorf("with a key of the caller's: %s", got)
	}
	if first, second := keys(t, ""), keys(t, ""); first == second || !strings.HasSuffix(first, ":5-5") {
		t.Errorf("without: %s, then %s", first, second)
	}
}

type keyRecorder struct {
	fake
	keys []string
}

func (k *keyRecorder) Send(ctx context.Context, payload []byte, key string) (api.Result, error) {
	k.keys = append(k.keys, key)
	return k.fake.Send(ctx, payload, key)
}

func (k *keyRecorder) SendBatch(ctx context.Context, payloads [][]byte, key string) ([]api.Result, error) {
	k.keys = append(k.keys, key)
	return k.fake.SendBatch(ctx, payloads, key)
}

func TestRun_keeps_a_batch_within_what_a_request_may_be(t *testing.T) {
	t.Parallel()
	plain := `"` + strings.Repeat("x", 1_850_000) + `"`
	quotes := `"` + strings.Repeat(`\"`, 600_000) + `"` // 1.2 MB, quoted again 2.4 MB
	for name, test := range map[string]struct {
		line  string
		lines int
		want  []int // events of each request
	}{
		"by its bytes":               {plain, 5, []int{2, 2, 1}},
		"by its bytes, quoted again": {quotes, 5, []int{2, 2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			var lines string
			for i := range test.lines {
				lines += fmt.Sprintf("\"%d%s\n", i, test.line[1:]) // equal lines go in requests apart
			}
			if _, err := runFilled(t.Context(), Config{API: f, Source: NewLines(strings.NewReader(lines)), Concurrency: 1, Key: "whole batches"}); err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, r := range f.requests {
				got = append(got, strings.Count(r, "|")+1)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("requests of %v events, want %v", got, test.want)
			}
		})
	}
}

func TestRun_sends_at_the_rate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rate       float64
		events     int
		batch      int
		took       time.Duration
		atMost     time.Duration
		minBatches int
	}{
		"ten a second, one by one":      {10, 21, 1, 2 * time.Second, 2100 * time.Millisecond, 21},
		"a batch does not wait to fill": {2, 9, 500, 4 * time.Second, 6 * time.Second, 5},
		"a thousand a second":           {1000, 3001, 100, 3 * time.Second, 3100 * time.Millisecond, 31},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{}
				report, err := runFilled(t.Context(), Config{
					API: f, Source: NewLines(strings.NewReader(numbers(test.events))), Rate: pace.Rate(test.rate), BatchSize: test.batch,
				})
				if err != nil || report.Accepted != int64(test.events) {
					t.Fatalf("%+v, %v", report, err)
				}
				if report.Elapsed < test.took-10*time.Millisecond || report.Elapsed > test.atMost || len(f.requests) < test.minBatches {
					t.Errorf("took %s and %d requests", report.Elapsed, len(f.requests))
				}
			})
		})
	}
}

func TestRun_names_a_key_that_is_too_long(t *testing.T) {
	t.Parallel()
	const want = "the idempotency key has 208 characters, at most 207 are possible for many events"
	cfg := Config{API: &fake{}, Source: NewLines(strings.NewReader("")), Key: strings.Repeat("k", 208)}
	if _, err := runFilled(t.Context(), cfg); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRun_shows_the_first_examples_of_many(t *testing.T) {
	t.Parallel()
	report, err := runFilled(t.Context(), Config{API: &fake{}, Source: NewLines(strings.NewReader(strings.Repeat("\"bad\"\n", 500))), BatchSize: 7})
	if err != nil || report.Refused != 500 || len(report.Examples) != 5 {
		t.Fatalf("%+v, %v", report, err)
	}
	for i, e := range report.Examples {
		if e.Line != int64(i+1) {
			t.Errorf("example %d is of line %d", i, e.Line)
		}
	}
}
