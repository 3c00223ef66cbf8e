package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// OpenAdjusted is New with a last word on the pool.
func OpenAdjusted(cfg Config, adjust func(*pgxpool.Config)) (*Store, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	config, err := cfg.pool()
	if err != nil {
		return nil, err
	}
	adjust(config)
	return open(cfg, config)
}

// OnRetry calls hook in the place of the wait before each further try.
func (s *Store) OnRetry(hook func(ctx context.Context, delay time.Duration) error) { s.sleep = hook }

// OnClock replaces the clock that bounds the retries.
func (s *Store) OnClock(now func() time.Time) { s.now = now }

// Warm opens n connections at once and leaves them as if last used at a time.
func (s *Store) Warm(ctx context.Context, n int, used time.Time) error {
	for range n {
		conn, err := s.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		conn.Conn().PgConn().CustomData()[usedAt] = used
	}
	return nil
}

var (
	Idle          = idle
	PageArguments = pageArguments
	// RangeArguments are those of RangeSQL but for the bounds of a page.
	RangeArguments = rangeArguments
	// UnfinishedArguments are those of UnfinishedSQL.
	UnfinishedArguments = unfinishedArguments
)

// EventsSQL returns the statement of Events.
func EventsSQL() string { return eventsSQL }

// EventSQL returns the statement of Event.
func EventSQL() string { return eventSQL }

// UnfinishedSQL is the statement of the list of what is not finished.
func UnfinishedSQL() string { return unfinishedSQL }

// Within is the connection of a rehearsed store.
func (s *Store) Within() *pgx.Conn { return s.within }

// RangeSQL is the statement of Range.
func RangeSQL() string { return rangeSQL }

// RangeKeysSQL is the statement of RangeKeys.
func RangeKeysSQL() string { return rangeKeysSQL }

// RangeNamedSQL is the statement of RangeNamed.
func RangeNamedSQL() string { return rangeNamedSQL }
