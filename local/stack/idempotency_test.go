package stack_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/local/stack"
)

func TestSameEvent_fifty_times_from_ten_clients_is_one_row(t *testing.T) {
	t.Parallel()
	p := start(t, func(c *stack.Config) {
		c.APIKey = "secret-key"
		c.Tuning.ProcessorTimeout = time.Minute // a batch that ran out of time would count its attempts twice
	})
	const clients, each = 10, 5
	var mu sync.Mutex
	statuses := map[int]int{}
	atOnce(clients, func(int) {
		for range each {
			a, err := call(t.Context(), http.MethodPost, p.Info().APIURL+"/events", []byte(event("same")), "x-api-key", "secret-key")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			statuses[a.status]++
			mu.Unlock()
		}
	})
	if diff := cmp.Diff(map[int]int{http.StatusAccepted: clients * each}, statuses); diff != "" {
		t.Error(diff)
	}
	p.drained()
	got := []int{
		p.number(`SELECT count(*) FROM events`), p.number(`SELECT count(*) FROM idempotency_keys`),
		p.number(`SELECT attempts FROM idempotency_keys`), p.number(`SELECT count(*) FROM idempotency_keys WHERE status = 'success'`),
	}
	if diff := cmp.Diff([]int{1, 1, clients * each, 1}, got); diff != "" {
		t.Errorf("events, records, attempts, successes: %s", diff)
	}
	if n := p.notified(); n["same"] < 1 || len(n) != 1 {
		t.Errorf("notifications: %v", n)
	}

	// The same id with another payload: the first stays.
	other := eventWith("same", "1.00", "Other", `{}`)
	if a := p.do(http.MethodPost, "/events", []byte(other), "x-api-key", "secret-key"); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	p.drained()
	if diff := cmp.Diff([]string{"same: idempotency_conflict"}, p.deadLetters()); diff != "" {
		t.Errorf("DLQ: %s", diff)
	}
	if n := p.number(`SELECT count(*) FROM events WHERE merchant = 'Corner Shop' AND amount = 99.99`); n != 1 {
		t.Error("the first payload did not stay")
	}
	if n := p.number(`SELECT attempts FROM idempotency_keys`); n != clients*each {
		t.Errorf("the conflict changed the attempts to %d", n)
	}
}
