package pgmigrate_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fluxa/fluxa/migrations"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func copyFiles(dir string) error { return os.CopyFS(dir, migrations.Files()) }

func portOf(config *pgx.ConnConfig) string { return strconv.Itoa(int(config.Port)) }

func schemaOf(t *testing.T, url string) string {
	t.Helper()
	var schema string
	if err := connect(t, url).QueryRow(t.Context(), "SELECT current_schema()::text").Scan(&schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// shape describes the product's tables: columns, constraints and indexes.
func shape(t *testing.T, url string) []string {
	t.Helper()
	rows, err := connect(t, url).Query(t.Context(), `
		WITH tables AS (
			SELECT oid, relname FROM pg_class
			WHERE relnamespace = current_schema()::regnamespace AND relname IN ('events', 'idempotency_keys')
		)
		SELECT format('column %s.%s %s %s %s %s', relname, attname, format_type(atttypid, atttypmod),
			attnotnull, attcollation::regcollation, pg_get_expr(adbin, adrelid))
		FROM tables JOIN pg_attribute ON attrelid = tables.oid
		LEFT JOIN pg_attrdef ON adrelid = tables.oid AND adnum = attnum
		WHERE attnum > 0
		UNION ALL
		SELECT format('constraint %s.%s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
		FROM tables JOIN pg_constraint ON conrelid = tables.oid
		UNION ALL
		SELECT replace(format('index %s %s', relname, pg_get_indexdef(indexrelid)), current_schema() || '.', '')
		FROM tables JOIN pg_index ON indrelid = tables.oid
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestIndexesAreThoseThatAQueryUses(t *testing.T) {
	t.Parallel()
	var indexes []string
	for _, line := range shape(t, pgtest.MigratedURL(t)) {
		if strings.HasPrefix(line, "index") {
			indexes = append(indexes, line)
		}
	}
	want := []string{
		`index events CREATE INDEX events_user_newest_first ON events USING btree (user_id, ts DESC, event_id DESC)`,
		`index events CREATE UNIQUE INDEX events_pkey ON events USING btree (event_id)`,
		`index idempotency_keys CREATE UNIQUE INDEX idempotency_keys_pkey ON idempotency_keys USING btree (event_id)`,
	}
	if got := strings.Join(indexes, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s", got)
	}
}

// The tables hold what the contract allows, to the last character, and refuse
// what it forbids.
func TestConstraints(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	wide := func(n int) string { return "'" + strings.Repeat("漢", n) + "'" }
	ascii := func(n int) string { return "'" + strings.Repeat("x", n) + "'" }
	event := map[string]string{
		"event_id": "'e'", "correlation_id": "''", "user_id": "'u'", "amount": "1.5", "amount_scale": "1",
		"currency": "'EUR'", "merchant": "'m'", "ts": "now()", "payload_mode": "'INLINE'",
		"payload_sha256": ascii64, "received_at": "now()",
	}
	key := map[string]string{"event_id": "'e'", "status": "'success'", "payload_sha256": ascii64, "attempts": "1"}
	cases := []struct {
		name    string
		table   string
		changes map[string]string
		ok      bool
	}{
		{"a_plain_event", "events", nil, true},
		{"longest_id", "events", map[string]string{"event_id": ascii(contract.EventIDLimit)}, true},
		{"too_long_id", "events", map[string]string{"event_id": ascii(contract.EventIDLimit + 1)}, false},
		{"empty_id", "events", map[string]string{"event_id": "''"}, false},
		{"id_with_newline", "events", map[string]string{"event_id": `E'e\n'`}, false},
		{"id_with_space", "events", map[string]string{"event_id": "'a b'"}, false},
		{"longest_user", "events", map[string]string{"user_id": wide(contract.UserIDLimit)}, true},
		{"too_long_user", "events", map[string]string{"user_id": wide(contract.UserIDLimit + 1)}, false},
		{"no_user", "events", map[string]string{"user_id": "''"}, false},
		{"longest_merchant", "events", map[string]string{"merchant": wide(contract.MerchantLimit)}, true},
		{"too_long_merchant", "events", map[string]string{"merchant": wide(contract.MerchantLimit + 1)}, false},
		{"longest_correlation", "events", map[string]string{"correlation_id": ascii(contract.CorrelationIDLimit)}, true},
		{"too_long_correlation", "events", map[string]string{"correlation_id": ascii(contract.CorrelationIDLimit + 1)}, false},
		{"largest_amount", "events", map[string]string{"amount": "999999999999999.9999", "amount_scale": "4"}, true},
		{"too_large_amount", "events", map[string]string{"amount": "1000000000000000"}, false},
		{"zero", "events", map[string]string{"amount": "0"}, false},
		{"negative", "events", map[string]string{"amount": "-1.5"}, false},
		{"not_a_number", "events", map[string]string{"amount": "'NaN'"}, false},
		{"scale_drops_digits", "events", map[string]string{"amount": "1.55"}, false},
		{"scale_too_large", "events", map[string]string{"amount_scale": "5"}, false},
		{"scale_negative", "events", map[string]string{"amount": "10", "amount_scale": "-1"}, false},
		{"no_scale", "events", map[string]string{"amount_scale": "NULL"}, false},
		{"lower_case_currency", "events", map[string]string{"currency": "'eur'"}, false},
		{"metadata_is_no_object", "events", map[string]string{"metadata_json": `'[1]'`}, false},
		{"unknown_mode", "events", map[string]string{"payload_mode": "'FTP'"}, false},
		{"s3", "events", map[string]string{"payload_mode": "'S3'", "s3_bucket": "'b'", "s3_key": "'k'"}, true},
		{"s3_without_bucket", "events", map[string]string{"payload_mode": "'S3'", "s3_key": "'k'"}, false},
		{"s3_without_key", "events", map[string]string{"payload_mode": "'S3'", "s3_bucket": "'b'"}, false},
		{"s3_with_metadata", "events", map[string]string{"payload_mode": "'S3'", "s3_bucket": "'b'", "s3_key": "'k'", "metadata_json": "'{}'"}, false},
		{"inline_with_bucket", "events", map[string]string{"s3_bucket": "'b'"}, false},
		{"inline_with_key", "events", map[string]string{"s3_key": "'k'"}, false},
		{"upper_case_hash", "events", map[string]string{"payload_sha256": "'" + strings.Repeat("A", 64) + "'"}, false},
		{"short_hash", "events", map[string]string{"payload_sha256": ascii(63)}, false},
		{"a_plain_record", "idempotency_keys", nil, true},
		{"unknown_status", "idempotency_keys", map[string]string{"status": "'done'"}, false},
		{"failed", "idempotency_keys", map[string]string{"status": "'failed'", "error_code": "'c'", "error_reason": wide(1024)}, true},
		{"reason_too_long", "idempotency_keys", map[string]string{"status": "'failed'", "error_reason": wide(1025)}, false},
		{"success_with_error", "idempotency_keys", map[string]string{"error_code": "'c'"}, false},
		{"success_with_reason", "idempotency_keys", map[string]string{"error_reason": "'r'"}, false},
		{"notified_success", "idempotency_keys", map[string]string{"notified_at": "now()"}, true},
		{"notified_failure", "idempotency_keys", map[string]string{"status": "'failed'", "notified_at": "now()"}, false},
		{"no_attempt", "idempotency_keys", map[string]string{"attempts": "0"}, false},
		{"record_without_hash", "idempotency_keys", map[string]string{"payload_sha256": "NULL"}, false},
	}
	conn := connect(t, url)
	for _, c := range cases {
		base := event
		if c.table == "idempotency_keys" {
			base = key
		}
		var columns, values []string
		for column, value := range base {
			if changed, ok := c.changes[column]; ok {
				value = changed
			}
			columns, values = append(columns, column), append(values, value)
		}
		for column, value := range c.changes {
			if _, ok := base[column]; !ok {
				columns, values = append(columns, column), append(values, value)
			}
		}
		insert := fmt.Sprintf("BEGIN; INSERT INTO %s (%s) VALUES (%s); ROLLBACK",
			c.table, strings.Join(columns, ","), strings.Join(values, ","))
		_, err := conn.Exec(t.Context(), insert)
		if c.ok && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if !c.ok {
			pgErr, isPg := errors.AsType[*pgconn.PgError](err)
			if !isPg || (pgErr.Code[:2] != "23" && pgErr.Code[:2] != "22") {
				t.Errorf("%s: got %v, want it refused", c.name, err)
			}
			if _, err := conn.Exec(t.Context(), "ROLLBACK"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

var ascii64 = "'" + strings.Repeat("a", 64) + "'"
