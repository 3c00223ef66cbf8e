package fault

import "maps"

// Code says what went wrong, in one word that operators search for: it is the
// error_code of logs, DLQ messages, idempotency records and HTTP answers.
type Code string

// The codes. This list is closed: each is classed in kinds below and nowhere
// else.
const (
	// Of a message on the queue.
	InvalidEnvelope     Code = "invalid_envelope"     // the message is not an envelope of ours
	HashMismatch        Code = "hash_mismatch"        // the payload is not the one that was accepted
	InvalidEvent        Code = "invalid_event"        // the payload is not a valid event
	PayloadMissing      Code = "payload_missing"      // the payload's S3 object is gone
	IdempotencyConflict Code = "idempotency_conflict" // the id was used with another payload
	ProcessorEnded      Code = "processor_ended"      // the message ends whatever processes it

	// Of a request.
	MalformedJSON        Code = "malformed_json"
	UnknownField         Code = "unknown_field"
	MissingField         Code = "missing_field"
	InvalidType          Code = "invalid_type"
	InvalidValue         Code = "invalid_value"
	TooLong              Code = "too_long"
	PayloadTooLarge      Code = "payload_too_large"
	UnsupportedMediaType Code = "unsupported_media_type"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	Unauthorized         Code = "unauthorized" // no API key, no valid token
	Forbidden            Code = "forbidden"    // an API key that opens nothing, a token for others
	RateLimited          Code = "rate_limited"

	// Of the parts that Fluxa stands on. All pass with time.
	DatabaseUnavailable Code = "database_unavailable"
	QueueUnavailable    Code = "queue_unavailable"
	StorageUnavailable  Code = "storage_unavailable"
	NotifierUnavailable Code = "notifier_unavailable"
	IssuerUnavailable   Code = "issuer_unavailable"
	DeadlineReached     Code = "deadline_reached"

	// Of ourselves. Nobody knows whether trying again helps.
	Panicked Code = "panic"
	Internal Code = "internal"
)

var kinds = map[Code]Kind{
	InvalidEnvelope:     Permanent,
	HashMismatch:        Permanent,
	InvalidEvent:        Permanent,
	PayloadMissing:      Permanent,
	IdempotencyConflict: Conflict,
	ProcessorEnded:      Permanent,

	MalformedJSON:        Invalid,
	UnknownField:         Invalid,
	MissingField:         Invalid,
	InvalidType:          Invalid,
	InvalidValue:         Invalid,
	TooLong:              Invalid,
	PayloadTooLarge:      Invalid,
	UnsupportedMediaType: Invalid,
	NotFound:             Missing,
	MethodNotAllowed:     Invalid,
	Unauthorized:         Invalid,
	Forbidden:            Invalid,
	RateLimited:          Transient,

	DatabaseUnavailable: Transient,
	QueueUnavailable:    Transient,
	StorageUnavailable:  Transient,
	NotifierUnavailable: Transient,
	IssuerUnavailable:   Transient,
	DeadlineReached:     Transient,

	Panicked: Unknown,
	Internal: Unknown,
}

// Codes lists every code with its kind. The caller gets a copy.
func Codes() map[Code]Kind {
	return maps.Clone(kinds)
}
