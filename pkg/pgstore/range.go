package pgstore

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/event"
)

//go:embed range.sql
var rangeSQL string

//go:embed range_count.sql
var rangeCountSQL string

//go:embed range_day.sql
var rangeDaySQL string

// Range returns the events of a range that follow a place: limit at most, at least 1, and
// with no more than maxBytes of payloads unless the first one is larger alone. One call
// reads of one day, in one statement, and looks for the next day in another when that day
// ends. Each event of the range comes once in a walk, however the table is maintained
// meanwhile; those that are stored or erased meanwhile may come or not. Returns a
// DatabaseUnavailable fault.
//
// Of a day of 1,000,000 events, 488 MB, a page of 500 takes 5 to 10 ms, most of it for
// random reads of the table where ids are random. What lies outside of From and To within
// its day is passed over in the index, 84 MB: 0.4 s for the only page of a single minute.
func (s *Store) Range(ctx context.Context, r event.Range, after event.Place, limit, maxBytes int) (event.RangePage, error) {
	after, done, err := s.begin(ctx, r, after)
	if err != nil || done {
		return event.RangePage{Done: done}, err
	}
	rows, events, err := s.rangeRows(ctx, "read a range of the events", rangeSQL, append(rangeArguments(r, after), int32(limit), int64(maxBytes))...)
	if err != nil {
		return event.RangePage{}, err
	}
	page := event.RangePage{Events: events}
	if n := len(events); n > 0 && rows[n-1].found > n {
		last := events[n-1]
		page.Next = event.Place{Day: after.Day, ID: last.ID, Client: last.Client}
		return page, nil
	}
	page.Next, page.Done, err = s.nextDay(ctx, r, after.Day.AddDate(0, 0, 1))
	return page, err
}

// rangeRows runs a statement that selects what range.sql does.
func (s *Store) rangeRows(ctx context.Context, attempted, sql string, args ...any) (rows []rangeRow, events []event.Stored, err error) {
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		result, err := conn.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		rows = nil
		var next rangeRow
		_, err = pgx.ForEachRow(result, next.targets(), func() error {
			rows = append(rows, next)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, nil, unavailable(err, attempted)
	}
	events = make([]event.Stored, len(rows))
	for i, row := range rows {
		if events[i], err = row.stored(); err != nil {
			return nil, nil, err
		}
	}
	return rows, events, nil
}

// RangeCount counts the events of a range that follow a place, of one day, and returns
// where the count goes on unless it is done. A day of 1,000,000 events takes 0.6 s. Returns
// a DatabaseUnavailable fault.
func (s *Store) RangeCount(ctx context.Context, r event.Range, after event.Place) (n int64, next event.Place, done bool, err error) {
	after, done, err = s.begin(ctx, r, after)
	if err != nil || done {
		return 0, after, done, err
	}
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, rangeCountSQL, rangeArguments(r, after)...).Scan(&n)
	})
	if err != nil {
		return 0, event.Place{}, false, unavailable(err, "count a range of the events")
	}
	next, done, err = s.nextDay(ctx, r, after.Day.AddDate(0, 0, 1))
	return n, next, done, err
}

// begin returns the place itself, or the first one of the range for the zero value.
func (s *Store) begin(ctx context.Context, r event.Range, after event.Place) (event.Place, bool, error) {
	if !after.Day.IsZero() {
		return after, false, nil
	}
	return s.nextDay(ctx, r, midnight(r.From))
}

// nextDay returns the beginning of the first day from one on that may have events of the
// range; done without one.
func (s *Store) nextDay(ctx context.Context, r event.Range, from time.Time) (next event.Place, done bool, err error) {
	var day *time.Time
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, rangeDaySQL, from.Format(time.DateOnly), r.To).Scan(&day)
	})
	if err != nil || day == nil {
		return event.Place{}, err == nil, unavailable(err, "look for the next day of the events")
	}
	return event.Place{Day: day.UTC()}, false, nil
}

// rangeArguments are those that range.sql and range_count.sql have in common.
func rangeArguments(r event.Range, after event.Place) []any {
	from, to := midnight(after.Day), midnight(after.Day).AddDate(0, 0, 1)
	if r.From.After(from) {
		from = r.From
	}
	if r.To.Before(to) {
		to = r.To
	}
	var user *string
	if r.UserID != "" {
		user = &r.UserID
	}
	return []any{from, to, after.ID, after.Client, r.Client, user}
}

// rangeRow is an event as range.sql selects it.
type rangeRow struct {
	row
	bucket, key string
	found       int
}

func (r *rangeRow) targets() []any {
	return append(r.row.targets(), &r.bucket, &r.key, &r.found)
}

func (r *rangeRow) stored() (event.Stored, error) {
	e, err := r.row.stored()
	e.Bucket, e.Key = r.bucket, r.key
	return e, err
}
