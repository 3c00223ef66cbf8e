package event_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// checkBothWays holds Decode to what package jsontext says of a payload, to the
// byte of the error.
func checkBothWays(t *testing.T, payload []byte) {
	t.Helper()
	want, wantErr := event.DecodeByTokens(payload)
	for way, decode := range map[string]func([]byte) (event.Event, error){"Decode": event.Decode, "the close look": event.DecodeClosely} {
		got, err := decode(payload)
		if fmt.Sprintf("%+v", err) != fmt.Sprintf("%+v", wantErr) || !reflect.DeepEqual(err, wantErr) {
			t.Fatalf("%s of %.300q: %v, want %v", way, payload, err, wantErr)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s of %.300q: %+v, want %+v", way, payload, got, want)
		}
	}
	if got, ok := event.ReadEvent(payload); ok && (wantErr != nil || !reflect.DeepEqual(got, want)) {
		t.Fatalf("read %.300q as %+v, want %+v, %v", payload, got, want, wantErr)
	}
}

// manyNames is an object of n names, some written with escapes, and then more members.
func manyNames(n int, more string) string {
	var body strings.Builder
	for i := range n {
		if i%3 == 0 {
			fmt.Fprintf(&body, `"\u006b%d":%d,`, i, i)
		} else {
			fmt.Fprintf(&body, `"k%d":{"k":1},`, i)
		}
	}
	return "{" + strings.TrimSuffix(body.String()+more, ",") + "}"
}

func namesCases() []decodeCase {
	return []decodeCase{
		{name: "many names", payload: with("metadata", manyNames(1000, ""))},
		{name: "many names, the first again", payload: with("metadata", manyNames(1000, `"k0":1`))},
		{name: "many names, the last again in escapes", payload: with("metadata", manyNames(1000, `"k\u00399\u0039":1`))},
		{name: "many names, one again far within", payload: with("metadata", manyNames(9, `"x":`+manyNames(50, `"k7":1,"k8":1`)+`,"k0":1`))},
		{name: "two objects have duplicates, the outer one later", payload: with("metadata", `{"a":{"b":1,"b":2},"a":1}`)},
		{name: "the outer duplicate comes first", payload: with("metadata", `{"a":1,"a":{"b":1,"b":2}}`)},
		{name: "a duplicate and then an error", payload: with("metadata", `{"a":1,"a":tru}`)},
		{name: "a duplicate without its colon", payload: `{"x":1,"x"`},
		{name: "an error and then a duplicate", payload: with("metadata", `{"a":tru,"a":1}`)},
		{name: "a duplicate never closed", payload: `{"metadata":{"a":[{"b":1,"b":1`},
		{name: "a duplicate cut short", payload: `{"metadata":{"a":[{"b":1,"b`},
		{name: "a duplicate after the value", payload: with() + `{"a":1,"a":1}`},
		{name: "an unknown field twice", payload: with("x", `1`, "metadata", `{}`)[:len(with("x", "1", "metadata", "{}"))-1] + `,"x":2}`},
		{name: "names that are empty", payload: with("metadata", `{"":1,"":2}`)},
		{name: "names with quotes", payload: with("metadata", `{"\"":1,"\u0022":2}`)},
		{name: "the same text in an array", payload: with("metadata", `{"a":["b","b","b"],"b":"b"}`)},
		{name: "a field's name in escapes", payload: strings.Replace(with(), "merchant", `m\u0065rchant`, 1)},
		{name: "a surrogate pair as a name, twice", payload: with("metadata", `{"😀":1,"\ud83d\ude00":2}`)},
	}
}

func TestDecode_both_ways(t *testing.T) {
	t.Parallel()
	for _, c := range append(allCases(), namesCases()...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkBothWays(t, []byte(c.payload))
		})
	}
}

// TestDecode_both_ways_with_one_byte_changed puts each of the bytes that mean
// something in JSON in the place of each byte, and before it, and leaves it out.
func TestDecode_both_ways_with_one_byte_changed(t *testing.T) {
	t.Parallel()
	const bytes = "\"\\{}[],: \n0-+.eEudtnZ\x00\x1f\x7f\x80\xc3\xed\xff"
	for _, payload := range []string{
		with(), with("event_id", "", "metadata", ""), with("metadata", `{"a":"\ud83d\ude00\u00e9é€😀","b":[-0.5e+2,true,false,null,[],{}]}`),
		`{"amount":1,"amount":2}`,
	} {
		t.Run(payload[:12], func(t *testing.T) {
			t.Parallel()
			for i := range len(payload) {
				checkBothWays(t, []byte(payload[:i]))
				checkBothWays(t, []byte(payload[:i]+payload[i+1:]))
				for _, b := range []byte(bytes) {
					checkBothWays(t, []byte(payload[:i]+string([]byte{b})+payload[i+1:]))
					checkBothWays(t, []byte(payload[:i]+string([]byte{b})+payload[i:]))
				}
			}
		})
	}
}

// TestDecode_takes_the_quick_way_for_what_is_right: the other one is there for the
// errors, and costs ten times as much.
func TestDecode_takes_the_quick_way_for_what_is_right(t *testing.T) {
	t.Parallel()
	for _, c := range accepted() {
		if _, ok := event.ReadEvent([]byte(c.payload)); !ok {
			t.Errorf("%s: the quick way leaves it", c.name)
		}
	}
	for _, e := range []event.Envelope{inline(with()), large()} {
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := event.ReadEnvelope(body); !ok {
			t.Errorf("the quick way leaves %s", body)
		}
	}
}

func FuzzDecode_both_ways(f *testing.F) {
	for _, c := range append(allCases(), namesCases()...) {
		if len(c.payload) < 20_000 {
			f.Add([]byte(c.payload))
		}
	}
	f.Fuzz(checkBothWays)
}

func checkEnvelopeBothWays(t *testing.T, body string) {
	t.Helper()
	got, ok := event.ReadEnvelope(body)
	if !ok {
		return
	}
	want, err := event.UnmarshalEnvelope(body)
	if err != nil || !same(got, want) {
		t.Fatalf("read %q as %+v, want %+v, %v", body, got, want, err)
	}
}

func TestDecodeEnvelope_both_ways_with_one_byte_changed(t *testing.T) {
	t.Parallel()
	for _, e := range []event.Envelope{inline(`{"a":"\n"}`), large()} {
		body, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(body) {
			checkEnvelopeBothWays(t, body[:i])
			for _, b := range []byte("\"\\{}[],: \n0-+.eEudtnZ\x00\x1f\x7f\x80\xc3\xed\xff") {
				checkEnvelopeBothWays(t, body[:i]+string([]byte{b})+body[i+1:])
				checkEnvelopeBothWays(t, body[:i]+string([]byte{b})+body[i:])
			}
		}
	}
}

func FuzzDecodeEnvelope_both_ways(f *testing.F) {
	for _, e := range []event.Envelope{inline(with()), inline("\uFFFE\\\uFFFF\"\x1f😀"), large()} {
		body, err := e.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add(`{"event_id":"a","event_id":"b"}`)
	f.Add(`{"payload_inline":null,"received_at":"9999-12-31T23:59:59.1234567890-23:00"}`)
	f.Fuzz(checkEnvelopeBothWays)
}

// The rules as patterns: what the checks by hand must say.
var (
	idRule   = regexp.MustCompile(`^[A-Za-z0-9._:-]+$`)
	hashRule = regexp.MustCompile(`^[0-9a-f]{64}$`)
	timeRule = regexp.MustCompile(
		`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)
)

func timeByRule(text string) (time.Time, error) {
	if !timeRule.MatchString(text) {
		return time.Time{}, event.ErrTimeSyntax
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, event.ErrTimeSyntax
	}
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, event.ErrTimeRange
	}
	return t.Truncate(time.Microsecond), nil
}

func checkRules(t *testing.T, text string) {
	t.Helper()
	if got, want := event.ValidID(text), len(text) <= contract.EventIDLimit && idRule.MatchString(text) && text != "." && text != ".."; got != want {
		t.Fatalf("ValidID(%q) = %t, the rule says %t", text, got, want)
	}
	if got, want := event.ValidHash(text), hashRule.MatchString(text); got != want {
		t.Fatalf("the hash %q is %t, the rule says %t", text, got, want)
	}
	got, err := event.ParseTime(text)
	want, wantErr := timeByRule(text)
	if !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) || !got.Equal(want) || got != want {
		t.Fatalf("ParseTime(%q) = %s, %v; the rule says %s, %v", text, got, err, want, wantErr)
	}
}

func TestRules_hold_with_two_bytes_changed(t *testing.T) {
	t.Parallel()
	const bytes = "0123459aAfgzZ-+.:_T ,\n\x00\x80é"
	for _, text := range []string{
		"evt_1", ".", someHash, "2026-01-31T23:59:59Z", "2024-02-29T00:00:00.1234567-23:59", "0001-01-01T00:00:00.5+00:00", "2100-12-31T19:30:10+14:00",
	} {
		for i := range len(text) {
			checkRules(t, text[:i])
			checkRules(t, text[:i]+text[i+1:])
			for _, a := range []byte(bytes) {
				first := text[:i] + string([]byte{a}) + text[i+1:]
				checkRules(t, first)
				checkRules(t, text[:i]+string([]byte{a})+text[i:])
				for _, b := range []byte("0129") {
					checkRules(t, first[:len(text)-1-i]+string([]byte{b})+first[len(text)-i:])
				}
			}
		}
	}
	for month := range 14 {
		for day := range 33 {
			for _, year := range []int{0, 1, 1900, 2000, 2023, 2024, 9999} {
				checkRules(t, fmt.Sprintf("%04d-%02d-%02dT00:00:00Z", year, month, day))
			}
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add("2026-01-31T23:59:59.123+01:00")
	f.Add(someHash)
	f.Add("evt_1")
	f.Fuzz(checkRules)
}
