package stack_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestStandards holds docs/STANDARDS.md to what is answered: each deviation is rejected by
// its name, and what stands beside it is taken.
func TestStandards_are_kept_or_the_deviation_is_named(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	base := strings.Replace(event(""), `"event_id":"",`, "", 1)
	with := func(before, after string) string {
		if !strings.Contains(base, before) {
			t.Fatalf("%s has no %s", base, before)
		}
		return strings.Replace(base, before, after, 1)
	}
	at := func(time string) string { return with(`"2026-01-31T23:59:59Z"`, fmt.Sprintf("%q", time)) }
	const taken = http.StatusAccepted
	for _, tc := range []struct {
		name, body string
		headers    []string
		status     int
		says       string
	}{
		{"3339: capitals", at("2026-01-31t23:59:59z"), nil, 422, "with T and Z in capitals"},
		{"3339: a space", at("2026-01-31 23:59:59Z"), nil, 422, "with a T between date and time"},
		{"3339: a leap second", at("2016-12-31T23:59:60Z"), nil, 422, "not on a leap second"},
		{"3339: the year 0", at("0000-06-01T00:00:00Z"), nil, 422, "years 1 to 9999"},
		{"3339: many digits", at("2026-01-31T23:59:59.123456789123Z"), nil, taken, ""},
		{"3339: an unknown local offset", at("2026-01-31T23:59:59-00:00"), nil, taken, ""},
		{"8259: a name twice", with(`"user_id":"ada"`, `"user_id":"ada","user_id":"bob"`), nil, 400, "the same name twice"},
		{"8259: half a surrogate pair", with("Corner Shop", `\ud800`), nil, 400, "half a surrogate pair"},
		{"8259: U+0000", with("Corner Shop", `\u0000`), nil, 422, "U+0000"},
		{"8259: a byte order mark", "\ufeff" + base, nil, 400, "byte order mark"},
		{"8259: an array", "[]", nil, 422, "object"},
		{"8259: an amount beyond the limit", with("99.99", "1e15"), nil, 422, "amount"},
		{"8259: an amount with an exponent", with("99.99", "9.999E+1"), nil, taken, ""},
		{"8259: white space and escapes", strings.ReplaceAll(base, `"user_id"`, "\r\n\t \"user\\u005fid\""), nil, taken, ""},
		{"9110: compressed", base, []string{"Content-Encoding", "br"}, 415, "uncompressed"},
		{"9110: not compressed", base, []string{"Content-Encoding", "identity"}, taken, ""},
		{"9110: another charset", base, []string{"Content-Type", "application/json; charset=latin1"}, 415, "UTF-8"},
		{"9110: this charset", base, []string{"Content-Type", `application/json; charset="UTF-8"`}, taken, ""},
		{"9110: another type", base, []string{"Content-Type", "text/plain"}, 415, "application/json"},
		{"9110: a type of JSON", base, []string{"Content-Type", "application/event+json"}, taken, ""},
		{"9530: a digest", base, []string{"Content-Digest", "sha-256=:AAAA:"}, taken, ""},
		{"Idempotency-Key: a string", base, []string{"Idempotency-Key", `"8e03978e-40d5"`}, taken, ""},
		{"Idempotency-Key: bare", base, []string{"Idempotency-Key", "8e03978e-40d5"}, taken, ""},
		{"Idempotency-Key: not ASCII", base, []string{"Idempotency-Key", "clé"}, 422, "printable ASCII"},
		{"4217: lower case", with("EUR", "eur"), nil, 422, "capital letters"},
		{"4217: unknown", with("EUR", "ZZZ"), nil, 422, "ISO 4217"},
		{"4217: gold", with("EUR", "XAU"), nil, taken, ""},
	} {
		a := p.post(tc.body, tc.headers...)
		if a.status != tc.status || !strings.Contains(string(a.body), tc.says) {
			t.Errorf("%s: %s, want %d and %q", tc.name, a, tc.status, tc.says)
		}
		if a.status >= 400 {
			a.problem(t)
		}
	}
	if a := p.do(http.MethodHead, "/events/e", nil); a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != http.MethodGet {
		t.Errorf("9110: HEAD: %s, Allow %q", a, a.header.Get("Allow"))
	}
	ids := map[string]bool{}
	for _, key := range []string{`"k"`, "k"} {
		ids[p.post(base, "Idempotency-Key", key).field(t, "event_id")] = true
	}
	if len(ids) != 2 {
		t.Errorf("Idempotency-Key: with quotes and without is one key: %v", ids)
	}
}
