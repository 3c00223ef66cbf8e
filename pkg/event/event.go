// Package event is the domain: what a transaction event is, how one is read
// from the bytes a client sent, and how it travels on the queue. It knows no
// queue, no database and no HTTP.
//
// JSON is read and written with go-json-experiment/json, here and in the rest of
// this module. It refuses duplicate names, lone surrogates and invalid UTF-8, of
// which encoding/json silently changes some, and it can keep a value's exact bytes.
// encoding/json is left to tests, as a second opinion, and to those functions whose
// documents hold nothing that a client sent.
package event

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Event is one transaction as a client states it. ID is empty when the client
// left it to the service. Timestamp is in UTC, to the microsecond. Metadata is
// the exact bytes of the JSON object, nil when there was none.
type Event struct {
	ID        string         `json:"event_id,omitzero"`
	UserID    string         `json:"user_id"`
	Amount    Amount         `json:"amount"`
	Currency  string         `json:"currency"`
	Merchant  string         `json:"merchant"`
	Timestamp time.Time      `json:"timestamp"`
	Metadata  jsontext.Value `json:"metadata,omitzero"`
}

// Mode says where an event's payload travels and, for large ones, stays.
type Mode string

// The modes.
const (
	Inline Mode = contract.ModeInline // within the queue message; metadata in the database
	S3     Mode = contract.ModeS3     // an object in the payload bucket; metadata stays there
)

// Identity names an event. An id belongs to its client: two clients may use the same
// one, each for an event of its own. Client is empty in a stage without clients.
type Identity struct {
	Client string `json:"client,omitzero"`
	ID     string `json:"event_id"`
}

// Stored is an event as the database has it. Payload is the exact bytes that were
// accepted, nil for an S3 event until somebody fetches the object. Metadata is in it,
// and nil until somebody reads it. Bucket and Key say where the processor found the object
// of an S3 event; they come with a RangePage alone.
type Stored struct {
	Event
	Client        string    `json:"client,omitzero"`
	Payload       []byte    `json:"-"`
	Bucket        string    `json:"-"`
	Key           string    `json:"-"`
	CorrelationID string    `json:"correlation_id"`
	Mode          Mode      `json:"payload_mode"`
	SHA256        string    `json:"payload_sha256"`
	ReceivedAt    time.Time `json:"received_at"`
	CreatedAt     time.Time `json:"created_at"`
}

// Identity returns the name of the event.
func (s Stored) Identity() Identity { return Identity{s.Client, s.ID} }

// JSON returns the JSON of a stored event, amounts and metadata with the
// digits they came with.
func (s Stored) JSON() ([]byte, error) { return json.Marshal(s) }

// ValidID reports whether id may name an event. "." and ".." may not: in a URL they
// mean another path, so that such an event could never be read.
func ValidID(id string) bool {
	return validID(id)
}

func validID[T string | []byte](id T) bool {
	if len(id) == 0 || len(id) > contract.EventIDLimit || string(id) == "." || string(id) == ".." {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case isDigit(c), 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '.', c == '_', c == ':', c == '-':
		default:
			return false
		}
	}
	return true
}

// ObjectKey is where the payload of an event lies in the bucket. It holds the
// payload's hash, so that a retry writes the same bytes to the same place and a
// conflicting reuse of the id writes elsewhere; it holds no date, so that a
// retry over midnight leaves no orphan. What a client owns lies under its name.
func ObjectKey(of Identity, sha256Hex string) string {
	path := of.ID + "/" + sha256Hex + ".json"
	if of.Client != "" {
		path = of.Client + "/" + path
	}
	return contract.ObjectPrefix + path
}

// ParseObjectKey returns what ObjectKey made a key of, and whether it is such a key.
func ParseObjectKey(key string) (of Identity, sha256Hex string, ok bool) {
	parts := strings.Split(strings.TrimPrefix(key, contract.ObjectPrefix), "/")
	switch len(parts) {
	case 2:
		of = Identity{ID: parts[0]}
	case 3:
		of = Identity{Client: parts[0], ID: parts[1]}
	default:
		return Identity{}, "", false
	}
	sha256Hex = strings.TrimSuffix(parts[len(parts)-1], ".json")
	if !ValidID(of.ID) || of.Client != "" && !contract.ValidClient(of.Client) || !validHash(sha256Hex) || ObjectKey(of, sha256Hex) != key {
		return Identity{}, "", false
	}
	return of, sha256Hex, true
}
