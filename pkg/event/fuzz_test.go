package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
	"github.com/fluxa/fluxa/pkg/fault"
)

func allCases() []decodeCase {
	return append(append(accepted(), refused()...), notJSON()...)
}

func FuzzDecode(f *testing.F) {
	for _, c := range allCases() {
		if len(c.payload) < 20_000 {
			f.Add([]byte(c.payload))
		}
	}
	for _, payload := range eventtest.Corpus() {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		before := bytes.Clone(payload)
		e, err := event.Decode(payload)
		if !bytes.Equal(payload, before) {
			t.Fatal("Decode changed the payload")
		}
		if err == nil {
			checkAccepted(t, payload, e)
			return
		}
		refusal, ok := errors.AsType[*fault.Error](err)
		if !ok || fault.KindOf(err) != fault.Invalid {
			t.Fatalf("Decode = %v, not a fault of the caller's", err)
		}
		checkError(t, refusal)
		if refusal.Code != fault.MalformedJSON && !json.Valid(payload) {
			t.Fatalf("Decode = %v of what is not JSON", err)
		}
	})
}

func FuzzDecodeEnvelope(f *testing.F) {
	for _, envelope := range []event.Envelope{inline(with()), inline("\uFFFE\\\uFFFF\"\x00\x1f"), large(), {}} {
		body, err := envelope.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
		f.Add(body[:len(body)/2])
	}
	f.Add("")
	f.Add("null")
	f.Add(`{"event_id":"a","event_id":"b"}`)
	f.Add(`{"payload_inline":"\ud800","received_at":"9999-12-31T23:59:59-23:00"}`)
	f.Fuzz(func(t *testing.T, body string) {
		e, err := event.DecodeEnvelope(body)
		if err != nil {
			refusal, ok := errors.AsType[*fault.Error](err)
			if !ok || refusal.Code != fault.InvalidEnvelope {
				t.Fatalf("DecodeEnvelope = %v, not an InvalidEnvelope fault", err)
			}
			checkError(t, refusal)
			if e.EventID != "" && !event.ValidID(e.EventID) {
				t.Fatalf("along came event id %q", e.EventID)
			}
			return
		}
		if !e.Valid() {
			t.Fatalf("%+v was decoded and is not valid", e)
		}
		again, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := event.DecodeEnvelope(again); err != nil || !same(back, e) {
			t.Fatalf("%+v came back as %+v, %v", e, back, err)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	f.Add("evt_1", "corr-1", "{}", int64(1_700_000_000_000_000_000))
	f.Add("a", "", "\uFFFE\\u0000\"\x00", int64(-1))
	f.Add("a", "\xed", "", int64(0))
	f.Fuzz(func(t *testing.T, id, correlation, payload string, nanoseconds int64) {
		e := event.Envelope{
			EventID: id, CorrelationID: correlation, Mode: event.Inline, Payload: &payload,
			SHA256: event.Hash([]byte(payload)), ReceivedAt: time.Unix(0, nanoseconds).UTC(),
		}
		body, err := e.Encode()
		if err != nil {
			if utf8.ValidString(id) && utf8.ValidString(correlation) && utf8.ValidString(payload) {
				t.Fatalf("Encode of %+v: %v", e, err)
			}
			return
		}
		back, err := event.DecodeEnvelope(body)
		if (err == nil) != e.Valid() || (err == nil && !same(back, e)) {
			t.Fatalf("%+v came back as %+v, %v", e, back, err)
		}
	})
}

func FuzzSplitBatch(f *testing.F) {
	f.Add([]byte(list(with(), 2)))
	f.Add([]byte(list("1", contract.BatchLimit+1)))
	f.Add([]byte(`{"events":[{"a":1,"a":"\ud800"}],"events":[]}`))
	f.Add([]byte("{\"events\":[\"\xff\"]}"))
	for _, c := range allCases() {
		if len(c.payload) < 2_000 {
			f.Add([]byte(list(c.payload, 1)))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := event.SplitBatch(body)
		if err != nil {
			refusal, ok := errors.AsType[*fault.Error](err)
			if !ok || fault.KindOf(err) != fault.Invalid {
				t.Fatalf("SplitBatch = %v, not a fault of the caller's", err)
			}
			checkError(t, refusal)
			return
		}
		if len(events) == 0 || len(events) > contract.BatchLimit {
			t.Fatalf("%d events", len(events))
		}
		var plain struct {
			Events []json.RawMessage `json:"events"`
		}
		if err := json.Unmarshal(body, &plain); err != nil || len(plain.Events) != len(events) {
			t.Fatalf("encoding/json reads %d events of it, %v", len(plain.Events), err)
		}
		for i := range events {
			if !bytes.Equal(events[i], plain.Events[i]) {
				t.Fatalf("event %d is %q, encoding/json has %q", i, events[i], plain.Events[i])
			}
		}
	})
}
