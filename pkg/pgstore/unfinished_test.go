package pgstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	queries "github.com/fluxa/fluxa/pkg/query"
)

// unfinished walks all pages, and returns "id:code" for each, newest first.
func unfinished(t *testing.T, store *pgstore.Store, filter queries.Filter) (all []string) {
	t.Helper()
	for {
		page, more, err := store.Unfinished(t.Context(), filter)
		if err != nil || filter.Limit > 0 && len(page) > filter.Limit {
			t.Fatalf("%d of at most %d: %v", len(page), filter.Limit, err)
		}
		for _, s := range page {
			if s.State != filter.State || s.Client != filter.Client || s.Attempts != 1 || s.Error == nil || s.Error.Reason == "" {
				t.Errorf("%+v, asked for %+v", s, filter)
			}
			all = append(all, s.ID+":"+string(s.Error.Code))
		}
		if !more {
			return all
		}
		last := page[len(page)-1]
		filter.After = &queries.Position{Timestamp: last.FirstSeenAt, EventID: last.ID}
	}
}

func TestUnfinished_lists_what_failed_or_is_under_way_newest_first(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	of := func(client string, r process.Record) process.Record {
		r.Client = client
		return r
	}
	persist(t, store, processtest.Success("good", "a"), processtest.Failed("f1", "a"), processtest.Failed("f2", "a"), processtest.Processing("p1", "a"))
	between := time.Now()
	persist(t, store, processtest.Failed("f3", "a"), of("orders", processtest.Failed("f1", "a")), of("orders", processtest.Success("f2", "a")))
	persist(t, store, processtest.Failed("mended", "a"))
	persist(t, store, processtest.Success("mended", "b"))

	const failed, waits = ":hash_mismatch", ":storage_unavailable"
	for name, c := range map[string]struct {
		filter queries.Filter
		want   string
	}{
		"failed":           {queries.Filter{State: "failed"}, "f3" + failed + " f2" + failed + " f1" + failed},
		"by pages":         {queries.Filter{State: "failed", Limit: 1}, "f3" + failed + " f2" + failed + " f1" + failed},
		"from":             {queries.Filter{State: "failed", From: &between}, "f3" + failed},
		"to":               {queries.Filter{State: "failed", To: &between}, "f2" + failed + " f1" + failed},
		"processing":       {queries.Filter{State: "processing"}, "p1" + waits},
		"a client's":       {queries.Filter{State: "failed", Client: "orders"}, "f1" + failed},
		"another client's": {queries.Filter{State: "failed", Client: "refunds"}, ""},
	} {
		if got := strings.Join(unfinished(t, store, c.filter), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	store.Close()
	if _, _, err := store.Unfinished(t.Context(), queries.Filter{State: "failed"}); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("a closed store: %v", err)
	}
}

// TestUnfinished_costs_a_stored_event_nothing looks at the index, and at the plan of the
// list, among many successes.
func TestUnfinished_costs_a_stored_event_nothing(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO idempotency_keys (event_id, attempts, status, payload_sha256, error_code, stored_at, first_seen_at)
		SELECT 'e-' || n, 1, CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'success' END, decode(repeat('00', 32), 'hex'), 'hash_mismatch',
			CASE WHEN n % 100 = 0 THEN NULL ELSE now() END, now() - n * interval '1 second'
		FROM generate_series(1, 20000) AS n`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "ANALYZE idempotency_keys"); err != nil {
		t.Fatal(err)
	}
	if entries := query[int](t, conn, "SELECT reltuples::int FROM pg_class WHERE oid = 'idempotency_keys_unfinished'::regclass"); entries != 200 {
		t.Errorf("the index has %d entries, want those of the 200 failures", entries)
	}
	plan := strings.Join(explain(t, conn, pgstore.UnfinishedSQL(), pgstore.UnfinishedArguments(queries.Filter{State: contract.StatusFailed, Limit: 50})...), "\n")
	if !strings.Contains(plan, "Index Scan using idempotency_keys_unfinished") || !strings.Contains(plan, "rows=51") || strings.Contains(plan, "Sort") {
		t.Errorf("the list is not read out of its index:\n%s", plan)
	}
}

// TestUnfinished_leaves_a_duplicate_its_cheap_update: PostgreSQL writes no index for an
// update of which no index has a column, whether its row is in the index or not (HOT).
func TestUnfinished_leaves_a_duplicate_its_cheap_update(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	records := make([]process.Record, 10)
	for i := range records {
		records[i] = processtest.Success(fmt.Sprintf("e-%d", i), "a")
	}
	persist(t, store, records...)
	err := store.Rehearse(t.Context(), func(rehearsed *pgstore.Store) error {
		persist(t, rehearsed, records...)
		updated, hot := 0, 0
		err := rehearsed.Within().QueryRow(t.Context(), "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relid = 'idempotency_keys'::regclass").Scan(&updated, &hot)
		if err == nil && (updated != len(records) || hot != updated) {
			t.Errorf("%d of %d duplicates were updated without an index", hot, updated)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
