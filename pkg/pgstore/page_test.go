package pgstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	queries "github.com/fluxa/fluxa/pkg/query"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// at returns a record of a user's event.
func at(id, user string, timestamp time.Time, payload string) process.Record {
	r := processtest.Success(id, payload)
	r.Event.UserID, r.Event.Timestamp = user, timestamp
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
		{"from_is_inclusive", queries.Filter{From: new(noon), Limit: 3}, "later b a|B -"},
		{"to_is_exclusive", queries.Filter{To: new(noon), Limit: 3}, "earlier"},
		{"between", queries.Filter{From: new(noon), To: new(micro(1)), Limit: 3}, "b a B|-"},
		{"nanoseconds_are_cut", queries.Filter{From: new(noon.Add(999)), To: new(micro(1).Add(999)), Limit: 9}, "b a B -"},
		{"other_zone", queries.Filter{From: new(noon.In(time.FixedZone("", 3600))), Limit: 9}, "later b a B -"},
		{"nothing_in_range", queries.Filter{From: new(micro(2)), Limit: 3}, ""},
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
	sized := func(n int) string { return strings.Repeat("x", n) }
	back := func(i int) time.Time { return noon.Add(-time.Duration(i) * time.Second) }
	large := processtest.SuccessS3("s3", "a")
	large.Event.UserID, large.Event.Timestamp = "u", back(2)
	wide := at("wide", "u", back(5), "漢漢漢漢漢漢漢漢") // 24 bytes, 8 characters
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

// A zero time is a time: neither as a bound nor as the place of a cursor does it mean
// none.
func TestEventsOfTheYearOne(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	var zero time.Time
	persist(t, store, at("a", "u", zero, "a"), at("b", "u", zero, "a"), at("c", "u", zero, "a"), at("new", "u", noon, "a"))
	for name, c := range map[string]struct {
		filter queries.Filter
		want   string
	}{
		"pages of one": {queries.Filter{Limit: 1}, "new|c|b|a"},
		"from":         {queries.Filter{From: &zero}, "new c b a"},
		"to":           {queries.Filter{To: &zero}, ""},
		"up to noon":   {queries.Filter{From: &zero, To: &noon}, "c b a"},
	} {
		c.filter.UserID = "u"
		if got := strings.Join(walk(t, store, c.filter), "|"); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestEvents_are_those_of_one_client has two clients and none with events of one user, at
// one time and under one id.
func TestEvents_are_those_of_one_client(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	of := func(client, id string) process.Record {
		r := at(id, "u", noon, "a")
		r.Client = client
		return r
	}
	persist(t, store, of("orders", "a"), of("refunds", "a"), of("", "a"), of("orders", "b"), of("refunds", "c"))
	for client, want := range map[string]string{"orders": "b|a", "refunds": "c|a", "": "a", "others": ""} {
		if got := strings.Join(walk(t, store, queries.Filter{Client: client, UserID: "u", Limit: 1}), "|"); got != want {
			t.Errorf("%q has %q, want %q", client, got, want)
		}
	}
}

// partitioned fills 60 days of 400 events by ten users, of no client and the same of one,
// and returns the midnight at which they begin.
func partitioned(t *testing.T, conn *pgx.Conn) time.Time {
	t.Helper()
	first := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -60)
	for day := range 60 {
		from := first.AddDate(0, 0, day)
		if _, err := conn.Exec(t.Context(), fmt.Sprintf("CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM ('%s') TO ('%s')",
			from.Format("20060102"), from.Format(time.RFC3339), from.AddDate(0, 0, 1).Format(time.RFC3339))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO events (client, event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id,
			payload_sha256, payload)
		SELECT client, 'e-' || n, at, at, at, 'user-' || n % 10, 1, 'EUR', 'm', '', decode(repeat('00', 32), 'hex'), 'p'
		FROM (VALUES (''), ('orders')) AS c (client), generate_series(1, 24000) AS n, LATERAL (SELECT $1::timestamptz + n * interval '3.6 minutes' AS at) AS t`, first); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO idempotency_keys (client, event_id, stored_at, stored_by, announced_by, attempts, status, payload_sha256)
		SELECT client, event_id, created_at, 1, 1, 1, 'success', payload_sha256 FROM events`); err != nil {
		t.Fatal(err)
	}
	// A parent is not analyzed with its partitions.
	if _, err := conn.Exec(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	return first
}

func explain(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)\n"+sql, append([]any{pgx.QueryExecModeExec}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestEventReadsOnePartition(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.MigratedURL(t))
	partitioned(t, conn)
	plan := explain(t, conn, pgstore.EventSQL(), "orders", "e-12345")
	read, idle := 0, 0
	for _, line := range plan {
		switch {
		case strings.Contains(line, " on events_") && strings.Contains(line, "never executed"):
			idle++
		case strings.Contains(line, " on events_"):
			read++
			if !strings.Contains(line, "Index Scan using") || !strings.Contains(line, "rows=1 ") {
				t.Errorf("the event is not found by an index: %s", line)
			}
		}
	}
	if read != 1 || idle != 60 {
		t.Errorf("%d partitions are read and %d are not, want 1 and 60:\n%s", read, idle, strings.Join(plan, "\n"))
	}
}

func TestEventsReadsEachIndexInItsOrder(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.MigratedURL(t))
	first := partitioned(t, conn)
	last := first.AddDate(0, 0, 60)
	const limit = 50
	position := func(n int) *queries.Position { // of a page that begins after n events
		return &queries.Position{Timestamp: last.Add(-time.Duration(n) * 36 * time.Minute), EventID: "e"}
	}
	for name, filter := range map[string]queries.Filter{
		"page 1":      {UserID: "user-1", Limit: limit},
		"a client's":  {Client: "orders", UserID: "user-1", Limit: limit},
		"page 40":     {Client: "orders", UserID: "user-1", Limit: limit, After: position(39 * limit), MaxBytes: 1 << 20},
		"page 10,000": {UserID: "user-1", Limit: limit, After: position(9999 * limit)},
		"bounded":     {UserID: "user-1", From: new(last.Add(-48 * time.Hour)), To: new(last), Limit: limit, After: position(0)},
	} {
		lines := explain(t, conn, pgstore.EventsSQL(), pgstore.PageArguments(filter)...)
		plan := strings.Join(lines, "\n")
		if strings.Contains(plan, "Sort Key: events.ts") && !strings.Contains(plan, "Merge Append") {
			t.Errorf("%s sorts what the indexes have in order:\n%s", name, plan)
		}
		scans, rows := 0, 0
		for i, line := range lines {
			if !strings.Contains(line, " on events_") {
				continue
			}
			scans++
			if !strings.Contains(line, "Index Scan using events_") {
				t.Errorf("%s does not use the index: %s", name, line)
			}
			for _, column := range []string{"user_id = ", "ts >= ", "ts < ", "ROW(ts, event_id) < "} {
				if !strings.Contains(lines[i+1], column) {
					t.Errorf("%s: the index does not answer %q: %s", name, column, lines[i+1])
				}
			}
			var n int
			if _, err := fmt.Sscanf(line[strings.Index(line, "actual rows=")+len("actual rows="):], "%d", &n); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			rows += n
		}
		// Each index gives its first entry, and those that belong to the page.
		if scans != 61 || rows > 61+limit+1 {
			t.Errorf("%s: %d rows of %d partitions, want at most %d of 61:\n%s", name, rows, scans, 61+limit+1, plan)
		}
	}
}
