package query

import (
	"context"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Status is the processing status of an event. State is "processing",
// "processed" or "failed".
type Status struct {
	event.Identity
	State       string       `json:"status"`
	Attempts    int          `json:"attempts"`
	FirstSeenAt time.Time    `json:"first_seen_at"`
	LastSeenAt  time.Time    `json:"last_seen_at"`
	Error       *StatusError `json:"error,omitempty"`
}

// StatusError says why an event failed, or why its last try did.
type StatusError struct {
	Code   fault.Code `json:"code"`
	Reason string     `json:"reason"`
}

// Position is a place in a list, newest first: the keyset of the last event of a page,
// Timestamp being what the list is ordered by.
type Position struct {
	Timestamp time.Time
	EventID   string
}

// Filter selects a page of what one client has: the events of UserID by their timestamp,
// or what is in State by when it was first seen. From is inclusive, To exclusive; nil
// does not bound. After, when set, is where the page before ended.
type Filter struct {
	Client   string // empty in a stage without clients
	UserID   string
	State    string // contract.StatusFailed or contract.StatusProcessing
	From, To *time.Time
	After    *Position
	Limit    int
	// MaxBytes bounds the sum of the payloads of a page; the page ends early,
	// but never before its first event.
	MaxBytes int
}

// Store reads what the processor wrote. Each method returns a
// DatabaseUnavailable fault when trying later will help. Metadata of their events is
// nil: it is in the payload. Payload of an S3 event is nil too.
type Store interface {
	// Event returns a NotFound fault when no such event is stored.
	Event(ctx context.Context, id event.Identity) (event.Stored, error)
	// Status returns a NotFound fault when the processor has not seen the event.
	Status(ctx context.Context, id event.Identity) (Status, error)
	// Unfinished returns a page of what is in Filter.State, newest first, and whether
	// more follow.
	Unfinished(ctx context.Context, filter Filter) (statuses []Status, more bool, err error)
	// Events returns a page, newest first, and whether more follow.
	Events(ctx context.Context, filter Filter) (events []event.Stored, more bool, err error)
}

// Blobs reads payloads out of the reader's own bucket. Get returns a
// PayloadMissing fault when there is no such object, StorageUnavailable when
// trying later will help, PayloadTooLarge when it is larger than limit bytes.
type Blobs interface {
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
}
