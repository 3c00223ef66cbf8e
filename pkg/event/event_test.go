package event_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
)

func TestValidID(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"a": true, "evt_1": true, "A.b-c:d_9": true, "...": true, ".a": true, "-": true,
		"0198f2d4-5b7c-7f3e-9c1a-2b3c4d5e6f70": true, strings.Repeat("x", 128): true,
		"": false, ".": false, "..": false, strings.Repeat("x", 129): false, "a b": false, "a/b": false, "a\n": false, "\na": false,
		"é": false, "a\x00": false, "a%2f": false, "a\\": false, "\xff": false,
	}
	for id, want := range cases {
		if got := event.ValidID(id); got != want {
			t.Errorf("ValidID(%q) = %t, want %t", id, got, want)
		}
	}
}

func TestObjectKey(t *testing.T) {
	t.Parallel()
	if got, want := event.ObjectKey(event.Identity{ID: "evt_1"}, someHash), "raw/evt_1/"+someHash+".json"; got != want {
		t.Errorf("ObjectKey = %s, want %s", got, want)
	}
	if longest := len(event.ObjectKey(event.Identity{ID: strings.Repeat("x", 128)}, someHash)); longest > 1024 {
		t.Errorf("the longest key has %d bytes, S3 takes 1024", longest)
	}
}

func stored(t *testing.T, payload string) event.Stored {
	t.Helper()
	e, err := event.Decode([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return event.Stored{
		Event: e, CorrelationID: "corr-1", Mode: event.Inline, SHA256: someHash,
		ReceivedAt: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), CreatedAt: time.Date(2026, 1, 31, 12, 0, 1, 500_000, time.UTC),
	}
}

func TestStored_JSON_keeps_every_digit(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, payload, want string }{
		{"whole", with("amount", "123456789012345.6700",
			"metadata", `{"big": 12345678901234567890.10, "exp": 1E+05, "zero": -0.0, "text": "a<\u0062\/\n\u2028", "z": 1, "a": [ ]}`),
			`{"event_id":"evt_1","user_id":"user-1","amount":123456789012345.6700,"currency":"EUR","merchant":"Café ☃ & Söhne",` +
				`"timestamp":"2026-01-31T23:59:59.123456Z",` +
				`"metadata":{"big":12345678901234567890.10,"exp":1E+05,"zero":-0.0,"text":"a<b/\n` + "\u2028" + `","z":1,"a":[]},` +
				`"correlation_id":"corr-1","payload_mode":"INLINE","payload_sha256":"` + someHash + `",` +
				`"received_at":"2026-01-31T12:00:00Z","created_at":"2026-01-31T12:00:01.0005Z"}`},
		{"without metadata", with("amount", "0.1", "metadata", ""),
			`{"event_id":"evt_1","user_id":"user-1","amount":0.1,"currency":"EUR","merchant":"Café ☃ & Söhne",` +
				`"timestamp":"2026-01-31T23:59:59.123456Z","correlation_id":"corr-1","payload_mode":"INLINE","payload_sha256":"` + someHash +
				`","received_at":"2026-01-31T12:00:00Z","created_at":"2026-01-31T12:00:01.0005Z"}`},
	}
	for _, c := range cases {
		body, err := stored(t, c.payload).JSON()
		if err != nil || string(body) != c.want {
			t.Errorf("%s: JSON = %s, %v; want %s", c.name, body, err, c.want)
		}
	}
}

func TestStored_JSON_refuses_an_event_without_amount(t *testing.T) {
	t.Parallel()
	if body, err := (event.Stored{}).JSON(); err == nil {
		t.Errorf("JSON = %s, want an error", body)
	}
}

func TestQuotedSize_bounds_what_an_encoder_writes(t *testing.T) {
	t.Parallel()
	texts := []string{"", "a", `"\`, "\n\r\t\b\f", "\x00\x1f\x7f", "é€😀", "\u2028\u2029", "\uFFFE", with()}
	for r := rune(0); r < 0x3000; r++ {
		texts = append(texts, string(r))
	}
	for _, text := range texts {
		var body strings.Builder
		encoder := json.NewEncoder(&body)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(text); err != nil {
			t.Fatal(err)
		}
		if written, bound := len(body.String())-1, event.QuotedSize([]byte(text)); written > bound {
			t.Errorf("%q is written with %d bytes, QuotedSize says %d", text, written, bound)
		}
	}
	if got := event.QuotedSize([]byte(`{"a":"b"}`)); got != 15 {
		t.Errorf("QuotedSize = %d, want 15", got)
	}
}
