package bench

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// copied writes rows that were decoded before into Fluxa's own two tables, with all
// their constraints and indexes, by COPY. It recognises no duplicate.
type copied struct{ database }

// NewCopy returns COPY into Fluxa's tables.
func NewCopy(ctx context.Context, serverURL string) (Contender, error) {
	d, err := fluxaTables(ctx, serverURL, "bench_copy")
	return copied{d}, err
}

func (copied) Name() string { return "COPY" }

func (c copied) Reset(ctx context.Context) error { return c.emptyFluxa(ctx) }

func (c copied) Stored(ctx context.Context) (int, error) { return c.count(ctx, storedSQL) }

func (copied) Open(ctx context.Context, url string, lanes int) ([]Lane, error) {
	return connect(ctx, url, lanes, func(conn *pgx.Conn) Lane { return copying{conn} })
}

// connect opens one connection for each lane.
func connect(ctx context.Context, url string, lanes int, lane func(*pgx.Conn) Lane) ([]Lane, error) {
	var out []Lane
	for range lanes {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return nil, fmt.Errorf("open a lane: %w", err)
		}
		out = append(out, lane(conn))
	}
	return out, nil
}

type copying struct{ conn *pgx.Conn }

func (c copying) Close() { _ = c.conn.Close(context.Background()) } // its server ends with the benchmark

func (c copying) Store(ctx context.Context, batch Batch) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return pgx.BeginFunc(ctx, c.conn, func(tx pgx.Tx) error {
		var now pgtype.Timestamptz
		if err := tx.QueryRow(ctx, "SELECT now()").Scan(&now); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"idempotency_keys"},
			[]string{"event_id", "status", "payload_sha256", "attempts", "stored_at", "stored_by", "announced_by"},
			pgx.CopyFromSlice(len(batch.Rows), func(i int) ([]any, error) {
				r := &batch.Rows[i]
				return []any{r.Envelope.EventID, "success", r.Hash, 1, now, 1, 1}, nil
			}))
		if err != nil {
			return fmt.Errorf("copy the keys: %w", err)
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"events"},
			[]string{"event_id", "created_at", "received_at", "ts", "user_id", "amount", "currency", "merchant", "correlation_id", "payload_sha256", "payload"},
			pgx.CopyFromSlice(len(batch.Rows), func(i int) ([]any, error) {
				r := &batch.Rows[i]
				return []any{r.Envelope.EventID, now, r.Envelope.ReceivedAt, r.Event.Timestamp, r.Event.UserID, r.Event.Amount.String(),
					r.Event.Currency, r.Event.Merchant, r.Envelope.CorrelationID, r.Hash, r.Envelope.Payload}, nil
			}))
		if err != nil {
			return fmt.Errorf("copy the events: %w", err)
		}
		return nil
	})
}
