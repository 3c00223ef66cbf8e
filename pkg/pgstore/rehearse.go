package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Rehearse calls f with a store that writes as this one does, into one transaction that
// is rolled back when f returns: what the database thinks of a write can be seen, and
// nobody else sees the write. The rehearsed store has one connection and is not for
// concurrent use; it must not be used after f. Returns the error of f, or a
// DatabaseUnavailable fault.
func (s *Store) Rehearse(ctx context.Context, f func(rehearsed *Store) error) error {
	var failed error
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		rehearsed := *s
		rehearsed.within = conn
		failed = f(&rehearsed)
		return tx.Rollback(ctx)
	})
	if failed != nil {
		// A statement that fails may take its connection along; its own error says more.
		return failed
	}
	if errors.Is(err, pgx.ErrTxClosed) {
		return fmt.Errorf("rehearse: the transaction was ended within: %w", err)
	}
	return unavailable(err, "rehearse")
}
