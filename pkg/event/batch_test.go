package event_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

func list(element string, n int) string {
	return `{"events":[` + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + `]}`
}

func TestSplitBatch_returns_the_exact_bytes(t *testing.T) {
	t.Parallel()
	elements := []string{
		with(), `{ "amount" : 1.50 }`, `"text"`, `12e3`, `null`, `[ ]`,
		`{"a":1,"a":2}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", "{\"a\":\"\uFFFE\"}", nested(9_000),
	}
	events, err := event.SplitBatch([]byte(" {\n\"events\" : [ " + strings.Join(elements, " ,\n") + " ] } "))
	if err != nil || len(events) != len(elements) {
		t.Fatalf("SplitBatch = %d events, %v; want %d", len(events), err, len(elements))
	}
	for i := range events {
		if string(events[i]) != elements[i] {
			t.Errorf("event %d is %.100q, want %.100q", i, events[i], elements[i])
		}
	}
}

func TestSplitBatch_takes_as_many_as_the_limit(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, contract.BatchLimit} {
		if events, err := event.SplitBatch([]byte(list("1", n))); err != nil || len(events) != n {
			t.Errorf("SplitBatch of %d = %d, %v", n, len(events), err)
		}
	}
}

func TestSplitBatch_events_do_not_run_into_each_other(t *testing.T) {
	t.Parallel()
	body := []byte(list("1", 2))
	events, err := event.SplitBatch(body)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(events[0], "overwritten"...) // the point is what it does to body
	if string(body) != list("1", 2) {
		t.Errorf("body became %s", body)
	}
}

func TestSplitBatch_refuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		body   string
		code   fault.Code
		reason string
		places []place
	}{
		{"an array", `[{}]`, fault.InvalidType, `the batch must be a JSON object {"events":[…]}`, bad("", fault.InvalidType)},
		{"a number", `1`, fault.InvalidType, `the batch must be a JSON object {"events":[…]}`, bad("", fault.InvalidType)},
		{"no events", `{}`, fault.MissingField, "events is required", bad("/events", fault.MissingField)},
		{"an empty list", `{"events":[]}`, fault.InvalidValue, "events has 0 entries, 1 to 500 are allowed", bad("/events", fault.InvalidValue)},
		{"one too many", list("1", 501), fault.InvalidValue, "events has 501 entries, 1 to 500 are allowed", bad("/events", fault.InvalidValue)},
		{"many too many", list("1", 100_000), fault.InvalidValue, "events has 100000 entries, 1 to 500 are allowed",
			bad("/events", fault.InvalidValue)},
		{"events null", `{"events":null}`, fault.InvalidType, "events must be an array", bad("/events", fault.InvalidType)},
		{"events an object", `{"events":{}}`, fault.InvalidType, "events must be an array", bad("/events", fault.InvalidType)},
		{"an unknown field", `{"events":[1],"x~y":[{}]}`, fault.UnknownField, "this is not a field of a batch", bad("/x~0y", fault.UnknownField)},
		{"a name of bytes that are not UTF-8", "{\"events\":[1],\"\xff\":1}", fault.UnknownField, "this is not a field of a batch",
			bad("/\uFFFD", fault.UnknownField)},
		{"an event alone", `{"user_id":"u"}`, fault.UnknownField, "2 fields are invalid",
			[]place{{"/user_id", fault.UnknownField}, {"/events", fault.MissingField}}},

		{"nothing", ``, fault.MalformedJSON, "the body is empty", nil},
		{"gzip", "\x1f\x8b\x08", fault.MalformedJSON, "the body is gzip: name it in Content-Encoding, or send the JSON uncompressed", nil},
		{"a byte order mark", "\uFEFF" + list("1", 1), fault.MalformedJSON, "the body begins with a byte order mark: send the JSON without it", nil},
		{"events twice", `{"events":[1],"events":[2]}`, fault.MalformedJSON, "the body has the same name twice in one object", nil},
		{"two values", list("1", 1) + list("1", 1), fault.MalformedJSON, "the body has more after its JSON value", nil},
		{"two values, not objects", "1 1", fault.MalformedJSON, "the body has more after its JSON value", nil},
		{"garbage behind", list("1", 1) + "x", fault.MalformedJSON, "the body is not valid JSON, at byte 14", nil},
		{"a missing comma", `{"events":[1 2]}`, fault.MalformedJSON, "the body is not valid JSON, at byte 13", nil},
		{"cut short in the list", `{"events":[1,2`, fault.MalformedJSON, "the body ends too early, at byte 14", nil},
		{"cut short after the list", `{"events":[1,2]`, fault.MalformedJSON, "the body ends too early, at byte 15", nil},
		{"cut short before a value", `{"x":`, fault.MalformedJSON, "the body ends too early, at byte 5", nil},
		{"garbage within an event", `{"events":[{"a":tru}]}`, fault.MalformedJSON, "the body is not valid JSON, at byte 19", nil},
		{"too deep", list(nested(10_000), 1), fault.MalformedJSON, "the body is nested deeper than 10000, at byte 10016", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events, err := event.SplitBatch([]byte(c.body))
			f, ok := errors.AsType[*fault.Error](err)
			if !ok || events != nil {
				t.Fatalf("SplitBatch = %d events, %v; want a fault", len(events), err)
			}
			var places []place
			for _, field := range f.Fields {
				places = append(places, place{field.Pointer, field.Code})
			}
			if f.Code != c.code || f.Reason != c.reason || fmt.Sprintf("%q", places) != fmt.Sprintf("%q", c.places) {
				t.Errorf("got %s %q %q, want %s %q %q", f.Code, f.Reason, places, c.code, c.reason, c.places)
			}
			checkError(t, f)
		})
	}
}
