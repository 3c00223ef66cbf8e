package event

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/fault"
)

// DecodeByTokens reads an event as Decode says, by package jsontext alone, duplicate
// names included: a second opinion on what readEvent and firstDuplicate say.
func DecodeByTokens(payload []byte) (Event, error) {
	d := decoder{
		payload: payload,
		json: jsontext.NewDecoder(bytes.NewBuffer(payload),
			jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false)),
	}
	if err := d.document(); err != nil {
		return Event{}, malformed(payload, err)
	}
	if len(d.faults) > 0 {
		return Event{}, fault.OfFields(d.faults...)
	}
	return d.event, nil
}

// ReadEvent is the quick way of Decode.
func ReadEvent(payload []byte) (Event, bool) { return readEvent(payload) }

// DecodeClosely is the other way of Decode.
func DecodeClosely(payload []byte) (Event, error) { return decode(payload) }

// ReadEnvelope is the quick way of DecodeEnvelope.
func ReadEnvelope(body string) (Envelope, bool) { return readEnvelope(body) }

// UnmarshalEnvelope is the other way of DecodeEnvelope, before the checks.
func UnmarshalEnvelope(body string) (Envelope, error) {
	var e Envelope
	err := json.Unmarshal([]byte(body), &e)
	return e, err
}

// ValidHash is validHash.
func ValidHash(text string) bool { return validHash(text) }
