package pgstore

import (
	"context"
	_ "embed"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/event"
)

//go:embed range_keys.sql
var rangeKeysSQL string

//go:embed range_named.sql
var rangeNamedSQL string

// RangeKeys returns the names of the events of a range that follow a place, limit at most,
// and where to go on unless that was the end. Whoever wants few of the events reads so what
// there is, and those with RangeNamed: of 1,000,000 events of a day, 84 MB of index instead
// of 488 MB. One call reads of one day. Returns a DatabaseUnavailable fault.
func (s *Store) RangeKeys(ctx context.Context, r event.Range, after event.Place, limit int) (keys []event.StoredKey, next event.Place, done bool, err error) {
	after, done, err = s.begin(ctx, r, after)
	if err != nil || done {
		return nil, after, done, err
	}
	err = s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, rangeKeysSQL, append(rangeArguments(r, after), int32(limit))...)
		if err != nil {
			return err
		}
		keys = nil
		var key event.StoredKey
		_, err = pgx.ForEachRow(rows, []any{&key.ID, &key.Client, &key.CreatedAt}, func() error {
			key.CreatedAt = key.CreatedAt.UTC()
			keys = append(keys, key)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, event.Place{}, false, unavailable(err, "list a range of the events")
	}
	if len(keys) > limit {
		keys = keys[:limit]
		last := keys[limit-1]
		return keys, event.Place{Day: after.Day, ID: last.ID, Client: last.Client}, false, nil
	}
	next, done, err = s.nextDay(ctx, r, after.Day.AddDate(0, 0, 1))
	return keys, next, done, err
}

// RangeNamed returns the events that RangeKeys named, in any order, without those that
// were removed since. Returns a DatabaseUnavailable fault.
func (s *Store) RangeNamed(ctx context.Context, keys []event.StoredKey) ([]event.Stored, error) {
	ids, clients, times := make([]string, len(keys)), make([]string, len(keys)), make([]time.Time, len(keys))
	for i, key := range keys {
		ids[i], clients[i], times[i] = key.ID, key.Client, key.CreatedAt
	}
	_, events, err := s.rangeRows(ctx, "read events by their names", rangeNamedSQL, ids, clients, times)
	return events, err
}
