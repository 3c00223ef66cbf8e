package sqsqueue

import (
	"context"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/ingest"
)

// Sender sends events to the queue. It packs them into as few calls as the
// limits of SQS allow (ten entries, 1 MiB in sum) and has up to eight under way
// at once. It is safe for concurrent use.
type Sender struct{ outbox *outbox }

var _ ingest.Queue = (*Sender)(nil)

// NewSender returns a sender. Returns an error that names a field of the
// configuration which cannot be used.
func NewSender(client SendClient, c Config) (*Sender, error) {
	box, err := newOutbox(client, c)
	if err != nil {
		return nil, err
	}
	return &Sender{box}, nil
}

// Send sends the messages with their client, event id, correlation id and the schema
// version as string attributes, but for what is empty. It returns one error a message, nil for those
// the queue has durably taken: a QueueUnavailable fault when trying later will
// help, an Internal one when the queue will never take the message. A message
// whose call was cut off may have been taken all the same.
func (s *Sender) Send(ctx context.Context, messages []ingest.Message) []error {
	out := make([]outgoing, len(messages))
	for i, m := range messages {
		attributes := map[string]string{contract.AttrSchemaVersion: contract.SchemaVersion}
		for name, value := range map[string]string{
			contract.AttrClient:        m.Client,
			contract.AttrEventID:       m.EventID,
			contract.AttrCorrelationID: m.CorrelationID,
		} {
			if value = awsclient.Text(value); value != "" {
				attributes[name] = value
			}
		}
		out[i] = outgoing{body: awsclient.JSON(m.Body), attributes: attributes}
	}
	return s.outbox.send(ctx, out)
}
