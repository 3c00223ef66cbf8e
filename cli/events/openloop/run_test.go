package openloop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/cli/pace"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// A closed loop with one request at a time would see the stall in a single latency of
// 200: p99 would be 10 ms.
func TestRun_counts_the_wait_of_every_event_that_was_due_during_a_stall(t *testing.T) {
	t.Parallel()
	const began, ended = 2 * time.Second, 3 * time.Second
	stall := func(at time.Duration) (time.Duration, error) {
		if at >= began && at < ended {
			return ended - at + 10*time.Millisecond, nil
		}
		return 10 * time.Millisecond, nil
	}
	for name, test := range map[string]struct {
		inFlight int
		waits    bool
	}{
		"with room for all":          {1000, false},
		"with one request in flight": {1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				report := runFilled(t, t.Context(), Config{
					API: &fake{answer: stall}, Schedule: Schedule{50, 0, 4 * time.Second}, InFlight: test.inFlight, Follow: 50,
				})
				if report.Accepted != 200 || report.AcceptedIn.Summary().Count != 200 {
					t.Fatalf("%+v", report)
				}
				// Of the 200 events 50 were due in the stall, 20 ms apart: they waited for 1 s, 0.98 s, 0.96 s and so on.
				near(t, "the median", report.AcceptedIn.At(50), 10*time.Millisecond)
				near(t, "max", report.AcceptedIn.Summary().Max, 1010*time.Millisecond)
				if test.inFlight > 1 {
					near(t, "p75", report.AcceptedIn.At(75), 10*time.Millisecond)
					near(t, "p75.5", report.AcceptedIn.At(75.5), 30*time.Millisecond)
					near(t, "p99", report.AcceptedIn.At(99), 970*time.Millisecond)
				} else if p99 := report.AcceptedIn.At(99); p99 < 970*time.Millisecond {
					t.Errorf("p99 is %s", p99)
				}
				if stored := report.StoredIn.At(90); stored < 600*time.Millisecond {
					t.Errorf("the events followed are not those that were due: p90 of stored is %s", stored)
				}
				if (report.Waited > 0) != test.waits {
					t.Errorf("%d waited", report.Waited)
				}
			})
		})
	}
}

func TestRun_sends_when_events_are_due(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(time.Duration) (time.Duration, error) { return 700 * time.Millisecond, nil }
		f := &fake{answer: slow, refuse: func(i int) bool { return i == 3 }}
		report := runFilled(t, t.Context(), Config{API: f, Schedule: Schedule{100, 0, 1050 * time.Millisecond}, BatchSize: 20})
		var want []time.Duration
		for i := range 6 {
			want = append(want, time.Duration(i)*200*time.Millisecond)
		}
		if !slices.Equal(f.came, want) || !slices.Equal(f.batches, []int{20, 20, 20, 20, 20, 5}) || len(f.payloads) != 105 {
			t.Errorf("came at %s with %d events", f.came, f.batches)
		}
		if report.Accepted != 99 || report.Errors != 6 || report.ErrorsByCode["invalid_value"] != 6 || report.Requests != 6 || report.AcceptedIn.Summary().Count != 99 ||
			report.ErrorExamples["invalid_value"] != "amount must be greater than 0" || report.Sending != 1700*time.Millisecond || report.Late != 0 {
			t.Errorf("%+v", report)
		}
	})
}

func TestRun_bounds_the_requests_in_flight(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		took    func(at time.Duration) time.Duration
		sending time.Duration
	}{
		"that end one by one": {func(time.Duration) time.Duration { return time.Second }, 4200 * time.Millisecond},
		// One waits for a place, and four behind it find theirs at once.
		"that end together": {func(at time.Duration) time.Duration { return time.Second - at%time.Second }, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: func(at time.Duration) (time.Duration, error) { return test.took(at), nil }}
				report := runFilled(t, t.Context(), Config{API: f, Schedule: Schedule{20, 0, time.Second}, InFlight: 5})
				if f.most != 5 || report.Accepted != 20 || report.Waited != 15 || report.Late != 0 || report.Sending != test.sending {
					t.Errorf("%d in flight, %+v", f.most, report)
				}
				near(t, "max", report.AcceptedIn.Summary().Max, 3250*time.Millisecond)
			})
		})
	}
}

func TestRun_follows_a_sample(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{state: func(int) (string, time.Duration) { return contract.StatusProcessed, 3 * time.Second }}
		report := runFilled(t, t.Context(), Config{API: f, Schedule: Schedule{100, 0, 5 * time.Second}, Follow: 10})
		stored := report.StoredIn.Summary()
		if report.Followed != 50 || stored.Count != 50 || report.Processed != 500 || report.Lost != 0 {
			t.Fatalf("%+v", report)
		}
		if stored.P50 < 3010*time.Millisecond || stored.Max > 3010*time.Millisecond*105/100 {
			t.Errorf("stored takes %+v, want 3.01 s and at most 5 %% more", stored)
		}
		// 10 ms apart up to 0.2 s, then 5 % apart: ln(3.01/0.2)/ln(1.05) are 56.
		if each := report.Asked / 50; each < 70 || each > 80 {
			t.Errorf("each was asked about %d times", each)
		}
		often := 0
		for _, n := range f.questions {
			if n > 50 {
				often++
			} else if n > 12 {
				t.Errorf("an event that was not followed was asked about %d times", n)
			}
		}
		if often != 50 {
			t.Errorf("%d events were asked about often", often)
		}
	})
}

func TestRun_finds_what_is_lost_and_what_failed(t *testing.T) {
	t.Parallel()
	for _, follow := range []pace.Rate{0, 1000} {
		t.Run(fmt.Sprintf("follow %g", follow), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{state: func(n int) (string, time.Duration) {
					switch {
					case n >= 10 && n < 210: // more than a round asks about in vain
						return contract.StatusProcessing, 0
					case n == 7:
						return contract.StatusFailed, 0
					case n == 300:
						return contract.StatusProcessed, time.Hour
					}
					return contract.StatusProcessed, 10 * time.Second
				}}
				report := runFilled(t, t.Context(), Config{
					API: f, Schedule: Schedule{100, 0, 5 * time.Second}, Follow: follow, Objectives: objectives(t, "accepted.max<1s"),
				})
				if report.Accepted != 500 || report.Processed != 298 || report.Failed != 1 || report.Lost != 201 || report.Unchecked != 0 || report.Held() {
					t.Errorf("%+v", report.Figures)
				}
				if report.Draining != time.Minute || len(report.Missing) != 5 || report.Missing[0] != (Missing{"e0007", "failed"}) || report.Missing[1].Last != "processing" {
					t.Errorf("after %s: %+v", report.Draining, report.Missing)
				}
				if step := report.Steps[0]; step.Held() || !report.Verdicts[0].Met {
					t.Errorf("a step with lost events held: %+v", step.Verdicts)
				}
			})
		})
	}
	t.Run("when the status cannot be had for a while", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &broken{fake: &fake{}, until: time.Now().Add(20 * time.Second)}
			report := runFilled(t, t.Context(), Config{API: f, Schedule: Schedule{100, 0, 5 * time.Second}, Follow: 1})
			if report.Processed != 500 || !report.Held() || report.Draining > 17*time.Second {
				t.Errorf("after %s: %+v", report.Draining, report)
			}
		})
	})
	t.Run("when there is no time to ask", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &broken{fake: &fake{}, until: time.Now().Add(time.Hour)}
			report := runFilled(t, t.Context(), Config{API: f, Schedule: Schedule{100, 0, 5 * time.Second}, Drain: 10 * time.Millisecond})
			if report.Lost != 500 || report.Missing[0].Last != "not asked" {
				t.Errorf("%+v", report)
			}
		})
	})
}

// broken answers no question about a status for a while.
type broken struct {
	*fake
	until time.Time
}

func (b *broken) Status(ctx context.Context, id string) (api.Status, error) {
	if time.Now().Before(b.until) {
		return api.Status{}, &api.Problem{Status: 503, Code: "database_unavailable"}
	}
	return b.fake.Status(ctx, id)
}

func TestRun_goes_on_through_errors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: func(at time.Duration) (time.Duration, error) {
			switch {
			case at < time.Second || at >= 4*time.Second:
				return 10 * time.Millisecond, nil
			case at < 2*time.Second:
				return 0, &api.Problem{Status: 429, Code: "rate_limited", Detail: "too many requests"}
			case at < 3*time.Second:
				return 30 * time.Second, &api.UnreachableError{Endpoint: "http://h", Err: errors.New("no answer within 30s")}
			}
			return 0, &api.Problem{Status: 403} // a firewall that has had enough
		}}
		report := runFilled(t, t.Context(), Config{API: f, Schedule: Schedule{100, 0, 5 * time.Second}, Objectives: objectives(t, "errors<60%", "errors<59.9%")})
		if report.Accepted != 200 || report.Errors != 300 || report.Unsent != 0 || report.Stopped != nil || len(f.came) != 500 {
			t.Errorf("%+v", report)
		}
		if report.ErrorsByCode["rate_limited"] != 100 || report.ErrorsByCode[api.Unreachable] != 100 || report.ErrorsByCode["http_403"] != 100 ||
			report.ErrorExamples[api.Unreachable] != "cannot reach http://h: no answer within 30s" {
			t.Errorf("%v %v", report.ErrorsByCode, report.ErrorExamples)
		}
		near(t, "max", report.AcceptedIn.Summary().Max, 10*time.Millisecond)
		if report.Verdicts[0].Met || report.Verdicts[0].Share != 0.6 || report.Verdicts[1].Met {
			t.Errorf("%+v", report.Verdicts)
		}
	})
}

func TestRun_ends_early(t *testing.T) {
	t.Parallel()
	t.Run("when it is not let in", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			forbidden := &api.Problem{Status: 403, Title: "Forbidden"}
			f := &fake{answer: func(time.Duration) (time.Duration, error) { return 15 * time.Millisecond, forbidden }}
			report := runFilled(t, t.Context(), Config{API: f, Schedule: Schedule{100, 0, time.Minute}})
			if report.Errors != 2 || report.Unsent != 5998 || !errors.Is(report.Stopped, forbidden) || report.Held() {
				t.Errorf("%+v", report)
			}
		})
	})
	t.Run("when its caller does, after what is in flight", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(2005*time.Millisecond, cancel)
			f := &fake{answer: func(time.Duration) (time.Duration, error) { return 500 * time.Millisecond, nil }}
			report := runFilled(t, ctx, Config{API: f, Schedule: Schedule{100, 0, time.Minute}, Follow: 10})
			if report.Accepted != 201 || report.Errors != 0 || report.Unsent != 5799 || report.Stopped != nil || report.Sending != 2500*time.Millisecond || report.Draining != 0 {
				t.Errorf("%+v", report)
			}
			if report.Lost != 0 || report.Processed+report.Unchecked != 201 || report.Processed < 10 || report.Held() {
				t.Errorf("%+v", report.Figures)
			}
		})
	})
	t.Run("when its caller does, and what is in flight does not end", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(995*time.Millisecond, cancel)
			report := runFilled(t, ctx, Config{API: &stuck{}, Schedule: Schedule{10, 0, time.Minute}, InFlight: 5})
			if report.Errors != 5 || report.ErrorsByCode[api.Unreachable] != 5 || report.Unsent != 595 || report.Sending != 995*time.Millisecond+grace {
				t.Errorf("%+v", report)
			}
		})
	})
	t.Run("when its caller does while it asks for the status", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(10*time.Second, cancel)
			f := &fake{state: func(n int) (string, time.Duration) {
				return contract.StatusProcessed, time.Duration(n) * 100 * time.Millisecond
			}}
			report := runFilled(t, ctx, Config{API: f, Schedule: Schedule{100, 0, 5 * time.Second}})
			if report.Lost != 0 || report.Unchecked == 0 || report.Processed == 0 || report.Processed+report.Unchecked != 500 || report.Unsent != 0 {
				t.Errorf("%+v", report.Figures)
			}
		})
	})
}

// stuck answers nothing.
type stuck struct{ fake }

func (*stuck) Send(ctx context.Context, _ []byte, _ string) (api.Result, error) {
	<-ctx.Done()
	return api.Result{}, ctx.Err()
}
