package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Decode reads one event from the exact bytes a client sent. It is strict where
// leniency would lose something: duplicate names, unknown fields, invalid UTF-8,
// lone surrogates and U+0000 (which PostgreSQL cannot store) are refused. Of the
// timestamp, microseconds are kept: what PostgreSQL holds. Metadata shares the
// payload's memory, which must not be changed as long as the event is used.
//
// Returns a *fault.Error: MalformedJSON when the bytes are not one JSON value,
// else an error that names every bad field with its JSON Pointer; of the fields
// it does not know, the first few, so that the answer stays small. An error
// repeats nothing of the payload but names, shortened, and those in its pointers
// alone. Whether the timestamp lies in the future is for CheckTimestamp, which
// needs a clock.
func Decode(payload []byte) (Event, error) {
	if e, ok := readEvent(payload); ok {
		return e, nil
	}
	return decode(payload)
}

// decode is Decode for what readEvent leaves: nearly always an event with something
// wrong. Names that an object has twice are looked for apart, in far less memory
// than package jsontext would take.
func decode(payload []byte) (Event, error) {
	ownNames := len(payload) < namesBytesLimit
	d := decoder{
		payload: payload,
		json: jsontext.NewDecoder(bytes.NewBuffer(payload),
			jsontext.AllowDuplicateNames(ownNames), jsontext.AllowInvalidUTF8(false)),
	}
	err := d.document()
	if ownNames {
		err = duplicateBefore(payload, d.json.InputOffset(), err)
	}
	if err != nil {
		return Event{}, malformed(payload, err)
	}
	if len(d.faults) > 0 {
		return Event{}, fault.OfFields(d.faults...)
	}
	return d.event, nil
}

// duplicateBefore returns the error of the first name that stands twice in an
// object, if that comes before what err is about; read is how far the text was read.
func duplicateBefore(text []byte, read int64, err error) error {
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		read = syntax.ByteOffset
	}
	at, twice := firstDuplicate(text, int(min(read, int64(len(text)))))
	if !twice {
		return err
	}
	return &jsontext.SyntacticError{ByteOffset: int64(at), Err: jsontext.ErrDuplicateName}
}

var requiredFields = []struct {
	field fieldSet
	name  string
}{
	{fieldUserID, "user_id"}, {fieldAmount, "amount"}, {fieldCurrency, "currency"},
	{fieldMerchant, "merchant"}, {fieldTimestamp, "timestamp"},
}

// CheckTimestamp refuses an event that claims to happen more than
// contract.FutureSkew after now.
func (e Event) CheckTimestamp(now time.Time) error {
	if e.Timestamp.After(now.Add(contract.FutureSkew)) {
		return fault.OfFields(fault.Field{
			Pointer: "/timestamp", Code: fault.InvalidValue,
			Detail: fmt.Sprintf("timestamp is more than %s in the future of %s",
				contract.FutureSkew, now.UTC().Format(time.RFC3339)),
		})
	}
	return nil
}

// decoder reads one event. Its methods return an error for bytes that are not
// JSON; everything else that is wrong is gathered in faults.
type decoder struct {
	payload []byte
	json    *jsontext.Decoder
	event   Event
	seen    fieldSet
	unknown unknownFields
	faults  []fault.Field
}

func (d *decoder) fail(name string, code fault.Code, detail string) {
	d.faults = append(d.faults, fault.Field{Pointer: "/" + name, Code: code, Detail: name + " " + detail})
}

func (d *decoder) document() error {
	if d.json.PeekKind() != '{' {
		d.faults = []fault.Field{{Code: fault.InvalidType, Detail: "the event must be a JSON object"}}
		if err := d.json.SkipValue(); err != nil {
			return err
		}
		return atEnd(d.json)
	}
	if err := members(d.json, d.field); err != nil {
		return err
	}
	if err := atEnd(d.json); err != nil {
		return err
	}
	d.faults = append(d.faults, d.unknown.faults("an event; put it into metadata")...)
	for _, required := range requiredFields {
		if d.seen&required.field == 0 {
			d.fail(required.name, fault.MissingField, "is required")
		}
	}
	return nil
}

// members reads an object and calls field after each name; field reads the value.
func members(dec *jsontext.Decoder, field func(name string) error) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if err := field(token.String()); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

func atEnd(dec *jsontext.Decoder) error {
	_, err := dec.ReadToken()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return errTrailing
	default:
		return err
	}
}

func (d *decoder) field(name string) error {
	switch name {
	case "event_id":
		return d.text(name, fieldID, contract.EventIDLimit, func(s string) string {
			d.event.ID = s
			if !ValidID(s) {
				return "may hold only A-Z a-z 0-9 . _ : - and be neither . nor .."
			}
			return ""
		})
	case "user_id":
		return d.text(name, fieldUserID, contract.UserIDLimit, func(s string) string { d.event.UserID = s; return "" })
	case "merchant":
		return d.text(name, fieldMerchant, contract.MerchantLimit, func(s string) string { d.event.Merchant = s; return "" })
	case "currency":
		return d.text(name, fieldCurrency, contract.CurrencyLength, func(s string) string {
			d.event.Currency = s
			if currencies()[s] == "" {
				return "must be an ISO 4217 code such as EUR, in capital letters"
			}
			return ""
		})
	case "timestamp":
		return d.text(name, fieldTimestamp, contract.TimestampLimit, d.timestamp)
	case "amount":
		return d.amount()
	case "metadata":
		return d.metadata()
	default:
		d.unknown.add(name)
		return d.json.SkipValue()
	}
}

// text reads a string field of 1 to limit characters; check returns what is
// wrong with it, or "".
func (d *decoder) text(name string, field fieldSet, limit int, check func(string) string) error {
	d.seen |= field
	if d.json.PeekKind() != '"' {
		d.fail(name, fault.InvalidType, "must be a string")
		return d.json.SkipValue()
	}
	token, err := d.json.ReadToken()
	if err != nil {
		return err
	}
	text := token.String()
	switch length := utf8.RuneCountInString(text); {
	case length == 0:
		d.fail(name, fault.InvalidValue, "must not be empty")
	case length > limit:
		d.fail(name, fault.TooLong, fmt.Sprintf("has %d characters, the limit is %d", length, limit))
	case strings.ContainsRune(text, 0):
		d.fail(name, fault.InvalidValue, "must not hold the character U+0000")
	default:
		if wrong := check(text); wrong != "" {
			d.fail(name, fault.InvalidValue, wrong)
		}
	}
	return nil
}

func (d *decoder) timestamp(text string) (wrong string) {
	t, err := ParseTime(text)
	if err != nil {
		return err.Error()
	}
	d.event.Timestamp = t
	return ""
}

func (d *decoder) amount() error {
	d.seen |= fieldAmount
	if d.json.PeekKind() != '0' {
		d.fail("amount", fault.InvalidType, "must be a number, not quoted")
		return d.json.SkipValue()
	}
	token, err := d.json.ReadToken()
	if err != nil {
		return err
	}
	amount, err := ParseAmount(token.String())
	if err != nil {
		d.fail("amount", fault.InvalidValue, err.Error())
		return nil
	}
	d.event.Amount = amount
	return nil
}

// metadata keeps the object's exact bytes, after a look for what PostgreSQL's
// jsonb cannot hold.
func (d *decoder) metadata() error {
	if d.json.PeekKind() != '{' {
		d.fail("metadata", fault.InvalidType, "must be an object")
		return d.json.SkipValue()
	}
	value, err := d.json.ReadValue()
	if err != nil {
		return err
	}
	end := d.json.InputOffset()
	d.event.Metadata = d.payload[end-int64(len(value)) : end : end]
	if field, ok := checkMetadata(d.event.Metadata); !ok {
		d.faults = append(d.faults, field)
	}
	return nil
}

// currencies is the list in the schema, the one place that names the codes. Each
// code is its own value, so that no event needs a copy of it.
var currencies = sync.OnceValue(func() map[string]string {
	var schema struct {
		Properties struct {
			Currency struct {
				Enum []string `json:"enum"`
			} `json:"currency"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(contract.EventSchema, &schema); err != nil {
		panic(fmt.Sprintf("contract.EventSchema is not valid JSON: %v", err))
	}
	set := make(map[string]string, len(schema.Properties.Currency.Enum))
	for _, code := range schema.Properties.Currency.Enum {
		set[code] = code
	}
	return set
})
