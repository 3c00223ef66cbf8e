package event

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Envelope is the body of a queue message: an accepted payload, or where it
// lies, with the hash of its exact bytes.
type Envelope struct {
	Client        string    `json:"client,omitzero"`
	EventID       string    `json:"event_id"`
	CorrelationID string    `json:"correlation_id"`
	Mode          Mode      `json:"payload_mode"`
	Payload       *string   `json:"payload_inline,omitzero"`
	SHA256        string    `json:"payload_sha256"`
	Bucket        string    `json:"s3_bucket,omitzero"`
	Key           string    `json:"s3_key,omitzero"`
	ReceivedAt    time.Time `json:"received_at"`
}

// Identity returns the name of the event.
func (e Envelope) Identity() Identity { return Identity{e.Client, e.EventID} }

// Envelope returns the message by which the event came: the exact bytes, or where they lie,
// and when they were accepted. An S3 event needs its Bucket and Key.
func (s Stored) Envelope() Envelope {
	e := Envelope{
		Client: s.Client, EventID: s.ID, CorrelationID: s.CorrelationID, Mode: s.Mode, SHA256: s.SHA256,
		Bucket: s.Bucket, Key: s.Key, ReceivedAt: s.ReceivedAt,
	}
	if s.Mode == Inline {
		payload := string(s.Payload)
		e.Payload = &payload
	}
	return e
}

// validHash reports whether text is a hash as Hash returns it.
func validHash(text string) bool {
	if len(text) != hex.EncodedLen(sha256.Size) {
		return false
	}
	for i := range len(text) {
		if c := text[i]; !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Hash returns the SHA-256 of a payload's exact bytes, in lower-case hex.
func Hash(payload []byte) string {
	sum := sha256.Sum256(payload)
	return hex.EncodeToString(sum[:])
}

// Encode returns the message body, as JSON.
func (e Envelope) Encode() (string, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encode envelope of %s: %w", e.EventID, err)
	}
	return string(body), nil
}

// DecodeEnvelope reads a message body. Returns an InvalidEnvelope fault that
// says what is wrong, without repeating the body. What could be read comes along,
// so that an event id can still be recorded: a Client, an EventID, a CorrelationID and
// a SHA256 are then either valid or empty, and without a valid client there is no id. Fields it does not know are ignored: a
// newer sender may add some.
func DecodeEnvelope(body string) (Envelope, error) {
	e, ok := readEnvelope(body)
	var err error
	if !ok {
		e = Envelope{}
		err = json.Unmarshal([]byte(body), &e)
	}
	e.ReceivedAt = e.ReceivedAt.UTC()
	wrong := e.wrong()
	if err == nil && wrong == "" {
		return e, nil
	}
	if e.Client != "" && !contract.ValidClient(e.Client) {
		e.Client, e.EventID = "", ""
	}
	if !ValidID(e.EventID) {
		e.EventID = ""
	}
	if !validCorrelationID(e.CorrelationID) {
		e.CorrelationID = ""
	}
	if !validHash(e.SHA256) {
		e.SHA256 = ""
	}
	if err != nil {
		return e, fault.New(fault.InvalidEnvelope, "the message body is not an envelope: "+unreadable(err))
	}
	return e, fault.New(fault.InvalidEnvelope, "the envelope's "+wrong)
}

// unreadable says why a body is not an envelope. Of its contents it repeats nothing
// but the name of a field of ours.
func unreadable(err error) string {
	if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Sprintf("it is not valid JSON, at byte %d", s.ByteOffset)
	}
	if s, ok := errors.AsType[*json.SemanticError](err); ok && s.JSONPointer != "" {
		return s.JSONPointer.LastToken() + " has the wrong type or form"
	}
	return "it is not a JSON object"
}

// validCorrelationID takes what X-Correlation-ID may hold, and no id at all.
func validCorrelationID(id string) bool {
	printable := 0
	for printable < len(id) && plain[id[printable]] && id[printable] != 0x7f {
		printable++
	}
	if printable == len(id) {
		return len(id) <= contract.CorrelationIDLimit
	}
	return utf8.ValidString(id) && utf8.RuneCountInString(id) <= contract.CorrelationIDLimit &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (e Envelope) wrong() string {
	switch year := e.ReceivedAt.UTC().Year(); {
	case e.Client != "" && !contract.ValidClient(e.Client):
		return "client is not the name of a client"
	case !ValidID(e.EventID):
		return "event_id is missing or not a valid id"
	case !validCorrelationID(e.CorrelationID):
		return fmt.Sprintf("correlation_id is not at most %d printable characters", contract.CorrelationIDLimit)
	case !validHash(e.SHA256):
		return "payload_sha256 is not 64 lower-case hex digits"
	case e.ReceivedAt.IsZero():
		return "received_at is missing"
	case year < 1 || year > 9999:
		return "received_at does not lie in the years 1 to 9999"
	}
	switch e.Mode {
	case Inline:
		if e.Payload == nil {
			return "payload_mode is INLINE, but payload_inline is missing"
		}
	case S3:
		if e.Key != ObjectKey(e.Identity(), e.SHA256) {
			return "s3_key is not the key of this event and hash"
		}
	default:
		return "payload_mode is neither INLINE nor S3"
	}
	return ""
}

// Valid reports whether DecodeEnvelope would accept the envelope.
func (e Envelope) Valid() bool { return e.wrong() == "" }
