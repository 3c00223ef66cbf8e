package event_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

func ExampleDecode() {
	e, err := event.Decode([]byte(`{
		"user_id": "u-1", "amount": 123456789012345.6700, "currency": "EUR",
		"merchant": "Corner shop", "timestamp": "2026-01-31T23:59:59+01:00"
	}`))
	fmt.Println(e.Amount, e.Currency, e.Timestamp, err)
	// Output: 123456789012345.6700 EUR 2026-01-31 22:59:59 +0000 UTC <nil>
}

func ExampleDecode_refused() {
	_, err := event.Decode([]byte(`{"amount": 0.00001, "currency": "euro", "merchant": "Corner shop", "when": 1}`))
	if refusal, ok := errors.AsType[*fault.Error](err); ok {
		for _, field := range refusal.Fields {
			fmt.Printf("%-11s %-14s %s\n", field.Pointer, field.Code, field.Detail)
		}
	}
	// Output:
	// /amount     invalid_value  amount has more than 4 decimals
	// /currency   too_long       currency has 4 characters, the limit is 3
	// /when       unknown_field  this is not a field of an event; put it into metadata
	// /user_id    missing_field  user_id is required
	// /timestamp  missing_field  timestamp is required
}

func ExampleParseAmount() {
	for _, literal := range []string{"1.50", "1e2", "0.00001", "-1"} {
		amount, err := event.ParseAmount(literal)
		fmt.Printf("%q %v\n", amount, err)
	}
	// Output:
	// "1.50" <nil>
	// "100" <nil>
	// "" has more than 4 decimals
	// "" must be greater than 0
}

func ExampleSplitBatch() {
	events, err := event.SplitBatch([]byte(`{"events": [{"user_id": "u-1"}, "not an event"]}`))
	fmt.Printf("%s %v\n", events, err)
	// Output: [{"user_id": "u-1"} "not an event"] <nil>
}

func ExampleEnvelope() {
	payload := `{"user_id":"u-1"}`
	body, err := event.Envelope{
		EventID: "evt_1", CorrelationID: "c-1", Mode: event.Inline, Payload: &payload,
		SHA256:     event.Hash([]byte(payload)),
		ReceivedAt: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	}.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}
	back, err := event.DecodeEnvelope(body)
	fmt.Println(back.EventID, *back.Payload, err)

	_, err = event.DecodeEnvelope(`{"event_id": "evt_1"}`)
	fmt.Println(fault.ReasonOf(err))
	// Output:
	// evt_1 {"user_id":"u-1"} <nil>
	// the envelope's payload_sha256 is not 64 lower-case hex digits
}
