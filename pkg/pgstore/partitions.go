package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/process"
)

// A partition of events holds one day of created_at, in UTC, and is named for it by the
// function that makes it.
const (
	partitionPrefix = "events_"
	partitionLayout = "20060102"
)

// lockPatience bounds the wait for a lock of the table. Whoever comes after the one who
// waits would wait too, events among them, so it is short; the next run tries again.
const lockPatience = 2 * time.Second

func midnight(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Partitions returns the days that have a partition, the first one first. Returns a
// DatabaseUnavailable fault.
func (s *Store) Partitions(ctx context.Context) ([]time.Time, error) {
	var days []time.Time
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `
			SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
			WHERE i.inhparent = 'events'::regclass ORDER BY 1`)
		if err != nil {
			return err
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		days = nil
		for _, name := range names {
			if day, err := time.Parse(partitionPrefix+partitionLayout, name); err == nil { // else the default one
				days = append(days, day)
			}
		}
		return err
	})
	return days, unavailable(err, "list the partitions")
}

// MakePartition makes the partition of a day, and moves into it what the default one
// took of that day. It returns how many events it moved. Returns a DatabaseUnavailable
// fault, also when a lock was not to be had in time.
func (s *Store) MakePartition(ctx context.Context, day time.Time) (moved int64, err error) {
	from := midnight(day).Format(time.DateOnly)
	err = s.alter(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT make_partition($1::date)", from).Scan(&moved)
	})
	return moved, unavailable(err, "make the partition of "+from)
}

// DropPartition drops the partition of a day with all its events. Returns a
// DatabaseUnavailable fault, also when a lock was not to be had in time.
func (s *Store) DropPartition(ctx context.Context, day time.Time) error {
	from := midnight(day).Format(time.DateOnly)
	err := s.alter(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SELECT drop_partition($1::date)", from)
		return err
	})
	return unavailable(err, "drop the partition of "+from)
}

// alter runs a transaction that takes a lock of a whole table.
func (s *Store) alter(ctx context.Context, change func(context.Context, pgx.Tx) error) error {
	return s.inTransaction(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", lockPatience.Milliseconds())); err != nil {
			return err
		}
		return change(ctx, tx)
	})
}

// inTransaction runs several statements, all or none of which count.
func (s *Store) inTransaction(ctx context.Context, change func(context.Context, pgx.Tx) error) error {
	return s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return change(ctx, tx) })
	})
}

// Misplaced returns the days of which the default partition holds events, and how many
// it holds in all. Returns a DatabaseUnavailable fault.
func (s *Store) Misplaced(ctx context.Context) (days []time.Time, events int64, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		days, events = nil, 0
		rows, err := conn.Query(ctx, "SELECT date_trunc('day', created_at, 'UTC'), count(*) FROM events_default GROUP BY 1 ORDER BY 1")
		if err != nil {
			return err
		}
		var day time.Time
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&day, &n}, func() error {
			days, events = append(days, day.UTC()), events+n
			return nil
		})
		return err
	})
	return days, events, unavailable(err, "look into the default partition")
}

// PruneKeys deletes up to limit keys of ids that were last seen, and whose events were
// stored, before a time, the oldest first, and returns how many. A key that somebody
// holds is left to the next call. Returns a DatabaseUnavailable fault.
func (s *Store) PruneKeys(ctx context.Context, before time.Time, limit int) (n int64, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, `
			DELETE FROM idempotency_keys WHERE (client, event_id) IN (
				SELECT client, event_id FROM idempotency_keys
				WHERE first_seen_at < $1::timestamptz AND last_seen_at < $1::timestamptz
					AND (stored_at IS NULL OR stored_at < $1::timestamptz)
				ORDER BY first_seen_at
				LIMIT $2::int8
				FOR UPDATE SKIP LOCKED)`, before, int64(limit))
		n = tag.RowsAffected()
		return err
	})
	return n, unavailable(err, "prune the keys")
}

// PruneAnnouncements forgets which batches of before a time were announced. Returns a
// DatabaseUnavailable fault.
func (s *Store) PruneAnnouncements(ctx context.Context, before time.Time) (n int64, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, "DELETE FROM announced_batches WHERE batch_id < $1::int8", int64(batchIDAt(before, 0)))
		n = tag.RowsAffected()
		return err
	})
	return n, unavailable(err, "prune the announced batches")
}

// batchIDAt begins with the time, so that ids of one time lie side by side in the
// index and old ones can be pruned by range; the rest tells apart those of one second.
func batchIDAt(t time.Time, rest uint32) process.BatchID {
	return process.BatchID(t.Unix()<<32 | int64(rest))
}
