package event_test

import (
	"fmt"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
	"github.com/fluxa/fluxa/pkg/fault"
)

// The words of the cases.
var (
	with   = eventtest.With
	quoted = eventtest.Quoted
	nested = eventtest.Nested
)

// place is a bad field as a test expects it.
type place struct {
	pointer string
	code    fault.Code
}

// decodeCase is a payload and what Decode says of it: nothing (both empty), the
// bad places, or why it is not JSON. schemaTakes marks what the decoder refuses
// and no JSON Schema can tell; schemaCannotRead what its library cannot read.
type decodeCase struct {
	name             string
	payload          string
	places           []place
	malformed        string
	schemaTakes      bool
	schemaCannotRead bool
}

func bad(pointer string, code fault.Code) []place { return []place{{pointer, code}} }

func accepted() []decodeCase {
	var out []decodeCase
	for _, c := range eventtest.Accepted() {
		out = append(out, decodeCase{name: c.Name, payload: c.Payload})
	}
	return out
}

func refused() []decodeCase {
	long := strings.Repeat("n", 10_000)
	return []decodeCase{
		{name: "an array", payload: `[]`, places: bad("", fault.InvalidType)},
		{name: "a string", payload: `"event"`, places: bad("", fault.InvalidType)},
		{name: "a number", payload: `1`, places: bad("", fault.InvalidType)},
		{name: "null", payload: ` null `, places: bad("", fault.InvalidType)},

		{name: "event_id empty", payload: with("event_id", `""`), places: bad("/event_id", fault.InvalidValue)},
		{name: "event_id null", payload: with("event_id", `null`), places: bad("/event_id", fault.InvalidType)},
		{name: "event_id a number", payload: with("event_id", `1`), places: bad("/event_id", fault.InvalidType)},
		{name: "event_id one too long", payload: with("event_id", quoted("a", 129)), places: bad("/event_id", fault.TooLong)},
		{name: "event_id with a slash", payload: with("event_id", `"a/b"`), places: bad("/event_id", fault.InvalidValue)},
		{name: "event_id with a line end", payload: with("event_id", `"a\n"`), places: bad("/event_id", fault.InvalidValue)},
		{name: "event_id not ASCII", payload: with("event_id", `"é"`), places: bad("/event_id", fault.InvalidValue)},
		{name: "event_id of one dot", payload: with("event_id", `"."`), places: bad("/event_id", fault.InvalidValue)},
		{name: "event_id of two dots", payload: with("event_id", `".."`), places: bad("/event_id", fault.InvalidValue)},

		{name: "user_id absent", payload: with("user_id", ""), places: bad("/user_id", fault.MissingField)},
		{name: "user_id null", payload: with("user_id", "null"), places: bad("/user_id", fault.InvalidType)},
		{name: "user_id empty", payload: with("user_id", `""`), places: bad("/user_id", fault.InvalidValue)},
		{name: "user_id an object", payload: with("user_id", `{"a":[1]}`), places: bad("/user_id", fault.InvalidType)},
		{name: "user_id one too long", payload: with("user_id", quoted("é", 257)), places: bad("/user_id", fault.TooLong)},
		{name: "user_id with NUL", payload: with("user_id", `"a\u0000b"`), places: bad("/user_id", fault.InvalidValue), schemaTakes: true},
		{name: "merchant absent", payload: with("merchant", ""), places: bad("/merchant", fault.MissingField)},
		{name: "merchant empty", payload: with("merchant", `""`), places: bad("/merchant", fault.InvalidValue)},
		{name: "merchant true", payload: with("merchant", `true`), places: bad("/merchant", fault.InvalidType)},
		{name: "merchant one too long", payload: with("merchant", quoted("m", 513)), places: bad("/merchant", fault.TooLong)},
		{name: "merchant with NUL", payload: with("merchant", `"\u0000"`), places: bad("/merchant", fault.InvalidValue), schemaTakes: true},

		{name: "amount absent", payload: with("amount", ""), places: bad("/amount", fault.MissingField)},
		{name: "amount null", payload: with("amount", "null"), places: bad("/amount", fault.InvalidType)},
		{name: "amount quoted", payload: with("amount", `"1.00"`), places: bad("/amount", fault.InvalidType)},
		{name: "amount an array", payload: with("amount", `[1]`), places: bad("/amount", fault.InvalidType)},
		{name: "amount zero", payload: with("amount", "0.00"), places: bad("/amount", fault.InvalidValue)},
		{name: "amount below zero", payload: with("amount", "-1"), places: bad("/amount", fault.InvalidValue)},
		{name: "amount with five decimals", payload: with("amount", "1.00001"), places: bad("/amount", fault.InvalidValue), schemaTakes: true},
		{name: "amount with 16 digits", payload: with("amount", "1234567890123456"), places: bad("/amount", fault.InvalidValue)},
		{name: "amount 1e400", payload: with("amount", "1e400"), places: bad("/amount", fault.InvalidValue)},
		{name: "amount 1e-400", payload: with("amount", "1e-400"), places: bad("/amount", fault.InvalidValue)},
		{name: "amount 5e-324", payload: with("amount", "5e-324"), places: bad("/amount", fault.InvalidValue)},
		{name: "amount below the least", payload: with("amount", "0.00009"), places: bad("/amount", fault.InvalidValue)},
		{name: "amount with the largest exponent of an int", payload: with("amount", "1e9223372036854775807"),
			places: bad("/amount", fault.InvalidValue), schemaCannotRead: true},
		{name: "amount with the smallest exponent of an int", payload: with("amount", "1e-9223372036854775808"),
			places: bad("/amount", fault.InvalidValue), schemaCannotRead: true},
		{name: "amount of 100,000 digits", payload: with("amount", strings.Repeat("1", 100_000)), places: bad("/amount", fault.InvalidValue)},

		{name: "currency absent", payload: with("currency", ""), places: bad("/currency", fault.MissingField)},
		{name: "currency in lower case", payload: with("currency", `"eur"`), places: bad("/currency", fault.InvalidValue)},
		{name: "currency unknown", payload: with("currency", `"ZZZ"`), places: bad("/currency", fault.InvalidValue)},
		{name: "currency too long", payload: with("currency", `"EURO"`), places: bad("/currency", fault.TooLong)},
		{name: "currency empty", payload: with("currency", `""`), places: bad("/currency", fault.InvalidValue)},
		{name: "currency a number", payload: with("currency", `978`), places: bad("/currency", fault.InvalidType)},

		{name: "timestamp absent", payload: with("timestamp", ""), places: bad("/timestamp", fault.MissingField)},
		{name: "timestamp a number", payload: with("timestamp", `1700000000`), places: bad("/timestamp", fault.InvalidType)},
		{name: "timestamp empty", payload: with("timestamp", `""`), places: bad("/timestamp", fault.InvalidValue)},
		{name: "timestamp without offset", payload: with("timestamp", `"2026-01-31T23:59:59"`), places: bad("/timestamp", fault.InvalidValue)},
		{name: "timestamp with a space", payload: with("timestamp", `"2026-01-31 23:59:59Z"`), places: bad("/timestamp", fault.InvalidValue)},
		{name: "timestamp with a comma", payload: with("timestamp", `"2026-01-31T23:59:59,5Z"`), places: bad("/timestamp", fault.InvalidValue)},
		{name: "timestamp in lower case", payload: with("timestamp", `"2026-01-31t23:59:59z"`),
			places: bad("/timestamp", fault.InvalidValue), schemaTakes: true},
		{name: "timestamp on 30 February", payload: with("timestamp", `"2026-02-30T00:00:00Z"`), places: bad("/timestamp", fault.InvalidValue)},
		{name: "timestamp on a leap second", payload: with("timestamp", `"2016-12-31T23:59:60Z"`),
			places: bad("/timestamp", fault.InvalidValue), schemaTakes: true},
		{name: "timestamp before the year 1", payload: with("timestamp", `"0001-01-01T00:00:00+14:00"`),
			places: bad("/timestamp", fault.InvalidValue), schemaTakes: true},
		{name: "timestamp after the year 9999", payload: with("timestamp", `"9999-12-31T23:59:59-14:00"`),
			places: bad("/timestamp", fault.InvalidValue), schemaTakes: true},
		{name: "timestamp too long", payload: with("timestamp", `"2026-01-31T23:59:59.`+strings.Repeat("0", 60)+`Z"`),
			places: bad("/timestamp", fault.TooLong)},

		{name: "metadata null", payload: with("metadata", "null"), places: bad("/metadata", fault.InvalidType)},
		{name: "metadata an array", payload: with("metadata", `[{}]`), places: bad("/metadata", fault.InvalidType)},
		{name: "metadata a string", payload: with("metadata", `"{}"`), places: bad("/metadata", fault.InvalidType)},
		{name: "metadata too deep", payload: with("metadata", nested(contract.MetadataDepth+1)),
			places: bad("/metadata", fault.InvalidValue), schemaTakes: true},
		{name: "metadata 9,998 deep", payload: with("metadata", nested(9_998)), places: bad("/metadata", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with NUL in a value", payload: with("metadata", `{"a":{"b":["x","y\u0000"]}}`),
			places: bad("/metadata/a/b/1", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with NUL in a name", payload: with("metadata", `{"a":{"\u0000b":1}}`),
			places: bad("/metadata/a/\x00b", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with NUL after a backslash", payload: with("metadata", `{"a/b~":"\\\u0000"}`),
			places: bad("/metadata/a~1b~0", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with NUL under a long name", payload: with("metadata", `{"a":{"`+long+`":"\u0000"}}`),
			places: bad("/metadata/a", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with a number of 1001 digits", payload: with("metadata", `{"n":[0,`+strings.Repeat("9", 1001)+`]}`),
			places: bad("/metadata/n/1", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with 1e1000", payload: with("metadata", `{"n":1e1000}`), places: bad("/metadata/n", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with 1E-1000", payload: with("metadata", `{"n":1E-1000}`), places: bad("/metadata/n", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with the largest exponent of an int", payload: with("metadata", `{"n":-1e9223372036854775807}`),
			places: bad("/metadata/n", fault.InvalidValue), schemaTakes: true},
		{name: "metadata with the smallest exponent of an int", payload: with("metadata", `{"n":1e-9223372036854775808}`),
			places: bad("/metadata/n", fault.InvalidValue), schemaTakes: true},
		{name: "metadata whose numbers grow beyond the bound",
			payload: with("metadata", `{"n":[`+strings.TrimSuffix(strings.Repeat("1e995,", contract.MetadataExpansion/991+1), ",")+`]}`),
			places:  bad(fmt.Sprintf("/metadata/n/%d", contract.MetadataExpansion/991), fault.InvalidValue), schemaTakes: true},

		{name: "an unknown field", payload: with("user~/id", `{"a":1}`), places: bad("/user~0~1id", fault.UnknownField)},
		{name: "a field in another case", payload: with("Amount", `1`), places: bad("/Amount", fault.UnknownField)},
		{name: "an unknown field with a long name", payload: with(long, `1`),
			places: bad("/"+strings.Repeat("n", 64)+"…", fault.UnknownField)},
		{name: "everything wrong at once",
			payload: `{"metadata":{"a":"\u0000"},"timestamp":"now","currency":"eur","x":1,"amount":0,"event_id":"/"}`,
			places: []place{
				{"/metadata/a", fault.InvalidValue}, {"/timestamp", fault.InvalidValue}, {"/currency", fault.InvalidValue},
				{"/amount", fault.InvalidValue}, {"/event_id", fault.InvalidValue}, {"/x", fault.UnknownField},
				{"/user_id", fault.MissingField}, {"/merchant", fault.MissingField},
			}},
		{name: "nothing there at all", payload: `{}`, places: []place{
			{"/user_id", fault.MissingField}, {"/amount", fault.MissingField}, {"/currency", fault.MissingField},
			{"/merchant", fault.MissingField}, {"/timestamp", fault.MissingField},
		}},
	}
}

func notJSON() []decodeCase {
	return []decodeCase{
		{name: "empty", payload: "", malformed: "the body is empty"},
		{name: "only whitespace", payload: " \r\n\t ", malformed: "the body is empty"},
		{name: "gzip", payload: "\x1f\x8b\x08\x00\x00\x00", malformed: "the body is gzip: name it in Content-Encoding, or send the JSON uncompressed"},
		{name: "byte order mark", payload: "\uFEFF" + with(), malformed: "the body begins with a byte order mark: send the JSON without it"},
		{name: "UTF-16", payload: "\xff\xfe{\x00}\x00", malformed: "the body is not UTF-8, at byte 0"},
		{name: "Latin-1", payload: "{\"merchant\":\"Caf\xe9\"}", malformed: "the body is not UTF-8, at byte 16"},
		{name: "a surrogate as raw bytes", payload: "{\"merchant\":\"a\xed\xa0\x80\"}", malformed: "the body is not UTF-8, at byte 14"},
		{name: "an overlong NUL", payload: "{\"merchant\":\"\xc0\x80\"}", malformed: "the body is not UTF-8, at byte 13"},
		{name: "a high surrogate alone", payload: `{"merchant":"a\ud800"}`,
			malformed: `the body has half a surrogate pair (\ud800 to \udfff), at byte 14`},
		{name: "a low surrogate alone", payload: `{"metadata":{"a":"\uDC00\ud800"}}`,
			malformed: `the body has half a surrogate pair (\ud800 to \udfff), at byte 18`},
		{name: "a raw NUL", payload: "{\"merchant\":\"a\x00\"}", malformed: "the body is not valid JSON, at byte 14"},
		{name: "a raw line end in a string", payload: "{\"merchant\":\"a\n\"}", malformed: "the body is not valid JSON, at byte 14"},
		{name: "NaN", payload: `{"amount":NaN}`, malformed: "the body is not valid JSON, at byte 10"},
		{name: "Infinity", payload: `{"amount":-Infinity}`, malformed: "the body is not valid JSON, at byte 11"},
		{name: "a leading zero", payload: `{"amount":01}`, malformed: "the body is not valid JSON, at byte 11"},
		{name: "single quotes", payload: `{'amount':1}`, malformed: "the body is not valid JSON, at byte 1"},
		{name: "a comment", payload: `{} // done`, malformed: "the body is not valid JSON, at byte 3"},
		{name: "a trailing comma", payload: `{"amount":1,}`, malformed: "the body is not valid JSON, at byte 11"},
		{name: "a form", payload: `user_id=1&amount=2`, malformed: "the body is not valid JSON, at byte 0"},
		{name: "cut short", payload: `{"amount":1`, malformed: "the body ends too early, at byte 11"},
		{name: "cut short in a string", payload: `{"amount":"1`, malformed: "the body ends too early, at byte 12"},
		{name: "two values", payload: with() + with(), malformed: "the body has more after its JSON value"},
		{name: "garbage after the event", payload: with() + " x", malformed: fmt.Sprintf("the body is not valid JSON, at byte %d", len(with())+1)},
		{name: "garbage after another value", payload: "[] x", malformed: "the body is not valid JSON, at byte 3"},
		{name: "two values, not objects", payload: "[] []", malformed: "the body has more after its JSON value"},
		{name: "the same name twice", payload: `{"amount":1,"amount":2}`, malformed: "the body has the same name twice in one object, at byte 12"},
		{name: "the same name twice, once escaped", payload: `{"amount":1,"\u0061mount":2}`,
			malformed: "the body has the same name twice in one object, at byte 12"},
		{name: "the same name twice in metadata", payload: `{"metadata":{"a":[{"b":1,"c":2,"b":3}]}}`,
			malformed: "the body has the same name twice in one object, at byte 31"},
		{name: "10,000 deep", payload: with("metadata", nested(10_000)), malformed: "the body is nested deeper than 10000, at byte "},
		{name: "100,000 deep", payload: with("metadata", nested(100_000)), malformed: "the body is nested deeper than 10000, at byte "},
		{name: "100,000 deep and never closed", payload: strings.Repeat("[", 100_000), malformed: "the body is nested deeper than 10000, at byte "},
		{name: "100,000 deep in an unknown field", payload: with("x", nested(100_000)), malformed: "the body is nested deeper than 10000, at byte "},
	}
}
