package bench

import (
	"context"
	"fmt"
	"io"
)

// Removal is what one of Fluxa's databases does without.
type Removal struct{ Name, Statement string }

// Removals are the constraints and the index that the migrations keep beside the keys by
// which rows are found.
func Removals() []Removal {
	return []Removal{
		{"all checks", "ALTER TABLE events DROP CONSTRAINT events_amount_check, DROP CONSTRAINT events_payload_sha256_check, " +
			"DROP CONSTRAINT events_payload_is_inline_or_in_s3; ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_status_check, " +
			"DROP CONSTRAINT idempotency_keys_payload_sha256_check, DROP CONSTRAINT idempotency_keys_success_is_stored"},
		{"events_amount_check", "ALTER TABLE events DROP CONSTRAINT events_amount_check"},
		{"events_payload_sha256_check", "ALTER TABLE events DROP CONSTRAINT events_payload_sha256_check"},
		{"events_payload_is_inline_or_in_s3", "ALTER TABLE events DROP CONSTRAINT events_payload_is_inline_or_in_s3"},
		{"idempotency_keys_status_check", "ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_status_check"},
		{"idempotency_keys_payload_sha256_check", "ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_payload_sha256_check"},
		{"idempotency_keys_success_is_stored", "ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_success_is_stored"},
		{"events_pkey", "ALTER TABLE events DROP CONSTRAINT events_pkey"},
		{"events_user_newest_first", "DROP INDEX events_user_newest_first"},
		{"idempotency_keys_first_seen_at", "DROP INDEX idempotency_keys_first_seen_at"},
	}
}

// without is Fluxa's processor on tables that lack something.
type without struct {
	fluxa
	name string
}

// NewWithout returns Fluxa's processor on tables without what is removed, the n-th.
func NewWithout(ctx context.Context, serverURL string, n int, r Removal) (Contender, error) {
	d, err := fluxaTables(ctx, serverURL, fmt.Sprintf("bench_without_%d", n))
	if err != nil {
		return nil, err
	}
	if _, err := d.pool.Exec(ctx, r.Statement); err != nil {
		d.Close()
		return nil, fmt.Errorf("remove %s: %w", r.Name, err)
	}
	return without{fluxa{d}, r.Name}, nil
}

func (w without) Name() string { return "without " + w.name }

// WriteCosts writes a row for each contender but the first: how much faster it is.
func WriteCosts(w io.Writer, r Result) error {
	if _, err := fmt.Fprintf(w, "| %s | events/s | of the whole |\n|---|---|---|\n", r.Setting); err != nil {
		return err
	}
	for i, rates := range r.Rates {
		if _, err := fmt.Fprintf(w, "| %s | %s (%s–%s) | %.2f |\n", rates.Contender,
			rounded(rates.Median()), rounded(rates.Low()), rounded(rates.High()), 1/r.Ratio(i)); err != nil {
			return err
		}
	}
	return nil
}
