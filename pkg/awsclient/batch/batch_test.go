package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/awsclient/batch"
)

var (
	errPassing = errors.New("throttled")
	errFinal   = errors.New("not a message")
)

func mustNew[E any](t *testing.T, c batch.Config[E]) *batch.Sender[E] {
	t.Helper()
	sender, err := batch.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

// recorder notes each call and answers from plans, by entry: the outcomes of
// its tries in turn, taken once they are used up.
type recorder struct {
	mu    sync.Mutex
	calls [][]string
	plans map[string][]batch.Outcome
}

func (r *recorder) call(_ context.Context, entries []string) []batch.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, slices.Clone(entries))
	out := make([]batch.Outcome, len(entries))
	for i, e := range entries {
		if plan := r.plans[e]; len(plan) > 0 {
			out[i], r.plans[e] = plan[0], plan[1:]
		}
	}
	return out
}

func TestSend(t *testing.T) {
	t.Parallel()
	passing, final := batch.Outcome{Err: errPassing, Again: true}, batch.Outcome{Err: errFinal}
	for name, c := range map[string]struct {
		entries string
		plans   map[string][]batch.Outcome
		errs    []error
		calls   []string
	}{
		"no entries make no call":                     {"", nil, []error{}, nil},
		"all taken at once":                           {"abc", nil, []error{nil, nil, nil}, []string{"abc"}},
		"eleven make two calls":                       {"abcdefghijk", nil, make([]error, 11), []string{"abcdefghij", "k"}},
		"only what was refused is sent again":         {"abc", map[string][]batch.Outcome{"b": {passing}}, []error{nil, nil, nil}, []string{"abc", "b"}},
		"a final refusal is not sent again":           {"abc", map[string][]batch.Outcome{"a": {final}}, []error{errFinal, nil, nil}, []string{"abc"}},
		"attempts are bounded":                        {"ab", map[string][]batch.Outcome{"a": {passing, passing, passing}}, []error{errPassing, nil}, []string{"ab", "a", "a"}},
		"the last outcome counts":                     {"ab", map[string][]batch.Outcome{"b": {passing, final}}, []error{nil, errFinal}, []string{"ab", "b"}},
		"each entry has its own outcome over retries": {"abc", map[string][]batch.Outcome{"a": {passing}, "b": {final}, "c": {passing, passing, passing}}, []error{nil, errFinal, errPassing}, []string{"abc", "ac", "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := &recorder{plans: c.plans}
				sender := mustNew(t, batch.Config[string]{Call: r.call, Calls: 1})
				errs := sender.Send(t.Context(), split(c.entries))
				if !slices.Equal(errs, c.errs) {
					t.Errorf("errors %v, want %v", errs, c.errs)
				}
				var calls []string
				for _, call := range r.calls {
					calls = append(calls, strings.Join(call, ""))
				}
				if !slices.Equal(calls, c.calls) {
					t.Errorf("calls %q, want %q", calls, c.calls)
				}
			})
		})
	}
}

func split(entries string) []string {
	if entries == "" {
		return nil
	}
	return strings.Split(entries, "")
}

func TestSend_a_call_that_says_too_little_loses_nothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		sender := mustNew(t, batch.Config[int]{Call: func(context.Context, []int) []batch.Outcome {
			tries++
			return []batch.Outcome{{}}
		}})
		errs := sender.Send(t.Context(), []int{1, 2, 3})
		if errs[0] != nil || errs[1] != nil {
			t.Errorf("the first and, when sent again, the second were taken, got %v", errs)
		}
		if tries != 3 || errs[2] != nil {
			t.Errorf("%d tries, want 3, the last of them takes the third: %v", tries, errs)
		}
	})
}

func TestSend_never_exceeds_a_limit_and_sends_each_entry_once(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		bytes := 1 + random.IntN(1000)
		entries := make([][2]int, random.IntN(60))
		for i := range entries {
			entries[i] = [2]int{i, random.IntN(bytes + 1)}
		}
		var mu sync.Mutex
		sent := make([]int, len(entries))
		config := batch.Config[[2]int]{
			Size: func(e [2]int) int { return e[1] }, Entries: 1 + random.IntN(10), Bytes: bytes,
			Calls: 1 + random.IntN(8),
		}
		config.Call = func(_ context.Context, part [][2]int) []batch.Outcome {
			mu.Lock()
			defer mu.Unlock()
			sum := 0
			for _, e := range part {
				sent[e[0]]++
				sum += e[1]
			}
			if sum > bytes || len(part) > config.Entries || len(part) == 0 {
				t.Errorf("seed %d: a call of %d entries and %d bytes, the limits are %d and %d", seed, len(part), sum, config.Entries, bytes)
			}
			return make([]batch.Outcome, len(part))
		}
		for i, err := range mustNew(t, config).Send(t.Context(), entries) {
			if err != nil || sent[i] != 1 {
				t.Fatalf("seed %d: entry %d sent %d times, error %v", seed, i, sent[i], err)
			}
		}
	}
}

func TestSend_has_only_so_many_calls_under_way(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		sender := mustNew(t, batch.Config[int]{Entries: 1, Calls: 3, Call: func(_ context.Context, part []int) []batch.Outcome {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return make([]batch.Outcome, len(part))
		}})
		start := time.Now()
		sender.Send(t.Context(), make([]int, 9))
		if most != 3 || time.Since(start) != 3*time.Second {
			t.Errorf("%d calls at once in %s, want 3 in 3s", most, time.Since(start))
		}
	})
}

func TestSend_pauses_grow_and_vary(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		sender := mustNew(t, batch.Config[int]{Attempts: 4, Backoff: time.Second, Call: func(context.Context, []int) []batch.Outcome {
			at = append(at, time.Now())
			return []batch.Outcome{{Err: errPassing, Again: true}}
		}})
		sender.Send(t.Context(), []int{1})
		if len(at) != 4 {
			t.Fatalf("%d tries, want 4", len(at))
		}
		for i, mean := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			if pause := at[i+1].Sub(at[i]); pause < mean/2 || pause > mean*3/2 {
				t.Errorf("pause %d is %s, want %s ± half", i+1, pause, mean)
			}
		}
	})
}

func TestSend_stops_with_its_context(t *testing.T) {
	t.Parallel()
	t.Run("cancelled before: no call", func(t *testing.T) {
		t.Parallel()
		r := &recorder{}
		ctx, cancel := context.WithCancelCause(t.Context())
		cause := errors.New("shutting down")
		cancel(cause)
		errs := mustNew(t, batch.Config[string]{Call: r.call, Calls: 1}).Send(ctx, split("abcdefghijklmnopqrstuvwxyz"))
		if len(r.calls) != 0 {
			t.Errorf("%d calls, want none", len(r.calls))
		}
		for i, err := range errs {
			if !errors.Is(err, cause) {
				t.Errorf("entry %d: %v, want the cause", i, err)
			}
		}
	})
	t.Run("cancelled between: what was taken stays taken", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		sender := mustNew(t, batch.Config[int]{Entries: 1, Calls: 1, Call: func(context.Context, []int) []batch.Outcome {
			calls++
			cancel()
			return []batch.Outcome{{}}
		}})
		errs := sender.Send(ctx, []int{1, 2, 3})
		if calls != 1 || errs[0] != nil || !errors.Is(errs[1], context.Canceled) || !errors.Is(errs[2], context.Canceled) {
			t.Errorf("%d calls and errors %v, want 1 and all but the first cancelled", calls, errs)
		}
	})
	t.Run("cancelled during a pause: the entry keeps its own error", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			calls := 0
			sender := mustNew(t, batch.Config[int]{Backoff: time.Hour, Call: func(context.Context, []int) []batch.Outcome {
				calls++
				time.AfterFunc(time.Second, cancel)
				return []batch.Outcome{{Err: errPassing, Again: true}}
			}})
			start := time.Now()
			errs := sender.Send(ctx, []int{1})
			if calls != 1 || !errors.Is(errs[0], errPassing) || time.Since(start) != time.Second {
				t.Errorf("%d calls in %s, error %v", calls, time.Since(start), errs[0])
			}
		})
	})
	t.Run("no pause begins that the deadline would end", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			sender := mustNew(t, batch.Config[int]{Backoff: time.Hour, Call: func(context.Context, []int) []batch.Outcome {
				return []batch.Outcome{{Err: errPassing, Again: true}}
			}})
			start := time.Now()
			errs := sender.Send(ctx, []int{1})
			if time.Since(start) != 0 || !errors.Is(errs[0], errPassing) {
				t.Errorf("it waited %s, error %v", time.Since(start), errs[0])
			}
		})
	})
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	call := func(context.Context, []int) []batch.Outcome { return nil }
	for want, c := range map[string]batch.Config[int]{
		"batch: Call is required":                       {},
		"batch: Entries must be 1 to 10, got 11":        {Call: call, Entries: 11},
		"batch: Calls must be 1 to 64, got -1":          {Call: call, Calls: -1},
		"batch: Attempts must be 1 to 10, got 11":       {Call: call, Attempts: 11},
		"batch: Bytes must not be negative, got -1":     {Call: call, Bytes: -1},
		"batch: Backoff must not be negative, got -1ns": {Call: call, Backoff: -1},
	} {
		if _, err := batch.New(c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func ExampleSender_Send() {
	full := map[string]bool{"b": true}
	sender, err := batch.New(batch.Config[string]{
		Call: func(_ context.Context, entries []string) []batch.Outcome {
			out := make([]batch.Outcome, len(entries))
			for i, e := range entries {
				if full[e] {
					out[i].Err = errors.New(e + " was refused")
				}
			}
			return out
		},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(sender.Send(context.Background(), []string{"a", "b", "c"}))
	// Output: [<nil> b was refused <nil>]
}
