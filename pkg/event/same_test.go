package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
)

func decoded(t testing.TB, payload string) event.Event {
	t.Helper()
	e, err := event.Decode([]byte(payload))
	if err != nil {
		t.Fatalf("%.200s: %v", payload, err)
	}
	return e
}

func metadataPair(a, b string) [2]string { return [2]string{with("metadata", a), with("metadata", b)} }

func TestSame_for_what_says_the_same(t *testing.T) {
	t.Parallel()
	pairs := map[string][2]string{
		"the same bytes":             {with(), with()},
		"spaces":                     {with(), strings.ReplaceAll(with(), ",", " ,\n\t")},
		"fields in another order":    {with(), `{"metadata":{"b":{"c":null},"a":[1,2.5,"x"]},` + strings.TrimPrefix(with("metadata", ""), "{")},
		"another event id":           {with("event_id", `"a"`), with("event_id", "")},
		"amount with more zeros":     {with("amount", "1.50"), with("amount", "1.5")},
		"amount with an exponent":    {with("amount", "1e2"), with("amount", "100")},
		"amount with decimals":       {with("amount", "100.00"), with("amount", "0.1e3")},
		"merchant in escapes":        {with("merchant", `"Caf\u00e9 \u2603\/"`), with("merchant", `"Café ☃/"`)},
		"a surrogate pair":           {with("user_id", `"\ud83d\ude00"`), with("user_id", `"😀"`)},
		"timestamp of another zone":  {with("timestamp", `"2026-02-01T01:00:00+02:00"`), with("timestamp", `"2026-01-31T23:00:00Z"`)},
		"timestamp with zeros":       {with("timestamp", `"2026-01-31T23:00:00.5Z"`), with("timestamp", `"2026-01-31T23:00:00.500000Z"`)},
		"no metadata and none in it": {with("metadata", ""), with("metadata", "{ }")},
		"members in another order":   metadataPair(`{"a":1,"b":2,"c":{"x":1,"y":[{}]}}`, `{"c":{"y":[{}],"x":1},"b":2,"a":1}`),
		"numbers with exponents":     metadataPair(`{"n":[100,0.5,12300,-7e-3]}`, `{"n":[1e2,5E-1,1.23e+4,-0.007]}`),
		"numbers with decimals":      metadataPair(`{"n":[1,-2.50]}`, `{"n":[1.0,-2.5]}`),
		"zeros":                      metadataPair(`{"n":[0,0,0,0]}`, `{"n":[-0,0.0,0e7,-0.00E-5]}`),
		"digits beyond a float":      metadataPair(`{"n":[12345678901234567890.10,0.1e400]}`, `{"n":[1234567890123456789010e-2,1e399]}`),
		"strings in escapes":         metadataPair(`{"s":"a/b\"\n é\\ 😀"}`, `{"s":"\u0061\/b\u0022\u000a \u00e9\u005C \uD83D\ude00"}`),
		"names in escapes":           metadataPair(`{"a/b":1,"é":2,"\n":3}`, `{"\u00e9":2,"\u000A":3,"a\/b":1}`),
		"an empty name":              metadataPair(`{"":[],"a":{}}`, `{"a":{ },"":[ ]}`),
		"brackets in strings":        metadataPair(`{"a":"]}\"","b":["{\\",1]}`, `{"b":["{\u005c",1.0],"a":"]}\u0022"}`),
		"many names":                 metadataPair(manyNames(500, `"z":1`), `{"z":1,`+manyNames(500, "")[1:]),
		"as deep as may be":          metadataPair(nested(contract.MetadataDepth), strings.ReplaceAll(nested(contract.MetadataDepth), "[", "[ ")),
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := decoded(t, pair[0]), decoded(t, pair[1])
			if !event.Same(a, b) || !event.Same(b, a) {
				t.Errorf("not the same: %.300s and %.300s", pair[0], pair[1])
			}
		})
	}
}

func TestSame_for_what_does_not(t *testing.T) {
	t.Parallel()
	pairs := map[string][2]string{
		"another user":              {with(), with("user_id", `"user-2"`)},
		"another case":              {with("merchant", `"a"`), with("merchant", `"A"`)},
		"another way to compose é":  {with("merchant", `"é"`), with("merchant", `"e\u0301"`)},
		"another currency":          {with(), with("currency", `"USD"`)},
		"another amount":            {with("amount", "1.5"), with("amount", "1.5001")},
		"ten times the amount":      {with("amount", "1.5"), with("amount", "15")},
		"a microsecond later":       {with("timestamp", `"2026-01-31T23:00:00Z"`), with("timestamp", `"2026-01-31T23:00:00.000001Z"`)},
		"the same clock elsewhere":  {with("timestamp", `"2026-01-31T23:00:00Z"`), with("timestamp", `"2026-01-31T23:00:00+01:00"`)},
		"no metadata and some":      {with("metadata", ""), with("metadata", `{"a":null}`)},
		"one member more":           metadataPair(`{"a":1}`, `{"a":1,"b":2}`),
		"another name":              metadataPair(`{"a":1,"b":2}`, `{"a":1,"c":2}`),
		"values changed round":      metadataPair(`{"a":1,"b":2}`, `{"a":2,"b":1}`),
		"elements in another order": metadataPair(`{"a":[1,2]}`, `{"a":[2,1]}`),
		"one element more":          metadataPair(`{"a":[1,2]}`, `{"a":[1,2,2]}`),
		"another bracket":           metadataPair(`{"a":[]}`, `{"a":{}}`),
		"elsewhere in the nesting":  metadataPair(`{"a":[[1],2]}`, `{"a":[[1,2]]}`),
		"a number and its text":     metadataPair(`{"a":1}`, `{"a":"1"}`),
		"null and false":            metadataPair(`{"a":null}`, `{"a":false}`),
		"true and false":            metadataPair(`{"a":true}`, `{"a":false}`),
		"another sign":              metadataPair(`{"a":1}`, `{"a":-1}`),
		"the same to a float":       metadataPair(`{"a":9007199254740993}`, `{"a":9007199254740992}`),
		"zero to a float":           metadataPair(`{"a":1e-400}`, `{"a":0}`),
		"ten times as much":         metadataPair(`{"a":1e2}`, `{"a":1e3}`),
		"another string":            metadataPair(`{"a":"\u0041"}`, `{"a":"a"}`),
		"a backslash and an escape": metadataPair(`{"a":"\\n"}`, `{"a":"\n"}`),
		"a name twice as deep":      metadataPair(`{"a":{"b":{"c":1}}}`, `{"a":{"b":1,"c":{}}}`),
		"the last of many names":    metadataPair(manyNames(500, `"z":1`), manyNames(500, `"z":2`)),
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := decoded(t, pair[0]), decoded(t, pair[1])
			if event.Same(a, b) || event.Same(b, a) {
				t.Errorf("the same: %.300s and %.300s", pair[0], pair[1])
			}
		})
	}
}

// TestSame_of_events_that_Decode_never_returned: it must come to an end, and never
// take for the same what is not.
func TestSame_of_events_that_Decode_never_returned(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{`{"a":1e1000000}`, `{"a":10e999999}`}, {`{"a":1e9999999999}`, `{"a":1e9999999998}`}, {`{"a":1`, `{"a":1}`}, {`{"a":"`, `{"a":""}`},
		{"", "{}"}, {"null", "{}"}, {"[", "]"}, {nested(5_000), nested(5_001)}, {`{}x`, `{}y`}, {`{"a":1,"a":2}`, `{"a":2,"a":1}`}, {" {}", "{}"},
	} {
		a, b := event.Event{Metadata: []byte(pair[0])}, event.Event{Metadata: []byte(pair[1])}
		if !event.Same(a, a) || event.Same(a, b) || event.Same(b, a) {
			t.Errorf("%.100q and %.100q: %t, %t", pair[0], pair[1], event.Same(a, a), event.Same(a, b))
		}
	}
}

// TestSame_costs_what_the_texts_are_long is not parallel: it counts what the whole
// process allocates.
func TestSame_costs_what_the_texts_are_long(t *testing.T) {
	const size = 1 << 20
	deep := func(first, second string) string {
		text := "1"
		for range contract.MetadataDepth - 2 {
			text = `{"` + first + `":0,"` + second + `":` + text + `,"zz":0}`
		}
		return text
	}
	repeated := func(what string) string {
		return `{"a":[` + strings.TrimSuffix(strings.Repeat(what+",", size/(len(what)+1)), ",") + `]}`
	}
	for name, pair := range map[string][2]string{
		"names":    {string(unknownFields(size)), `{"z":0,` + string(unknownFields(size))[1:]},
		"brackets": {repeated("[]"), repeated("[ ]")},
		"numbers":  {repeated("10"), repeated("1e1")},
		"deep":     {repeated(deep("a", "b")), repeated(deep("b", "a"))},
		"escapes":  {repeated(`"\u0061"`), repeated(`"a"`)},
	} {
		a, b := decoded(t, with("metadata", pair[0])), decoded(t, with("metadata", pair[1]))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		event.Same(a, b)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		taken, sum := after.TotalAlloc-before.TotalAlloc, uint64(len(pair[0])+len(pair[1]))
		t.Logf("%s: %d bytes for %d, %s", name, taken, sum, took)
		if taken > 32*sum {
			t.Errorf("%s: %d bytes for %d", name, taken, sum)
		}
	}
}

// FuzzSame writes the metadata anew in other words, which must say the same, and with
// one value changed, which must not.
func FuzzSame(f *testing.F) {
	for i, c := range append(accepted(), namesCases()...) {
		if len(c.payload) < 20_000 {
			f.Add([]byte(c.payload), uint64(i))
		}
	}
	for i, payload := range eventtest.Corpus() {
		f.Add(payload, uint64(i))
	}
	f.Add([]byte(with("metadata", `{"a":[1,2.50,{"b":"x/\"é😀","c":null}],"d":{"e":true,"f":-0.0,"g":[[]]},"h":1e2}`)), uint64(7))
	f.Fuzz(func(t *testing.T, payload []byte, seed uint64) {
		e, err := event.Decode(payload)
		if err != nil || e.Metadata == nil {
			return
		}
		reader := json.NewDecoder(bytes.NewReader(e.Metadata))
		reader.UseNumber()
		var value map[string]any
		if err := reader.Decode(&value); err != nil {
			t.Fatal(err)
		}
		w := rewriter{random: rand.New(rand.NewPCG(seed, 1))}
		same, err := event.Decode([]byte(with("metadata", w.write(value))))
		if err != nil {
			return // the words are more than Decode takes
		}
		e.UserID, e.Merchant, e.Currency, e.Amount, e.Timestamp = same.UserID, same.Merchant, same.Currency, same.Amount, same.Timestamp
		if !event.Same(e, same) || !event.Same(same, e) {
			t.Fatalf("%q in other words is %q", e.Metadata, same.Metadata)
		}
		other, err := event.Decode([]byte(with("metadata", w.write(w.change(value)))))
		if err != nil {
			return
		}
		if event.Same(e, other) || event.Same(other, e) {
			t.Fatalf("%q is not %q", e.Metadata, other.Metadata)
		}
	})
}

type rewriter struct{ random *rand.Rand }

func (w rewriter) write(value any) string {
	space := strings.Repeat(" ", w.random.IntN(2))
	switch v := value.(type) {
	case map[string]any:
		var members []string
		for name, value := range v {
			members = append(members, w.text(name)+space+":"+w.write(value))
		}
		slices.Sort(members)
		w.random.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		return "{" + space + strings.Join(members, space+",") + space + "}"
	case []any:
		var elements []string
		for _, value := range v {
			elements = append(elements, w.write(value))
		}
		return "[" + space + strings.Join(elements, ","+space) + space + "]"
	case string:
		return w.text(v)
	case json.Number:
		return w.number(v.String())
	default:
		return fmt.Sprint(map[any]string{nil: "null", true: "true", false: "false"}[v])
	}
}

func (w rewriter) text(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch plain := r >= ' ' && r != '"' && r != '\\'; {
		case plain && w.random.IntN(3) > 0:
			out.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04X`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return `"` + out.String() + `"`
}

func (w rewriter) number(literal string) string {
	if strings.ContainsAny(literal, "eE") {
		return literal
	}
	switch w.random.IntN(4) {
	case 0:
		return literal + "e0"
	case 1:
		if strings.Contains(literal, ".") {
			return literal + "00"
		}
		return literal + ".0"
	case 2:
		if !strings.Contains(literal, ".") {
			return literal + "0e-1"
		}
	}
	return literal
}

// change returns the value with one of its leaves changed.
func (w rewriter) change(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 {
			return map[string]any{"": nil}
		}
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range v {
				if !yield(name) {
					return
				}
			}
		})
		chosen, out := names[w.random.IntN(len(names))], map[string]any{}
		for name, value := range v {
			if name == chosen {
				value = w.change(value)
			}
			out[name] = value
		}
		return out
	case []any:
		if len(v) == 0 {
			return []any{nil}
		}
		out := slices.Clone(v)
		i := w.random.IntN(len(out))
		out[i] = w.change(out[i])
		return out
	case string:
		return v + "x"
	case json.Number:
		if strings.Trim(strings.FieldsFunc(v.String(), func(r rune) bool { return r == 'e' || r == 'E' })[0], "-0.") == "" {
			return json.Number("1")
		}
		if negative, ok := strings.CutPrefix(v.String(), "-"); ok {
			return json.Number(negative)
		}
		return "-" + v
	case bool:
		return !v
	default:
		return false
	}
}
