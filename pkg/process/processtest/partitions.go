package processtest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Partitions does what maintain.Store says.
func (m *MemoryStore) Partitions(ctx context.Context) ([]time.Time, error) {
	if err := reach(ctx, "list the partitions"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.partitions), nil
}

// MakePartition does what maintain.Store says.
func (m *MemoryStore) MakePartition(ctx context.Context, day time.Time) (moved int64, err error) {
	if err := reach(ctx, "make a partition"); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	day = midnight(day)
	at, there := slices.BinarySearchFunc(m.partitions, day, time.Time.Compare)
	if there {
		return 0, fault.Newf(fault.DatabaseUnavailable, "there is a partition of %s", day.Format(time.DateOnly))
	}
	m.partitions = slices.Insert(m.partitions, at, day)
	for id := range m.events {
		if midnight(m.rows[id].StoredAt).Equal(day) {
			moved++
		}
	}
	return moved, nil
}

// DropPartition does what maintain.Store says.
func (m *MemoryStore) DropPartition(ctx context.Context, day time.Time) error {
	if err := reach(ctx, "drop a partition"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	day = midnight(day)
	at, there := slices.BinarySearchFunc(m.partitions, day, time.Time.Compare)
	if !there {
		return fault.Newf(fault.DatabaseUnavailable, "there is no partition of %s", day.Format(time.DateOnly))
	}
	m.partitions = slices.Delete(m.partitions, at, at+1)
	maps.DeleteFunc(m.events, func(id event.Identity, _ process.Record) bool { return midnight(m.rows[id].StoredAt).Equal(day) })
	return nil
}

// Misplaced does what maintain.Store says.
func (m *MemoryStore) Misplaced(ctx context.Context) (days []time.Time, events int64, err error) {
	if err := reach(ctx, "look for misplaced events"); err != nil {
		return nil, 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.events {
		day := midnight(m.rows[id].StoredAt)
		if slices.ContainsFunc(m.partitions, day.Equal) {
			continue
		}
		events++
		if !slices.ContainsFunc(days, day.Equal) {
			days = append(days, day)
		}
	}
	slices.SortFunc(days, time.Time.Compare)
	return days, events, nil
}

// PruneKeys does what maintain.Store says.
func (m *MemoryStore) PruneKeys(ctx context.Context, before time.Time, limit int) (int64, error) {
	if err := reach(ctx, "prune keys"); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var expired []event.Identity
	for id, row := range m.rows {
		if row.FirstSeenAt.Before(before) && row.LastSeenAt.Before(before) && row.StoredAt.Before(before) {
			expired = append(expired, id)
		}
	}
	slices.SortFunc(expired, func(a, b event.Identity) int {
		return cmp.Or(m.rows[a].FirstSeenAt.Compare(m.rows[b].FirstSeenAt), cmp.Compare(a.Client, b.Client), cmp.Compare(a.ID, b.ID))
	})
	expired = expired[:min(limit, len(expired))]
	for _, id := range expired {
		delete(m.rows, id)
	}
	return int64(len(expired)), nil
}

// PruneAnnouncements does what maintain.Store says.
func (m *MemoryStore) PruneAnnouncements(ctx context.Context, before time.Time) (int64, error) {
	if err := reach(ctx, "prune announcements"); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	pruned := len(m.announced)
	maps.DeleteFunc(m.announced, func(id process.BatchID, _ bool) bool { return m.batches[id-1].Before(before) })
	return int64(pruned - len(m.announced)), nil
}
