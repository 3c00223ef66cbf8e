package pgstore_test

import (
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

var (
	_ maintain.Store = (*pgstore.Store)(nil)
	_ maintain.Store = (*processtest.MemoryStore)(nil)
)

// Three years pass, a run a week, with an event and a failed id stored each week. What
// is alive stays and can be read; what has expired goes, and its key later.
func TestThreeYearsOfMaintenance(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url), StatementTimeout: time.Minute}), connect(t, url)
	const week, retention, weeks = 7 * 24 * time.Hour, 70 * 24 * time.Hour, 157
	start := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	now := start
	service, err := maintain.New(maintain.Config{Store: store, Retention: retention, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var total maintain.Report
	for n := range weeks {
		now = start.Add(time.Duration(n) * week)
		report, err := service.Run(t.Context())
		if err != nil || report.Misplaced != 0 {
			t.Fatalf("week %d: %+v, %v", n, report, err)
		}
		total.Made, total.Dropped, total.Pruned = total.Made+report.Made, total.Dropped+report.Dropped, total.Pruned+report.Pruned
		// The clock of the server does not move, so the rows are written as it would then.
		id := now.Format(time.DateOnly)
		if _, err := conn.Exec(t.Context(), `
			INSERT INTO events (event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, payload)
			VALUES ($1::text, $2::timestamptz, $2, $2, 'u', 1, 'EUR', 'm', '', decode(repeat('00', 32), 'hex'), 'p')`, id, now); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), `
			INSERT INTO idempotency_keys (event_id, first_seen_at, last_seen_at, stored_at, attempts, status, payload_sha256)
			VALUES ($1::text, $2::timestamptz, $2, $2, 1, 'success', decode(repeat('00', 32), 'hex')),
				($1::text || '-failed', $2, $2, NULL, 1, 'failed', decode(repeat('00', 32), 'hex')),
				($1::text || '-late', $2::timestamptz - interval '1 year', $2, $2, 1, 'success', decode(repeat('00', 32), 'hex'))`, id, now); err != nil {
			t.Fatal(err)
		}
		if n := query[int](t, conn, "SELECT count(*) FROM events_default"); n != 0 {
			t.Fatalf("%s: the default partition took an event", id)
		}
	}
	alive := int(retention/week) + 1 // the day of the oldest one has not passed yet
	if n := query[int](t, conn, "SELECT count(*) FROM events"); n != alive {
		t.Errorf("%d events are left, want %d", n, alive)
	}
	oldest := now.Add(-retention)
	reader := open(t, pgstore.Config{URL: as(t, contract.FunctionQuery, url)})
	if _, err := reader.Event(t.Context(), event.Identity{ID: oldest.Format(time.DateOnly)}); err != nil {
		t.Errorf("the oldest event that is alive: %v", err)
	}
	if n := query[int](t, conn, "SELECT count(*) FROM idempotency_keys k WHERE NOT EXISTS (SELECT FROM events e WHERE e.event_id = k.event_id) AND event_id LIKE '____-__-__'"); n == 0 {
		t.Error("no key outlived its event")
	}
	cutoff := now.Add(-retention - 24*time.Hour - contract.KeysOutliveEvents)
	if n := query[int](t, conn, "SELECT count(*) FROM idempotency_keys WHERE last_seen_at < $1", cutoff); n != 0 {
		t.Errorf("%d keys have expired and are there", n)
	}
	if n := query[int](t, conn, "SELECT count(*) FROM idempotency_keys"); int64(n)+total.Pruned != 3*weeks {
		t.Errorf("%d keys and %d pruned, want %d", n, total.Pruned, 3*weeks)
	}
	// The days of the retention, the first of them begun by then, today and seven ahead.
	if left, days := total.Made-total.Dropped, int64(retention/(24*time.Hour)); left != days+8 {
		t.Errorf("%d days are left, want %d", left, days+8)
	}
}

// Without a partition of its own an event is stored all the same, and moves into the
// one that is made for its day.
func TestDefaultPartitionIsDrained(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)}), connect(t, url)
	processor := open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, url)})
	persist(t, processor, processtest.Success("a", "x"), processtest.Success("b", "x"))
	today := query[time.Time](t, conn, "SELECT min(created_at) FROM events_default")
	if moved, err := store.MakePartition(t.Context(), today.AddDate(0, 0, 1)); err != nil || moved != 0 {
		t.Errorf("tomorrow: %d moved, %v", moved, err)
	}
	days, events, err := store.Misplaced(t.Context())
	if err != nil || events != 2 || len(days) != 1 || !days[0].Equal(today.UTC().Truncate(24*time.Hour)) {
		t.Fatalf("%v, %d, %v", days, events, err)
	}
	if moved, err := store.MakePartition(t.Context(), days[0]); err != nil || moved != 2 {
		t.Errorf("%d moved, %v", moved, err)
	}
	if _, events, err := store.Misplaced(t.Context()); err != nil || events != 0 {
		t.Errorf("%d left, %v", events, err)
	}
	for _, id := range []string{"a", "b"} {
		if got, err := processor.Event(t.Context(), event.Identity{ID: id}); err != nil || string(got.Payload) != "x" {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
	}
	if got := persist(t, processor, processtest.Success("a", "x"))[event.Identity{ID: "a"}]; got.Inserted || got.Status != process.StatusSuccess {
		t.Errorf("a again: %+v", got)
	}
	if days, err := store.Partitions(t.Context()); err != nil || len(days) != 2 {
		t.Errorf("%v, %v", days, err)
	}
}
