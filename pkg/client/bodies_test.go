package client

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

func TestBodies_are_gzipped_from_a_size_on(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]string{99: "", 100: "gzip"} {
		s := &script{answers: []func(*http.Request) (*http.Response, error){says(503, "{}"), says(202, enqueued)}}
		payload := `"` + strings.Repeat("x", size-2) + `"`
		if _, err := newClient(t, s, func(c *Config) { c.GzipFrom = 100 }).Send(t.Context(), []byte(payload), ""); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.requests {
			body := io.Reader(strings.NewReader(r.body))
			if r.header.Get("Content-Encoding") == "gzip" {
				var err error
				if body, err = gzip.NewReader(body); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := io.ReadAll(body); string(got) != payload || err != nil || r.header.Get("Content-Encoding") != want {
				t.Errorf("%d bytes with %q arrive as %.20q, %v", size, r.header.Get("Content-Encoding"), got, err)
			}
		}
		if len(s.requests) != 2 {
			t.Errorf("%d tries", len(s.requests))
		}
	}
}

func TestPayload_is_held_to_its_digest(t *testing.T) {
	t.Parallel()
	const body = " {\"amount\":1.50}\n"
	const digest = "sha-256=:eOTbDIF3dKL6+CLWgmSg5CnbP2sgA82tfrp5zoKoUg0=:"
	ok := &script{answers: []func(*http.Request) (*http.Response, error){says(200, body, contract.HeaderReprDigest, digest)}}
	got, err := newClient(t, ok).Payload(t.Context(), "a")
	if err != nil || string(got) != body || ok.requests[0].url != "http://api.test/dev/events/a/payload" {
		t.Errorf("%q, %v of %s", got, err, ok.requests[0].url)
	}
	for name, answer := range map[string]func(*http.Request) (*http.Response, error){
		"other bytes": says(200, strings.TrimSpace(body), contract.HeaderReprDigest, digest), "no digest": says(200, body),
	} {
		got, err := newClient(t, &script{answers: []func(*http.Request) (*http.Response, error){answer}}).Payload(t.Context(), "a")
		if got != nil || err == nil || !strings.HasPrefix(err.Error(), "the payload of a has the digest sha-256=:") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestEvents_goes_through_the_pages(t *testing.T) {
	t.Parallel()
	pages := []func(*http.Request) (*http.Response, error){
		says(200, `{"events":[{"amount":1.50},{"n":2}],"next_cursor":"c1"}`), says(200, `{"events":[],"next_cursor":"c2"}`), says(200, `{"events":[{"n":3}]}`),
	}
	read := func(s *script, limit int) (out string) {
		for event, err := range newClient(t, s).Events(t.Context(), PageRequest{UserID: "ada", Limit: 2}) {
			if err != nil {
				out += fmt.Sprint(Reason(err))
			}
			if out += string(event); limit == 1 {
				break
			}
			limit--
		}
		return out
	}
	all := &script{answers: pages}
	if got := read(all, 0); got != `{"amount":1.50}{"n":2}{"n":3}` || len(all.requests) != 3 || all.requests[2].url != "http://api.test/dev/events?cursor=c2&limit=2&user_id=ada" {
		t.Errorf("%s with %+v", got, all.requests)
	}
	first := &script{answers: pages}
	if got := read(first, 2); got != `{"amount":1.50}{"n":2}` || len(first.requests) != 1 {
		t.Errorf("left after the second: %s with %d requests", got, len(first.requests))
	}
	if got := read(&script{answers: append(pages[:1:1], says(403, `{"title":"Forbidden"}`))}, 0); got != `{"amount":1.50}{"n":2}http_403` {
		t.Errorf("an error at the second page: %s", got)
	}
}

func TestEvent_keeps_the_digits(t *testing.T) {
	t.Parallel()
	event := Event{
		EventID: "a", UserID: "ada", Amount: "99.90", Currency: "EUR", Merchant: "Corner <Shop>",
		Timestamp: time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC), Metadata: []byte(`{"n":1.0}`),
	}
	payload, err := event.Payload()
	want := `{"event_id":"a","user_id":"ada","amount":99.90,"currency":"EUR","merchant":"Corner \u003cShop\u003e","timestamp":"2026-01-31T23:59:59Z","metadata":{"n":1.0}}`
	if err != nil || !bytes.Equal(payload, []byte(want)) {
		t.Errorf("%s, %v", payload, err)
	}
	event.Amount = "1,5"
	if _, err := event.Payload(); err == nil || !strings.HasPrefix(err.Error(), `encode the event "a": `) {
		t.Errorf("an amount that is no number: %v", err)
	}
}
