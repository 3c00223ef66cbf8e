// Package sqsqueue is the queue on Amazon SQS: Sender sends events, DeadLetters
// sends given-up messages to the dead-letter queue, Postponer sets when a message
// comes again.
package sqsqueue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/pkg/awsclient/batch"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// SendClient is what Sender and DeadLetters need of *sqs.Client.
type SendClient interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

var _ SendClient = (*sqs.Client)(nil)

// Config says how a queue is reached. QueueURL is required.
type Config struct {
	QueueURL string
	// TraceHeader returns the X-Ray trace header to send along, "" for none; a
	// nil function sends none. What it returns must be well-formed: SQS refuses
	// a message for a header that is not.
	TraceHeader func(context.Context) string
	// Attempts is how often one entry of a batch is tried in all when the queue
	// refuses it for a transient failure; 3 by default. Calls that fail whole are
	// retried by the SDK's client, not here.
	Attempts int
	// Backoff is the mean pause before the second try, doubled for each one
	// after; 100 ms by default.
	Backoff time.Duration
}

func (c Config) validate() error {
	if !strings.HasPrefix(c.QueueURL, "https://") && !strings.HasPrefix(c.QueueURL, "http://") {
		return fmt.Errorf("sqsqueue: QueueURL must be the URL of a queue, got %q", c.QueueURL)
	}
	return nil
}

// outgoing is one message to send with its attributes.
type outgoing struct {
	body       string
	attributes map[string]string
	binary     map[string][]byte
}

// size is what SQS counts: the body, and the names, types and values of the
// attributes. The trace header, a system attribute, does not count.
func (o outgoing) size() int {
	sum := len(o.body)
	for name, value := range o.attributes {
		sum += attributeSize(name, value)
	}
	for name, value := range o.binary {
		sum += len(name) + len(binaryType) + len(value)
	}
	return sum
}

const (
	attributeType = "String"
	binaryType    = "Binary"
)

func attributeSize(name, value string) int { return len(name) + len(attributeType) + len(value) }

// outbox sends messages to one queue.
type outbox struct {
	client SendClient
	config Config
	sender *batch.Sender[outgoing]
}

func newOutbox(client SendClient, c Config) (*outbox, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	box := &outbox{client: client, config: c}
	if box.config.TraceHeader == nil {
		box.config.TraceHeader = func(context.Context) string { return "" }
	}
	var err error
	box.sender, err = batch.New(batch.Config[outgoing]{
		Call: box.call, Size: outgoing.size, Bytes: contract.QueueMessageLimit,
		Attempts: c.Attempts, Backoff: c.Backoff,
	})
	return box, err
}

// send sends the messages and returns one fault or nil each.
func (o *outbox) send(ctx context.Context, messages []outgoing) []error {
	errs := make([]error, len(messages))
	var fitting []outgoing
	var places []int
	for i, m := range messages {
		if size := m.size(); size > contract.QueueMessageLimit {
			errs[i] = fault.Newf(fault.Internal, "a message of %d bytes is larger than the queue's limit of %d", size, contract.QueueMessageLimit)
			continue
		}
		fitting, places = append(fitting, m), append(places, i)
	}
	for n, err := range o.sender.Send(ctx, fitting) {
		errs[places[n]] = classify(err)
	}
	return errs
}

func (o *outbox) call(ctx context.Context, messages []outgoing) []batch.Outcome {
	if len(messages) == 1 {
		return []batch.Outcome{o.callOne(ctx, messages[0])}
	}
	system := o.systemAttributes(ctx)
	entries := make([]types.SendMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		entries[i] = types.SendMessageBatchRequestEntry{
			Id:                      aws.String(batch.ID(i)),
			MessageBody:             aws.String(m.body),
			MessageAttributes:       m.values(),
			MessageSystemAttributes: system,
		}
	}
	out, err := o.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(o.config.QueueURL), Entries: entries})
	if err != nil {
		return batch.Failed(len(messages), fmt.Errorf("send %d messages to the queue: %w", len(messages), err))
	}
	taken := make([]string, len(out.Successful))
	for i, entry := range out.Successful {
		taken[i] = aws.ToString(entry.Id)
	}
	return batch.Outcomes(len(messages), taken, refusals(out.Failed))
}

func (o *outbox) callOne(ctx context.Context, m outgoing) batch.Outcome {
	_, err := o.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:                aws.String(o.config.QueueURL),
		MessageBody:             aws.String(m.body),
		MessageAttributes:       m.values(),
		MessageSystemAttributes: o.systemAttributes(ctx),
	})
	if err != nil {
		return batch.Outcome{Err: fmt.Errorf("send a message to the queue: %w", err)}
	}
	return batch.Outcome{}
}

func (o *outbox) systemAttributes(ctx context.Context) map[string]types.MessageSystemAttributeValue {
	header := o.config.TraceHeader(ctx)
	if header == "" {
		return nil
	}
	return map[string]types.MessageSystemAttributeValue{
		string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {
			DataType: aws.String(attributeType), StringValue: aws.String(header),
		},
	}
}

func (o outgoing) values() map[string]types.MessageAttributeValue {
	if len(o.attributes)+len(o.binary) == 0 {
		return nil
	}
	out := make(map[string]types.MessageAttributeValue, len(o.attributes)+len(o.binary))
	for name, value := range o.attributes {
		out[name] = types.MessageAttributeValue{DataType: aws.String(attributeType), StringValue: aws.String(value)}
	}
	for name, value := range o.binary {
		out[name] = types.MessageAttributeValue{DataType: aws.String(binaryType), BinaryValue: value}
	}
	return out
}
