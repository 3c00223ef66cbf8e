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
				if _, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil); err != nil {
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
			var before []process.BatchID
			for round := range rounds {
				records := make([]process.Record, size)
				for i := range records {
					// Half of the ids are the round's, half come in every round.
					records[i] = processtest.Success(fmt.Sprintf("e-%d-%d", (i%2)*round, i), "a")
				}
				if worker%2 == 1 {
					slices.Reverse(records)
				}
				persisted, err := store.PersistBatch(t.Context(), records, before)
				if err != nil {
					t.Errorf("worker %d, round %d: %v", worker, round, err)
					return
				}
				before = []process.BatchID{persisted.Batch}
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
		SELECT string_agg(concat_ws('|', event_id, correlation_id, user_id, amount, currency, merchant,
			ts AT TIME ZONE 'UTC', coalesce(payload, 'none'), encode(payload_sha256, 'hex'),
			coalesce(s3_bucket, 'none'), coalesce(s3_key, 'none'), received_at AT TIME ZONE 'UTC',
			now() - created_at BETWEEN '0' AND '1 hour'), E'\n' ORDER BY event_id)
		FROM events`)
	want := strings.ReplaceAll(strings.Join([]string{
		`inline|correlation-inline|user-1|12.50|EUR|Café Zürich|2026-01-31 12:30:00.654321|a|HASH|none|none|2026-01-31 23:59:59.123456|t`,
		`large|correlation-large|user-1|12.50|EUR|Café Zürich|2026-01-31 12:30:00.654321|none|HASH|payloads|raw/large/HASH.json|2026-01-31 23:59:59.123456|t`,
	}, "\n"), "HASH", hash)
	if events != want {
		t.Errorf("events:\n%s\nwant\n%s", events, want)
	}

	records := query[string](t, conn, `
		SELECT string_agg(concat_ws('|', k.event_id, status, encode(k.payload_sha256, 'hex'), attempts, coalesce(error_code, 'none'),
			coalesce(error_reason, 'none'), first_seen_at = last_seen_at,
			now() - last_seen_at BETWEEN '0' AND '1 hour', stored_at IS NOT DISTINCT FROM created_at,
			stored_by IS NOT DISTINCT FROM announced_by AND (stored_by IS NULL) = (stored_at IS NULL)), E'\n' ORDER BY k.event_id)
		FROM idempotency_keys AS k LEFT JOIN events USING (event_id)`)
	want = strings.ReplaceAll(strings.Join([]string{
		`bad|failed|HASH|1|hash_mismatch|the payload is another one|t|t|t|t`,
		`inline|success|HASH|1|none|none|t|t|t|t`,
		`large|success|HASH|1|none|none|t|t|t|t`,
		`later|processing|HASH|1|storage_unavailable|the bucket cannot be reached|t|t|t|t`,
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
				last_seen_at > first_seen_at, (SELECT count(*) FROM events),
				EXISTS (SELECT FROM announced_batches WHERE batch_id = announced_by))
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
	persisted, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := look(), "e|success|3|none|none|t|1|f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	stored := all()
	for range 2 {
		if _, err := store.PersistBatch(t.Context(), nil, []process.BatchID{persisted.Batch}); err != nil {
			t.Fatal(err)
		}
	}
	persist(t, store, processtest.Success("e", "other"))
	persist(t, store, processtest.Failed("e", "other"))
	if got := all(); got != stored {
		t.Errorf("another payload, or a second note, changed\n%s\nto\n%s", stored, got)
	}
	persist(t, store, processtest.Failed("e", "a"))
	if got, want := look(), "e|success|4|none|none|t|1|t"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := firstSeen(); !got.Equal(first) {
		t.Errorf("first_seen_at moved from %s to %s", first, got)
	}
}

// A key outlives its event: what retention took away does not come back.
func TestPersistBatchOfASuccessWhoseEventIsGone(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	persist(t, store, processtest.Success("e", "a"))
	if _, err := conn.Exec(t.Context(), "DELETE FROM events"); err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{"b", "a"} {
		got := persist(t, store, processtest.Success("e", payload))[event.Identity{ID: "e"}]
		if n := query[int](t, conn, "SELECT count(*) FROM events"); got.Inserted || got.Status != process.StatusSuccess || n != 0 {
			t.Errorf("payload %s: %+v, %d events", payload, got, n)
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
		{"no_payload", func(r *process.Record) { r.Payload = "" }, "SQLSTATE 23514, constraint events_payload_is_inline_or_in_s3"},
		{"nul_in_the_payload", func(r *process.Record) { r.Payload = "tell-nobody\x00" }, "SQLSTATE 22021"},
		{"short_hash", func(r *process.Record) { r.SHA256 = "00" }, "SQLSTATE 23514, constraint idempotency_keys_payload_sha256_check"},
		{"nul_in_a_text", func(r *process.Record) { r.Event.Merchant = "tell-nobody\x00" }, "SQLSTATE 22021"},
		{"invalid_utf8", func(r *process.Record) { r.Event.Merchant = "tell-nobody\xff" }, "SQLSTATE 22021"},
		{"no_amount", func(r *process.Record) { r.Event.Amount = event.Amount{} }, "SQLSTATE 22P02"},
		{"unknown_status", func(r *process.Record) { r.Status = secret }, "SQLSTATE 23514, constraint idempotency_keys_status_check"},
	}
	for _, c := range cases {
		bad := processtest.Success("bad", "a")
		c.spoil(&bad)
		_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("good", "a"), bad}, nil)
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
		if got := persist(t, store, r)[event.Identity{ID: "e"}].Attempts; got != i+1 {
			t.Errorf("%d deliveries made %d attempts, want %d", deliveries, got, i+1)
		}
	}
}
