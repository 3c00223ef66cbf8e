package pgstore_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

// walkRange reads all pages of a range, and returns each event as client/id, in the order
// in which they came. between is called after each page.
func walkRange(t *testing.T, store *pgstore.Store, r event.Range, limit, maxBytes int, between func()) (pages []string) {
	t.Helper()
	var after event.Place
	for range 2000 {
		page, err := store.Range(t.Context(), r, after, limit, maxBytes)
		if err != nil || len(page.Events) > limit {
			t.Fatalf("%d events of at most %d, %v", len(page.Events), limit, err)
		}
		var names []string
		for _, e := range page.Events {
			names = append(names, e.Client+"/"+e.ID)
		}
		pages = append(pages, strings.Join(names, " "))
		if page.Done {
			return pages
		}
		if page.Next == after {
			t.Fatalf("the walk stays at %+v", after)
		}
		after = page.Next
		if between != nil {
			between()
		}
	}
	t.Fatal("the walk has no end")
	return nil
}

// countRange counts a range from its beginning.
func countRange(t *testing.T, store *pgstore.Store, r event.Range) (sum int64) {
	t.Helper()
	for after, done := (event.Place{}), false; !done; {
		var n int64
		var err error
		if n, after, done, err = store.RangeCount(t.Context(), r, after); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// insertAt puts an event of a user into the table as it is.
func insertAt(t *testing.T, conn *pgx.Conn, client, id, user string, at time.Time, payload string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), `
		INSERT INTO events (client, event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, payload)
		VALUES ($1, $2, $3, $3, $3, $4, 1, 'EUR', 'm', '', decode(repeat('00', 32), 'hex'), $5)`, client, id, at, user, payload); err != nil {
		t.Fatal(err)
	}
}

func TestRange_gives_each_event_of_it_once(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	conn := connect(t, url)
	first := partitioned(t, conn)
	for i := range 5 { // of days without a partition
		insertAt(t, conn, "orders", fmt.Sprintf("early-%d", i), "user-1", first.AddDate(0, 0, -3*i).Add(-time.Hour), "p")
	}
	store := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
	long, late := first.AddDate(-1, 0, 0), first.AddDate(1, 0, 0)
	for name, r := range map[string]event.Range{
		"all":                           {From: long, To: late},
		"of one client":                 {From: long, To: late, Client: new("orders")},
		"without a client":              {From: long, To: late, Client: new("")},
		"of one user":                   {From: long, To: late, UserID: "user-1"},
		"of one user at one client":     {From: long, To: late, UserID: "user-1", Client: new("orders")},
		"of nobody":                     {From: long, To: late, UserID: "nobody"},
		"of an unknown client":          {From: long, To: late, Client: new("others")},
		"a part of a day":               {From: first.Add(30 * time.Hour), To: first.Add(31 * time.Hour)},
		"from within a day, to another": {From: first.Add(30*time.Hour + time.Microsecond), To: first.Add(80 * time.Hour)},
		"days without a partition":      {From: long, To: first},
		"before all":                    {From: long, To: long.AddDate(0, 0, 9)},
	} {
		var want []string
		rows, err := conn.Query(t.Context(), `
			SELECT client || '/' || event_id FROM events
			WHERE created_at >= $1 AND created_at < $2 AND client = coalesce($3, client) AND user_id = coalesce(nullif($4, ''), user_id)
			ORDER BY date_trunc('day', created_at, 'UTC'), event_id, client`, r.From, r.To, r.Client, r.UserID)
		if err == nil {
			want, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Fields(strings.Join(walkRange(t, store, r, 97, 1<<20, nil), " "))
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d events, want these %d in their order", name, len(got), len(want))
		}
		if n := countRange(t, store, r); n != int64(len(want)) {
			t.Errorf("%s: counted %d, want %d", name, n, len(want))
		}
	}
}

func TestRange_begins_with_from_and_ends_before_to(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	midnight := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if _, err := conn.Exec(t.Context(), "SELECT make_partition('2026-03-01')"); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"z", "y", "x", "w"} { // against the order of time
		insertAt(t, conn, "", id, "u", midnight.Add(time.Duration(i-2)*time.Microsecond), "p")
	}
	insertAt(t, conn, "b", "y", "u", midnight.Add(-time.Microsecond), "p")
	at := func(n int) time.Time { return midnight.Add(time.Duration(n) * time.Microsecond) }
	zone := time.FixedZone("", -5*3600)
	for name, c := range map[string]struct {
		r     event.Range
		limit int
		want  string
	}{
		"all":                  {event.Range{From: at(-2), To: at(2)}, 9, "/y b/y /z|/w /x"},
		"one at once":          {event.Range{From: at(-2), To: at(2)}, 1, "/y|b/y|/z|/w|/x"},
		"a day to its end":     {event.Range{From: at(-2), To: at(0)}, 3, "/y b/y /z"},
		"from the day's start": {event.Range{From: at(0), To: at(2)}, 9, "/w /x"},
		"from is part of it":   {event.Range{From: at(-1), To: at(1)}, 9, "/y b/y|/x"},
		"to is not":            {event.Range{From: at(-1), To: at(0)}, 9, "/y b/y"},
		"another zone":         {event.Range{From: at(-1).In(zone), To: at(1).In(zone)}, 9, "/y b/y|/x"},
	} {
		if got := strings.Join(walkRange(t, store, c.r, c.limit, 1<<20, nil), "|"); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestRange_ends_a_page_at_its_bytes(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
	for id, size := range map[string]int{"a": 1000, "b": 100, "c": 100, "d": 200, "e": 100} {
		insertAt(t, conn, "", id, "u", noon, strings.Repeat("x", size))
	}
	for maxBytes, want := range map[int]string{
		1:    "/a|/b|/c|/d|/e",
		200:  "/a|/b /c|/d|/e",
		399:  "/a|/b /c|/d /e",
		400:  "/a|/b /c /d|/e",
		1500: "/a /b /c /d /e",
	} {
		if got := strings.Join(walkRange(t, store, event.Range{From: noon, To: noon.Add(1 * time.Hour)}, 50, maxBytes, nil), "|"); got != want {
			t.Errorf("%d bytes: got %q, want %q", maxBytes, got, want)
		}
	}
}

// TestRange_has_all_that_was_stored compares with what the processor wrote, to the digit
// and the byte.
func TestRange_has_all_that_was_stored(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	inline, large := processtest.Success("inline", "{ \"metadata\":{\"n\":1.50}}\n"), processtest.SuccessS3("large", "a")
	large.Client = "orders"
	persist(t, open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, url)}), inline, large)
	created := query[time.Time](t, connect(t, url), "SELECT DISTINCT created_at FROM events").UTC()
	want := []event.Stored{
		{Event: inline.Event, Payload: []byte(inline.Payload), CorrelationID: inline.CorrelationID, Mode: event.Inline, SHA256: inline.SHA256, ReceivedAt: inline.ReceivedAt, CreatedAt: created},
		{Event: large.Event, Client: "orders", CorrelationID: large.CorrelationID, Mode: event.S3, SHA256: large.SHA256, Bucket: large.Bucket, Key: large.Key, ReceivedAt: large.ReceivedAt, CreatedAt: created},
	}
	store := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
	page, err := store.Range(t.Context(), event.Range{From: created, To: created.Add(time.Microsecond)}, event.Place{}, 10, 1<<20)
	if err != nil || !page.Done || !reflect.DeepEqual(page.Events, want) {
		t.Errorf("got %+v, %v\nwant %+v", page, err, want)
	}
}

// TestRangeKeys_name_what_RangeNamed_reads walks a range by names, and reads some of it when
// one of them is gone.
func TestRangeKeys_name_what_RangeNamed_reads(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	conn := connect(t, url)
	first := partitioned(t, conn)
	store := open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
	for name, r := range map[string]event.Range{
		"all":              {From: first.AddDate(0, 0, 50), To: first.AddDate(0, 0, 60)},
		"a client's hours": {From: first.Add(30 * time.Hour), To: first.Add(50 * time.Hour), Client: new("orders")},
		"nothing":          {From: first.AddDate(1, 0, 0), To: first.AddDate(2, 0, 0)},
	} {
		want := strings.Fields(strings.Join(walkRange(t, store, r, 1000, 1<<20, nil), " "))
		var got []string
		var all []event.StoredKey
		for after, done := (event.Place{}), false; !done; {
			keys, next, end, err := store.RangeKeys(t.Context(), r, after, 97)
			if err != nil || len(keys) > 97 {
				t.Fatalf("%s: %d keys, %v", name, len(keys), err)
			}
			for _, key := range keys {
				got = append(got, key.Client+"/"+key.ID)
			}
			all, after, done = append(all, keys...), next, end
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d names, want these %d in their order", name, len(got), len(want))
		}
		if name != "all" {
			continue
		}
		some := all[100:140]
		if _, err := conn.Exec(t.Context(), "DELETE FROM events WHERE event_id = $1 AND client = $2", some[7].ID, some[7].Client); err != nil {
			t.Fatal(err)
		}
		events, err := store.RangeNamed(t.Context(), some)
		if err != nil || len(events) != 39 {
			t.Errorf("%d events, %v, want those of 40 names but for one that is gone", len(events), err)
		}
		for _, e := range events {
			if !slices.Contains(some, event.StoredKey{Identity: e.Identity(), CreatedAt: e.CreatedAt}) || string(e.Payload) != "p" {
				t.Errorf("%+v was not asked for, or is not whole", e)
			}
		}
	}
}

func TestRangeNamed_looks_up_each_name(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.MigratedURL(t))
	partitioned(t, conn)
	keys := pgstore.RangeKeysSQL()
	first := query[time.Time](t, conn, "SELECT min(created_at) FROM events WHERE event_id = 'e-12345'")
	plan := strings.Join(explain(t, conn, pgstore.RangeNamedSQL(), []string{"e-12345"}, []string{"orders"}, []time.Time{first}), "\n")
	// Sixty other days and the default partition are not looked at.
	if strings.Count(plan, "never executed") != 60 || strings.Count(plan, " on events_") != 61 || !strings.Contains(plan, "Nested Loop") {
		t.Errorf("a name is not looked up in its day alone:\n%s", plan)
	}
	plan = strings.Join(explain(t, conn, keys, append(pgstore.RangeArguments(event.Range{From: first, To: first.AddDate(0, 0, 9)}, event.Place{Day: first.Truncate(24 * time.Hour)}), int32(50))...), "\n")
	if !strings.Contains(plan, "Index Only Scan using events_"+first.Format("20060102")+"_pkey") || strings.Contains(plan, "Sort") {
		t.Errorf("names are not read out of the index alone:\n%s", plan)
	}
}

// TestRange_survives_the_maintenance has the partition made while its day is read out of
// the default one.
func TestRange_survives_the_maintenance(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	conn := connect(t, url)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 9 {
		insertAt(t, conn, "", fmt.Sprintf("e-%d", i), "u", day.Add(time.Duration(i)*8*time.Hour), "p")
	}
	made := 0
	got := walkRange(t, open(t, pgstore.Config{URL: url}), event.Range{From: day, To: day.AddDate(0, 0, 9)}, 1, 1, func() {
		if made++; made%3 == 2 {
			if _, err := conn.Exec(t.Context(), "SELECT make_partition($1::text::date)", day.AddDate(0, 0, made/3).Format(time.DateOnly)); err != nil {
				t.Fatal(err)
			}
		}
	})
	if want := "/e-0|/e-1|/e-2|/e-3|/e-4|/e-5|/e-6|/e-7|/e-8"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestRange_reads_one_day_out_of_its_index(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.MigratedURL(t))
	first := partitioned(t, conn)
	all := event.Range{From: first.Add(2 * time.Hour), To: first.AddDate(0, 0, 60)}
	of := func(client *string, user string) event.Range {
		return event.Range{From: all.From, To: all.To, Client: client, UserID: user}
	}
	for name, c := range map[string]struct {
		r     event.Range
		index string
		rows  int
	}{
		"all":                       {all, "_pkey", 51},
		"of one client":             {of(new("orders"), ""), "_pkey", 51},
		"of one user":               {of(nil, "user-1"), "_user_id_client_ts_event_id_idx", 80},
		"of one user at one client": {of(new("orders"), "user-1"), "_user_id_client_ts_event_id_idx", 40},
		"from within the day":       {event.Range{From: first.Add(75 * time.Hour), To: all.To}, "_pkey", 51},
	} {
		lines := explain(t, conn, pgstore.RangeSQL(), append(pgstore.RangeArguments(c.r, event.Place{Day: first.AddDate(0, 0, 3)}), int32(50), int64(1<<20))...)
		plan := strings.Join(lines, "\n")
		_, limited, _ := strings.Cut(plan, "->  Limit")
		scans := 0
		for _, line := range lines {
			if !strings.Contains(line, " on events_") {
				continue
			}
			scans++
			if !strings.Contains(line, "events_"+first.AddDate(0, 0, 3).Format("20060102")+c.index) && !strings.Contains(line, "Bitmap Heap Scan") {
				t.Errorf("%s: not the index %s of the day: %s", name, c.index, line)
			}
			var n int
			if _, err := fmt.Sscanf(line[strings.Index(line, "actual rows=")+len("actual rows="):], "%d", &n); err != nil || n > c.rows {
				t.Errorf("%s: %d rows, want at most %d: %s, %v", name, n, c.rows, line, err)
			}
		}
		if scans == 0 || scans > 2 || c.index == "_pkey" && strings.Contains(limited, "Sort") {
			t.Errorf("%s: %d scans, or a sort of more than the page, of what the index has in order:\n%s", name, scans, plan)
		}
	}
}

func TestRange_without_a_database_is_unavailable(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	store.Close()
	r := event.Range{From: noon, To: noon.Add(time.Hour)}
	for _, after := range []event.Place{{}, {Day: noon}} {
		if page, err := store.Range(t.Context(), r, after, 1, 1); fault.CodeOf(err) != fault.DatabaseUnavailable || page.Done {
			t.Errorf("%+v: %+v, %v", after, page, err)
		}
		if _, _, done, err := store.RangeKeys(t.Context(), r, after, 1); fault.CodeOf(err) != fault.DatabaseUnavailable || done {
			t.Errorf("%+v: done %t, %v", after, done, err)
		}
		if _, _, done, err := store.RangeCount(t.Context(), r, after); fault.CodeOf(err) != fault.DatabaseUnavailable || done {
			t.Errorf("%+v: done %t, %v", after, done, err)
		}
	}
}
