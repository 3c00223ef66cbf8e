package stack_test

import (
	"fmt"
	"net/http"
	"testing"
)

func TestEvent_comes_back_digit_for_digit(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for i, amount := range []string{"0.1", "99.99", "123456789012345.6789", "1.50", "100", "0.0001", "1e2"} {
		id := fmt.Sprintf("e%d", i)
		if a := p.post(eventWith(id, amount, "M", `{"a":[1,{"b":"ü"}]}`), "X-Correlation-ID", "corr-1"); a.status != http.StatusAccepted ||
			a.field(t, "status") != `"enqueued"` || a.field(t, "event_id") != `"`+id+`"` || a.header.Get("X-Correlation-ID") != "corr-1" {
			t.Fatalf("POST /events: %s %v", a, a.header)
		}
		want := amount
		if amount == "1e2" {
			want = "100"
		}
		got := p.processed(id)
		for name, value := range map[string]string{
			"amount": want, "event_id": `"` + id + `"`, "user_id": `"ada"`, "currency": `"EUR"`, "merchant": `"M"`,
			"timestamp": `"2026-01-31T23:59:59Z"`, "correlation_id": `"corr-1"`, "payload_mode": `"INLINE"`,
		} {
			if field := got.field(t, name); field != value {
				t.Errorf("%s of %s = %s, want %s", name, amount, field, value)
			}
		}
	}
}
