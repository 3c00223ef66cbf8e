package process_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// A message that ends the process is tried apart once it is suspect, after its
// neighbours are stored, and then given up.
func TestProcessBatch_a_message_that_ends_the_process_harms_nobody_else(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	store.BeforePersist = func(_ context.Context, _ int, records []process.Record) error {
		if slices.ContainsFunc(records, func(r process.Record) bool { return r.EventID == "crasher" && r.Status == process.StatusSuccess }) {
			runtime.Goexit() // the nearest that a test comes to the end of its process
		}
		return nil
	}
	died := func(deliveries int) bool {
		messages := []process.Message{good(t, "crasher"), good(t, fmt.Sprintf("a%d", deliveries)), good(t, fmt.Sprintf("b%d", deliveries))}
		for i := range messages {
			messages[i].Deliveries = deliveries
		}
		ended := make(chan bool)
		go func() {
			finished := false
			defer func() { ended <- !finished }()
			service.ProcessBatch(t.Context(), messages)
			finished = true
		}()
		return <-ended
	}
	if !died(4) { // not suspect yet: it takes its neighbours along
		t.Fatal("delivery 4 did not end the process")
	}
	for deliveries := 5; deliveries <= 7; deliveries++ {
		if !died(deliveries) {
			t.Fatalf("delivery %d did not end the process", deliveries)
		}
		if _, stored := store.Events()[event.Identity{ID: fmt.Sprintf("b%d", deliveries)}]; !stored {
			t.Errorf("delivery %d: its neighbours are not stored", deliveries)
		}
	}
	w.letterErr = func(process.DeadLetter) error { return errors.New("throttled") }
	if died(8) {
		t.Fatal("it was tried once more")
	}
	want(t, len(w.letters), 0)
	w.letterErr = nil
	if died(9) {
		t.Fatal("it was tried once more, since the DLQ could not be reached")
	}
	want(t, len(w.letters), 1)
	want(t, w.letters[0].Code, fault.ProcessorEnded)
	want(t, w.letters[0].EventID, "crasher")
	if row, _ := store.Row(event.Identity{ID: "crasher"}); row.Status != process.StatusFailed || row.ErrorCode != fault.ProcessorEnded {
		t.Errorf("row = %+v", row)
	}
}

// batches are deliveries of the same messages, again and again, until none is left.
type batches struct {
	t        *testing.T
	service  *process.Service
	messages []process.Message
}

// deliver delivers all that are left, and reports whether the process ended.
func (b *batches) deliver(deliveries int) (died bool) {
	for i := range b.messages {
		b.messages[i].Deliveries = deliveries
	}
	var report process.Report
	ended := make(chan bool)
	go func() {
		finished := false
		defer func() { ended <- !finished }()
		report = b.service.ProcessBatch(b.t.Context(), b.messages)
		finished = true
	}()
	if died = <-ended; !died {
		failed := report.Failed()
		b.messages = slices.DeleteFunc(b.messages, func(m process.Message) bool { return !slices.Contains(failed, m.ID) })
	}
	return died
}

// endedBy has the process end when one of some events would be stored.
func endedBy(ids ...string) func(context.Context, int, []process.Record) error {
	return func(_ context.Context, _ int, records []process.Record) error {
		if slices.ContainsFunc(records, func(r process.Record) bool {
			return slices.Contains(ids, r.EventID) && r.Status == process.StatusSuccess
		}) {
			runtime.Goexit() // the nearest that a test comes to the end of its process
		}
		return nil
	}
}

// Two messages become suspects together, and always come together. The one that ends the
// process comes first, so that the other one never gets its turn.
func TestProcessBatch_a_suspect_that_waits_for_its_turn_is_not_given_up(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	store.BeforePersist = endedBy("crasher")
	b := &batches{t, service, []process.Message{good(t, "crasher"), good(t, "innocent")}}
	for deliveries := 4; deliveries <= 12 && len(b.messages) > 0; deliveries++ {
		b.deliver(deliveries)
	}
	want(t, len(b.messages), 0)
	want(t, len(w.letters), 1)
	want(t, w.letters[0].EventID, "crasher")
	if _, stored := store.Events()[event.Identity{ID: "innocent"}]; !stored {
		t.Error("the innocent one is not stored")
	}
}

// Of two that end the process one is given up first. The other one must not end that
// invocation: what was given up would come again, and be given up again, without an end.
func TestProcessBatch_two_messages_that_end_the_process_are_both_given_up(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	store.BeforePersist = endedBy("one", "two")
	b := &batches{t, service, []process.Message{good(t, "one"), good(t, "two")}}
	deliveries, deaths := 4, 0
	for ; deliveries <= 40 && len(b.messages) > 0; deliveries++ {
		if b.deliver(deliveries) {
			deaths++
		}
	}
	want(t, len(b.messages), 0)
	want(t, len(w.letters), 2)
	want(t, []fault.Code{w.letters[0].Code, w.letters[1].Code}, []fault.Code{fault.ProcessorEnded, fault.ProcessorEnded})
	if deaths > 8 {
		t.Errorf("the process ended %d times, want at most four times for each", deaths)
	}
}

// Deliveries alone make no suspect: after an outage every message has many.
func TestProcessBatch_many_deliveries_make_no_suspect(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	down := true
	store.BeforePersist = func(context.Context, int, []process.Record) error {
		if down {
			return fault.New(fault.DatabaseUnavailable, "down")
		}
		return nil
	}
	for deliveries := 1; deliveries <= 30; deliveries++ {
		down = deliveries < 30
		a, b := good(t, "a"), good(t, "b")
		a.Deliveries, b.Deliveries = deliveries, deliveries
		w.steps = nil
		service.ProcessBatch(t.Context(), []process.Message{a, b})
	}
	want(t, w.steps, []string{"persist 2", "publish 2"})
	want(t, len(w.letters), 0)
}

// deaf is a store that cannot be reached by those who ask whose work began, or who begin.
type deaf struct {
	process.Store
	begun, begin bool
}

func (d deaf) Begun(ctx context.Context, ids []string) (map[string]int, error) {
	if d.begun {
		return nil, fault.New(fault.DatabaseUnavailable, "down")
	}
	return d.Store.Begun(ctx, ids)
}

func (d deaf) Begin(ctx context.Context, ids []string) error {
	if d.begin {
		return fault.New(fault.DatabaseUnavailable, "down")
	}
	return d.Store.Begin(ctx, ids)
}

// The log of an outage says of each delivery which event it was.
func TestProcessBatch_names_the_events_that_cannot_be_watched(t *testing.T) {
	t.Parallel()
	for _, d := range []deaf{{begun: true}, {begin: true}} {
		_, w, store := newService(t)
		d.Store = store
		service, err := process.New(process.Config{Store: d, Blobs: w, Notifier: w, DeadLetters: letterbox{w}, Postponer: w})
		if err != nil {
			t.Fatal(err)
		}
		a, broken, other := good(t, "a"), process.Message{ID: "m-broken", Body: "{", Deliveries: 4}, good(t, "b")
		a.Deliveries = 4
		report := service.ProcessBatch(t.Context(), []process.Message{a, broken, other})
		want(t, words(report), []string{"retried database_unavailable", "retried database_unavailable", "processed"})
		want(t, report.Outcomes[0].EventID+" "+report.Outcomes[0].CorrelationID, "a c-a")
		want(t, report.Outcomes[1].EventID, "")
	}
}

// broken is a store that panics when the notes of the watched messages are kept.
type broken struct {
	process.Store
	begun, begin, end bool
}

func (b broken) Begun(ctx context.Context, ids []string) (map[string]int, error) {
	if b.begun {
		panic("begun")
	}
	return b.Store.Begun(ctx, ids)
}

func (b broken) Begin(ctx context.Context, ids []string) error {
	if b.begin {
		panic("begin")
	}
	return b.Store.Begin(ctx, ids)
}

func (b broken) End(ctx context.Context, ids []string) error {
	if b.end {
		panic("end")
	}
	return b.Store.End(ctx, ids)
}

func TestProcessBatch_a_panic_over_the_watched_messages_fails_no_other(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		store broken
		want  []string
	}{
		{broken{begun: true}, []string{"processed", "retried panic"}},
		{broken{begin: true}, []string{"processed", "retried panic"}},
		{broken{end: true}, []string{"processed", "processed"}},
	} {
		_, w, store := newService(t)
		c.store.Store = store
		service, err := process.New(process.Config{Store: c.store, Blobs: w, Notifier: w, DeadLetters: letterbox{w}, Postponer: w})
		if err != nil {
			t.Fatal(err)
		}
		first, watched := good(t, "a"), good(t, "b")
		watched.Deliveries = 4
		want(t, words(service.ProcessBatch(t.Context(), []process.Message{first, watched})), c.want)
	}
}
