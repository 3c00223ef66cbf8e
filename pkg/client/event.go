package client

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is an event to send. An EventID makes it safe to send it again later, from
// another process too; without one the service makes an id. Amount is a number as text,
// which keeps its digits, such as "99.90". Metadata is nil or an object.
type Event struct {
	EventID   string          `json:"event_id,omitempty"`
	UserID    string          `json:"user_id"`
	Amount    json.Number     `json:"amount"`
	Currency  string          `json:"currency"`
	Merchant  string          `json:"merchant"`
	Timestamp time.Time       `json:"timestamp"`
	Metadata  json.RawMessage `json:"metadata,omitempty"`
}

// Payload returns the JSON to send, the same bytes each time. What an event may be is for
// the API to say; the error is of an amount or metadata that cannot be encoded.
func (e Event) Payload() ([]byte, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode the event %q: %w", e.EventID, err)
	}
	return payload, nil
}
