package process

import (
	"context"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Message is one received queue message. Deliveries counts its receives, this
// one included.
type Message struct {
	ID            string
	Body          string
	ReceiptHandle string
	Deliveries    int
	Attributes    map[string]string // its string attributes
	Binary        map[string][]byte // its binary attributes
}

// Status is the state of an idempotency record.
type Status string

// The states of a record. Success is final.
const (
	StatusProcessing Status = "processing" // a delivery met a transient failure, or is in flight
	StatusSuccess    Status = "success"
	StatusFailed     Status = "failed" // given up, see the DLQ

	// StatusErased is no state of a record. It is the answer for an event whose user was
	// erased after it was accepted: nothing of it is kept.
	StatusErased Status = "erased"
)

// Record is what one batch says of one event: to be stored (StatusSuccess,
// with Event set), given up, or tried again later (both with ErrorCode and
// ErrorReason). Identities are distinct within a batch. Deliveries is how many messages
// of the batch the record stands for; it is added to the attempts.
type Record struct {
	Client        string // empty in a stage without clients
	EventID       string
	Status        Status
	CorrelationID string
	SHA256        string
	Mode          event.Mode
	Bucket, Key   string // of an S3 event
	ReceivedAt    time.Time
	Deliveries    int
	Event         event.Event // with StatusSuccess
	Payload       string      // with StatusSuccess, of an inline event: the exact bytes
	ErrorCode     fault.Code
	ErrorReason   string
}

// Identity returns the name of the event.
func (r Record) Identity() event.Identity { return event.Identity{Client: r.Client, ID: r.EventID} }

// Stored is what the database has of an event after a batch. SHA256 differs
// from the record's when another payload won the id before. Inserted says that
// this batch stored the event. Notified says that its notification was sent.
type Stored struct {
	Status   Status
	SHA256   string
	Inserted bool
	Notified bool
	Attempts int
}

// BatchID names one call of PersistBatch.
type BatchID int64

// Persisted is what the database has after a batch, by event. When each event of
// the batch that is a success with the record's hash and not Notified has been
// published, a later call says so by the id of the batch.
type Persisted struct {
	Batch  BatchID
	Events map[event.Identity]Stored
}

// Store persists a batch.
type Store interface {
	// PersistBatch writes all records or none, together with the batches that were
	// announced since, in one transaction and one round trip whatever their number,
	// and returns what is then stored. A record that is success stays as it is, but
	// for its attempts and last_seen_at when the same payload came again. Calling it
	// again with the same arguments after an error of unknown outcome is safe.
	// An event that was accepted before its user was erased is answered with StatusErased,
	// and so is one whose payload is missing because it was erased.
	// Returns a DatabaseUnavailable fault when trying later will help, and an
	// InvalidEvent fault when the database refuses a value, without saying whose.
	PersistBatch(ctx context.Context, records []Record, announced []BatchID) (Persisted, error)
	// Begun returns by message id how often work on it began and never ended, nothing
	// for a message of which there is no note. Begin notes that work begins, End takes
	// the notes away. All return a DatabaseUnavailable fault.
	Begun(ctx context.Context, messageIDs []string) (map[string]int, error)
	Begin(ctx context.Context, messageIDs []string) error
	End(ctx context.Context, messageIDs []string) error
	// Event returns a stored event, without the payload of an S3 event. Returns a
	// NotFound or a DatabaseUnavailable fault.
	Event(ctx context.Context, id event.Identity) (event.Stored, error)
}

// Blobs reads payloads out of the reader's own bucket. Get returns a
// PayloadMissing fault when there is no such object, StorageUnavailable when
// trying later will help, PayloadTooLarge when it is larger than limit bytes.
type Blobs interface {
	// Bucket names the bucket.
	Bucket() string
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
}

// Notification says to the subscribers that one event is in the database.
type Notification struct {
	Client        string       `json:"client,omitzero"`
	EventID       string       `json:"event_id"`
	CorrelationID string       `json:"correlation_id"`
	Status        string       `json:"status"` // always contract.StatusProcessed
	UserID        string       `json:"user_id"`
	Amount        event.Amount `json:"amount"`
	Currency      string       `json:"currency"`
	Merchant      string       `json:"merchant"`
	Timestamp     time.Time    `json:"timestamp"`
	Mode          event.Mode   `json:"payload_mode"`
	SHA256        string       `json:"payload_sha256"`
	ProcessedAt   time.Time    `json:"processed_at"`
}

// Identity returns the name of the event.
func (n Notification) Identity() event.Identity {
	return event.Identity{Client: n.Client, ID: n.EventID}
}

// Notifier publishes notifications. Publish returns one error per notification,
// nil for those taken, each otherwise a NotifierUnavailable fault; the slice is
// as long as the notifications.
type Notifier interface {
	Publish(ctx context.Context, notifications []Notification) []error
}

// DeadLetter is a message given up, with the reason.
type DeadLetter struct {
	Message       Message
	Client        string // empty when the message names none
	EventID       string // empty when the message names none
	CorrelationID string
	Code          fault.Code
	Reason        string
}

// DeadLetters sends given-up messages to the DLQ: the body as it came, its
// attributes, and error_code and error_reason. One error per dead letter.
type DeadLetters interface {
	Send(ctx context.Context, letters []DeadLetter) []error
}

// Postponement asks that a message come again after Delay, at most 12 hours.
type Postponement struct {
	MessageID     string
	ReceiptHandle string
	Delay         time.Duration // whole seconds count
}

// Postponer sets when retried messages become visible again. One error per
// postponement; one that fails only means that the queue's own visibility
// time-out decides.
type Postponer interface {
	Postpone(ctx context.Context, postponements []Postponement) []error
}
