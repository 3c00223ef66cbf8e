package sqsqueue

import (
	"context"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
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

// Send sends each dead letter's body as it came, never cut, and beside it what SQS
// has room for: ten attributes, and 1 MiB with the body. In order of precedence
// these are error_code, the client, the ids, error_reason, schema_version, then the message's
// other attributes by name, binary ones included. The reason is cut to 1,024 bytes
// or to the room there is; of the rest, what has no room is left out. A body of
// 1 MiB goes bare. Error attributes that the message already had, from an earlier
// time in the dead-letter queue, are replaced.
//
// It returns one error a dead letter, nil for those taken.
func (d *DeadLetters) Send(ctx context.Context, letters []process.DeadLetter) []error {
	out := make([]outgoing, len(letters))
	for i, letter := range letters {
		out[i] = withAttributes(letter)
	}
	return d.outbox.send(ctx, out)
}

// withAttributes picks the attributes in order of their worth to an operator.
func withAttributes(letter process.DeadLetter) outgoing {
	chosen, binary := map[string]string{}, map[string][]byte{}
	room := contract.QueueMessageLimit - len(letter.Message.Body)
	fits := func(name string, size int) bool {
		_, taken := chosen[name]
		if taken || len(chosen)+len(binary) == attributesLimit || size > room {
			return false
		}
		room -= size
		return true
	}
	add := func(name, value string) {
		if value = awsclient.Text(value); value != "" && fits(name, attributeSize(name, value)) {
			chosen[name] = value
		}
	}
	add(contract.AttrErrorCode, string(letter.Code))
	add(contract.AttrClient, letter.Client)
	add(contract.AttrEventID, letter.EventID)
	add(contract.AttrCorrelationID, letter.CorrelationID)
	left := room - attributeSize(contract.AttrErrorReason, "")
	add(contract.AttrErrorReason, cut(awsclient.Text(letter.Reason), min(left, reasonLimit)))

	original, originalBinary := letter.Message.Attributes, letter.Message.Binary
	for _, name := range []string{contract.AttrClient, contract.AttrEventID, contract.AttrCorrelationID, contract.AttrSchemaVersion} {
		add(name, original[name])
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(original)), maps.Keys(originalBinary))
	slices.Sort(names)
	for _, name := range names {
		if name == contract.AttrErrorCode || name == contract.AttrErrorReason {
			continue
		}
		add(name, original[name])
		if value := originalBinary[name]; len(value) > 0 && fits(name, len(name)+len(binaryType)+len(value)) {
			binary[name] = value
		}
	}
	return outgoing{body: letter.Message.Body, attributes: chosen, binary: binary}
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
