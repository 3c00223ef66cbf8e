package processtest

import (
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// Success returns a complete record that stores an inline event with a payload, which
// no store reads: any text will do.
func Success(id, payload string) process.Record {
	amount, err := event.ParseAmount("12.50")
	if err != nil {
		panic(err) // 12.50 is an amount
	}
	return process.Record{
		EventID:       id,
		Status:        process.StatusSuccess,
		CorrelationID: "correlation-" + id,
		SHA256:        event.Hash([]byte(payload)),
		Mode:          event.Inline,
		ReceivedAt:    time.Date(2026, 1, 31, 23, 59, 59, 123456000, time.UTC),
		Deliveries:    1,
		Event: event.Event{
			ID: id, UserID: "user-1", Amount: amount, Currency: "EUR", Merchant: "Café Zürich",
			Timestamp: time.Date(2026, 1, 31, 12, 30, 0, 654321000, time.UTC),
		},
		Payload: payload,
	}
}

// SuccessS3 returns a complete record that stores an event whose payload lies in
// the bucket.
func SuccessS3(id, payload string) process.Record {
	r := Success(id, payload)
	r.Mode, r.Bucket, r.Key = event.S3, "payloads", event.ObjectKey(r.Identity(), r.SHA256)
	r.Payload = ""
	return r
}

// Failed returns a record of an event given up.
func Failed(id, payload string) process.Record {
	return unsuccessful(id, payload, process.StatusFailed, fault.HashMismatch, "the payload is another one")
}

// Processing returns a record of an event that will be tried again.
func Processing(id, payload string) process.Record {
	return unsuccessful(id, payload, process.StatusProcessing, fault.StorageUnavailable, "the bucket cannot be reached")
}

func unsuccessful(id, payload string, status process.Status, code fault.Code, reason string) process.Record {
	r := Success(id, payload)
	r.Status, r.Event, r.Payload, r.ErrorCode, r.ErrorReason = status, event.Event{}, "", code, reason
	return r
}
