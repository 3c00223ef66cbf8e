package sqsqueue

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/awsclient/batch"
)

// Check reports whether the queue can be reached, by asking it to take an empty message.
// SQS takes none: a body has at least one character
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html).
// Returns what awsclient.Reached does, as a QueueUnavailable fault.
func (s *Sender) Check(ctx context.Context) error { return s.outbox.check(ctx) }

// Check is as that of Sender, for the dead-letter queue.
func (d *DeadLetters) Check(ctx context.Context) error { return d.outbox.check(ctx) }

func (o *outbox) check(ctx context.Context) error {
	return classify(awsclient.Reached(o.callOne(ctx, outgoing{}).Err))
}

// Check reports whether the queue can be reached, by asking it to hide a message by a
// receipt that is none: SQS answers for each entry of a batch, so that an answer at all
// says that the caller may do it
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html).
// Returns a QueueUnavailable fault.
func (p *Postponer) Check(ctx context.Context) error {
	_, err := p.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: aws.String(p.queueURL),
		Entries: []types.ChangeMessageVisibilityBatchRequestEntry{{
			Id: aws.String(batch.ID(0)), ReceiptHandle: aws.String("none"),
		}},
	})
	if err != nil {
		err = awsclient.Reached(err)
	}
	return classify(err)
}
