package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Begun returns by message id how often work on it began and never ended. Returns a
// DatabaseUnavailable fault.
func (s *Store) Begun(ctx context.Context, messageIDs []string) (map[string]int, error) {
	begun := make(map[string]int, len(messageIDs))
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, "SELECT message_id, begun FROM watched_messages WHERE message_id = ANY ($1::text[])", messageIDs)
		if err != nil {
			return err
		}
		var id string
		var n int
		_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
			begun[id] = n
			return nil
		})
		return err
	})
	return begun, unavailable(err, "read whose work began")
}

// Begin notes that work on messages begins. Returns a DatabaseUnavailable fault; a try
// whose answer was lost counts.
func (s *Store) Begin(ctx context.Context, messageIDs []string) error {
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `
			INSERT INTO watched_messages AS w (message_id)
			SELECT DISTINCT id FROM unnest($1::text[]) AS id ORDER BY id
			ON CONFLICT (message_id) DO UPDATE SET begun = w.begun + 1, last_begun_at = now()`, messageIDs)
		return err
	})
	return unavailable(err, "note the beginning of the work")
}

// End notes that work on messages has ended, whatever came of it. Returns a
// DatabaseUnavailable fault.
func (s *Store) End(ctx context.Context, messageIDs []string) error {
	err := s.run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `
			DELETE FROM watched_messages WHERE message_id IN (
				SELECT message_id FROM watched_messages WHERE message_id = ANY ($1::text[]) ORDER BY message_id FOR UPDATE)`, messageIDs)
		return err
	})
	return unavailable(err, "note the end of the work")
}
