package process_test

import (
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// TestProcessBatch_an_id_belongs_to_its_client has three owners use one id, in one batch
// and after it: each has its row, its notification, its conflict and its duplicate.
func TestProcessBatch_an_id_belongs_to_its_client(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	of := func(client, messageID, payload string) process.Message {
		e := envelopeOf("e", payload)
		e.Client = client
		return wrap(t, messageID, e)
	}
	failing := fault.New(fault.NotifierUnavailable, "down")
	w.publishErr = func(n process.Notification) error {
		if n.Client == "refunds" && len(w.published) < 2 {
			return failing
		}
		return nil
	}
	first := service.ProcessBatch(t.Context(), []process.Message{
		of("orders", "m1", payloadOf("e", "of orders")), of("refunds", "m2", payloadOf("e", "of refunds")), of("", "m3", payloadOf("e", "of nobody")),
		of("orders", "m4", payloadOf("e", "of orders")), of("orders", "m5", payloadOf("e", "of refunds")),
	})
	want(t, words(first), []string{"processed", "retried notifier_unavailable", "processed", "duplicate", "dead_lettered idempotency_conflict"})
	for client, merchant := range map[string]string{"orders": "of orders", "refunds": "of refunds", "": "of nobody"} {
		if record, ok := store.Events()[event.Identity{Client: client, ID: "e"}]; !ok || record.Event.Merchant != merchant || record.Client != client {
			t.Errorf("%q has %+v", client, record)
		}
	}
	if len(w.letters) != 1 || w.letters[0].Client != "orders" {
		t.Errorf("dead letters %+v", w.letters)
	}
	again := service.ProcessBatch(t.Context(), []process.Message{of("refunds", "m2", payloadOf("e", "of refunds")), of("orders", "m1", payloadOf("e", "of orders"))})
	want(t, words(again), []string{"duplicate", "duplicate"})
	var told []string
	for _, n := range w.published {
		told = append(told, n.Client+": "+n.Merchant)
	}
	want(t, told, []string{"orders: of orders", ": of nobody", "refunds: of refunds", "orders: of orders"})
	for i, o := range first.Outcomes {
		if client := []string{"orders", "refunds", "", "orders", "orders"}[i]; o.Client != client {
			t.Errorf("outcome %d is of %q, want %q", i, o.Client, client)
		}
	}
}
