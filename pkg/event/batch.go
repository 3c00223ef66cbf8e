package event

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// errEventsTwice is jsontext's error, which it leaves to us in a batch.
var errEventsTwice = fmt.Errorf("events: %w", jsontext.ErrDuplicateName)

// SplitBatch returns the exact bytes of each event of a batch request,
// {"events":[…]}, without reading into them: an event that Decode refuses, for a
// duplicate name or a lone surrogate say, is no reason to refuse its
// neighbours. The slices share the body's memory. Returns MalformedJSON when the
// body is not one JSON value, and an error that names the place when it is
// another shape, empty, or longer than contract.BatchLimit.
func SplitBatch(body []byte) ([][]byte, error) {
	s := splitter{
		body: body,
		json: jsontext.NewDecoder(bytes.NewBuffer(body),
			jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)),
	}
	if err := s.document(); err != nil {
		return nil, malformed(body, err)
	}
	if len(s.faults) > 0 {
		return nil, fault.OfFields(s.faults...)
	}
	return s.events, nil
}

type splitter struct {
	body    []byte
	json    *jsontext.Decoder
	events  [][]byte
	count   int
	found   bool
	unknown unknownFields
	faults  []fault.Field
}

func (s *splitter) fail(code fault.Code, pointer, detail string) {
	s.faults = append(s.faults, fault.Field{Pointer: pointer, Code: code, Detail: detail})
}

func (s *splitter) document() error {
	if s.json.PeekKind() != '{' {
		s.fail(fault.InvalidType, "", `the batch must be a JSON object {"events":[…]}`)
		if err := s.json.SkipValue(); err != nil {
			return err
		}
		return atEnd(s.json)
	}
	if err := members(s.json, s.field); err != nil {
		return err
	}
	if err := atEnd(s.json); err != nil {
		return err
	}
	s.faults = append(s.faults, s.unknown.faults("a batch")...)
	if !s.found {
		s.fail(fault.MissingField, "/events", "events is required")
	}
	return nil
}

func (s *splitter) field(name string) error {
	if name != "events" {
		s.unknown.add(name)
		return s.json.SkipValue()
	}
	if s.found {
		return errEventsTwice
	}
	s.found = true
	if s.json.PeekKind() != '[' {
		s.fail(fault.InvalidType, "/events", "events must be an array")
		return s.json.SkipValue()
	}
	if err := s.elements(); err != nil {
		return err
	}
	if s.count == 0 || s.count > contract.BatchLimit {
		s.fail(fault.InvalidValue, "/events",
			fmt.Sprintf("events has %d entries, 1 to %d are allowed", s.count, contract.BatchLimit))
	}
	return nil
}

func (s *splitter) elements() error {
	if _, err := s.json.ReadToken(); err != nil {
		return err
	}
	for s.json.PeekKind() != ']' {
		value, err := s.json.ReadValue()
		if err != nil {
			return err
		}
		if s.count++; s.count > contract.BatchLimit {
			continue
		}
		end := s.json.InputOffset()
		s.events = append(s.events, s.body[end-int64(len(value)):end:end])
	}
	_, err := s.json.ReadToken()
	return err
}
