package main

import (
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// TestIngest_an_event_is_its_client_s has two keys of one client and one of another send
// the same events with the same Idempotency-Key.
func TestIngest_an_event_is_its_client_s(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, config.Clients{"orders": {Callers: []string{"key-1", "key-2"}, Reads: "own"}, "refunds": {Callers: []string{"key-3"}, Reads: "own"}})
	for _, key := range []string{"key-1", "key-2", "key-3"} {
		answer := w.postBatch(t, lambdatest.Set(key, "requestContext", "identity", "apiKeyId"), lambdatest.Header("Idempotency-Key", "k"), batchOf(large("big"), eventWith()))
		if answer.Status != 202 {
			t.Fatalf("%s: status %d: %s", key, answer.Status, answer.Body)
		}
	}
	var derived []string
	for i, m := range w.queue.sent {
		owner := []string{"orders", "orders", "orders", "orders", "refunds", "refunds"}[i]
		envelope, err := event.DecodeEnvelope(m.Body)
		if err != nil || m.Client != owner || envelope.Client != owner {
			t.Errorf("message %d is of %q, its envelope of %q, %v; want %q", i, m.Client, envelope.Client, err, owner)
		}
		if i%2 == 0 && envelope.Key != contract.ObjectPrefix+owner+"/big/"+envelope.SHA256+".json" {
			t.Errorf("the object of %s is at %s", owner, envelope.Key)
		}
		if i%2 == 1 {
			derived = append(derived, m.EventID)
		}
	}
	if derived[0] != derived[1] || derived[0] == derived[2] {
		t.Errorf("ids %v: both keys of a client give the same one, another client gives another", derived)
	}
}
