package sqsqueue

import (
	"context"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// DeadLetters sends given-up messages to the dead-letter queue. It is safe for
// concurrent use.
type DeadLetters struct{ outbox *outbox }

var _ process.DeadLetters = (*DeadLetters)(nil)

// NewDeadLetters returns a sender to the dead-letter queue that c.QueueURL
// names. Returns an error that names a field which cannot be used.
func NewDeadLetters(client SendClient, c Config) (*DeadLetters, error) {
	box, err := newOutbox(client, c)
	if err != nil {
		return nil, err
	}
	return &DeadLetters{box}, nil
}

const (
	attributesLimit = 10    // of one SQS message
	reasonLimit     = 1_024 // bytes
)

// Send sends each dead letter's body as it came, with error_code and error_reason,
// the ids and then the message's other attributes, as far as SQS has room for
// them: ten attributes, and 1 MiB with the body. The reason is cut to 1,024 bytes
// or less. Error attributes that the message already had, from an earlier time in
// the dead-letter queue, are replaced.
//
// It returns one error a dead letter, nil for those taken. A body so large that not
// even the error code fits beside it is refused with an Internal fault: left on
// its queue, SQS itself moves it, unchanged, after the last receive.
func (d *DeadLetters) Send(ctx context.Context, letters []process.DeadLetter) []error {
	errs := make([]error, len(letters))
	var out []outgoing
	var places []int
	for i, letter := range letters {
		attributes, ok := attributesOf(letter)
		if !ok {
			errs[i] = fault.Newf(fault.Internal, "a message body of %d bytes leaves no room for its error code", len(letter.Message.Body))
			continue
		}
		out, places = append(out, outgoing{letter.Message.Body, attributes}), append(places, i)
	}
	for n, err := range d.outbox.send(ctx, out) {
		errs[places[n]] = err
	}
	return errs
}

// attributesOf picks the attributes in order of their worth to an operator. It
// reports whether the first of them, the code, has room.
func attributesOf(letter process.DeadLetter) (map[string]string, bool) {
	chosen := map[string]string{}
	room := contract.QueueMessageLimit - len(letter.Message.Body)
	add := func(name, value string) {
		value = awsclient.Text(value)
		_, taken := chosen[name]
		size := attributeSize(name, value)
		if taken || value == "" || len(chosen) == attributesLimit || size > room {
			return
		}
		chosen[name] = value
		room -= size
	}
	add(contract.AttrErrorCode, string(letter.Code))
	if len(chosen) == 0 {
		return nil, false
	}
	add(contract.AttrEventID, letter.EventID)
	add(contract.AttrCorrelationID, letter.CorrelationID)
	left := room - attributeSize(contract.AttrErrorReason, "")
	add(contract.AttrErrorReason, cut(awsclient.Text(letter.Reason), min(left, reasonLimit)))

	original := letter.Message.Attributes
	for _, name := range []string{contract.AttrEventID, contract.AttrCorrelationID, contract.AttrSchemaVersion} {
		add(name, original[name])
	}
	for _, name := range slices.Sorted(maps.Keys(original)) {
		if name != contract.AttrErrorCode && name != contract.AttrErrorReason {
			add(name, original[name])
		}
	}
	return chosen, true
}

const ellipsis = "…"

// cut shortens text to at most limit bytes, at a character's end.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := limit - len(ellipsis)
	if end <= 0 {
		return ""
	}
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}
