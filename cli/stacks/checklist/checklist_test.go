package checklist

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/cli/deadletters"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// world is a stack that works, until a test breaks a part of it.
type world struct {
	health    error
	refuse    error
	answer    api.Result // instead of the right one
	stored    json.RawMessage
	arrival   time.Duration // how long the event takes
	sentAt    time.Time
	state     string
	reason    string
	change    func(string) string // of the event that a query returns
	rowAmount string
	rowErr    error
	missing   []contract.Metric
	meterErr  error
	beginErr  error
	count     deadletters.Count
	countErr  error
}

func (w *world) Endpoint() string             { return "http://api.test" }
func (w *world) Health(context.Context) error { return w.health }

func (w *world) Send(_ context.Context, payload []byte, _ string) (api.Result, error) {
	if w.refuse != nil {
		return api.Result{}, w.refuse
	}
	w.stored, w.sentAt = payload, time.Now()
	if w.answer != (api.Result{}) {
		return w.answer, nil
	}
	e, err := event.Decode(payload)
	return api.Result{EventID: e.ID, Status: contract.StatusEnqueued}, err
}

var notFound = &api.Problem{Status: 404, Title: "Not Found", Detail: "no such event"}

func (w *world) arrived() bool { return time.Since(w.sentAt) >= w.arrival }

func (w *world) Status(_ context.Context, id string) (api.Status, error) {
	if !w.arrived() {
		return api.Status{}, notFound
	}
	s := api.Status{EventID: id, State: contract.StatusProcessed, Attempts: 1}
	if w.state != "" {
		s.State = w.state
		text := fmt.Sprintf(`{"event_id":%q,"status":%q,"attempts":2,"error":{"code":"hash_mismatch","reason":%q}}`, id, w.state, w.reason)
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (w *world) Event(context.Context, string) (json.RawMessage, error) {
	if w.state != "" || !w.arrived() {
		return nil, notFound
	}
	text := strings.TrimSuffix(string(w.stored), "}") + `,"payload_mode":"INLINE"}`
	if w.change != nil {
		text = w.change(text)
	}
	return json.RawMessage(text), nil
}

type rows struct{ *world }

func (r rows) Amount(context.Context, string) (string, bool, error) {
	if r.rowErr != nil || !r.arrived() || r.state != "" {
		return "", false, r.rowErr
	}
	if r.rowAmount != "" {
		return r.rowAmount, r.rowAmount != "none", nil
	}
	return "123456789123456.6789", true, nil
}

type meter struct{ *world }

func (meter) Source() string                { return "the meter" }
func (m meter) Begin(context.Context) error { return m.beginErr }
func (m meter) Missing(context.Context, []contract.Metric) ([]contract.Metric, error) {
	return m.missing, m.meterErr
}

type letters struct{ *world }

func (l letters) Count(context.Context) (deadletters.Count, error) { return l.count, l.countErr }

func checkAll(t *testing.T, w *world, change func(*Config)) ([]contract.Check, string) {
	t.Helper()
	var reported bytes.Buffer
	cfg := Config{
		API: w, Rows: rows{w}, Meter: meter{w}, DeadLetters: letters{w}, Local: true,
		Timeout: 30 * time.Second, MetricsTimeout: 30 * time.Second,
		Report: func(c contract.Check) {
			fmt.Fprintf(&reported, "%s %s\n", c.Name, c.Status)
		},
	}
	if change != nil {
		change(&cfg)
	}
	checks := Run(t.Context(), cfg)
	var again strings.Builder
	for _, c := range checks {
		fmt.Fprintf(&again, "%s %s\n", c.Name, c.Status)
	}
	if reported.String() != again.String() {
		t.Errorf("reported\n%s, returned\n%s", reported.String(), again.String())
	}
	return checks, strings.ReplaceAll(strings.TrimSpace(again.String()), "\n", ", ")
}

const allPassed = "health passed, ingest passed, database passed, query passed, metrics passed, dlq passed"

func TestRun(t *testing.T) {
	t.Parallel()
	lateMetrics := []contract.Metric{{Namespace: "Fluxa/Processor", Name: "processed_success"}}
	for name, test := range map[string]struct {
		world  world
		change func(*Config)
		want   string
		check  string // the one looked at
		detail string
		advice string
		took   time.Duration
	}{
		"all is well": {want: allPassed, check: Database, detail: "SELECT finds the event, with amount 123456789123456.6789"},
		"the event takes its time": {world: world{arrival: 29 * time.Second}, want: allPassed, check: Query,
			detail: "GET /events/{id} returns the same event, amount 123456789123456.6789 digit for digit", took: 29 * time.Second},
		"without a database the status stands for it, and that is said": {
			change: func(c *Config) { c.Rows = nil }, want: allPassed, check: Database,
			detail: "GET /events/{id}/status says processed (the database itself was not checked: no --database-url)"},
		"no health, nothing after it": {
			world:  world{health: &api.UnreachableError{Endpoint: "http://api.test", Err: errors.New("refused")}},
			want:   "health failed, ingest skipped, database skipped, query skipped, metrics skipped, dlq passed",
			check:  Health,
			detail: "cannot reach http://api.test: refused", advice: "start the stack with `make up`; if it runs, read the log of the query function"},
		"advice for a deployed stack": {
			world:  world{health: errors.New("no")},
			change: func(c *Config) { c.Local = false },
			want:   "health failed, ingest skipped, database skipped, query skipped, metrics skipped, dlq passed",
			check:  Health, detail: "no", advice: "check the endpoint's URL and its stage; then the log group of the query function"},
		"ingest refuses": {
			world: world{refuse: &api.Problem{Status: 403, Title: "Forbidden", Detail: "no key"}},
			want:  "health passed, ingest failed, database skipped, query skipped, metrics skipped, dlq passed",
			check: Ingest, detail: "the API answered 403 Forbidden: no key",
			advice: "read the log of the ingest function; with FLUXA_API_KEY set, it must be the stack's"},
		"ingest answers something else": {
			world: world{answer: api.Result{EventID: "x", Status: "accepted"}},
			want:  "health passed, ingest failed, database skipped, query skipped, metrics skipped, dlq passed",
			check: Ingest, detail: `answered status "accepted" for event "x", not "enqueued" for "ID"`,
			advice: "the ingest function is of another release: deploy it again"},
		"the event never arrives": {
			world: world{arrival: time.Hour},
			want:  "health passed, ingest passed, database failed, query skipped, metrics passed, dlq passed",
			check: Database, detail: "the processor has not seen the event within 30s",
			advice: "look at the processor's log, then at `fluxa dlq ls`", took: 30 * time.Second},
		"the event is given up": {
			world: world{arrival: time.Second, state: contract.StatusFailed, reason: "it differs"},
			want:  "health passed, ingest passed, database failed, query skipped, metrics passed, dlq passed",
			check: Database, detail: "the event is failed after 2 attempts, hash_mismatch: it differs",
			advice: "look at the processor's log, then at `fluxa dlq ls`", took: time.Second},
		"the event is retried all the time": {
			world:  world{state: contract.StatusProcessing, reason: "no database"},
			change: func(c *Config) { c.Rows, c.Timeout = nil, 5*time.Second },
			want:   "health passed, ingest passed, database failed, query skipped, metrics passed, dlq passed",
			check:  Database, detail: "the event is processing after 2 attempts, hash_mismatch: no database",
			advice: "look at the processor's log, then at `fluxa dlq ls`", took: 5 * time.Second},
		"the event is in another database": {
			world: world{rowAmount: "none"},
			want:  "health passed, ingest passed, database failed, query skipped, metrics passed, dlq passed",
			check: Database, detail: "the event is processed, but not in this database",
			advice: "--database-url may name another database than the processor's", took: 30 * time.Second},
		"the row lost digits": {
			world: world{rowAmount: "123456789123456.6800"},
			want:  "health passed, ingest passed, database failed, query skipped, metrics passed, dlq passed",
			check: Database, detail: "the row's amount is 123456789123456.6800, 123456789123456.6789 was sent",
			advice: "the column events.amount must be NUMERIC: apply the migrations with `fluxa migrate`"},
		"the database cannot be reached": {
			world: world{rowErr: errors.New("connect to the database: refused")},
			want:  "health passed, ingest passed, database failed, query skipped, metrics passed, dlq passed",
			check: Database, detail: "connect to the database: refused",
			advice: "see whether PostgreSQL runs: its log is below the data folder", took: 30 * time.Second},
		"a query rounds": {
			world: world{change: func(s string) string { return strings.Replace(s, "123456789123456.6789", "123456789123456.67", 1) }},
			want:  "health passed, ingest passed, database passed, query failed, metrics passed, dlq passed",
			check: Query, detail: "amount is 123456789123456.67, 123456789123456.6789 was sent",
			advice: "the event came back changed: note its id, and look at the query function and the events table"},
		"a query answers something else": {
			world: world{change: func(string) string {
				return `{"event_id":"other","timestamp":"2000-01-01T00:00:01Z","metadata":{"a":1}}`
			}},
			want:  "health passed, ingest passed, database passed, query failed, metrics passed, dlq passed",
			check: Query, detail: "event_id is other, ID was sent; user_id is , fluxa-verify was sent; amount is , 123456789123456.6789 was sent; " +
				"currency is , XTS was sent; merchant is , fluxa verify was sent; " +
				`timestamp is 2000-01-01 00:00:01 +0000 UTC, 2000-01-01 00:00:00 +0000 UTC was sent; metadata is {"a":1}, {"purpose":"verify"} was sent`,
			advice: "the event came back changed: note its id, and look at the query function and the events table"},
		"no metrics": {
			world:  world{missing: lateMetrics},
			change: func(c *Config) { c.Local, c.MetricsTimeout = false, 3*time.Minute },
			want:   "health passed, ingest passed, database passed, query passed, metrics failed, dlq passed",
			check:  Metrics, detail: "the meter: not seen within 3m0s: Fluxa/Processor processed_success",
			advice: "CloudWatch may lag by minutes: try --metrics-timeout 10m; else see that the function's log group has EMF lines", took: 3 * time.Minute},
		"metrics that cannot be read": {
			world:  world{meterErr: errors.New("denied")},
			change: func(c *Config) { c.MetricsTimeout = time.Second },
			want:   "health passed, ingest passed, database passed, query passed, metrics failed, dlq passed",
			check:  Metrics, detail: "denied", advice: "give AWS credentials that may read CloudWatch, or --skip-metrics", took: time.Second},
		"a meter that does not begin": {
			world: world{beginErr: errors.New("no logs")},
			want:  "health passed, ingest passed, database passed, query passed, metrics failed, dlq passed",
			check: Metrics, detail: "no logs", advice: "give AWS credentials and --stage, or --skip-metrics"},
		"no meter does not pass silently": {
			change: func(c *Config) { c.Meter = nil },
			want:   "health passed, ingest passed, database passed, query passed, metrics failed, dlq passed",
			check:  Metrics, detail: "no place to look for metrics was given", advice: "give AWS credentials and --stage, or --skip-metrics"},
		"metrics skipped": {
			change: func(c *Config) { c.Meter, c.SkipMetrics = nil, "--skip-metrics" },
			want:   "health passed, ingest passed, database passed, query passed, metrics skipped, dlq passed",
			check:  Metrics, detail: "--skip-metrics"},
		"dead letters": {
			world: world{count: deadletters.Count{Visible: 4}},
			want:  "health passed, ingest passed, database passed, query passed, metrics passed, dlq failed",
			check: DLQ, detail: "the DLQ has 4 messages", advice: "see why with `fluxa dlq ls`; once that is fixed, `fluxa dlq redrive --all`"},
		"a DLQ that does not answer": {
			world: world{countErr: errors.New("denied")},
			want:  "health passed, ingest passed, database passed, query passed, metrics passed, dlq failed",
			check: DLQ, detail: "denied", advice: "give AWS credentials that may read the queue's attributes, or --skip-dlq"},
		"no DLQ does not pass silently": {
			change: func(c *Config) { c.DeadLetters = nil },
			want:   "health passed, ingest passed, database passed, query passed, metrics passed, dlq failed",
			check:  DLQ, detail: "the URL of the DLQ was not given", advice: "give its URL with --dlq-url or FLUXA_DLQ_URL, or --skip-dlq"},
		"DLQ skipped": {
			change: func(c *Config) { c.SkipDLQ = "--skip-dlq" },
			want:   "health passed, ingest passed, database passed, query passed, metrics passed, dlq skipped",
			check:  DLQ, detail: "--skip-dlq"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				checks, got := checkAll(t, &test.world, test.change)
				if got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("took %s, want %s", took, test.took)
				}
				for _, c := range checks {
					if c.Name != test.check {
						continue
					}
					detail := c.Detail
					if e, err := event.Decode(test.world.stored); err == nil {
						detail = strings.ReplaceAll(detail, e.ID, "ID")
					}
					if detail != test.detail || c.Advice != test.advice {
						t.Errorf("%s: %q, advice %q\nwant: %q, advice %q", c.Name, detail, c.Advice, test.detail, test.advice)
					}
				}
				if wantOK := !strings.Contains(test.want, "failed"); Ok(checks) != wantOK {
					t.Errorf("Ok is %v", Ok(checks))
				}
			})
		})
	}
}

func TestRun_sends_an_event_that_the_API_takes(t *testing.T) {
	t.Parallel()
	w := &world{}
	checkAll(t, w, nil)
	e, err := event.Decode(w.stored)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(e.ID, "verify-") || e.Amount.String() != "123456789123456.6789" || e.Currency != "XTS" {
		t.Errorf("sent %s", w.stored)
	}
	if whole, fraction, _ := strings.Cut(e.Amount.String(), "."); len(whole) != contract.AmountIntegerDigits || len(fraction) != contract.AmountDecimals {
		t.Errorf("the amount %s does not use all the digits there are", e.Amount)
	}
}

func TestRun_interrupted_says_nothing_about_the_stack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		w := &world{arrival: time.Hour}
		checks := Run(ctx, Config{API: w, Rows: rows{w}, Timeout: 30 * time.Second, Report: func(contract.Check) {}})
		var got []string
		for _, c := range checks {
			got = append(got, c.Name+" "+string(c.Status)+" "+c.Detail)
		}
		text := strings.Join(got[2:], ", ")
		if text != "database skipped interrupted, query skipped interrupted, metrics skipped interrupted, dlq skipped interrupted" {
			t.Errorf("got %s", text)
		}
	})
}

func TestOk_wants_a_check_that_passed(t *testing.T) {
	t.Parallel()
	if Ok(nil) || Ok([]contract.Check{{Status: contract.CheckSkipped}}) || !Ok([]contract.Check{{Status: contract.CheckSkipped}, {Status: contract.CheckPassed}}) || Ok([]contract.Check{{Status: contract.CheckPassed}, {Status: contract.CheckFailed}}) {
		t.Error("Ok is wrong")
	}
}
