package pgstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	queries "github.com/fluxa/fluxa/pkg/query"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// at returns a record of a user's event.
func at(id, user string, timestamp time.Time, metadata string) process.Record {
	r := processtest.Success(id, "a")
	r.Event.UserID, r.Event.Timestamp, r.Event.Metadata = user, timestamp, []byte(metadata)
	return r
}

func idsOf(events []event.Stored) string {
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	return strings.Join(ids, " ")
}

// walk reads all pages of a filter.
func walk(t *testing.T, store *pgstore.Store, filter queries.Filter) (pages []string) {
	t.Helper()
	for range 2000 {
		events, more, err := store.Events(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, idsOf(events))
		if !more {
			return pages
		}
		if len(events) == 0 {
			t.Fatal("an empty page says that more follow")
		}
		last := events[len(events)-1]
		filter.After = &queries.Position{Timestamp: last.Timestamp, EventID: last.ID}
	}
	t.Fatalf("the pages have no end: %.200v", pages)
	return nil
}

func TestEventsPages(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	micro := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Microsecond) }
	persist(t, store,
		// Of equal times the greater id comes first, by bytes: a-z before A-Z, "-" last.
		at("b", "u", noon, `{}`), at("B", "u", noon, `{}`), at("-", "u", noon, `{}`), at("a", "u", noon, `{}`),
		at("later", "u", micro(1), `{}`), at("earlier", "u", micro(-1), `{}`),
		at("foreign", "v", noon, `{}`), at("case", "U", noon, `{}`),
	)
	cases := []struct {
		name   string
		filter queries.Filter
		want   string // pages, cut by |
	}{
		{"one_page", queries.Filter{Limit: 50}, "later b a B - earlier"},
		{"page_of_all", queries.Filter{Limit: 6}, "later b a B - earlier"},
		{"pages_cut_equal_times", queries.Filter{Limit: 2}, "later b|a B|- earlier"},
		{"pages_of_one", queries.Filter{Limit: 1}, "later|b|a|B|-|earlier"},
		{"default_limit", queries.Filter{}, "later b a B - earlier"},
		{"from_is_inclusive", queries.Filter{From: noon, Limit: 3}, "later b a|B -"},
		{"to_is_exclusive", queries.Filter{To: noon, Limit: 3}, "earlier"},
		{"between", queries.Filter{From: noon, To: micro(1), Limit: 3}, "b a B|-"},
		{"nanoseconds_are_cut", queries.Filter{From: noon.Add(999), To: micro(1).Add(999), Limit: 9}, "b a B -"},
		{"other_zone", queries.Filter{From: noon.In(time.FixedZone("", 3600)), Limit: 9}, "later b a B -"},
		{"nothing_in_range", queries.Filter{From: micro(2), Limit: 3}, ""},
		{"other_user", queries.Filter{UserID: "v", Limit: 3}, "foreign"},
		{"unknown_user", queries.Filter{UserID: "w", Limit: 3}, ""},
	}
	for _, c := range cases {
		if c.filter.UserID == "" {
			c.filter.UserID = "u"
		}
		if got := strings.Join(walk(t, store, c.filter), "|"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestEventsPagesWalkAllOnce(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	var records []process.Record
	for i := range 1000 {
		// Seven events share each time.
		records = append(records, at(fmt.Sprintf("e-%d", i), "u", noon.Add(time.Duration(i/7)*time.Second), `{}`))
	}
	persist(t, store, records...)
	for _, limit := range []int{3, 50, 200} {
		pages := walk(t, store, queries.Filter{UserID: "u", Limit: limit})
		walked := strings.Fields(strings.Join(pages, " "))
		if len(pages) != (1000+limit-1)/limit {
			t.Errorf("limit %d: %d pages", limit, len(pages))
		}
		slices.Sort(walked)
		if n := len(slices.Compact(walked)); len(walked) != 1000 || n != 1000 {
			t.Errorf("limit %d: %d events, %d of them different, want each of 1000 once", limit, len(walked), n)
		}
	}
}

func TestEventsPageEndsAtMaxBytes(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	// {"k": "…"} is 9 bytes and the text, as PostgreSQL writes it.
	sized := func(n int) string { return `{"k":"` + strings.Repeat("x", n-9) + `"}` }
	back := func(i int) time.Time { return noon.Add(-time.Duration(i) * time.Second) }
	large := processtest.SuccessS3("s3", "a")
	large.Event.UserID, large.Event.Timestamp = "u", back(2)
	wide := at("wide", "u", back(5), `{"k":"漢漢漢漢漢"}`) // 24 bytes, 14 characters
	persist(t, store, at("big", "u", back(0), sized(1000)), at("a", "u", back(1), sized(100)), large,
		at("b", "u", back(3), sized(100)), at("c", "u", back(4), sized(100)), wide)
	for maxBytes, want := range map[int]string{
		0:    "big a s3 b c wide",
		-1:   "big a s3 b c wide",
		1:    "big|a|s3|b|c|wide",
		100:  "big|a s3|b|c|wide",
		123:  "big|a s3|b|c|wide",
		124:  "big|a s3|b|c wide",
		199:  "big|a s3|b|c wide",
		200:  "big|a s3 b|c wide",
		1200: "big a s3 b|c wide",
		1323: "big a s3 b c|wide",
		1324: "big a s3 b c wide",
	} {
		if got := strings.Join(walk(t, store, queries.Filter{UserID: "u", Limit: 50, MaxBytes: maxBytes}), "|"); got != want {
			t.Errorf("%d bytes: got %q, want %q", maxBytes, got, want)
		}
	}
	// A page that both bounds end says that more follow.
	if got := strings.Join(walk(t, store, queries.Filter{UserID: "u", Limit: 2, MaxBytes: 250}), "|"); got != "big|a s3|b c|wide" {
		t.Errorf("got %q", got)
	}
}

func TestEventsReadsTheIndexInItsOrder(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO events (event_id, correlation_id, user_id, amount, amount_scale, currency, merchant, ts,
			metadata_json, payload_mode, payload_sha256, received_at)
		SELECT 'e-' || n, '', 'user-' || n % 10, 1, 0, 'EUR', 'm', now() - n * interval '1 minute',
			'{"k": 1}', 'INLINE', repeat('0', 64), now()
		FROM generate_series(1, 8000) AS n;
		ANALYZE events`); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	position := &queries.Position{Timestamp: now.Add(-time.Hour), EventID: "e-60"}
	for name, filter := range map[string]queries.Filter{
		"first_page": {UserID: "user-1", Limit: contract.PageDefault},
		"next_page":  {UserID: "user-1", Limit: contract.PageLimit, After: position, MaxBytes: 1 << 20},
		"bounded":    {UserID: "user-1", From: now.Add(-48 * time.Hour), To: now, Limit: 10, After: position},
	} {
		rows, err := conn.Query(t.Context(), "EXPLAIN (COSTS OFF)\n"+pgstore.EventsSQL(),
			append([]any{pgx.QueryExecModeExec}, pgstore.PageArguments(filter)...)...)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plan := strings.Join(lines, "\n")
		if !strings.Contains(plan, "Index Scan using events_user_newest_first on events") {
			t.Errorf("%s does not use the index:\n%s", name, plan)
		}
		if strings.Contains(plan, "Sort") {
			t.Errorf("%s sorts what the index has in order:\n%s", name, plan)
		}
		condition := lines[slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "Index Cond") })]
		for _, column := range []string{"user_id = ", "ts >= ", "ts < ", "ROW(ts, event_id) < "} {
			if !strings.Contains(condition, column) {
				t.Errorf("%s: the index does not answer %q: %s", name, column, condition)
			}
		}
	}
}
