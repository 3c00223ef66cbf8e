package processtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// MaintainedStore is a process.Store with the methods of a maintain.Store, which says
// what they do.
type MaintainedStore interface {
	process.Store
	Partitions(ctx context.Context) ([]time.Time, error)
	MakePartition(ctx context.Context, day time.Time) (moved int64, err error)
	DropPartition(ctx context.Context, day time.Time) error
	Misplaced(ctx context.Context) (days []time.Time, events int64, err error)
	PruneKeys(ctx context.Context, before time.Time, limit int) (int64, error)
	PruneAnnouncements(ctx context.Context, before time.Time) (int64, error)
}

// Maintained runs the conformance suite of what the maintenance does to a process.Store.
// open returns an empty store without partitions that no other test uses, as the processor
// and as the maintenance have it; it is called once a case, from parallel tests.
func Maintained(t *testing.T, open func(t *testing.T) (processor, maintenance MaintainedStore)) {
	cases := []struct {
		name string
		test func(t *testing.T, processor, maintenance MaintainedStore)
	}{
		{"a_day_gets_its_events_from_the_default_partition", partitionMade},
		{"a_partition_is_made_and_dropped_once", partitionTwice},
		{"a_key_outlives_its_event", partitionDropped},
		{"keys_are_pruned_by_the_last_that_was_seen_of_them", keysPruned},
		{"an_id_is_free_when_its_key_is_pruned", keyReused},
		{"what_was_announced_is_forgotten", announcementsPruned},
		{"a_cancelled_context_is_transient_and_changes_nothing", maintainedCancelled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			processor, maintenance := open(t)
			c.test(t, processor, maintenance)
		})
	}
}

// wasStored returns the days of the events in the default partition, of which there are
// so many.
func wasStored(t *testing.T, store MaintainedStore, want int64) []time.Time {
	t.Helper()
	days, events, err := store.Misplaced(t.Context())
	if err != nil || events != want {
		t.Fatalf("%d events are in the default partition, want %d; error %v", events, want, err)
	}
	return days
}

func makePartitions(t *testing.T, store MaintainedStore, days []time.Time) (moved int64) {
	t.Helper()
	for _, day := range days {
		n, err := store.MakePartition(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		moved += n
	}
	return moved
}

func partitionMade(t *testing.T, processor, maintenance MaintainedStore) {
	persistOne(t, processor, Success("a", "x"))
	persistOne(t, processor, Success("b", "x"))
	persistOne(t, processor, Failed("c", "x"))
	days := wasStored(t, maintenance, 2)
	later := days[len(days)-1].AddDate(0, 0, 2)
	if moved := makePartitions(t, maintenance, []time.Time{later}); moved != 0 {
		t.Errorf("%d events moved into a day of which there are none", moved)
	}
	if moved := makePartitions(t, maintenance, days); moved != 2 {
		t.Errorf("%d events moved, want 2", moved)
	}
	wasStored(t, maintenance, 0)
	if got, err := maintenance.Partitions(t.Context()); err != nil || !slices.EqualFunc(got, append(days, later), time.Time.Equal) {
		t.Errorf("partitions %v, want %v and %s; error %v", got, days, later, err)
	}
	for _, id := range []string{"a", "b"} {
		if got, err := processor.Event(t.Context(), event.Identity{ID: id}); err != nil || string(got.Payload) != "x" {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
}

func partitionTwice(t *testing.T, _, maintenance MaintainedStore) {
	days := []time.Time{time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)}
	makePartitions(t, maintenance, days)
	if _, err := maintenance.MakePartition(t.Context(), days[0]); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("made twice: %v", err)
	}
	if err := maintenance.DropPartition(t.Context(), days[0]); err != nil {
		t.Error(err)
	}
	if err := maintenance.DropPartition(t.Context(), days[0]); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("dropped twice: %v", err)
	}
}

func partitionDropped(t *testing.T, processor, maintenance MaintainedStore) {
	first, batch := persistNoting(t, processor, Success("a", "x"))
	days := wasStored(t, maintenance, 1)
	makePartitions(t, maintenance, days)
	for _, day := range days {
		if err := maintenance.DropPartition(t.Context(), day); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := processor.Event(t.Context(), event.Identity{ID: "a"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the event after its partition was dropped: %v", err)
	}
	want := process.Stored{Status: process.StatusSuccess, SHA256: first.SHA256, Attempts: 2, Notified: true}
	if got, _ := persistNoting(t, processor, Success("a", "x"), batch); got != want {
		t.Errorf("the same event again: got %+v, want %+v", got, want)
	}
	if got := persistOne(t, processor, Success("a", "y")); got != want {
		t.Errorf("another payload: got %+v, want %+v", got, want)
	}
	wasStored(t, maintenance, 0)
}

func keysPruned(t *testing.T, processor, maintenance MaintainedStore) {
	for _, r := range []process.Record{Success("a", "x"), Failed("b", "x"), Processing("c", "x")} {
		persistOne(t, processor, r)
	}
	for _, c := range []struct {
		before time.Time
		limit  int
		want   int64
	}{
		{time.Now().Add(-time.Hour), 10, 0}, {time.Now().Add(time.Hour), 2, 2}, {time.Now().Add(time.Hour), 2, 1}, {time.Now().Add(time.Hour), 2, 0},
	} {
		if n, err := maintenance.PruneKeys(t.Context(), c.before, c.limit); err != nil || n != c.want {
			t.Errorf("%d of %d keys pruned before %s, want %d; error %v", n, c.limit, c.before, c.want, err)
		}
	}
}

func keyReused(t *testing.T, processor, maintenance MaintainedStore) {
	persistOne(t, processor, Success("a", "x"))
	days := wasStored(t, maintenance, 1)
	makePartitions(t, maintenance, days)
	for _, day := range days {
		if err := maintenance.DropPartition(t.Context(), day); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := maintenance.PruneKeys(t.Context(), time.Now().Add(time.Hour), 10); err != nil || n != 1 {
		t.Errorf("%d keys pruned, error %v", n, err)
	}
	other := Success("a", "y")
	if got := persistOne(t, processor, other); !got.Inserted || got.SHA256 != other.SHA256 || got.Attempts != 1 || got.Notified {
		t.Errorf("got %+v", got)
	}
	wasStored(t, maintenance, 1)
}

func announcementsPruned(t *testing.T, processor, maintenance MaintainedStore) {
	_, batch := persistNoting(t, processor, Success("a", "x"))
	persistNoting(t, processor, Failed("b", "x"), batch)
	for _, c := range []struct {
		before time.Time
		pruned int64
	}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 1}} {
		if n, err := maintenance.PruneAnnouncements(t.Context(), c.before); err != nil || n != c.pruned {
			t.Errorf("%d pruned before %s, want %d; error %v", n, c.before, c.pruned, err)
		}
		if got := persistOne(t, processor, Failed("a", "x")); got.Notified != (c.pruned == 0) {
			t.Errorf("notified is %t after %d were pruned", got.Notified, c.pruned)
		}
	}
}

func maintainedCancelled(t *testing.T, processor, maintenance MaintainedStore) {
	persistOne(t, processor, Success("a", "x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	days := wasStored(t, maintenance, 1)
	calls := map[string]func() error{
		"Partitions":         func() error { _, err := maintenance.Partitions(ctx); return err },
		"MakePartition":      func() error { _, err := maintenance.MakePartition(ctx, days[0]); return err },
		"DropPartition":      func() error { return maintenance.DropPartition(ctx, days[0]) },
		"Misplaced":          func() error { _, _, err := maintenance.Misplaced(ctx); return err },
		"PruneKeys":          func() error { _, err := maintenance.PruneKeys(ctx, time.Now().Add(time.Hour), 10); return err },
		"PruneAnnouncements": func() error { _, err := maintenance.PruneAnnouncements(ctx, time.Now().Add(time.Hour)); return err },
	}
	for name, call := range calls {
		if err := call(); fault.CodeOf(err) != fault.DatabaseUnavailable {
			t.Errorf("%s: %v, want %s", name, err, fault.DatabaseUnavailable)
		}
	}
	wasStored(t, maintenance, 1)
	if got := persistOne(t, processor, Success("a", "x")); got.Inserted || got.Attempts != 2 {
		t.Errorf("a key was pruned: %+v", got)
	}
}
