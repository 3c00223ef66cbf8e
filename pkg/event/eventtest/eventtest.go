// Package eventtest has payloads to test with.
package eventtest

import (
	"fmt"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Fields returns the fields of a valid event, in order, each with its JSON.
func Fields() [][2]string {
	return [][2]string{
		{"event_id", `"evt_1"`},
		{"user_id", `"user-1"`},
		{"amount", `12.50`},
		{"currency", `"EUR"`},
		{"merchant", `"Café \u2603 & Söhne"`},
		{"timestamp", `"2026-01-31T23:59:59.123456Z"`},
		{"metadata", `{ "a": [1, 2.50, "x"], "b": {"c": null} }`},
	}
}

// With returns a valid event, the given fields set to other JSON or, when that is
// empty, left out. Fields of another name come last.
func With(fields ...string) string {
	changes := map[string]string{}
	var extra []string
	for i := 0; i < len(fields); i += 2 {
		changes[fields[i]] = fields[i+1]
		extra = append(extra, fields[i])
	}
	var members []string
	for _, f := range Fields() {
		value := f[1]
		if change, ok := changes[f[0]]; ok {
			value = change
			delete(changes, f[0])
		}
		if value != "" {
			members = append(members, fmt.Sprintf("%q:%s", f[0], value))
		}
	}
	for _, name := range extra {
		if value, ok := changes[name]; ok {
			members = append(members, fmt.Sprintf("%q:%s", name, value))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// Quoted returns a JSON string of one character many times.
func Quoted(character string, n int) string { return `"` + strings.Repeat(character, n) + `"` }

// Nested returns a JSON object of a depth.
func Nested(depth int) string {
	return `{"deep":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + "}"
}

// Case is a payload that has a name.
type Case struct{ Name, Payload string }

// Accepted returns payloads that the decoder takes, each with something of its own.
func Accepted() []Case {
	return []Case{
		{"every field", With()},
		{"only the required fields", With("event_id", "", "metadata", "")},
		{"whitespace around everything", " \n\t\r" + strings.ReplaceAll(With(), ",", " ,\n") + "\r\n "},
		{"event_id at its limit", With("event_id", Quoted("a", 128))},
		{"event_id of every character", With("event_id", `"AZaz09._:-"`)},
		{"event_id of three dots", With("event_id", `"..."`)},
		{"event_id in escapes", With("event_id", `"\u0065vt"`)},
		{"user_id at its limit, in characters", With("user_id", Quoted("é", 256))},
		{"user_id at its limit, outside the basic plane", With("user_id", Quoted("😀", 256))},
		{"user_id at its limit, in surrogate pairs", With("user_id", Quoted(`\ud83d\ude00`, 256))},
		{"merchant at its limit", With("merchant", Quoted("m", 512))},
		{"U+FFFE and U+FFFF", With("merchant", "\"a\uFFFEb\uFFFFc\"")},
		{"control characters, escaped", With("merchant", `"\u0001\u001f\b\f\n\r\t\u007f"`)},
		{"smallest amount", With("amount", "0.0001")},
		{"largest amount", With("amount", "999999999999999.9999")},
		{"amount with an exponent", With("amount", "1e2")},
		{"a withdrawn currency", With("currency", `"HRK"`)},
		{"timestamp with an offset", With("timestamp", `"2026-02-01T01:00:00+14:00"`)},
		{"timestamp with nanoseconds", With("timestamp", `"2026-02-01T01:00:00.123456789Z"`)},
		{"timestamp in the year 1", With("timestamp", `"0001-01-01T00:00:00Z"`)},
		{"timestamp at the end of the year 9999", With("timestamp", `"9999-12-31T23:59:59Z"`)},
		{"timestamp on a leap day", With("timestamp", `"2024-02-29T00:00:00Z"`)},
		{"metadata empty", With("metadata", "{}")},
		{"metadata at its depth", With("metadata", Nested(contract.MetadataDepth))},
		{"metadata with brackets in strings", With("metadata", `{"a":"`+strings.Repeat("[{", 200)+`\"]","b\"[":1}`)},
		{"metadata with an escaped backslash before u0000", With("metadata", `{"a":"\\u0000"}`)},
		{"metadata with 1e400", With("metadata", `{"n":1e400}`)},
		{"metadata with a number of 1000 digits", With("metadata", `{"n":`+strings.Repeat("9", 1000)+`}`)},
		{"metadata with U+FFFE", With("metadata", "{\"\uFFFE\":\"\uFFFF\"}")},
		{"metadata whose names differ in case", With("metadata", `{"a":1,"A":2}`)},
		{"metadata with the same name in two objects", With("metadata", `{"a":{"x":1},"b":{"x":2}}`)},
		{"metadata whose numbers grow up to the bound",
			With("metadata", `{"n":[`+strings.TrimSuffix(strings.Repeat("1e995,", contract.MetadataExpansion/991), ",")+`]}`)},
	}
}
