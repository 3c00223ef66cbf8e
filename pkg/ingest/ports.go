package ingest

import (
	"context"
	"time"
)

// Message is one queue message to send: an encoded envelope and the string
// attributes that go with it.
type Message struct {
	Body          string
	Client        string // empty in a stage without clients
	EventID       string
	CorrelationID string
}

// Queue sends messages. Send returns one error per message, nil for those the
// queue has durably taken, in the order given; the slice is as long as messages.
// It splits into calls the queue allows. An error is a *fault.Error of code
// QueueUnavailable, or Internal when the queue will never take the message.
type Queue interface {
	Send(ctx context.Context, messages []Message) []error
}

// Blobs stores payloads that are too large for the queue. Put is idempotent: the
// key holds the payload's hash. The object says when its event was received. Returns a
// StorageUnavailable fault.
type Blobs interface {
	Put(ctx context.Context, key string, payload []byte, sha256Hex string, received time.Time) error
	// Bucket names the bucket, for the envelope.
	Bucket() string
}
