package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/query"
)

func parameters(pairs ...string) func(lambdatest.Object) {
	out := lambdatest.Object{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return lambdatest.Set(out, "queryStringParameters")
}

func TestList_reads_its_parameters(t *testing.T) {
	t.Parallel()
	const pageBytes = 2 * 1024 * 1024
	for name, c := range map[string]struct {
		edit func(lambdatest.Object)
		want query.Filter
	}{
		"the user alone": {parameters("user_id", "u 1"), query.Filter{UserID: "u 1", Limit: 50, MaxBytes: pageBytes}},
		"all but a cursor": {parameters("user_id", "u", "from", "2026-01-31T23:59:59.123456789+01:00", "to", "2026-02-01T00:00:00Z", "limit", "200"),
			query.Filter{UserID: "u", From: new(time.Date(2026, 1, 31, 22, 59, 59, 123456000, time.UTC)),
				To: new(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)), Limit: 200, MaxBytes: pageBytes}},
		"what it does not know is ignored": {parameters("user_id", "u", "sort", "asc"), query.Filter{UserID: "u", Limit: 50, MaxBytes: pageBytes}},
	} {
		w := newWorld(t)
		if answer := w.get(t, "get-list.json", c.edit); answer.Status != 200 || answer.Body != `{"events":[]}` {
			t.Errorf("%s: answer %+v", name, answer)
		}
		if diff := cmp.Diff(c.want, w.store.filter); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestList_names_every_bad_parameter_at_once(t *testing.T) {
	t.Parallel()
	const aTime = "must be an RFC 3339 time such as 2026-01-31T23:59:59Z (a + is written %2B in a URL)"
	for name, c := range map[string]struct {
		edit func(lambdatest.Object)
		want []string // "pointer code detail"
	}{
		"none at all": {lambdatest.Set(nil, "queryStringParameters"), []string{"user_id missing_field user_id is required"}},
		"all of them": {parameters("user_id", strings.Repeat("u", 257), "from", "2026-01-31T23:59:59 01:00", "to", "", "limit", "ten", "cursor", "?"),
			[]string{"user_id too_long user_id has 257 characters, the limit is 256", "cursor invalid_value cursor is not a next_cursor of an earlier page",
				"from invalid_value from " + aTime, "to invalid_value to " + aTime, "limit invalid_value limit must be a whole number from 1 to 200"}},
		"those that can be read": {parameters("limit", "201", "from", "2026-02-01T00:00:00Z", "to", "2026-01-01T00:00:00Z"),
			[]string{"user_id missing_field user_id is required", "limit invalid_value limit is 201, it must be 1 to 200", "from invalid_value from must be before to"}},
		"a limit of nought":        {parameters("user_id", "u", "limit", "0"), []string{"limit invalid_value limit must be a whole number from 1 to 200"}},
		"a limit beyond any":       {parameters("user_id", "u", "limit", "99999999999999999999"), []string{"limit invalid_value limit must be a whole number from 1 to 200"}},
		"an empty limit":           {parameters("user_id", "u", "limit", ""), []string{"limit invalid_value limit must be a whole number from 1 to 200"}},
		"a time beyond year 9999":  {parameters("user_id", "u", "to", "9999-12-31T23:59:59-01:00"), []string{"to invalid_value to must lie in the years 1 to 9999"}},
		"a user of U+0000":         {parameters("user_id", "u\x00"), []string{"user_id invalid_value user_id must be UTF-8 text without U+0000"}},
		"a cursor of another kind": {parameters("user_id", "u", "cursor", "bm90IGEgY3Vyc29y"), []string{"cursor invalid_value cursor is not a next_cursor of an earlier page"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			answer := w.get(t, "get-list.json", c.edit)
			problem := lambdatest.Decode(t, []byte(answer.Body))
			var got []string
			for _, field := range problem["errors"].([]any) {
				f := field.(lambdatest.Object)
				got = append(got, f["pointer"].(string)+" "+f["code"].(string)+" "+f["detail"].(string))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || answer.Status != 422 {
				t.Errorf("status %d, %s", answer.Status, diff)
			}
			if w.store.asked != 0 {
				t.Error("the store was asked")
			}
			if got, want := w.log.Counts(t), "query_failure=1 query_latency_ms=1"; got != want {
				t.Errorf("metrics %s, want %s", got, want)
			}
		})
	}
}

func TestList_the_cursor_leads_on(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.page, w.store.more = []event.Stored{stored(t, "e-9", "1", "")}, true
	first := lambdatest.Decode(t, []byte(w.get(t, "get-list.json").Body))
	cursor, _ := first["next_cursor"].(string)
	w.store.page, w.store.more = nil, false
	second := w.get(t, "get-list.json", lambdatest.Set(cursor, "queryStringParameters", "cursor"))
	if second.Body != `{"events":[]}` || w.store.filter.After == nil || *w.store.filter.After != (query.Position{Timestamp: moment, EventID: "e-9"}) {
		t.Errorf("answer %s, after %+v", second.Body, w.store.filter.After)
	}
}
