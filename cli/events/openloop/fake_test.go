package openloop

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/events/load"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// fake takes events and processes them, in simulated time. Its zero value answers each
// request after 10 ms, and has each event processed 100 ms after that.
type fake struct {
	// answer returns how long a request takes that comes at a time since the first,
	// and its error. Default: 10 ms, none.
	answer func(at time.Duration) (time.Duration, error)
	// refuse refuses the n-th event of a batch.
	refuse func(n int) bool
	// state is what the status says of the n-th event, and how long after it was
	// accepted; before that it is not found.
	state func(n int) (state string, after time.Duration)

	mu        sync.Mutex
	first     time.Time
	came      []time.Duration // requests
	batches   []int
	accepted  map[string]accepted
	inFlight  int
	most      int
	payloads  map[string]bool
	questions map[string]int
}

type accepted struct {
	n  int
	at time.Time
}

func (f *fake) take(payloads [][]byte) error {
	f.mu.Lock()
	if f.accepted == nil {
		f.first, f.accepted, f.payloads, f.questions = time.Now(), map[string]accepted{}, map[string]bool{}, map[string]int{}
	}
	at := time.Since(f.first)
	f.came = append(f.came, at)
	f.batches = append(f.batches, len(payloads))
	for _, p := range payloads {
		f.payloads[string(p)] = true
	}
	f.inFlight++
	f.most = max(f.most, f.inFlight)
	f.mu.Unlock()
	took, err := 10*time.Millisecond, error(nil)
	if f.answer != nil {
		took, err = f.answer(at)
	}
	time.Sleep(took)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
	return err
}

func (f *fake) accept() api.Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.accepted)
	id := fmt.Sprintf("e%04d", n)
	f.accepted[id] = accepted{n, time.Now()}
	return api.Result{EventID: id, Status: contract.StatusEnqueued}
}

func (f *fake) Send(_ context.Context, payload []byte, key string) (api.Result, error) {
	if err := f.take([][]byte{payload}); err != nil {
		return api.Result{}, err
	}
	return f.accept(), nil
}

func (f *fake) SendBatch(_ context.Context, payloads [][]byte, key string) ([]api.Result, error) {
	if err := f.take(payloads); err != nil {
		return nil, err
	}
	var out []api.Result
	for i := range payloads {
		if f.refuse != nil && f.refuse(i) {
			out = append(out, api.Result{Status: contract.StatusRefused, Error: &api.ResultError{Code: "invalid_value", Detail: "amount must be greater than 0"}})
			continue
		}
		out = append(out, f.accept())
	}
	return out, nil
}

func (f *fake) Status(_ context.Context, id string) (api.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.questions[id]++
	event := f.accepted[id]
	state, after := contract.StatusProcessed, 100*time.Millisecond
	if f.state != nil {
		state, after = f.state(event.n)
	}
	if time.Since(event.at) < after {
		return api.Status{}, &api.Problem{Status: 404}
	}
	return api.Status{EventID: id, State: state}, nil
}

// runFilled runs with what the command sets by default.
func runFilled(t *testing.T, ctx context.Context, cfg Config) Report {
	t.Helper()
	source, err := load.Generator{Count: cfg.Schedule.Events(), Until: time.Now()}.Source()
	if err != nil {
		t.Fatal(err)
	}
	cfg.Source = source
	if cfg.BatchSize == 0 {
		cfg.BatchSize = 1
	}
	if cfg.InFlight == 0 {
		cfg.InFlight = 1000
	}
	if cfg.Drain == 0 {
		cfg.Drain = time.Minute
	}
	var sent, left, checked int64
	var mu sync.Mutex
	cfg.Sent = func(events int) { sent += int64(events) }
	cfg.Draining = func(events int64) { left = events }
	cfg.Checked = func(events int) {
		mu.Lock()
		defer mu.Unlock()
		checked += int64(events)
	}
	report, err := Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if sent != report.Accepted+report.Errors || checked > left {
		t.Errorf("progress told of %d sent and %d of %d checked: %+v", sent, checked, left, report)
	}
	return report
}

func objectives(t *testing.T, texts ...string) []Objective {
	t.Helper()
	out := make([]Objective, len(texts))
	for i, text := range texts {
		if err := out[i].UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// near allows for the three digits of a histogram.
func near(t *testing.T, name string, got, want time.Duration) {
	t.Helper()
	if got < want || got > want+want/500+time.Microsecond {
		t.Errorf("%s is %s, want %s", name, got, want)
	}
}
