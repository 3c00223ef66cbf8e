package maintain_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/maintain"
)

var today = time.Date(2026, 11, 28, 13, 14, 15, 0, time.UTC)

// memory is a store of days and of the times of keys.
type memory struct {
	partitions []time.Time
	misplaced  []time.Time // times of events in the default partition
	keys       []time.Time
	fail       map[string]error // by day
	chunks     []int64
}

func midnight(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

func (m *memory) Partitions(context.Context) ([]time.Time, error) {
	return slices.Clone(m.partitions), nil
}

func (m *memory) MakePartition(_ context.Context, day time.Time) (int64, error) {
	if err := m.fail[day.Format(time.DateOnly)]; err != nil {
		return 0, err
	}
	if slices.ContainsFunc(m.partitions, day.Equal) {
		return 0, errors.New("it is there")
	}
	m.partitions = append(m.partitions, day)
	slices.SortFunc(m.partitions, time.Time.Compare)
	before := len(m.misplaced)
	m.misplaced = slices.DeleteFunc(m.misplaced, func(t time.Time) bool { return midnight(t).Equal(day) })
	return int64(before - len(m.misplaced)), nil
}

func (m *memory) DropPartition(_ context.Context, day time.Time) error {
	if err := m.fail[day.Format(time.DateOnly)]; err != nil {
		return err
	}
	m.partitions = slices.DeleteFunc(m.partitions, day.Equal)
	return nil
}

func (m *memory) Misplaced(context.Context) (days []time.Time, events int64, err error) {
	for _, t := range m.misplaced {
		if d := midnight(t); !slices.ContainsFunc(days, d.Equal) {
			days = append(days, d)
		}
	}
	return days, int64(len(m.misplaced)), nil
}

func (m *memory) PruneKeys(_ context.Context, before time.Time, limit int) (n int64, err error) {
	m.keys = slices.DeleteFunc(m.keys, func(t time.Time) bool {
		old := t.Before(before) && n < int64(limit)
		if old {
			n++
		}
		return old
	})
	m.chunks = append(m.chunks, n)
	return n, nil
}

func (m *memory) PruneAnnouncements(context.Context, time.Time) (int64, error) { return 0, nil }

func run(t *testing.T, m *memory, retention time.Duration, at time.Time) (maintain.Report, error) {
	t.Helper()
	service, err := maintain.New(maintain.Config{Store: m, Retention: retention, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	return service.Run(t.Context())
}

func dates(days []time.Time) string {
	var out []string
	for _, d := range days {
		out = append(out, d.Format("01-02"))
	}
	return strings.Join(out, " ")
}

func TestRun_makes_the_days_ahead_once(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for _, want := range []maintain.Report{{Made: 8, Ahead: 7}, {Ahead: 7}} {
		if got, err := run(t, m, 0, today); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
	if got, want := dates(m.partitions), "11-28 11-29 11-30 12-01 12-02 12-03 12-04 12-05"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRun_empties_the_default_partition(t *testing.T) {
	t.Parallel()
	m := &memory{misplaced: []time.Time{today.AddDate(0, 0, -3), today, today}}
	if got, err := run(t, m, 0, today); err != nil || got != (maintain.Report{Made: 9, Ahead: 7, Moved: 3}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRun_drops_a_day_when_its_last_event_has_expired(t *testing.T) {
	t.Parallel()
	const retention = 2 * 24 * time.Hour
	m := &memory{}
	for n := -4; n < 8; n++ {
		m.partitions = append(m.partitions, midnight(today).AddDate(0, 0, n))
	}
	if got, err := run(t, m, retention, midnight(today).Add(-time.Nanosecond)); err != nil || got != (maintain.Report{Dropped: 1, Ahead: 8}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := run(t, m, retention, midnight(today)); err != nil || got != (maintain.Report{Dropped: 1, Ahead: 7}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, want := dates(m.partitions), "11-26 11-27 11-28 11-29 11-30 12-01 12-02 12-03 12-04 12-05"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, err := run(t, m, 0, today.AddDate(9, 0, 0)); err != nil || got.Dropped != 0 {
		t.Errorf("a retention of 0 keeps all: got %+v, %v", got, err)
	}
}

func TestRun_prunes_keys_in_chunks_when_no_message_can_come(t *testing.T) {
	t.Parallel()
	const retention = 30 * 24 * time.Hour
	last := today.Add(-retention - 24*time.Hour - contract.KeysOutliveEvents)
	m := &memory{keys: []time.Time{last}}
	for range 12_000 {
		m.keys = append(m.keys, last.Add(-time.Nanosecond))
	}
	if got, err := run(t, m, retention, today); err != nil || got.Pruned != 12_000 {
		t.Errorf("got %+v, %v", got, err)
	}
	if diff := cmp.Diff([]int64{5_000, 5_000, 2_000}, m.chunks); diff != "" || len(m.keys) != 1 {
		t.Errorf("%d keys are left, chunks: %s", len(m.keys), diff)
	}
}

func TestRun_does_what_it_can(t *testing.T) {
	t.Parallel()
	locked := errors.New("no lock")
	m := &memory{
		partitions: []time.Time{midnight(today).AddDate(0, 0, -9), midnight(today).AddDate(0, 0, -8)},
		fail:       map[string]error{"2026-11-29": locked, "2026-11-19": locked},
		keys:       []time.Time{{}},
	}
	got, err := run(t, m, 24*time.Hour, today)
	// Of the days ahead, the first is missing.
	if want := (maintain.Report{Made: 7, Dropped: 1, Pruned: 1}); !errors.Is(err, locked) || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// unlisted is a store whose partitions cannot be listed.
type unlisted struct{ memory }

func (u *unlisted) Partitions(context.Context) ([]time.Time, error) {
	return nil, errors.New("no connection")
}

// The alarm on the days ahead must see them fall while runs fail, and must not see 0
// when they are unknown.
func TestRun_tells_how_far_the_partitions_reach(t *testing.T) {
	t.Parallel()
	refused := map[string]error{}
	for n := 1; n <= 10; n++ {
		refused[midnight(today).AddDate(0, 0, n).Format(time.DateOnly)] = errors.New("no lock")
	}
	m := &memory{fail: refused}
	for n := range 4 {
		m.partitions = append(m.partitions, midnight(today).AddDate(0, 0, n))
	}
	for later, want := range []int64{3, 2, 1, 0, 0} {
		if got, err := run(t, m, 0, today.AddDate(0, 0, later)); err == nil || got.Ahead != want {
			t.Errorf("after %d days: %d days ahead, want %d; error %v", later, got.Ahead, want, err)
		}
	}
	service, err := maintain.New(maintain.Config{Store: &unlisted{}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := service.Run(t.Context()); err == nil || got.Ahead != -1 {
		t.Errorf("unlisted: got %+v, %v", got, err)
	}
}

func TestNew_names_the_field(t *testing.T) {
	t.Parallel()
	for field, cfg := range map[string]maintain.Config{
		"Store":     {},
		"Retention": {Store: &memory{}, Retention: time.Hour},
	} {
		if _, err := maintain.New(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("error = %v, want it to name %s", err, field)
		}
	}
}
