package bench

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed v1.sql
var v1Tables string

// v1 is what Fluxa v1 did: for each message by itself it claims the id, inserts the
// event, and marks the id as done, each with a commit.
type v1 struct{ database }

// NewV1 returns the way of Fluxa v1 with its tables.
func NewV1(ctx context.Context, serverURL string) (Contender, error) {
	d, err := newDatabase(ctx, serverURL, "bench_v1")
	if err != nil {
		return nil, err
	}
	if _, err := d.pool.Exec(ctx, v1Tables); err != nil {
		return nil, fmt.Errorf("make the tables of v1: %w", err)
	}
	return v1{d}, nil
}

func (v1) Name() string { return "v1" }

func (v1) Batch(n int) int { return min(n, 10) }

func (v v1) Reset(ctx context.Context) error { return v.empty(ctx, "events, idempotency_keys") }

func (v v1) Stored(ctx context.Context) (int, error) { return v.count(ctx, storedSQL) }

func (v1) Open(ctx context.Context, url string, lanes int) ([]Lane, error) {
	return connect(ctx, url, lanes, func(conn *pgx.Conn) Lane { return oneByOne{conn} })
}

type oneByOne struct{ conn *pgx.Conn }

func (o oneByOne) Close() { _ = o.conn.Close(context.Background()) } // its server ends with the benchmark

func (o oneByOne) Store(ctx context.Context, batch Batch) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	for _, m := range batch.Messages {
		if err := o.store(ctx, m.Body); err != nil {
			return fmt.Errorf("message %s: %w", m.ID, err)
		}
	}
	return nil
}

func (o oneByOne) store(ctx context.Context, body string) error {
	var m struct {
		EventID       string    `json:"event_id"`
		CorrelationID string    `json:"correlation_id"`
		Mode          string    `json:"payload_mode"`
		Payload       string    `json:"payload_inline"`
		SHA256        string    `json:"payload_sha256"`
		ReceivedAt    time.Time `json:"received_at"`
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return err
	}
	if sum := sha256.Sum256([]byte(m.Payload)); hex.EncodeToString(sum[:]) != m.SHA256 {
		return fmt.Errorf("the hash of %s differs", m.EventID)
	}
	var e struct {
		UserID    string          `json:"user_id"`
		Amount    json.Number     `json:"amount"`
		Currency  string          `json:"currency"`
		Merchant  string          `json:"merchant"`
		Timestamp time.Time       `json:"timestamp"`
		Metadata  json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal([]byte(m.Payload), &e); err != nil {
		return err
	}
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO idempotency_keys (event_id, status, payload_sha256) VALUES ($1, 'processing', $2)
			ON CONFLICT (event_id) DO NOTHING`, []any{m.EventID, m.SHA256}},
		{`INSERT INTO events (event_id, correlation_id, user_id, amount, currency, merchant, ts, metadata_json, payload_mode,
				payload_sha256, received_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (event_id) DO NOTHING`,
			[]any{m.EventID, m.CorrelationID, e.UserID, e.Amount.String(), e.Currency, e.Merchant, e.Timestamp, e.Metadata, m.Mode, m.SHA256, m.ReceivedAt}},
		{`UPDATE idempotency_keys SET status = 'success', last_seen_at = now() WHERE event_id = $1`, []any{m.EventID}},
	} {
		done, err := o.conn.Exec(ctx, s.sql, s.args...)
		if err != nil {
			return err
		}
		if done.RowsAffected() != 1 {
			return fmt.Errorf("event %s was there before", m.EventID)
		}
	}
	return nil
}
