// Package checker decides whether a run of the product lost, doubled or made up an
// event. It looks at what clients were answered, at the tables, at the DLQ and at the
// notifications, and compares them id by id. It never reads what the processor says of
// its own work: neither its metrics nor its logs.
package checker

import (
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
)

// Sent is one payload that a client sent, from the client's own log.
type Sent struct {
	ID     string
	SHA256 string // of the payload's exact bytes, in lower-case hex
	// Meaning tells the payloads of one id apart: two of one meaning are the same event,
	// in the same words or in others; of two meanings only one may be stored.
	Meaning string
	// Code is the error code by which the payload must end in the DLQ; empty for an event
	// that must be stored.
	Code fault.Code
	// Accepted says that the platform confirmed it: 202, or a message id of SQS. What was
	// sent without an answer may be stored or not.
	Accepted bool
	At       time.Time
}

// Row is one row of the events table, with its payload, wherever that lies.
type Row struct {
	ID      string
	SHA256  string // as the row has it
	Payload []byte
	// Missing says why the payload could not be read, such as an object that is gone.
	Missing string
	// StoredAt is when the transaction that stored it began, by the clock of the database.
	StoredAt time.Time
}

// Key is one row of the idempotency keys.
type Key struct {
	ID     string
	Status string
	Code   fault.Code
}

// Letter is one message of the DLQ.
type Letter struct {
	ID     string
	SHA256 string // of its payload, as the envelope says
	Code   fault.Code
}

// Announcement is one notification that a subscriber received.
type Announcement struct {
	ID     string
	SHA256 string
	// At is when it was received, by the clock of the machine, which is the database's too.
	At time.Time
}

// Evidence is all that the checker looks at, taken when nothing was left to do.
type Evidence struct {
	Sent          []Sent
	Rows          []Row
	Keys          []Key
	Letters       []Letter
	Announcements []Announcement
}
