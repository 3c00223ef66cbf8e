package event_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

func TestDecode_takes(t *testing.T) {
	t.Parallel()
	for _, c := range accepted() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.Decode([]byte(c.payload))
			if err != nil {
				t.Fatal(err)
			}
			checkAccepted(t, []byte(c.payload), e)
		})
	}
}

func TestDecode_names_every_bad_field(t *testing.T) {
	t.Parallel()
	for _, c := range refused() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.Decode([]byte(c.payload))
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("Decode = %+v, %v; want a fault", e, err)
			}
			got := make([]place, len(f.Fields))
			for i, field := range f.Fields {
				got[i] = place{field.Pointer, field.Code}
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.places) {
				t.Errorf("bad fields %q, want %q", got, c.places)
			}
			if f.Code != c.places[0].code || fault.HTTPStatus(err) != 422 {
				t.Errorf("code %s and status %d, want %s and 422", f.Code, fault.HTTPStatus(err), c.places[0].code)
			}
			checkError(t, f)
		})
	}
}

func TestDecode_says_why_it_is_not_JSON(t *testing.T) {
	t.Parallel()
	for _, c := range notJSON() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.Decode([]byte(c.payload))
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("Decode = %+v, %v; want a fault", e, err)
			}
			if f.Code != fault.MalformedJSON || fault.HTTPStatus(err) != 400 || len(f.Fields) != 0 {
				t.Errorf("code %s, status %d, %d fields; want malformed_json, 400, none", f.Code, fault.HTTPStatus(err), len(f.Fields))
			}
			if strings.HasSuffix(c.malformed, "byte ") {
				f.Reason = strings.TrimRight(f.Reason, "0123456789")
			}
			if f.Reason != c.malformed {
				t.Errorf("reason %q, want %q", f.Reason, c.malformed)
			}
			checkError(t, f)
		})
	}
}

// checkError holds an error to what any of them may be: small, and printable.
func checkError(t *testing.T, f *fault.Error) {
	t.Helper()
	if size := len(f.Error()); size > 4096 {
		t.Errorf("the error has %d bytes: %.100s…", size, f.Error())
	}
	if strings.ContainsFunc(f.Error(), func(r rune) bool { return r < ' ' || r == '\uFFFE' || r == '\uFFFF' }) {
		t.Errorf("the error holds a control character: %q", f.Error())
	}
	for _, field := range f.Fields {
		if len(field.Pointer) > 300 || len(field.Detail) > 500 || field.Detail == "" {
			t.Errorf("field of %d and %d bytes: %.100v…", len(field.Pointer), len(field.Detail), field)
		}
	}
}

// checkAccepted holds an accepted event to what any of them must be.
func checkAccepted(t *testing.T, payload []byte, e event.Event) {
	t.Helper()
	var asSent struct {
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(payload, &asSent); err != nil {
		t.Fatalf("an event was accepted that is not JSON: %v", err)
	}
	if string(asSent.Metadata) != string(e.Metadata) {
		t.Errorf("metadata %.100q, sent was %.100q", e.Metadata, asSent.Metadata)
	}
	if again, err := event.ParseAmount(e.Amount.String()); err != nil || again != e.Amount {
		t.Errorf("amount %s read again: %s, %v", e.Amount, again, err)
	}
	if e.ID != "" && !event.ValidID(e.ID) {
		t.Errorf("id %q is not valid", e.ID)
	}
	if e.UserID == "" || e.Merchant == "" || e.Currency == "" || strings.ContainsRune(e.UserID+e.Merchant, 0) {
		t.Errorf("a text is empty or holds NUL: %+v", e)
	}
	if e.Timestamp.Location() != time.UTC || e.Timestamp.Nanosecond()%1000 != 0 {
		t.Errorf("timestamp %s is not UTC to the microsecond", e.Timestamp)
	}
	if body, err := (event.Stored{Event: e}).JSON(); err != nil || !json.Valid(body) {
		t.Errorf("its JSON is %.200s, %v", body, err)
	}
}

func TestDecode_reads_each_field(t *testing.T) {
	t.Parallel()
	e, err := event.Decode([]byte(with()))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%q %q %s %q %q %s %s", e.ID, e.UserID, e.Amount, e.Currency, e.Merchant,
		e.Timestamp.Format(time.RFC3339Nano), e.Metadata)
	want := `"evt_1" "user-1" 12.50 "EUR" "Café ☃ & Söhne" 2026-01-31T23:59:59.123456Z { "a": [1, 2.50, "x"], "b": {"c": null} }`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDecode_leaves_out_what_was_not_sent(t *testing.T) {
	t.Parallel()
	e, err := event.Decode([]byte(with("event_id", "", "metadata", "")))
	if err != nil || e.ID != "" || e.Metadata != nil {
		t.Errorf("ID %q, Metadata %q, %v; want none", e.ID, e.Metadata, err)
	}
}

func TestDecode_keeps_microseconds_in_UTC(t *testing.T) {
	t.Parallel()
	e, err := event.Decode([]byte(with("timestamp", `"2026-02-01T01:00:00.1234567+02:00"`)))
	if got := e.Timestamp.Format(time.RFC3339Nano); err != nil || got != "2026-01-31T23:00:00.123456Z" {
		t.Errorf("timestamp %s, %v", got, err)
	}
}

func TestDecode_metadata_cannot_be_appended_into_the_payload(t *testing.T) {
	t.Parallel()
	payload := []byte(strings.Replace(with("metadata", ""), "{", `{"metadata":{"a":1},`, 1))
	before := string(payload)
	e, err := event.Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(e.Metadata, "overwritten"...) // the point is what it does to payload
	if string(payload) != before {
		t.Errorf("payload became %s", payload)
	}
}

func TestDecode_names_few_of_many_unknown_fields(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	body.WriteString(`{"f0":0`)
	for i := 1; i < 20_000; i++ {
		fmt.Fprintf(&body, `,"f%d":%d`, i, i)
	}
	body.WriteString("," + with()[1:])
	_, err := event.Decode([]byte(body.String()))
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) != 9 {
		t.Fatalf("Decode = %.200v, want 9 fields", err)
	}
	if last := f.Fields[8]; last.Pointer != "" || last.Detail != "19992 more are not fields of an event; put it into metadata" {
		t.Errorf("the last is %+v", last)
	}
	checkError(t, f)
}

func TestDecode_errors_repeat_no_values(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	payloads := []string{
		with("event_id", `"/`+secret+`"`), with("user_id", `"`+secret+`\u0000"`), with("merchant", `["`+secret+`"]`),
		with("currency", `"`+secret+`"`), with("timestamp", `"`+secret+`"`), with("amount", `"`+secret+`"`),
		with("metadata", `"`+secret+`"`), with("metadata", `{"a":"`+secret+`\u0000"}`), with("x", `"`+secret+`"`),
		with("metadata", `{"`+secret+`":1,"`+secret+`":2}`), with("metadata", `{"`+secret+`":tru}`),
		`{"merchant":"` + secret + `\ud800"}`, `{"merchant":"` + secret, with() + secret, `"` + secret + `"`,
		"{\"" + secret + "\":\"\xff\"}", secret, with(secret, "1"), `{"` + secret + `":1}`,
	}
	for _, payload := range payloads {
		_, err := event.Decode([]byte(payload))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("Decode(%q) = %v", payload, err)
		}
		if _, err := event.SplitBatch([]byte(payload)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("SplitBatch(%q) = %v", payload, err)
		}
		if _, err := event.SplitBatch([]byte(`{"events":` + payload)); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("SplitBatch(%q) = %v", payload, err)
		}
	}
}

func TestCheckTimestamp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.FixedZone("", 3600))
	cases := []struct {
		name string
		at   time.Time
		bad  bool
	}{
		{"long ago", time.Unix(0, 0), false},
		{"now", now, false},
		{"as far ahead as may be", now.Add(contract.FutureSkew), false},
		{"a microsecond further", now.Add(contract.FutureSkew + time.Microsecond), true},
	}
	for _, c := range cases {
		err := event.Event{Timestamp: c.at}.CheckTimestamp(now)
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			continue
		}
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || len(f.Fields) != 1 || f.Fields[0].Pointer != "/timestamp" || f.Fields[0].Code != fault.InvalidValue ||
			f.Reason != "timestamp is more than 5m0s in the future of 2026-01-31T11:00:00Z" {
			t.Errorf("%s: %+v", c.name, err)
		}
	}
}
