// Package maintain keeps the tables in shape while time passes: partitions are there
// before they are needed, and go when their events have expired; so do, later, the keys
// of those events.
package maintain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// pruneChunk bounds the keys that one statement deletes, and so the locks it holds.
	pruneChunk = 5_000

	day = 24 * time.Hour
)

// Store is what a run changes. A day is the midnight, in UTC, at which it begins.
// Each method returns a DatabaseUnavailable fault when trying later will help.
type Store interface {
	// Partitions returns the days that have a partition, the first one first.
	Partitions(ctx context.Context) ([]time.Time, error)
	// MakePartition makes the partition of a day and moves the day's events into it
	// from the default one. It returns how many there were.
	MakePartition(ctx context.Context, day time.Time) (moved int64, err error)
	// DropPartition drops the partition of a day with all its events.
	DropPartition(ctx context.Context, day time.Time) error
	// Misplaced returns the days of which the default partition holds events, and how
	// many it holds in all.
	Misplaced(ctx context.Context) (days []time.Time, events int64, err error)
	// PruneKeys deletes up to limit keys that were last seen, and whose events were
	// stored, before a time. It returns how many there were.
	PruneKeys(ctx context.Context, before time.Time, limit int) (int64, error)
	// PruneAnnouncements forgets which batches of before a time were announced.
	PruneAnnouncements(ctx context.Context, before time.Time) (int64, error)
}

// Config holds what a Service needs.
type Config struct {
	Store Store
	// Retention is how long an event is kept after it was stored, in whole days; 0
	// keeps all.
	Retention time.Duration
	Now       func() time.Time // default time.Now
}

// Service maintains the tables. It is safe for concurrent use: of two runs at once, one
// finds the other's work done, or reports that it could not have a lock.
type Service struct{ cfg Config }

// New returns a Service, or an error that names the field that is wrong.
func New(cfg Config) (*Service, error) {
	switch {
	case cfg.Store == nil:
		return nil, errors.New("maintain: Store is required")
	case cfg.Retention < 0 || cfg.Retention%day != 0:
		return nil, fmt.Errorf("maintain: Retention is %s, it must be whole days, or 0 to keep all events", cfg.Retention)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{cfg}, nil
}

// Report says what a run did. Ahead is for how many days after today, without a gap,
// there are partitions after it, or -1 when they could not be listed; Misplaced are the
// events that are still in the default partition.
type Report struct {
	Made      int64 `json:"partitions_made"`
	Dropped   int64 `json:"partitions_dropped"`
	Ahead     int64 `json:"partitions_ahead"`
	Moved     int64 `json:"events_moved"`
	Pruned    int64 `json:"keys_pruned"`
	Misplaced int64 `json:"events_misplaced"`
}

// Run makes what is missing and drops what has expired. It does what it can: an error
// says what could not be done, and the next run tries it again.
func (s *Service) Run(ctx context.Context) (Report, error) {
	report := Report{Ahead: -1}
	now := s.cfg.Now().UTC()
	err := errors.Join(s.make(ctx, now, &report), s.drop(ctx, now, &report), s.prune(ctx, now, &report))
	_, misplaced, countErr := s.cfg.Store.Misplaced(ctx)
	report.Misplaced = misplaced
	return report, errors.Join(err, countErr)
}

// make makes the partitions of today and of the days ahead, and of every day whose
// events have none.
func (s *Service) make(ctx context.Context, now time.Time, report *Report) error {
	existing, err := s.cfg.Store.Partitions(ctx)
	if err != nil {
		return err
	}
	wanted, _, err := s.cfg.Store.Misplaced(ctx)
	if err != nil {
		return err
	}
	today := now.Truncate(day)
	for n := range contract.PartitionDaysAhead + 1 {
		wanted = append(wanted, today.AddDate(0, 0, n))
	}
	var errs []error
	for _, d := range wanted {
		if slices.ContainsFunc(existing, d.Equal) {
			continue
		}
		moved, err := s.cfg.Store.MakePartition(ctx, d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		existing = append(existing, d)
		report.Made++
		report.Moved += moved
	}
	for report.Ahead = 0; slices.ContainsFunc(existing, today.AddDate(0, 0, int(report.Ahead)+1).Equal); {
		report.Ahead++
	}
	return errors.Join(errs...)
}

// drop drops the partitions of which every event has expired.
func (s *Service) drop(ctx context.Context, now time.Time, report *Report) error {
	if s.cfg.Retention == 0 {
		return nil
	}
	existing, err := s.cfg.Store.Partitions(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, d := range existing {
		if now.Sub(d.Add(day)) < s.cfg.Retention {
			break // so have all later ones
		}
		if err := s.cfg.Store.DropPartition(ctx, d); err != nil {
			errs = append(errs, err)
			continue
		}
		report.Dropped++
	}
	return errors.Join(errs...)
}

// prune deletes the keys of events that expired so long ago that no message of them can
// come any more, and of ids that never had an event, in chunks.
func (s *Service) prune(ctx context.Context, now time.Time, report *Report) error {
	if s.cfg.Retention == 0 {
		return nil
	}
	before := now.Add(-s.cfg.Retention - day - contract.KeysOutliveEvents)
	for {
		n, err := s.cfg.Store.PruneKeys(ctx, before, pruneChunk)
		report.Pruned += n
		if err != nil {
			return err
		}
		if n < pruneChunk {
			break
		}
	}
	_, err := s.cfg.Store.PruneAnnouncements(ctx, before)
	return err
}
