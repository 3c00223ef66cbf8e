package stack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	domain "github.com/fluxa/fluxa/pkg/event"
)

// sized returns a valid event of exactly size bytes whose metadata is filled.
func sized(t *testing.T, id string, size int, fill string) string {
	t.Helper()
	empty := eventWith(id, "1.50", "M", `{"x":""}`)
	room := size - len(empty)
	text := strings.Repeat(fill, room/len(fill)) + strings.Repeat("a", room%len(fill))
	body := eventWith(id, "1.50", "M", `{"x":"`+text+`"}`)
	if len(body) != size {
		t.Fatalf("the body has %d bytes, want %d", len(body), size)
	}
	return body
}

// TestPayload_sizes runs alone: beside other tests an upload of the largest payload may
// take longer than ingest has for it.
func TestPayload_sizes(t *testing.T) {
	p := start(t, func(c *stack.Config) { c.Tuning.ProcessorTimeout = contract.ProcessorTimeout })
	for _, tc := range []struct {
		id   string
		size int
		fill string
		mode string
	}{
		{"limit", contract.InlineLimit, "a", "INLINE"},
		{"over", contract.InlineLimit + 1, "a", "S3"},
		{"quotes", contract.InlineLimit, `\"`, "INLINE"},
		{"backslashes", contract.InlineLimit, `\\`, "INLINE"},
		{"outside-xml", contract.InlineLimit, "\uFFFE\uFFFF", "INLINE"},
		{"five-mb", 5_000_000, "a", "S3"},
		{"body-limit", contract.BodyLimit, "ü", "S3"},
	} {
		body := sized(t, tc.id, tc.size, tc.fill)
		if a := p.post(body); a.status != http.StatusAccepted {
			t.Errorf("%s: POST answers %s", tc.id, a)
			continue
		}
		got := p.processed(tc.id)
		if mode := got.field(t, "payload_mode"); mode != `"`+tc.mode+`"` {
			t.Errorf("%s: payload_mode %s, want %s", tc.id, mode, tc.mode)
		}
		if hash := got.field(t, "payload_sha256"); hash != `"`+domain.Hash([]byte(body))+`"` {
			t.Errorf("%s: payload_sha256 %s is not that of the body", tc.id, hash)
		}
		if back := p.do(http.MethodGet, "/events/"+tc.id+"/payload", nil); string(back.body) != body || back.header.Get(contract.HeaderReprDigest) == "" {
			t.Errorf("%s: the payload comes back as %.200s", tc.id, back)
		}
		var sent, back struct {
			Metadata map[string]string `json:"metadata"`
		}
		if err := json.Unmarshal([]byte(body), &sent); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got.body, &back); err != nil {
			t.Fatal(err)
		}
		if sent.Metadata["x"] != back.Metadata["x"] || len(back.Metadata) != 1 {
			t.Errorf("%s: the metadata is not what was sent", tc.id)
		}
	}
	for _, tc := range []struct {
		id   string
		size int
		fill string
	}{
		{"over the body limit", contract.BodyLimit + 1, "a"},
		{"over Lambda's limit", 7_000_000, "a"},
		{"over the gateway's limit", 11_000_000, "a"},
		{"over Lambda's limit when quoted", 4_500_000, `\"`},
	} {
		a := p.post(sized(t, "large", tc.size, tc.fill))
		if a.status != http.StatusRequestEntityTooLarge || a.header.Get("Content-Type") != "application/problem+json" || a.field(t, "detail") == "" {
			t.Errorf("%s: %s", tc.id, a)
		}
	}
	p.drained()
	if dead := p.deadLetters(); len(dead) != 0 {
		t.Errorf("the DLQ has %v", dead)
	}
}

// TestHostileBodies sends what breaks parsers. Each is refused with a clear 4xx or
// comes back as it was, and none is ever stuck in the queue.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	zipped := gzipped(t, event("gzip"))
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for i, tc := range []struct {
		name     string
		body     string
		headers  []string
		status   int
		metadata string // of an accepted one, as it comes back
	}{
		{"U+FFFE raw", eventWith("h%d", "1", "a\uFFFEb", `{"k":"\ufffe raw:`+"\uFFFE\uFFFF"+`"}`), nil, 202, "{\"k\":\"\uFFFE raw:\uFFFE\uFFFF\"}"},
		{"control characters", eventWith("h%d", "1", "M", `{"k":"\u0001\u001f\u007f\u0085"}`), nil, 202, "{\"k\":\"\\u0001\\u001f\u007f\u0085\"}"},
		{"line separators and HTML", eventWith("h%d", "1", "M", "{\"k\":\"\u2028\u2029<>&\"}"), nil, 202, "{\"k\":\"\u2028\u2029<>&\"}"},
		{"astral characters", eventWith("h%d", "1", "M", `{"k":"😀\ud83d\ude00"}`), nil, 202, `{"k":"😀😀"}`},
		{"1e400 in metadata", eventWith("h%d", "1", "M", `{"k":1e400}`), nil, 202, `{"k":1e400}`},
		{"depth 100", eventWith("h%d", "1", "M", deep(100)), nil, 202, ""},
		{"1e1001 in metadata", eventWith("h%d", "1", "M", `{"k":1e1001}`), nil, 422, ""},
		{"a lone surrogate escaped", eventWith("h%d", "1", "M", `{"k":"\ud800"}`), nil, 400, ""},
		{"a lone surrogate raw", eventWith("h%d", "1", "a\xed\xa0\x80b", `{}`), nil, 400, ""},
		{"bytes that are not UTF-8", "{\"user_id\":\"\xff\xfe\"}", nil, 400, ""},
		{"NUL escaped in a field", strings.Replace(eventWith("h%d", "1", "Z", `{}`), `"Z"`, `"\u0000"`, 1), nil, 422, ""},
		{"NUL escaped in metadata", eventWith("h%d", "1", "M", `{"k":"\u0000"}`), nil, 422, ""},
		{"NUL in a name of metadata", eventWith("h%d", "1", "M", `{"\u0000":1}`), nil, 422, ""},
		{"NUL raw", eventWith("h%d", "1", "M", "{}") + "\x00", nil, 400, ""},
		{"duplicate names", `{"user_id":"a","user_id":"b"}`, nil, 400, ""},
		{"duplicate names in metadata", eventWith("h%d", "1", "M", `{"a":1,"a":2}`), nil, 400, ""},
		{"an amount of 1e400", eventWith("h%d", "1e400", "M", `{}`), nil, 422, ""},
		{"an amount of 1e-400", eventWith("h%d", "1e-400", "M", `{}`), nil, 422, ""},
		{"NaN", eventWith("h%d", "NaN", "M", `{}`), nil, 400, ""},
		{"Infinity", eventWith("h%d", "Infinity", "M", `{}`), nil, 400, ""},
		{"depth 10,000", eventWith("h%d", "1", "M", deep(9_990)), nil, 422, ""},
		{"depth 100,000", eventWith("h%d", "1", "M", deep(100_000)), nil, 400, ""},
		{"a UTF-8 BOM", "\uFEFF" + event("h%d"), nil, 400, ""},
		{"gzip, said, cut short", zipped[:len(zipped)-9], []string{"Content-Encoding", "gzip"}, 415, ""},
		{"gzip, said, and it is not", event("h%d"), []string{"Content-Encoding", "gzip"}, 415, ""},
		{"gzip, not said", zipped, nil, 400, ""},
		{"nothing", "", []string{"Content-Type", "application/json"}, 400, ""},
		{"null", "null", nil, 422, ""},
		{"an array", "[]", nil, 422, ""},
		{"two values", event("h%d") + event("h%d"), nil, 400, ""},
		{"an unknown field", strings.Replace(event("h%d"), `"user_id"`, `"extra":1,"user_id"`, 1), nil, 422, ""},
		{"XML", "<event/>", []string{"Content-Type", "application/xml"}, 415, ""},
		{"another charset", event("h%d"), []string{"Content-Type", "application/json; charset=utf-16"}, 415, ""},
	} {
		id := fmt.Sprintf("h%d", i)
		a := p.post(strings.ReplaceAll(tc.body, "h%d", id), tc.headers...)
		if a.status != tc.status {
			t.Errorf("%s: %s, want %d", tc.name, a, tc.status)
			continue
		}
		if tc.status != http.StatusAccepted {
			if a.header.Get("Content-Type") != "application/problem+json" || a.field(t, "detail") == `""` || a.field(t, "correlation_id") == "" {
				t.Errorf("%s: not a clear problem document: %s", tc.name, a)
			}
			continue
		}
		if got := p.processed(id).field(t, "metadata"); tc.metadata != "" && got != tc.metadata {
			t.Errorf("%s: metadata comes back as %.200s, want %.200s", tc.name, got, tc.metadata)
		}
		if back := p.do(http.MethodGet, "/events/"+id+"/payload", nil); string(back.body) != strings.ReplaceAll(tc.body, "h%d", id) {
			t.Errorf("%s: the payload comes back as %.200s", tc.name, back)
		}
	}
	p.drained()
	if dead := p.deadLetters(); len(dead) != 0 {
		t.Errorf("the DLQ has %v", dead)
	}
}
