package event_test

import (
	"fmt"
	"strings"
	"testing"

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
