package deadletters

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// Payload returns the payload that a message carries. The error says why there is none to
// edit.
func (l Letter) Payload() ([]byte, error) {
	envelope, err := event.DecodeEnvelope(l.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("message %s has no payload to edit: %w; send the event anew with `fluxa send`", l.MessageID, err)
	case envelope.Mode != event.Inline:
		return nil, fmt.Errorf("the payload of message %s is in S3: send the event anew with `fluxa send`", l.MessageID)
	}
	return []byte(*envelope.Payload), nil
}

// SendEdited sends a message back to the events queue with another payload, and then deletes
// it from the DLQ. The payload must be a valid event under the same id. Returns ErrNotThere
// when the message is gone meanwhile.
func (q *Queue) SendEdited(ctx context.Context, l Letter, payload []byte) error {
	if q.cfg.QueueURL == "" {
		return errors.New("an edited message needs the URL of the events queue")
	}
	body, err := l.edited(payload)
	if err != nil {
		return err
	}
	s := &scan{queue: q, batch: 10, hide: visibility}
	for current, err := range s.letters(ctx) {
		if err != nil {
			return err
		}
		if current.MessageID != l.MessageID {
			continue
		}
		current.Body = body
		sendErr, deleteErr := q.move(ctx, *current)
		current.kept = sendErr == nil
		return errors.Join(sendErr, deleteErr)
	}
	return ErrNotThere
}

// edited is the body of the message with another payload.
func (l Letter) edited(payload []byte) (string, error) {
	envelope, err := event.DecodeEnvelope(l.Body)
	if err != nil {
		return "", err
	}
	e, err := event.Decode(payload)
	switch {
	case err != nil:
		return "", err
	case e.ID != "" && e.ID != envelope.EventID:
		return "", fmt.Errorf("event_id is %q, it must stay %q, or be left out", e.ID, envelope.EventID)
	case len(payload) > contract.InlineLimit:
		return "", fmt.Errorf("the payload has %d bytes, a message carries %d: send the event anew with `fluxa send`", len(payload), contract.InlineLimit)
	}
	text := string(payload)
	envelope.Payload, envelope.SHA256 = &text, event.Hash(payload)
	body, err := envelope.Encode()
	if err == nil && len(body) > contract.QueueMessageLimit-contract.QueueMessageReserve {
		return "", fmt.Errorf("the message would have %d bytes, the queue takes %d: send the event anew with `fluxa send`",
			len(body), contract.QueueMessageLimit-contract.QueueMessageReserve)
	}
	return body, err
}
