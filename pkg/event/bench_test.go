package event_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// ofSize returns a valid event of exactly n bytes, of ordinary looking metadata.
func ofSize(n int) []byte {
	const item = `{"sku":"A-1001","name":"Grüner Tee \"Sencha\"","price":12.50,"tags":["tea","green"],"left":null},`
	frame := len(with("metadata", `{"items":[],"pad":""}`))
	items := max(0, n-frame) / len(item)
	list := strings.TrimSuffix(strings.Repeat(item, items), ",")
	pad := n - frame - len(list)
	return []byte(with("metadata", `{"items":[`+list+`],"pad":"`+strings.Repeat("x", max(0, pad))+`"}`))
}

func BenchmarkDecode(b *testing.B) {
	sizes := []struct {
		name    string
		payload []byte
	}{
		{"small", []byte(with())},
		{"256KiB", ofSize(contract.InlineLimit)},
		{"5MiB", ofSize(contract.BodyLimit)},
		{"5MiB_one_text", []byte(with("metadata", `{"a":"`+strings.Repeat("x", contract.BodyLimit)+`"}`))},
		{"5MiB_numbers", []byte(with("metadata", `{"a":[`+strings.Repeat("1,", contract.BodyLimit/2)+`1]}`))},
		{"5MiB_unknown_fields", unknownFields(contract.BodyLimit)},
	}
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(s.payload)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := event.Decode(s.payload); err != nil && !strings.Contains(s.name, "unknown") {
					b.Fatal(err)
				}
			}
		})
	}
}

// ordinary is an event of 0.4 KB, as `fluxa send --generate` makes them.
func ordinary() []byte {
	return []byte(`{"event_id":"0198f2d4-5b7c-7f3e-9c1a-2b3c4d5e6f70","user_id":"user-000017","amount":1249.90,"currency":"EUR",` +
		`"merchant":"Café São Jorge","timestamp":"2026-01-31T23:59:59.123Z","metadata":{"channel":"terminal","country":"PT",` +
		`"terminal":"T04711","items":3,"note":"paid card visit order member","basket":[{"sku":"A-1001","price":12.50,"tags":["tea","green"]},` +
		`{"sku":"B-2002","price":1237.40,"gift":null}],"loyal":true}}`)
}

// BenchmarkRead compares in one run what it costs to read and hash an ordinary event
// with one pass of encoding/json and SHA-256 over the same bytes. The goal of the
// project is a factor of at most 1.5.
func BenchmarkRead(b *testing.B) {
	payload := ordinary()
	plain := func() {
		var e struct {
			ID        string         `json:"event_id"`
			UserID    string         `json:"user_id"`
			Amount    json.Number    `json:"amount"`
			Currency  string         `json:"currency"`
			Merchant  string         `json:"merchant"`
			Timestamp time.Time      `json:"timestamp"`
			Metadata  map[string]any `json:"metadata"`
		}
		if err := json.Unmarshal(payload, &e); err != nil {
			b.Fatal(err)
		}
		_ = sha256.Sum256(payload)
	}
	ours := func() {
		if _, err := event.Decode(payload); err != nil {
			b.Fatal(err)
		}
		_ = event.Hash(payload)
	}
	body, err := inline(string(payload)).Encode()
	if err != nil {
		b.Fatal(err)
	}
	envelope := func() {
		if _, err := event.DecodeEnvelope(body); err != nil {
			b.Fatal(err)
		}
	}
	byTokens := func() {
		if _, err := event.DecodeByTokens(payload); err != nil {
			b.Fatal(err)
		}
		_ = event.Hash(payload)
	}
	for _, c := range []struct {
		name string
		do   func()
	}{{"encoding_json", plain}, {"decode_and_hash", ours}, {"envelope", envelope}, {"jsontext", byTokens}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(payload)))
			b.ReportAllocs()
			for b.Loop() {
				c.do()
			}
		})
	}
}

// BenchmarkNames reads a payload of the largest size with nothing but distinct names,
// the worst for the check of duplicates. B/op is what that takes in all, and so above
// what it takes at once.
func BenchmarkNames(b *testing.B) {
	metadata := unknownFields(contract.BodyLimit - 1000)
	payload := []byte(with("metadata", string(metadata)))
	refused := []byte(with("metadata", string(metadata), "user_id", "1"))
	for _, c := range []struct {
		name    string
		payload []byte
		decode  func([]byte) (event.Event, error)
	}{{"ours", payload, event.Decode}, {"ours_refused", refused, event.Decode}, {"jsontext", payload, event.DecodeByTokens}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.payload)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.decode(c.payload); (err != nil) != (c.name == "ours_refused") {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestDecode_bounds_the_memory_of_names: 100 payloads of distinct names are read by a
// function of 512 MiB. It is not parallel: it counts what the whole process allocates.
func TestDecode_bounds_the_memory_of_names(t *testing.T) {
	metadata := string(unknownFields(contract.BodyLimit - 1000))
	for name, payload := range map[string]string{
		"taken":   with("metadata", metadata),
		"refused": with("metadata", metadata, "user_id", "1"),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := event.Decode([]byte(payload))
		runtime.ReadMemStats(&after)
		if (err != nil) != (name == "refused") {
			t.Fatal(err)
		}
		taken := after.TotalAlloc - before.TotalAlloc - uint64(len(payload))
		t.Logf("%s: %d bytes for a payload of %d", name, taken, len(payload))
		if limit := uint64(3 * len(payload)); taken > limit {
			t.Errorf("%s: %d bytes for a payload of %d, want at most %d", name, taken, len(payload), limit)
		}
	}
}

func unknownFields(size int) []byte {
	var body strings.Builder
	body.WriteString(`{"k":0`)
	for i := 0; body.Len() < size; i++ {
		fmt.Fprintf(&body, `,"k%x":0`, i)
	}
	body.WriteString("}")
	return []byte(body.String())
}

// TestDecode_allocates_no_more_for_a_large_payload is not parallel: it counts
// what the whole process allocates.
func TestDecode_allocates_no_more_for_a_large_payload(t *testing.T) {
	count := func(payload []byte) float64 {
		return testing.AllocsPerRun(3, func() {
			if _, err := event.Decode(payload); err != nil {
				t.Error(err)
			}
		})
	}
	small, large := count([]byte(with())), count(ofSize(1<<20))
	if large > small+25 {
		t.Errorf("1 MiB takes %.0f allocations, a small event %.0f", large, small)
	}
}

func BenchmarkSplitBatch(b *testing.B) {
	body := []byte(list(string(ofSize(contract.BodyLimit/contract.BatchLimit-10)), contract.BatchLimit))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := event.SplitBatch(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnvelope(b *testing.B) {
	envelope := inline(string(ofSize(contract.InlineLimit)))
	b.SetBytes(contract.InlineLimit)
	b.ReportAllocs()
	for b.Loop() {
		body, err := envelope.Encode()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := event.DecodeEnvelope(body); err != nil {
			b.Fatal(err)
		}
	}
}

func TestOfSize(t *testing.T) {
	t.Parallel()
	for _, n := range []int{contract.InlineLimit, contract.BodyLimit} {
		if payload := ofSize(n); len(payload) != n {
			t.Errorf("%d bytes, want %d", len(payload), n)
		}
	}
}
