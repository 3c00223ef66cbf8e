package endpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxa/fluxa/emulator/sns"
	"github.com/fluxa/fluxa/emulator/sqs"
)

// Queues lets a topic deliver to the queues of an SQS server in the same
// process, without HTTP and without the endpoint's interceptors.
type Queues struct {
	Server *sqs.Server
}

var _ sns.QueueSender = Queues{}

// SendToQueue returns once the message is durable. It wraps
// sns.ErrUndeliverable for a queue that does not exist and for a message that
// SQS would refuse.
func (q Queues) SendToQueue(ctx context.Context, queueARN string, m sns.QueueMessage) error {
	out := sqs.Outgoing{Body: m.Body, TraceHeader: m.TraceHeader, Attributes: make(map[string]sqs.Attribute, len(m.Attributes))}
	for name, a := range m.Attributes {
		out.Attributes[name] = sqs.Attribute(a)
	}
	err := q.Server.Deliver(ctx, queueARN, out)
	if errors.Is(err, sqs.ErrNoSuchQueue) || errors.Is(err, sqs.ErrRefused) {
		return fmt.Errorf("%w: %w", sns.ErrUndeliverable, err)
	}
	return err
}
