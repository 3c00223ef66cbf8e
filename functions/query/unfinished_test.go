package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/query"
)

func TestQuery_lists_what_failed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := func(parameters map[string]any) lambdatest.Answer {
		return w.get(t, "get-list.json", lambdatest.Set(parameters, "queryStringParameters"))
	}
	w.store.statuses = []query.Status{{
		Identity: event.Identity{ID: "order-1001"}, State: "failed", Attempts: 1, FirstSeenAt: moment, LastSeenAt: moment.Add(time.Second),
		Error: &query.StatusError{Code: fault.HashMismatch, Reason: "the payload is another one"},
	}}
	answer := list(map[string]any{"status": "failed", "from": "2026-01-31T00:00:00Z", "limit": "7"})
	const want = `{"statuses":[{"event_id":"order-1001","status":"failed","attempts":1,"first_seen_at":"2026-01-31T23:59:59.123456Z",` +
		`"last_seen_at":"2026-02-01T00:00:00.123456Z","error":{"code":"hash_mismatch","reason":"the payload is another one"}}]}`
	if diff := cmp.Diff(want, answer.Body); answer.Status != 200 || diff != "" {
		t.Errorf("status %d: %s", answer.Status, diff)
	}
	if f := w.store.filter; f.State != "failed" || f.From == nil || f.Limit != 7 || f.UserID != "" {
		t.Errorf("asked for %+v", f)
	}
	w.store.statuses, w.store.asked = nil, 0
	if answer := list(map[string]any{"status": "processing"}); answer.Body != `{"statuses":[]}` {
		t.Errorf("none: %s", answer.Body)
	}
	for _, parameters := range []map[string]any{{"status": "processed"}, {"status": "failed", "user_id": "ada"}, {"status": ""}} {
		w.store.asked = 0
		if answer := list(parameters); answer.Status != 422 || w.store.asked != 0 {
			t.Errorf("%v: status %d, the store was asked %d times", parameters, answer.Status, w.store.asked)
		}
	}
}
