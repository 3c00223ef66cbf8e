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
			WHERE relnamespace = current_schema()::regnamespace AND relname IN ('events', 'events_default', 'idempotency_keys', 'announced_batches', 'watched_messages', 'erasures', 'erased_hashes')
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
		`index announced_batches CREATE UNIQUE INDEX announced_batches_pkey ON announced_batches USING btree (batch_id)`,
		`index erased_hashes CREATE UNIQUE INDEX erased_hashes_pkey ON erased_hashes USING btree (sha256, client)`,
		`index erasures CREATE UNIQUE INDEX erasures_pkey ON erasures USING btree (erasure_id)`,
		`index events CREATE INDEX events_user_newest_first ON ONLY events USING btree (user_id, client, ts DESC, event_id DESC)`,
		`index events CREATE UNIQUE INDEX events_pkey ON ONLY events USING btree (event_id, client, created_at)`,
		`index events_default CREATE INDEX events_default_user_id_client_ts_event_id_idx ON events_default USING btree (user_id, client, ts DESC, event_id DESC)`,
		`index events_default CREATE UNIQUE INDEX events_default_pkey ON events_default USING btree (event_id, client, created_at)`,
		`index idempotency_keys CREATE INDEX idempotency_keys_first_seen_at ON idempotency_keys USING btree (first_seen_at)`,
		`index idempotency_keys CREATE INDEX idempotency_keys_unfinished ON idempotency_keys USING btree (client, status, first_seen_at DESC, event_id DESC) WHERE (status <> 'success'::text)`,
		`index idempotency_keys CREATE UNIQUE INDEX idempotency_keys_pkey ON idempotency_keys USING btree (event_id, client)`,
		`index watched_messages CREATE UNIQUE INDEX watched_messages_pkey ON watched_messages USING btree (message_id)`,
	}
	if got := strings.Join(indexes, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s", got)
	}
}

// The tables refuse what could not be mended later. What an event looks like is the
// decoder's to guarantee.
func TestConstraints(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	event := map[string]string{
		"event_id": "'e'", "created_at": "now()", "received_at": "now()", "ts": "now()", "user_id": "'u'", "amount": "1.5",
		"currency": "'EUR'", "merchant": "'m'", "correlation_id": "''", "payload_sha256": hash32, "payload": "'{}'",
	}
	inS3 := map[string]string{"payload": "NULL", "s3_bucket": "'b'", "s3_key": "'k'"}
	key := map[string]string{"event_id": "'e'", "status": "'success'", "stored_at": "now()", "payload_sha256": hash32, "attempts": "1"}
	cases := []struct {
		name    string
		table   string
		changes map[string]string
		ok      bool
	}{
		{"a_plain_event", "events", nil, true},
		{"longest_id", "events", map[string]string{"event_id": "'" + strings.Repeat("x", contract.EventIDLimit) + "'"}, true},
		{"longest_user", "events", map[string]string{"user_id": "'" + strings.Repeat("漢", contract.UserIDLimit) + "'"}, true},
		{"no_id", "events", map[string]string{"event_id": "NULL"}, false},
		{"no_time", "events", map[string]string{"created_at": "NULL"}, false},
		{"largest_amount", "events", map[string]string{"amount": "999999999999999.9999"}, true},
		{"too_large_amount", "events", map[string]string{"amount": "1000000000000000"}, false},
		{"zero", "events", map[string]string{"amount": "0"}, false},
		{"negative", "events", map[string]string{"amount": "-1.5"}, false},
		{"not_a_number", "events", map[string]string{"amount": "'NaN'"}, false},
		{"no_amount", "events", map[string]string{"amount": "NULL"}, false},
		{"s3", "events", inS3, true},
		{"no_payload", "events", map[string]string{"payload": "NULL"}, false},
		{"s3_without_bucket", "events", map[string]string{"payload": "NULL", "s3_key": "'k'"}, false},
		{"s3_without_key", "events", map[string]string{"payload": "NULL", "s3_bucket": "'b'"}, false},
		{"s3_with_payload", "events", map[string]string{"s3_bucket": "'b'", "s3_key": "'k'"}, false},
		{"inline_with_bucket", "events", map[string]string{"s3_bucket": "'b'"}, false},
		{"short_hash", "events", map[string]string{"payload_sha256": `'\x00'`}, false},
		{"a_plain_record", "idempotency_keys", nil, true},
		{"unknown_status", "idempotency_keys", map[string]string{"status": "'done'", "stored_at": "NULL"}, false},
		{"failed", "idempotency_keys", map[string]string{"status": "'failed'", "stored_at": "NULL", "error_code": "'c'"}, true},
		{"success_that_is_not_stored", "idempotency_keys", map[string]string{"stored_at": "NULL"}, false},
		{"failure_that_is_stored", "idempotency_keys", map[string]string{"status": "'failed'"}, false},
		{"record_without_hash", "idempotency_keys", map[string]string{"payload_sha256": "NULL"}, false},
		{"record_of_a_short_hash", "idempotency_keys", map[string]string{"payload_sha256": `'\x00'`}, false},
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

var hash32 = `'\x` + strings.Repeat("aa", 32) + "'"
