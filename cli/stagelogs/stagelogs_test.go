package stagelogs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cli/stagelogs"
	"github.com/fluxa/fluxa/pkg/contract"
)

var now = time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)

type line struct {
	id      string
	at      time.Time
	message string
}

// cloudWatch answers with one line a page, after an empty one.
type cloudWatch struct {
	t        *testing.T
	groups   map[string][]line
	patterns []string
	calls    int
}

func (f *cloudWatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.calls++
	var in struct {
		LogGroupName, FilterPattern, NextToken string
		StartTime                              int64
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Error(err)
	}
	group, there := f.groups[in.LogGroupName]
	if !there {
		w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
		http.Error(w, `{}`, http.StatusBadRequest)
		return
	}
	if in.FilterPattern != "" {
		f.patterns = append(f.patterns, in.FilterPattern)
	}
	wanted := slices.DeleteFunc(slices.Clone(group), func(l line) bool { return l.at.UnixMilli() < in.StartTime })
	page := 0
	if in.NextToken == "" {
		fmt.Fprint(w, `{"events":[],"nextToken":"0"}`)
		return
	}
	if _, err := fmt.Sscan(in.NextToken, &page); err != nil {
		f.t.Error(err)
	}
	answer := map[string]any{"events": []any{}}
	if page < len(wanted) {
		l := wanted[page]
		answer["events"] = []any{map[string]any{"eventId": l.id, "timestamp": l.at.UnixMilli(), "message": l.message + "\n"}}
		answer["nextToken"] = fmt.Sprint(page + 1)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		f.t.Error(err)
	}
}

func open(t *testing.T, f *cloudWatch) *stagelogs.Groups {
	t.Helper()
	return with(t, f, stagelogs.Config{Since: now})
}

func with(t *testing.T, f *cloudWatch, cfg stagelogs.Config) *stagelogs.Groups {
	t.Helper()
	f.t = t
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	cfg.Client = cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "s", ""),
	})
	cfg.Functions = map[contract.Function]string{
		contract.FunctionIngest: "fluxa-ingest-dev", contract.FunctionProcessor: "fluxa-processor-dev", contract.FunctionMaintain: "fluxa-maintain-dev",
	}
	return stagelogs.New(cfg)
}

func next(t *testing.T, logs *stagelogs.Groups) []string {
	t.Helper()
	var out []string
	if err := logs.Next(t.Context(), func(f contract.Function, line []byte) { out = append(out, string(f)+" "+string(line)) }); err != nil {
		t.Error(err)
	}
	return out
}

func TestNext_hands_over_each_line_once_though_one_comes_late(t *testing.T) {
	t.Parallel()
	f := &cloudWatch{groups: map[string][]line{
		"/aws/lambda/fluxa-ingest-dev":    {{"1", now.Add(-time.Second), "before"}, {"2", now.Add(time.Second), "a"}},
		"/aws/lambda/fluxa-processor-dev": {{"3", now.Add(5 * time.Second), "b"}},
	}}
	logs := open(t, f)
	if diff := cmp.Diff([]string{"ingest a", "processor b"}, next(t, logs)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	f.groups["/aws/lambda/fluxa-processor-dev"] = []line{{"4", now.Add(4 * time.Second), "late"}, {"3", now.Add(5 * time.Second), "b"}, {"5", now.Add(time.Minute), "c"}}
	if diff := cmp.Diff([]string{"processor late", "processor c"}, next(t, logs)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if again := next(t, logs); again != nil {
		t.Errorf("again: %q", again)
	}
}

// TestNext_goes_on_where_its_calls_ended reads two functions whose every line is a page.
func TestNext_goes_on_where_its_calls_ended(t *testing.T) {
	t.Parallel()
	f := &cloudWatch{groups: map[string][]line{
		"/aws/lambda/fluxa-ingest-dev":    {{"1", now, "a"}, {"2", now.Add(time.Second), "b"}, {"3", now.Add(2 * time.Second), "c"}},
		"/aws/lambda/fluxa-processor-dev": {{"4", now, "d"}},
		"/aws/lambda/fluxa-maintain-dev":  {{"5", now.Add(-40 * time.Hour), "e"}, {"6", now, "f"}},
	}}
	logs := with(t, f, stagelogs.Config{
		Since: now, Earlier: map[contract.Function]time.Time{contract.FunctionMaintain: now.Add(-48 * time.Hour)}, Calls: 4,
		Behind: time.Minute, Now: func() time.Time { return now.Add(time.Minute) },
	})
	var rounds [][]string
	for range 4 {
		before := f.calls
		rounds = append(rounds, next(t, logs))
		if f.calls > before+4 {
			t.Errorf("%d calls", f.calls-before)
		}
	}
	want := [][]string{{"ingest a"}, {"ingest b", "processor d", "maintain e", "ingest c"}, {"maintain f"}, nil}
	if diff := cmp.Diff(want, rounds); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestNext_goes_on_where_it_was_cut_off: what a page of the console may take ends a read in
// its middle. It does not begin anew then, which would cost its calls again.
func TestNext_goes_on_where_it_was_cut_off(t *testing.T) {
	t.Parallel()
	f := &cloudWatch{groups: map[string][]line{"/aws/lambda/fluxa-ingest-dev": {{"1", now, "a"}, {"2", now.Add(time.Second), "b"}}}}
	logs := open(t, f)
	ctx, cutOff := context.WithCancel(t.Context())
	if err := logs.Next(ctx, func(contract.Function, []byte) { cutOff() }); err == nil || f.calls != 2 {
		t.Errorf("%d calls, %v", f.calls, err)
	}
	// The line and the end of one function, and one call for each of the others.
	if got := next(t, logs); !slices.Equal(got, []string{"ingest b"}) || f.calls != 2+4 {
		t.Errorf("%q with %d calls", got, f.calls-2)
	}
}

func TestNext_leaves_out_what_is_too_far_behind_and_says_so(t *testing.T) {
	t.Parallel()
	f := &cloudWatch{groups: map[string][]line{"/aws/lambda/fluxa-ingest-dev": {{"1", now, "a"}, {"2", now.Add(time.Second), "b"}, {"3", now.Add(5 * time.Minute), "c"}}}}
	clock := now.Add(5*time.Minute + 30*time.Second)
	logs := with(t, f, stagelogs.Config{Since: now, Calls: 3, Behind: 5 * time.Minute, Now: func() time.Time { return clock }})
	var got []string
	read := func() error {
		return logs.Next(t.Context(), func(_ contract.Function, line []byte) { got = append(got, string(line)) })
	}
	const want = "ingest logs more than can be read within the quota of FilterLogEvents: lines were left out, and its numbers are too low"
	if err := read(); err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	for range 3 {
		if err := read(); err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
	}
	clock = clock.Add(2 * time.Minute)
	if err := read(); err != nil || !slices.Equal(got, []string{"c"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCalls_wait_for_their_turn(t *testing.T) {
	t.Parallel()
	f := &cloudWatch{groups: map[string][]line{"/aws/lambda/fluxa-ingest-dev": {{"1", now, "a"}}}}
	logs := with(t, f, stagelogs.Config{Since: now, PerSecond: 1e-6})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := logs.Search(ctx, []string{"e1"}, 1); err == nil || !strings.HasPrefix(err.Error(), "read the log group /aws/lambda/fluxa-ingest-dev: the calls that the quota") || f.calls != 1 {
		t.Errorf("%d calls, %v", f.calls, err)
	}
}

func TestSearch_looks_back_from_now(t *testing.T) {
	t.Parallel()
	clock := now
	f := &cloudWatch{groups: map[string][]line{"/aws/lambda/fluxa-ingest-dev": {{"1", now.Add(-50 * time.Minute), "a"}}}}
	logs := with(t, f, stagelogs.Config{Since: now, SearchFor: time.Hour, Now: func() time.Time { return clock }})
	for _, want := range []int{1, 0} {
		if got, err := logs.Search(t.Context(), []string{"e1"}, 2); err != nil || len(got) != want {
			t.Errorf("at %s: %q, %v, want %d", clock, got, err, want)
		}
		clock = clock.Add(time.Hour)
	}
}

func TestSearch_asks_for_the_ids(t *testing.T) {
	t.Parallel()
	f := &cloudWatch{groups: map[string][]line{"/aws/lambda/fluxa-ingest-dev": {{"1", now, "a"}, {"2", now, "b"}, {"3", now, "c"}}}}
	logs := open(t, f)
	got, err := logs.Search(t.Context(), []string{"e1"}, 2)
	if err != nil || len(got) != 2 || string(got[0]) != "a" {
		t.Errorf("%q, %v", got, err)
	}
	if want := `{ ($.event_id = "e1") || ($.correlation_id = "e1") }`; !slices.Contains(f.patterns, want) {
		t.Errorf("asked for %q, want %s", f.patterns, want)
	}
	if _, err := logs.Search(t.Context(), []string{`a"b`}, 2); err == nil || !strings.Contains(err.Error(), "quotes") {
		t.Errorf("got %v", err)
	}
}
