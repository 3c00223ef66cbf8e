package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func TestPersistBatchFromTenPoolsAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	start := make(chan struct{})
	var wait sync.WaitGroup
	for range 10 {
		store := open(t, pgstore.Config{URL: url, MaxConns: 1})
		wait.Go(func() {
			<-start
			for range 5 {
				if _, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}); err != nil {
					t.Errorf("persist: %v", err)
				}
			}
		})
	}
	close(start)
	wait.Wait()
	conn := connect(t, url)
	if n := query[int](t, conn, "SELECT count(*) FROM events"); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	if got := query[string](t, conn, "SELECT string_agg(format('%s %s', status, attempts), ',') FROM idempotency_keys"); got != "success 50" {
		t.Errorf("records %q, want one success of 50 attempts", got)
	}
}

// A retry would hide a deadlock, so there is none here.
func TestOverlappingBatchesNeverDeadlock(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	const rounds, size = 100, 40
	stores := make([]*pgstore.Store, 3)
	for i := range stores {
		stores[i] = open(t, pgstore.Config{URL: url, MaxConns: 1})
		stores[i].OnRetry(func(context.Context, time.Duration) error { return errors.New("a statement failed") })
	}
	start := make(chan struct{})
	var wait sync.WaitGroup
	for worker, store := range stores {
		wait.Go(func() {
			<-start
			for round := range rounds {
				records := make([]process.Record, size)
				ids := make([]string, size)
				for i := range records {
					// Half of the ids are the round's, half come in every round.
					ids[i] = fmt.Sprintf("e-%d-%d", (i%2)*round, i)
					records[i] = processtest.Success(ids[i], "a")
				}
				if worker%2 == 1 {
					slices.Reverse(records)
					slices.Reverse(ids)
				}
				if _, err := store.PersistBatch(t.Context(), records); err != nil {
					t.Errorf("worker %d, round %d: %v", worker, round, err)
					return
				}
				if err := store.MarkNotified(t.Context(), ids); err != nil {
					t.Errorf("worker %d, round %d: %v", worker, round, err)
					return
				}
			}
		})
	}
	close(start)
	wait.Wait()
}

func TestPersistBatchWritesEveryColumn(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	persist(t, store, processtest.Success("inline", "a"), processtest.SuccessS3("large", "a"),
		processtest.Failed("bad", "a"), processtest.Processing("later", "a"))
	hash := event.Hash([]byte("a"))

	events := query[string](t, conn, `
		SELECT string_agg(concat_ws('|', event_id, correlation_id, user_id, amount, amount_scale, currency, merchant,
			ts AT TIME ZONE 'UTC', coalesce(metadata_json::text, 'none'), payload_mode, payload_sha256,
			coalesce(s3_bucket, 'none'), coalesce(s3_key, 'none'), received_at AT TIME ZONE 'UTC',
			now() - created_at BETWEEN '0' AND '1 hour'), E'\n' ORDER BY event_id)
		FROM events`)
	want := strings.ReplaceAll(strings.Join([]string{
		`inline|correlation-inline|user-1|12.5000|2|EUR|Café Zürich|2026-01-31 12:30:00.654321|{"channel": "web"}|INLINE|HASH|none|none|2026-01-31 23:59:59.123456|t`,
		`large|correlation-large|user-1|12.5000|2|EUR|Café Zürich|2026-01-31 12:30:00.654321|none|S3|HASH|payloads|raw/large/HASH.json|2026-01-31 23:59:59.123456|t`,
	}, "\n"), "HASH", hash)
	if events != want {
		t.Errorf("events:\n%s\nwant\n%s", events, want)
	}

	records := query[string](t, conn, `
		SELECT string_agg(concat_ws('|', event_id, status, payload_sha256, attempts, coalesce(error_code, 'none'),
			coalesce(error_reason, 'none'), first_seen_at = last_seen_at,
			now() - last_seen_at BETWEEN '0' AND '1 hour', notified_at IS NULL), E'\n' ORDER BY event_id)
		FROM idempotency_keys`)
	want = strings.ReplaceAll(strings.Join([]string{
		`bad|failed|HASH|1|hash_mismatch|the payload is another one|t|t|t`,
		`inline|success|HASH|1|none|none|t|t|t`,
		`large|success|HASH|1|none|none|t|t|t`,
		`later|processing|HASH|1|storage_unavailable|the bucket cannot be reached|t|t|t`,
	}, "\n"), "HASH", hash)
	if records != want {
		t.Errorf("records:\n%s\nwant\n%s", records, want)
	}
}

func TestPersistBatchMovesARecordOn(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	look := func() string {
		return query[string](t, conn, `
			SELECT concat_ws('|', k.event_id, status, attempts, coalesce(error_code, 'none'), coalesce(error_reason, 'none'),
				last_seen_at > first_seen_at, (SELECT count(*) FROM events), notified_at IS NOT NULL)
			FROM idempotency_keys k`)
	}
	all := func() string {
		return query[string](t, conn, `SELECT concat(k::text, e::text) FROM idempotency_keys k, events e`)
	}
	firstSeen := func() time.Time { return query[time.Time](t, conn, `SELECT first_seen_at FROM idempotency_keys`) }

	persist(t, store, processtest.Failed("e", "bad"))
	first := firstSeen()
	persist(t, store, processtest.Processing("e", "a"))
	if got, want := look(), "e|processing|2|storage_unavailable|the bucket cannot be reached|t|0|f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	persist(t, store, processtest.Success("e", "a"))
	if got, want := look(), "e|success|3|none|none|t|1|f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := store.MarkNotified(t.Context(), []string{"e"}); err != nil {
		t.Fatal(err)
	}
	stored := all()
	if err := store.MarkNotified(t.Context(), []string{"e"}); err != nil {
		t.Fatal(err)
	}
	persist(t, store, processtest.Success("e", "other"))
	persist(t, store, processtest.Failed("e", "other"))
	if got := all(); got != stored {
		t.Errorf("another payload, or a second mark, changed\n%s\nto\n%s", stored, got)
	}
	persist(t, store, processtest.Failed("e", "a"))
	if got, want := look(), "e|success|4|none|none|t|1|t"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := firstSeen(); !got.Equal(first) {
		t.Errorf("first_seen_at moved from %s to %s", first, got)
	}
}

// Whatever took the event away, only its own payload may bring it back.
func TestPersistBatchOfASuccessWhoseEventIsGone(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	persist(t, store, processtest.Success("e", "a"))
	if _, err := conn.Exec(t.Context(), "DELETE FROM events"); err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]bool{"b": false, "a": true} {
		got := persist(t, store, processtest.Success("e", payload))["e"]
		if stored := query[int](t, conn, "SELECT count(*) FROM events WHERE payload_sha256 = $1", event.Hash([]byte(payload))) == 1; got.Inserted != want || stored != want {
			t.Errorf("payload %s: inserted %t, stored %t, want %t", payload, got.Inserted, stored, want)
		}
	}
}

func TestPersistBatchRefusedByTheDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	store.OnRetry(func(context.Context, time.Duration) error { return errors.New("a refused value is tried again") })
	const secret = "tell-nobody"
	cases := []struct {
		name  string
		spoil func(*process.Record)
		says  string
	}{
		{"metadata_is_not_json", func(r *process.Record) { r.Event.Metadata = []byte(`{"card":tell-nobody}`) }, "SQLSTATE 22P02"},
		{"metadata_is_no_object", func(r *process.Record) { r.Event.Metadata = []byte(`["tell-nobody"]`) }, "SQLSTATE 23514, constraint events_metadata_json_check"},
		{"nul_in_metadata", func(r *process.Record) { r.Event.Metadata = []byte(`{"a":"tell-nobody\u0000"}`) }, "SQLSTATE 22P05"},
		{"nul_in_a_text", func(r *process.Record) { r.Event.Merchant = "tell-nobody\x00" }, "SQLSTATE 22021"},
		{"invalid_utf8", func(r *process.Record) { r.Event.Merchant = "tell-nobody\xff" }, "SQLSTATE 22021"},
		{"too_long", func(r *process.Record) { r.Event.UserID = secret + strings.Repeat("x", 256) }, "SQLSTATE 23514, constraint events_user_id_check"},
		{"no_amount", func(r *process.Record) { r.Event.Amount = event.Amount{} }, "SQLSTATE 22P02"},
		{"unknown_status", func(r *process.Record) { r.Status = secret }, "SQLSTATE 23514, constraint idempotency_keys_status_check"},
	}
	for _, c := range cases {
		bad := processtest.Success("bad", "a")
		c.spoil(&bad)
		_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("good", "a"), bad})
		if fault.CodeOf(err) != fault.InvalidEvent || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: got %v, want %s with %s", c.name, err, fault.InvalidEvent, c.says)
		}
		if strings.Contains(fmt.Sprint(err), secret) {
			t.Errorf("%s: the error repeats the value: %v", c.name, err)
		}
		if _, ok := errors.AsType[*pgconn.PgError](err); !ok {
			t.Errorf("%s: the server's error is not in the chain of %v", c.name, err)
		}
	}
	if n := query[int](t, conn, "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM idempotency_keys)"); n != 0 {
		t.Errorf("%d rows were left behind", n)
	}
}

// The record of a failure is not to fail over its reason.
func TestPersistBatchMakesAReasonStorable(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	cases := map[string]string{
		"":                               "",
		"plain":                          "plain",
		"nul\x00 and half\xc3":           "nul\uFFFD and half\uFFFD",
		`{"quoted",\back,NULL}`:          `{"quoted",\back,NULL}`,
		"NULL":                           "NULL",
		strings.Repeat("漢", 1024):        strings.Repeat("漢", 1024),
		strings.Repeat("漢", 1024) + "字字": strings.Repeat("漢", 1024),
	}
	for reason, want := range cases {
		r := processtest.Failed("e", "a")
		r.ErrorReason = reason
		persist(t, store, r)
		if got := query[string](t, conn, "SELECT coalesce(error_reason, '') FROM idempotency_keys"); got != want {
			t.Errorf("stored %q, want %q", got, want)
		}
	}
}

func TestPersistBatchCountsAtLeastOneDelivery(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	for i, deliveries := range []int{0, -3} {
		r := processtest.Success("e", "a")
		r.Deliveries = deliveries
		if got := persist(t, store, r)["e"].Attempts; got != i+1 {
			t.Errorf("%d deliveries made %d attempts, want %d", deliveries, got, i+1)
		}
	}
}
