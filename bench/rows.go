package bench

import (
	"context"
	"fmt"
	"time"
)

// filled is Fluxa's processor with tables that have rows from the start.
type filled struct {
	fluxa
	name  string
	since time.Time // the last Reset
}

// NewFilled returns Fluxa's processor with so many events in its tables, all in the
// partition that new ones go to. Their ids are random, or in the order of time.
func NewFilled(ctx context.Context, serverURL string, rows int, random bool) (Contender, error) {
	d, err := fluxaTables(ctx, serverURL, fmt.Sprintf("bench_filled_%d_random_%t", rows, random))
	if err != nil {
		return nil, err
	}
	const chunk = 100_000 // bounds what one statement keeps in memory
	for from := 0; from < rows; from += chunk {
		if _, err := d.pool.Exec(ctx, fillSQL, from, min(from+chunk, rows)-1, random); err != nil {
			d.Close()
			return nil, fmt.Errorf("fill the tables: %w", err)
		}
	}
	for _, statement := range []string{"VACUUM (ANALYZE) events, idempotency_keys", "CHECKPOINT"} {
		if _, err := d.pool.Exec(ctx, statement); err != nil {
			d.Close()
			return nil, fmt.Errorf("fill the tables: %w", err)
		}
	}
	return &filled{fluxa: fluxa{d}, name: fmt.Sprintf("Fluxa, %s rows", rounded(float64(rows)))}, nil
}

// fillSQL stores the events $1 to $2. An id in the order of time is a UUID of version 7
// with the milliseconds of an event of the past, some hundred a second.
const fillSQL = `
	WITH made AS (
		SELECT n, CASE WHEN $3 THEN gen_random_uuid()::text ELSE
			regexp_replace(lpad(to_hex(1700000000000 + n::int8 * 5), 12, '0'), '(.{8})', '\1-') || '-7' ||
			substr(gen_random_uuid()::text, 16) END AS id
		FROM generate_series($1::int4, $2::int4) AS n
	), keyed AS (
		INSERT INTO idempotency_keys (event_id, stored_at, stored_by, announced_by, attempts, status, payload_sha256)
		SELECT id, now(), 1, 1, 1, 'success', sha256(id::bytea) FROM made
	)
	INSERT INTO events (event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, payload)
	SELECT id, now(), now(), now() - n * interval '5 ms', 'user-' || n % 10000, 12.50, 'EUR', 'merchant', id, sha256(id::bytea),
		rpad('{"event_id":"' || id || '"', 400, 'x')
	FROM made`

func (f *filled) Name() string { return f.name }

// Reset leaves the rows: what a turn adds is little beside them. Nor does it make a
// checkpoint, after which the first write to each page of an index logs the whole page:
// at random ids and for a turn of seconds, that would be every write. A server in
// production has one in minutes.
func (f *filled) Reset(ctx context.Context) error {
	return f.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&f.since)
}

// Stored counts what was stored since the last Reset.
func (f *filled) Stored(ctx context.Context) (n int, err error) {
	err = f.pool.QueryRow(ctx, `
		SELECT count(*) FROM idempotency_keys AS k JOIN events AS e ON e.event_id = k.event_id AND e.created_at = k.stored_at
		WHERE k.first_seen_at > $1 AND k.status = 'success'`, f.since).Scan(&n)
	return n, err
}
