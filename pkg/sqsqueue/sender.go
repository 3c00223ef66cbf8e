package sqsqueue

import (
	"context"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
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

// SendAgain sends the envelopes of events that are stored, as Send does. What was a message
// before fits into one.
func (s *Sender) SendAgain(ctx context.Context, envelopes []event.Envelope) []error {
	errs := make([]error, len(envelopes))
	var encoded []ingest.Message
	var places []int
	for i, e := range envelopes {
		body, err := e.Encode()
		if err != nil {
			errs[i] = fault.Wrap(fault.Internal, err, "the event cannot be sent again")
			continue
		}
		encoded = append(encoded, ingest.Message{Client: e.Client, EventID: e.EventID, CorrelationID: e.CorrelationID, Body: body})
		places = append(places, i)
	}
	for i, err := range s.Send(ctx, encoded) {
		errs[places[i]] = err
	}
	return errs
}
