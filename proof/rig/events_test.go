package rig

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func newMaker(mix Mix) *maker {
	return &maker{mix: mix, bucket: "payloads", run: "run", random: rand.New(rand.NewPCG(1, 2))}
}

// decoded is the event of a payload, without what differs in the same event in other
// words: its hash is of the bytes.
func decoded(t *testing.T, payload string) event.Event {
	t.Helper()
	e, err := event.Decode([]byte(payload))
	if err != nil {
		t.Fatalf("%s: %v", payload[:min(len(payload), 300)], err)
	}
	return e
}

func TestMaker_makes_the_mix_it_is_told(t *testing.T) {
	t.Parallel()
	m := newMaker(UsualMix())
	known := map[string]string{}
	const total = 20_000
	counts := map[string]int{}
	for range total {
		next, fresh := m.next(noon)
		if fresh.id != "" {
			m.remember(fresh)
		}
		first, again := known[next.id]
		switch {
		case next.message != "":
			counts["poison"]++
		case next.meaning == meaningOther:
			counts["conflict"]++
		case again && next.payload == first:
			counts["duplicate"]++
		case again:
			counts["reworded"]++
		case len(next.payload) > contract.InlineLimit:
			counts["large"]++
		default:
			counts["new"]++
		}
		if !again {
			known[next.id] = next.payload
		}
		if next.fresh != (!again && next.message == "") {
			t.Fatalf("%s: fresh %t, known %t", next.id, next.fresh, again)
		}
	}
	for kind, share := range map[string]float64{"duplicate": 0.10, "reworded": 0.02, "conflict": 0.01, "poison": 0.01, "large": 0.02, "new": 0.84} {
		if got := float64(counts[kind]) / total; got < share*0.8 || got > share*1.2 {
			t.Errorf("%s: a share of %.4f, want about %g", kind, got, share)
		}
	}
}

func TestDraft_is_the_same_event_in_other_words(t *testing.T) {
	t.Parallel()
	d := draft{id: "event", number: 12_345, at: noon.Format(time.RFC3339)}
	if d.write() == d.rewrite() {
		t.Fatal("the words are the same")
	}
	one, other := decoded(t, d.write()), decoded(t, d.rewrite())
	if !event.Same(one, other) {
		t.Errorf("%+v is another event than %+v", one, other)
	}
	d.otherwise = true
	if event.Same(one, decoded(t, d.write())) {
		t.Error("an event that conflicts is the same one")
	}
	d.large = true
	if size := len(d.write()); size <= contract.InlineLimit || size > contract.BodyLimit {
		t.Errorf("a large payload has %d bytes", size)
	}
	decoded(t, d.write())
}

func TestPoison_is_of_each_kind(t *testing.T) {
	t.Parallel()
	m := newMaker(Mix{Poison: 1})
	seen := map[fault.Code]bool{}
	for range 4 {
		next, _ := m.next(noon)
		seen[next.code] = true
		envelope, err := event.DecodeEnvelope(next.message)
		if envelope.EventID != next.id || envelope.SHA256 != event.Hash([]byte(next.payload)) {
			t.Errorf("%s: the envelope has id %s and hash %.8s", next.code, envelope.EventID, envelope.SHA256)
		}
		switch next.code {
		case fault.InvalidEnvelope:
			if err == nil {
				t.Error("the envelope is one")
			}
			continue
		case fault.HashMismatch:
			if event.Hash([]byte(*envelope.Payload)) == envelope.SHA256 {
				t.Error("the hash is right")
			}
		case fault.InvalidEvent:
			if _, err := event.Decode([]byte(*envelope.Payload)); err == nil || *envelope.Payload != next.payload {
				t.Errorf("%s is an event", *envelope.Payload)
			}
		case fault.PayloadMissing:
			if envelope.Mode != event.S3 || envelope.Bucket != "payloads" || envelope.Key != event.ObjectKey(event.Identity{ID: next.id}, envelope.SHA256) {
				t.Errorf("%+v lies elsewhere", envelope)
			}
		}
		if err != nil {
			t.Errorf("%s: %v", next.code, err)
		}
	}
	if len(seen) != 4 {
		t.Errorf("poison of %v, want of four kinds", seen)
	}
}
