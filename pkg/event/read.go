package event

import (
	"time"
	"unicode/utf8"

	"github.com/fluxa/fluxa/pkg/contract"
)

// fieldSet is a set of fields of an event.
type fieldSet uint8

const (
	fieldID fieldSet = 1 << iota
	fieldUserID
	fieldAmount
	fieldCurrency
	fieldMerchant
	fieldTimestamp
	fieldMetadata

	fieldsRequired = fieldUserID | fieldAmount | fieldCurrency | fieldMerchant | fieldTimestamp
)

// readEvent reads an event in which nothing is wrong. It reports false where Decode
// must look closer.
func readEvent(payload []byte) (e Event, ok bool) {
	if len(payload) >= namesBytesLimit {
		return Event{}, false
	}
	s := newScanner(payload)
	defer s.release()
	s.space()
	if !s.follows('{') {
		return Event{}, false
	}
	var seen fieldSet
	for {
		name, escaped, ok := s.quoted()
		if !ok || escaped || !s.follows(':') {
			return Event{}, false
		}
		field, ok := s.field(&e, name)
		if !ok || seen&field != 0 {
			return Event{}, false
		}
		seen |= field
		if s.follows(',') {
			continue
		}
		ok = s.takes('}') && s.atEnd() && seen&fieldsRequired == fieldsRequired
		return e, ok
	}
}

// field reads the value of one field into e.
func (s *scanner) field(e *Event, name []byte) (field fieldSet, ok bool) {
	switch string(name) {
	case "event_id":
		var id []byte
		if id, ok = s.short(contract.EventIDLimit); ok && validID(id) {
			e.ID = string(id)
			return fieldID, true
		}
	case "user_id":
		e.UserID, ok = s.shortText(contract.UserIDLimit)
		return fieldUserID, ok
	case "merchant":
		e.Merchant, ok = s.shortText(contract.MerchantLimit)
		return fieldMerchant, ok
	case "currency":
		var code []byte
		if code, ok = s.short(contract.CurrencyLength); ok {
			e.Currency, ok = currencies()[string(code)]
		}
		return fieldCurrency, ok
	case "timestamp":
		var text []byte
		if text, ok = s.short(contract.TimestampLimit); ok {
			var err error
			e.Timestamp, err = parseTime(text)
			ok = err == nil
		}
		return fieldTimestamp, ok
	case "amount":
		literal, _, ok := s.number()
		if !ok {
			return 0, false
		}
		var err error
		e.Amount, err = ParseAmount(string(literal))
		return fieldAmount, err == nil
	case "metadata":
		start := s.at
		if !s.object(1) {
			return 0, false
		}
		e.Metadata = s.text[start:s.at:s.at]
		return fieldMetadata, true
	}
	return 0, false
}

// short reads a string of 1 to limit characters. What it returns is overwritten by
// the next call.
func (s *scanner) short(limit int) (text []byte, ok bool) {
	raw, escaped, ok := s.quoted()
	if !ok {
		return nil, false
	}
	text = s.decoded(raw, escaped)
	if len(text) == 0 || (len(text) > limit && utf8.RuneCount(text) > limit) {
		return nil, false
	}
	return text, true
}

func (s *scanner) shortText(limit int) (string, bool) {
	text, ok := s.short(limit)
	return string(text), ok
}

// readEnvelope reads an envelope of the known fields, each at most once. It reports
// false where DecodeEnvelope must look closer.
func readEnvelope(body string) (e Envelope, ok bool) {
	s := newScanner([]byte(body))
	defer s.release()
	s.space()
	if !s.follows('{') {
		return Envelope{}, false
	}
	var seen uint16
	for {
		name, escaped, ok := s.quoted()
		if !ok || escaped || !s.follows(':') {
			return Envelope{}, false
		}
		raw, escaped, ok := s.quoted()
		if !ok {
			return Envelope{}, false
		}
		field, ok := e.set(name, s.decoded(raw, escaped))
		if !ok || seen&field != 0 {
			return Envelope{}, false
		}
		seen |= field
		if s.follows(',') {
			continue
		}
		return e, s.takes('}') && s.atEnd()
	}
}

// set sets one field, each of which is a string, and returns a bit of its own.
func (e *Envelope) set(name, value []byte) (field uint16, ok bool) {
	switch string(name) {
	case "event_id":
		e.EventID = string(value)
		return 1 << 0, true
	case "correlation_id":
		e.CorrelationID = string(value)
		return 1 << 1, true
	case "payload_mode":
		e.Mode = modeOf(value)
		return 1 << 2, true
	case "payload_inline":
		payload := string(value)
		e.Payload = &payload
		return 1 << 3, true
	case "payload_sha256":
		e.SHA256 = string(value)
		return 1 << 4, true
	case "s3_bucket":
		e.Bucket = string(value)
		return 1 << 5, true
	case "s3_key":
		e.Key = string(value)
		return 1 << 6, true
	case "received_at":
		e.ReceivedAt, ok = readMoment(value)
		return 1 << 7, ok
	case "client":
		e.Client = string(value)
		return 1 << 8, true
	}
	return 0, false
}

func modeOf(text []byte) Mode {
	switch string(text) {
	case string(Inline):
		return Inline
	case string(S3):
		return S3
	}
	return Mode(text)
}

// readMoment reads a time of at most nine decimals, to the nanosecond.
func readMoment(text []byte) (time.Time, bool) {
	const longest = len("2026-01-31T23:59:59.123456789+00:00")
	if len(text) > longest {
		return time.Time{}, false
	}
	return rfc3339(text)
}
