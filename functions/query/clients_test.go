package main

import (
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/query"
)

// TestQuery_reads_what_is_the_client_s has each read route asked by a client, and by one
// that reads all.
func TestQuery_reads_what_is_the_client_s(t *testing.T) {
	t.Parallel()
	clients := config.Clients{"orders": {Callers: []string{"key-1"}, Reads: "own"}, "reports": {Callers: []string{"key-2"}, Reads: "all"}}
	for name, c := range map[string]struct {
		key, query string
		owner      string // "" when it may not be read
	}{
		"its own":               {"key-1", "", "orders"},
		"another's":             {"key-1", "refunds", ""},
		"an operator's own":     {"key-2", "", "reports"},
		"an operator's choice":  {"key-2", "refunds", "refunds"},
		"a key that is unknown": {"key-3", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, clients)
			for _, owner := range []string{"", "orders", "refunds", "reports"} {
				identity := event.Identity{Client: owner, ID: "order-1001"}
				e := stored(t, identity.ID, "1", "")
				e.Client = owner
				w.store.events[identity], w.store.states[identity] = e, query.Status{Identity: identity, State: "processed"}
			}
			for _, file := range []string{"get-event.json", "get-status.json", "get-list.json"} {
				edits := []func(lambdatest.Object){lambdatest.Set(c.key, "requestContext", "identity", "apiKeyId"), id("order-1001")}
				if c.query != "" {
					edits = append(edits, lambdatest.Set(c.query, "queryStringParameters", "client"))
				}
				w.store.asked = 0
				answer := w.get(t, file, edits...)
				if c.owner == "" {
					if answer.Status != 403 || w.store.asked != 0 {
						t.Errorf("%s: status %d, the store was asked %d times", file, answer.Status, w.store.asked)
					}
					continue
				}
				if answer.Status != 200 {
					t.Fatalf("%s: status %d: %s", file, answer.Status, answer.Body)
				}
				got := w.store.filter.Client
				if file != "get-list.json" {
					got, _ = lambdatest.Decode(t, []byte(answer.Body))["client"].(string)
				}
				if got != c.owner {
					t.Errorf("%s: it is of %q, want %q", file, got, c.owner)
				}
			}
		})
	}
}
