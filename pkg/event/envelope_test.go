package event_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

const someHash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

var receivedAt = time.Date(2026, 1, 31, 23, 59, 59, 123456789, time.UTC)

func inline(payload string) event.Envelope {
	return event.Envelope{
		EventID: "evt_1", CorrelationID: "corr-1", Mode: event.Inline, Payload: &payload,
		SHA256: event.Hash([]byte(payload)), ReceivedAt: receivedAt,
	}
}

func large() event.Envelope {
	return event.Envelope{
		EventID: "evt_1", CorrelationID: "corr-1", Mode: event.S3, SHA256: someHash,
		Bucket: "payloads", Key: event.ObjectKey(event.Identity{ID: "evt_1"}, someHash), ReceivedAt: receivedAt,
	}
}

// same compares two envelopes, the payload by what it says.
func same(a, b event.Envelope) bool {
	if (a.Payload == nil) != (b.Payload == nil) || (a.Payload != nil && *a.Payload != *b.Payload) {
		return false
	}
	a.Payload, b.Payload = nil, nil
	return a.ReceivedAt.Equal(b.ReceivedAt) && func() bool {
		a.ReceivedAt, b.ReceivedAt = time.Time{}, time.Time{}
		return a == b
	}()
}

func TestEnvelope_has_the_fields_of_the_contract(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		envelope event.Envelope
		want     string
	}{
		{"inline", inline(`{"a":"b\n"}`), `{"event_id":"evt_1","correlation_id":"corr-1","payload_mode":"INLINE",` +
			`"payload_inline":"{\"a\":\"b\\n\"}","payload_sha256":"` + event.Hash([]byte(`{"a":"b\n"}`)) +
			`","received_at":"2026-01-31T23:59:59.123456789Z"}`},
		{"S3", large(), `{"event_id":"evt_1","correlation_id":"corr-1","payload_mode":"S3","payload_sha256":"` + someHash +
			`","s3_bucket":"payloads","s3_key":"raw/evt_1/` + someHash + `.json","received_at":"2026-01-31T23:59:59.123456789Z"}`},
	}
	for _, c := range cases {
		body, err := c.envelope.Encode()
		if err != nil || body != c.want {
			t.Errorf("%s: Encode = %s, %v; want %s", c.name, body, err, c.want)
		}
	}
}

func TestEnvelope_comes_back_as_it_was(t *testing.T) {
	t.Parallel()
	noCorrelation := inline("{}")
	noCorrelation.CorrelationID = ""
	longest := inline("{}")
	longest.EventID, longest.CorrelationID = strings.Repeat("a", 128), strings.Repeat("é", 128)
	envelopes := map[string]event.Envelope{
		"S3":                 large(),
		"no correlation id":  noCorrelation,
		"the longest ids":    longest,
		"an empty payload":   inline(""),
		"U+FFFE and U+FFFF":  inline("\uFFFE\\\uFFFF\\\\\uFFFE\"\uFFFE"),
		"control characters": inline("\x00\x01\b\f\n\r\t\x1f\x7f\u0080\u2028\u2029"),
		"every plane":        inline("é€😀\U0010FFFF\U0001FFFE\uE000\uFFFD"),
		"escapes of its own": inline(`\ufffe\uffff\u0000\"`),
		"an event":           inline(with()),
		"quotes":             inline(strings.Repeat(`"`, 1000)),
		"markup":             inline(`<a href="&amp;">]]></a>`),
		"a surrogate pair":   inline(`{"a":"\ud83d\ude00"}`),
	}
	for name, envelope := range envelopes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := envelope.Encode()
			if err != nil {
				t.Fatal(err)
			}
			back, err := event.DecodeEnvelope(body)
			if err != nil || !same(back, envelope) {
				t.Errorf("came back as %+v, %v; was %+v", back, err, envelope)
			}
			if !envelope.Valid() {
				t.Error("Valid = false")
			}
		})
	}
}

func TestEnvelope_Encode_refuses_what_is_not_UTF8(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"\xff", "a\xed\xa0\x80", "\xc0\x80"} {
		if body, err := inline(payload).Encode(); err == nil || !strings.HasPrefix(err.Error(), "encode envelope of evt_1: ") {
			t.Errorf("Encode of %q = %q, %v", payload, body, err)
		}
	}
}

// TestEnvelope_of_the_largest_inline_payload_fits_the_queue takes the characters
// that grow most: twice their size is the worst there is, since control
// characters are no part of JSON.
func TestEnvelope_of_the_largest_inline_payload_fits_the_queue(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{`"`, `\`, "\n", "\uFFFE", "é", "😀", "\x7f", "<"} {
		payload := strings.Repeat(unit, contract.InlineLimit/len(unit))
		payload += strings.Repeat(`"`, contract.InlineLimit-len(payload))
		envelope := inline(payload)
		envelope.EventID, envelope.CorrelationID = strings.Repeat("a", 128), strings.Repeat("😀", 128)
		body, err := envelope.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if room := contract.QueueMessageLimit - contract.QueueMessageReserve; len(body) > room || len(payload) != contract.InlineLimit {
			t.Errorf("%d bytes of %q encode to %d, there is room for %d", len(payload), unit, len(body), room)
		}
		if back, err := event.DecodeEnvelope(body); err != nil || !same(back, envelope) {
			t.Errorf("%q: came back changed, %v", unit, err)
		}
	}
}

func TestDecodeEnvelope_refuses(t *testing.T) {
	t.Parallel()
	fields := func(changes ...string) string {
		e := [][2]string{
			{"event_id", `"evt_1"`}, {"correlation_id", `"corr-1"`}, {"payload_mode", `"INLINE"`}, {"payload_inline", `"{}"`},
			{"payload_sha256", `"` + someHash + `"`}, {"received_at", `"2026-01-31T23:59:59Z"`},
		}
		var members []string
		for _, f := range e {
			value := f[1]
			for i := 0; i < len(changes); i += 2 {
				if changes[i] == f[0] {
					value = changes[i+1]
				}
			}
			if value != "" {
				members = append(members, fmt.Sprintf("%q:%s", f[0], value))
			}
		}
		for i := 0; i < len(changes); i += 2 {
			if strings.HasPrefix(changes[i], "s3_") {
				members = append(members, fmt.Sprintf("%q:%s", changes[i], changes[i+1]))
			}
		}
		return "{" + strings.Join(members, ",") + "}"
	}
	if _, err := event.DecodeEnvelope(fields()); err != nil {
		t.Fatalf("the envelope that the cases change is refused: %v", err)
	}
	const id, correlation, hash = "evt_1", "corr-1", someHash
	cases := []struct {
		name                  string
		body                  string
		reason                string
		id, correlation, hash string // what comes along
	}{
		{"nothing", "", "the message body is not an envelope: it is not valid JSON, at byte 0", "", "", ""},
		{"text", "hello", "the message body is not an envelope: it is not valid JSON, at byte 0", "", "", ""},
		{"an array", "[]", "the message body is not an envelope: it is not a JSON object", "", "", ""},
		{"null", "null", "the envelope's event_id is missing or not a valid id", "", "", ""},
		{"an object of another kind", `{"a":1}`, "the envelope's event_id is missing or not a valid id", "", "", ""},
		{"cut short", fields()[:60], "the message body is not an envelope: it is not valid JSON, at byte 60", id, correlation, ""},
		{"something behind", fields() + "x", fmt.Sprintf("the message body is not an envelope: it is not valid JSON, at byte %d", len(fields())),
			id, correlation, hash},
		{"a name twice", `{"event_id":"evt_1","event_id":"evt_2"}`, "the message body is not an envelope: it is not valid JSON, at byte 20", id, "", ""},
		{"names in capitals", strings.ToUpper(fields()), "the envelope's event_id is missing or not a valid id", "", "", ""},
		{"not UTF-8", fields("payload_inline", "\"\xff\""), "the message body is not an envelope: it is not valid JSON, at byte 88", id, correlation, ""},
		{"half a surrogate pair", fields("payload_inline", `"\ud800"`), "the message body is not an envelope: it is not valid JSON, at byte 88", id, correlation, ""},

		{"event_id absent", fields("event_id", ""), "the envelope's event_id is missing or not a valid id", "", correlation, hash},
		{"event_id too long", fields("event_id", quoted("a", 129)), "the envelope's event_id is missing or not a valid id", "", correlation, hash},
		{"event_id with a slash", fields("event_id", `"../x"`), "the envelope's event_id is missing or not a valid id", "", correlation, hash},
		{"event_id a number", fields("event_id", `1`), "the message body is not an envelope: event_id has the wrong type or form", "", "", ""},
		{"correlation_id too long", fields("correlation_id", quoted("é", 129)),
			"the envelope's correlation_id is not at most 128 printable characters", id, "", hash},
		{"correlation_id with NUL", fields("correlation_id", `"a\u0000"`),
			"the envelope's correlation_id is not at most 128 printable characters", id, "", hash},
		{"correlation_id with a line end", fields("correlation_id", `"a\n"`),
			"the envelope's correlation_id is not at most 128 printable characters", id, "", hash},
		{"correlation_id with U+FFFE", fields("correlation_id", `"\ufffe"`),
			"the envelope's correlation_id is not at most 128 printable characters", id, "", hash},
		{"hash absent", fields("payload_sha256", ""), "the envelope's payload_sha256 is not 64 lower-case hex digits", id, correlation, ""},
		{"hash in capitals", fields("payload_sha256", `"`+strings.ToUpper(hash)+`"`),
			"the envelope's payload_sha256 is not 64 lower-case hex digits", id, correlation, ""},
		{"hash cut short", fields("payload_sha256", `"`+hash[:63]+`"`),
			"the envelope's payload_sha256 is not 64 lower-case hex digits", id, correlation, ""},
		{"hash with a line end", fields("payload_sha256", `"`+hash+`\n"`),
			"the envelope's payload_sha256 is not 64 lower-case hex digits", id, correlation, ""},
		{"received_at absent", fields("received_at", ""), "the envelope's received_at is missing", id, correlation, hash},
		{"received_at no time", fields("received_at", `"yesterday"`),
			"the message body is not an envelope: received_at has the wrong type or form", id, correlation, hash},
		{"received_at a number", fields("received_at", `1`),
			"the message body is not an envelope: received_at has the wrong type or form", id, correlation, hash},
		{"received_at after the year 9999", fields("received_at", `"9999-12-31T23:59:59-14:00"`),
			"the envelope's received_at does not lie in the years 1 to 9999", id, correlation, hash},
		{"received_at before the year 1", fields("received_at", `"0000-12-31T00:00:00Z"`),
			"the envelope's received_at does not lie in the years 1 to 9999", id, correlation, hash},
		{"mode absent", fields("payload_mode", ""), "the envelope's payload_mode is neither INLINE nor S3", id, correlation, hash},
		{"mode in lower case", fields("payload_mode", `"inline"`), "the envelope's payload_mode is neither INLINE nor S3", id, correlation, hash},
		{"inline without payload", fields("payload_inline", ""),
			"the envelope's payload_mode is INLINE, but payload_inline is missing", id, correlation, hash},
		{"inline with payload null", fields("payload_inline", "null"),
			"the envelope's payload_mode is INLINE, but payload_inline is missing", id, correlation, hash},
		{"inline with payload an object", fields("payload_inline", "{}"),
			"the message body is not an envelope: payload_inline has the wrong type or form", id, correlation, ""},
		{"S3 without key", fields("payload_mode", `"S3"`), "the envelope's s3_key is not the key of this event and hash", id, correlation, hash},
		{"S3 with the key of another event", fields("payload_mode", `"S3"`, "s3_key", `"`+event.ObjectKey(event.Identity{ID: "evt_2"}, hash)+`"`),
			"the envelope's s3_key is not the key of this event and hash", id, correlation, hash},
		{"S3 with a key elsewhere", fields("payload_mode", `"S3"`, "s3_key", `"secrets/`+id+`/`+hash+`.json"`),
			"the envelope's s3_key is not the key of this event and hash", id, correlation, hash},
		{"too deep", `{"x":` + strings.Repeat("[", 100_000), "the message body is not an envelope: it is not valid JSON, at byte 10004", "", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.DecodeEnvelope(c.body)
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || f.Code != fault.InvalidEnvelope || f.Reason != c.reason || errors.Unwrap(f) != nil {
				t.Errorf("DecodeEnvelope = %+v; want reason %q", err, c.reason)
			}
			if e.EventID != c.id || e.CorrelationID != c.correlation || e.SHA256 != c.hash {
				t.Errorf("along came %q, %q, %q; want %q, %q, %q", e.EventID, e.CorrelationID, e.SHA256, c.id, c.correlation, c.hash)
			}
		})
	}
}

func TestEnvelope_Valid_agrees_with_DecodeEnvelope(t *testing.T) {
	t.Parallel()
	breaks := map[string]func(*event.Envelope){
		"nothing":        func(*event.Envelope) {},
		"event id":       func(e *event.Envelope) { e.EventID = "a/b" },
		"correlation id": func(e *event.Envelope) { e.CorrelationID = "\x00" },
		"hash":           func(e *event.Envelope) { e.SHA256 = "abc" },
		"no time":        func(e *event.Envelope) { e.ReceivedAt = time.Time{} },
		"mode":           func(e *event.Envelope) { e.Mode = "FTP" },
		"no payload":     func(e *event.Envelope) { e.Payload = nil },
		"key":            func(e *event.Envelope) { e.Mode, e.Key = event.S3, "raw/x" },
	}
	for name, spoil := range breaks {
		e := inline("{}")
		spoil(&e)
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := event.DecodeEnvelope(body); e.Valid() != (err == nil) || e.Valid() != (name == "nothing") {
			t.Errorf("%s: Valid = %t, DecodeEnvelope: %v", name, e.Valid(), err)
		}
	}
}

func TestDecodeEnvelope_lets_fields_be_that_a_newer_sender_adds(t *testing.T) {
	t.Parallel()
	body, err := inline("{}").Encode()
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.DecodeEnvelope(`{"tenant":{"id":[1]},` + body[1:])
	if err != nil || !same(e, inline("{}")) {
		t.Errorf("DecodeEnvelope = %+v, %v", e, err)
	}
}

func TestDecodeEnvelope_returns_times_in_UTC(t *testing.T) {
	t.Parallel()
	body, err := inline("{}").Encode()
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.DecodeEnvelope(strings.Replace(body, "23:59:59.123456789Z", "23:59:59.123456789-01:00", 1))
	if err != nil || !e.ReceivedAt.Equal(receivedAt.Add(time.Hour)) || e.ReceivedAt.Location() != time.UTC {
		t.Errorf("ReceivedAt = %s, %v", e.ReceivedAt, err)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	// The test vectors of FIPS 180-2.
	for payload, want := range map[string]string{
		"":    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"abc": someHash,
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
	} {
		if got := event.Hash([]byte(payload)); got != want {
			t.Errorf("Hash(%q) = %s, want %s", payload, got, want)
		}
	}
}
