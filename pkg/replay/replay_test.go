package replay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/replay"
)

// table has days of events, each with its number as id.
type table struct{ days [][]event.Stored }

func tableOf(days ...int) table {
	var t table
	n := 0
	for _, size := range days {
		var day []event.Stored
		for range size {
			day = append(day, event.Stored{Event: event.Event{ID: fmt.Sprintf("e-%05d", n)}, Mode: event.Inline, Payload: []byte("p"), SHA256: strings.Repeat("0", 64)})
			n++
		}
		t.days = append(t.days, day)
	}
	return t
}

// day returns the events of the place's day that follow it, and the place of the next day.
func (t table) day(after event.Place) (rest []event.Stored, next event.Place, done bool) {
	number := 0
	if !after.Day.IsZero() {
		number = int(after.Day.Unix())
	}
	rest = slices.DeleteFunc(slices.Clone(t.days[number]), func(e event.Stored) bool { return e.ID <= after.ID })
	return rest, event.Place{Day: time.Unix(int64(number+1), 0)}, number+1 == len(t.days)
}

func (t table) Range(_ context.Context, _ event.Range, after event.Place, limit, _ int) (event.RangePage, error) {
	rest, next, done := t.day(after)
	if len(rest) <= limit {
		return event.RangePage{Events: rest, Next: next, Done: done}, nil
	}
	if after.Day.IsZero() {
		after.Day = time.Unix(0, 0)
	}
	return event.RangePage{Events: rest[:limit], Next: event.Place{Day: after.Day, ID: rest[limit-1].ID}}, nil
}

func (t table) RangeCount(_ context.Context, _ event.Range, after event.Place) (int64, event.Place, bool, error) {
	rest, next, done := t.day(after)
	return int64(len(rest)), next, done, nil
}

// outside takes what is sent, unless it fails, and says when it came.
type outside struct {
	sent  map[string]int
	times []time.Time
	fails func(call int) error
	calls int
}

func (o *outside) take(ids []string) []error {
	o.calls++
	errs := make([]error, len(ids))
	for i, id := range ids {
		if o.fails != nil {
			errs[i] = o.fails(o.calls)
		}
		if errs[i] == nil {
			o.sent[id]++
			o.times = append(o.times, time.Now())
		}
	}
	return errs
}

func (o *outside) PublishAgain(_ context.Context, events []event.Stored) []error {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = "announced " + e.ID
	}
	return o.take(ids)
}

func (o *outside) SendAgain(_ context.Context, envelopes []event.Envelope) []error {
	ids := make([]string, len(envelopes))
	for i, e := range envelopes {
		ids[i] = "queued " + e.EventID + " " + *e.Payload
	}
	return o.take(ids)
}

func operation(t *testing.T, store replay.Store, o *outside) operate.Operations {
	t.Helper()
	o.sent = map[string]int{}
	service, err := replay.New(replay.Config{Store: store, Topic: o, Queue: o})
	if err != nil {
		t.Fatal(err)
	}
	return operate.Operations{"replay": service.Operation()}
}

// replayAll asks for one step after the other. Every third answer is lost, and what it was
// for is asked again.
func replayAll(t *testing.T, operations operate.Operations, arguments string, lossy bool) (report replay.Report) {
	t.Helper()
	request := operate.Request{Operation: "replay", By: "eva", Arguments: []byte(arguments)}
	for call := 1; ; call++ {
		answer, err := operations.Run(t.Context(), request)
		if err != nil && fault.CodeOf(err) != fault.NotifierUnavailable {
			t.Fatal(err)
		}
		if lossy && call%3 == 0 {
			continue
		}
		if err := json.Unmarshal(answer.Report, &report); err != nil {
			t.Fatal(err)
		}
		if answer.Done {
			return report
		}
		request.Token = answer.Token
	}
}

const fast = `{"from":"1999-01-01T00:00:00Z","rate":10000}`

func TestReplay_sends_each_event_once_when_nothing_fails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for arguments, want := range map[string]string{
			fast: "announced e-",
			`{"from":"1999-01-01T00:00:00Z","rate":10000,"requeue":true}`: "queued e-",
		} {
			o := &outside{}
			report := replayAll(t, operation(t, tableOf(700, 0, 1, 501), o), arguments, false)
			if report.Events != 1202 || report.Sent != 1202 || !report.Counted || report.To.After(time.Now().Add(-event.Settled)) {
				t.Errorf("%s: report %+v", arguments, report)
			}
			if len(o.sent) != 1202 || len(o.times) != 1202 {
				t.Errorf("%s: %d sent, %d of them different", arguments, len(o.times), len(o.sent))
			}
			for id := range o.sent {
				if !strings.HasPrefix(id, want) {
					t.Errorf("%s: sent %s, want %s…", arguments, id, want)
				}
			}
		}
	})
}

// TestReplay_sends_each_event_at_least_once_whatever_is_lost loses answers and has calls
// fail, some after they took effect.
func TestReplay_sends_each_event_at_least_once_whatever_is_lost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &outside{fails: func(call int) error {
			if call%4 == 2 {
				return fault.New(fault.NotifierUnavailable, "the topic is away")
			}
			return nil
		}}
		report := replayAll(t, operation(t, tableOf(7000, 1, 3001), o), `{"from":"1999-01-01T00:00:00Z","rate":200}`, true)
		if report.Events != 10002 || report.Sent != 10002 {
			t.Errorf("report %+v", report)
		}
		if len(o.sent) != 10002 || len(o.times) == len(o.sent) {
			t.Errorf("%d sent, %d of them different, want each of 10,002 and some twice", len(o.times), len(o.sent))
		}
	})
}

func TestReplay_keeps_to_its_rate(t *testing.T) {
	t.Parallel()
	for _, rate := range []int{1, 50, 2000} {
		synctest.Test(t, func(t *testing.T) {
			o := &outside{}
			replayAll(t, operation(t, tableOf(10*rate), o), fmt.Sprintf(`{"from":"1999-01-01T00:00:00Z","rate":%d}`, rate), false)
			for i := range o.times {
				if after := i + rate + 500; after < len(o.times) && o.times[after].Sub(o.times[i]) < time.Second {
					t.Fatalf("%d a second: more than a page beyond it within %s", rate, o.times[after].Sub(o.times[i]))
				}
			}
			if took := o.times[len(o.times)-1].Sub(o.times[0]); len(o.sent) != 10*rate || took < 9*time.Second || took > 11*time.Second {
				t.Errorf("%d events at %d a second took %s", 10*rate, rate, took)
			}
		})
	}
}

func TestReplay_only_counts_in_a_dry_run(t *testing.T) {
	t.Parallel()
	o := &outside{}
	report := replayAll(t, operation(t, tableOf(700, 3), o), `{"from":"2026-01-01T00:00:00Z","rate":1,"dry_run":true}`, false)
	if report.Events != 703 || report.Sent != 0 || len(o.sent) != 0 {
		t.Errorf("report %+v, %d sent", report, len(o.sent))
	}
}

func TestReplay_says_how_many_were_not_taken(t *testing.T) {
	t.Parallel()
	o := &outside{fails: func(int) error { return fault.New(fault.NotifierUnavailable, "the topic is away") }}
	_, err := operation(t, tableOf(3), o).Run(t.Context(), operate.Request{Operation: "replay", By: "eva", Arguments: []byte(fast)})
	if fault.CodeOf(err) != fault.NotifierUnavailable || fault.ReasonOf(err) != "3 of 3 events were not taken: the topic is away" {
		t.Errorf("error %v", err)
	}
}

func TestReplay_refuses(t *testing.T) {
	t.Parallel()
	operations := operation(t, tableOf(1), &outside{})
	for arguments, want := range map[string]string{
		`{"rate":1}`:                                                           "from is missing",
		`{"from":"2026-01-01T00:00:00Z"}`:                                      "rate must be 1 to 10000 events a second, got 0",
		`{"from":"2026-01-01T00:00:00Z","rate":10001}`:                         "got 10001",
		`{"from":"2026-01-01T00:00:00Z","rate":1,"client":"A B"}`:              "client is not the name of a client",
		`{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z","rate":1}`: "from must be before to",
		`{"from":"2026-01-02T00:00:00Z","to":"9999-01-01T00:00:00Z","rate":1}`: "to must be 1m0s ago or earlier",
	} {
		_, err := operations.Run(t.Context(), operate.Request{Operation: "replay", By: "eva", Arguments: []byte(arguments)})
		if fault.CodeOf(err) != fault.InvalidValue || !strings.Contains(fault.ReasonOf(err), want) {
			t.Errorf("%s: error %v, want one with %q", arguments, err, want)
		}
	}
	if _, err := replay.New(replay.Config{}); err == nil {
		t.Error("a service without a store")
	}
}
