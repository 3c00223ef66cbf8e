package stack_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestClient_sends_and_reads_back is pkg/client against the product: from many goroutines,
// gzipped, with a bad event among them; then each read there is.
func TestClient_sends_and_reads_back(t *testing.T) {
	t.Parallel()
	p := start(t, func(c *stack.Config) { c.APIKey = "the-key" })
	api, err := client.New(client.Config{Endpoint: p.Info().APIURL, APIKey: "the-key", GzipFrom: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	var mu sync.Mutex
	accepted := map[string]string{}
	var rejected []client.Delivery
	sender, err := client.NewSender(client.SenderConfig{Client: api, BatchEvents: 7, Buffer: 20, Done: func(d client.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		if d.Err != nil {
			rejected = append(rejected, d)
		} else {
			accepted[d.EventID] = string(d.Payload)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	const events = 60
	at := time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC)
	atOnce(6, func(i int) {
		for j := i; j < events; j += 6 {
			amount := json.Number("1.50")
			if j == 13 {
				amount = "-1"
			}
			payload, err := client.Event{
				EventID: fmt.Sprint("e", j), UserID: "ada", Amount: amount, Currency: "EUR", Merchant: "M",
				Timestamp: at.Add(time.Duration(j) * time.Second), Metadata: json.RawMessage(`{"n":1.0}`),
			}.Payload()
			if err != nil {
				t.Error(err)
			}
			if err := sender.Send(ctx, payload); err != nil {
				t.Error(err)
			}
		}
	})
	if err := sender.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if len(accepted) != events-1 || len(rejected) != 1 || !strings.Contains(string(rejected[0].Payload), `"event_id":"e13"`) {
		t.Fatalf("%d were accepted, rejected %+v", len(accepted), rejected)
	}
	if bad, ok := errors.AsType[*client.RejectedError](rejected[0].Err); !ok || len(bad.Errors) != 1 || bad.Errors[0].Pointer != "/amount" {
		t.Errorf("rejected as %+v", rejected[0].Err)
	}
	for id, payload := range accepted {
		status, err := api.WaitForStatus(ctx, id, patience)
		if err != nil || status.State != contract.StatusProcessed {
			t.Fatalf("%s: %+v, %v", id, status, err)
		}
		if back, err := api.Payload(ctx, id); err != nil || string(back) != payload {
			t.Errorf("%s: sent %s, got %s, %v", id, payload, back, err)
		}
	}
	listed := 0
	for event, err := range api.Events(ctx, client.PageRequest{UserID: "ada", Limit: 25}) {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(event), `"amount":1.50`) {
			t.Errorf("listed as %s", event)
		}
		listed++
	}
	if listed != len(accepted) {
		t.Errorf("%d are listed, %d were accepted", listed, len(accepted))
	}

	stranger, err := client.New(client.Config{Endpoint: p.Info().APIURL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = stranger.Event(ctx, "e1")
	if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Status != 403 || client.Transient(err) {
		t.Errorf("without the key: %v", err)
	}
}
