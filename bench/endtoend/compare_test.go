package endtoend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/bench/usage"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

// fake takes lines and inserts a row for each, in the process of the test. What it does
// wrong is said by its fields.
type fake struct {
	name    string
	posts   atomic.Int64
	lose    int64 // the n-th post is accepted and not stored
	double  int64 // the n-th post is stored twice
	refuse  int64 // the n-th post is answered with 503
	pending bool  // no row is stored for good
	unable  error // to start
	dead    bool  // its process is not there
	stops   atomic.Int64
}

func (f *fake) Name() string { return f.name }

func (f *fake) Start(ctx context.Context, place Place) (*Running, error) {
	if f.unable != nil {
		return nil, f.unable
	}
	if _, err := place.Database.Exec(ctx, "CREATE TABLE events (body TEXT NOT NULL)"); err != nil {
		return nil, err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := f.posts.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil || n == f.refuse {
			http.Error(w, "no room", http.StatusServiceUnavailable)
			return
		}
		var rows [][]any
		for line := range strings.SplitSeq(string(body), "\n") {
			rows = append(rows, []any{line})
		}
		switch n {
		case f.lose:
			rows = nil
		case f.double:
			rows = slices.Concat(rows, rows)
		}
		if _, err := place.Database.CopyFrom(r.Context(), pgx.Identifier{"events"}, []string{"body"}, pgx.CopyFromRows(rows)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	root := os.Getpid()
	if f.dead {
		root = math.MaxInt32
	}
	out := &Running{
		Single: Posts{server.URL, "application/x-ndjson", http.StatusOK, single},
		Batch:  Posts{server.URL, "application/x-ndjson", http.StatusOK, lines},
		Roots:  []int{root}, Count: "SELECT count(*) FROM events", Stored: "SELECT count(*) FROM events",
		Stop: func() error { server.Close(); f.stops.Add(1); return nil },
	}
	if f.pending {
		out.Stored += " WHERE false"
	}
	return out, nil
}

func sessionOf(t *testing.T, database string) session {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has /proc")
	}
	return session{
		serverURL: pgtest.ServerURL(t), database: "bench_endtoend_" + database, reader: usage.NewReader(),
		patience: 200 * time.Millisecond, settling: time.Millisecond, warm: time.Millisecond,
	}
}

func TestCompare_measures_contenders_that_store_what_they_accept(t *testing.T) {
	t.Parallel()
	first, second := &fake{name: "first"}, &fake{name: "second"}
	var progress strings.Builder
	results, err := sessionOf(t, "good").compare(t.Context(), Config{
		Contenders: []Contender{first, second}, Settings: []Setting{{"Single posts", 2, 1}, {"Batches of 5", 3, 5}},
		Runs: 2, Each: 30 * time.Millisecond, Progress: &progress,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || results[1].Setting.Title != "Batches of 5" {
		t.Fatalf("results %+v", results)
	}
	for _, result := range results {
		if len(result.Lines) != measureCount {
			t.Fatalf("%s has %d lines, want %d", result.Setting.Title, len(result.Lines), measureCount)
		}
		for m, line := range result.Lines {
			for i, rates := range line.Rates {
				if want := []string{"first", "second"}[i]; rates.Contender != want || len(rates.Each) != 2 {
					t.Errorf("%s, %s: %+v, want two values of %s", result.Setting.Title, line.Labels[0], rates, want)
				}
				for _, v := range rates.Each {
					noQueue := m == queueMiB || m == queuePerEvent
					if math.IsNaN(v) != noQueue || v < 0 || (v == 0 && m != cpuPerEvent) {
						t.Errorf("%s, %s, %s: %v", result.Setting.Title, line.Labels[0], rates.Contender, v)
					}
				}
			}
		}
		for run := range 2 {
			for i := range 2 {
				accepted, stored := result.Lines[acceptedRate].Rates[i].Each[run], result.Lines[storedRate].Rates[i].Each[run]
				p50, p99 := result.Lines[postP50].Rates[i].Each[run], result.Lines[postP99].Rates[i].Each[run]
				if stored > accepted || p50 > p99 {
					t.Errorf("accepted %v, stored %v events/s; p50 %v, p99 %v ms", accepted, stored, p50, p99)
				}
			}
		}
	}
	if first.stops.Load() != 4 || second.stops.Load() != 4 {
		t.Errorf("stopped %d and %d times, want 4", first.stops.Load(), second.stops.Load())
	}
	var order []string
	for line := range strings.Lines(progress.String()) {
		order = append(order, strings.Fields(line)[6])
	}
	if want := []string{"first:", "second:", "second:", "first:"}; len(order) != 8 || !slices.Equal(order[:4], want) {
		t.Errorf("the first turns were those of %v, want %v:\n%s", order, want, &progress)
	}
}

func TestCompare_refuses_a_result_that_is_wrong(t *testing.T) {
	t.Parallel()
	cannot := errors.New("no such binary")
	const later = 2*warmPosts + 10 // there are two clients
	for name, test := range map[string]struct {
		fake *fake
		want string
	}{
		"a_row_is_missing":         {&fake{lose: later}, "accepted events are stored, and none more since 200ms"},
		"a_row_of_warming_missing": {&fake{lose: 1}, "accepted events are stored, and none more since 200ms"},
		"a_row_is_there_twice":     {&fake{double: later}, "events that were accepted"},
		"an_event_is_not_for_good": {&fake{pending: true}, "0 events are stored, want the "},
		"a_post_is_not_accepted":   {&fake{refuse: later}, "answers 503 Service Unavailable, want 200: no room"},
		"a_contender_cannot_start": {&fake{unable: cannot}, "start it: no such binary"},
		"a_process_is_not_there":   {&fake{dead: true}, "no such process"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.fake.name = "it"
			results, err := sessionOf(t, name).compare(t.Context(), Config{
				Contenders: []Contender{test.fake}, Settings: []Setting{{"Single posts", 2, 1}},
				Runs: 1, Each: 300 * time.Millisecond, Progress: io.Discard,
			})
			if err == nil || !strings.Contains(err.Error(), test.want) || results != nil {
				t.Errorf("got %v, error %v, want one with %q", results, err, test.want)
			}
			if started := test.fake.unable == nil; started != (test.fake.stops.Load() == 1) {
				t.Errorf("stopped %d times", test.fake.stops.Load())
			}
		})
	}
}

func TestCompare_says_which_setting_is_wrong(t *testing.T) {
	t.Parallel()
	good := Config{"postgres://", []Contender{&fake{}}, Settings(), 1, time.Second, io.Discard}
	for want, broken := range map[string]func(*Config){
		"ServerURL is empty":             func(c *Config) { c.ServerURL = "" },
		"0 contenders and 2 settings":    func(c *Config) { c.Contenders = nil },
		"Runs is 0, it must be at least": func(c *Config) { c.Runs = 0 },
		"Each is 0s":                     func(c *Config) { c.Each = 0 },
		"Progress is nil":                func(c *Config) { c.Progress = nil },
	} {
		c := good
		broken(&c)
		if _, err := Compare(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestFluxaPosts_are_the_routes_of_the_API(t *testing.T) {
	t.Parallel()
	one, batch := fluxaPosts("http://here")
	events := [][]byte{[]byte(`{"a":1}`), []byte(`{"b":2}`)}
	got := fmt.Sprintf("%s %s\n%s %s\n%s", one.URL, one.Body(events[:1]), batch.URL, batch.Body(events), lines(events))
	const want = `http://here/events {"a":1}
http://here/events/batch {"events":[{"a":1},{"b":2}]}
{"a":1}
{"b":2}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
