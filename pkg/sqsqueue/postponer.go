package sqsqueue

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/pkg/awsclient/batch"
	"github.com/fluxa/fluxa/pkg/process"
)

// VisibilityClient is what Postponer needs of *sqs.Client.
type VisibilityClient interface {
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
}

var _ VisibilityClient = (*sqs.Client)(nil)

// Postponer sets when received messages become visible again. It is safe for
// concurrent use.
type Postponer struct {
	client   VisibilityClient
	queueURL string
	sender   *batch.Sender[process.Postponement]
}

var _ process.Postponer = (*Postponer)(nil)

// NewPostponer returns a postponer for the queue that the messages come from.
// Returns an error that names a field which cannot be used. TraceHeader is not
// used.
func NewPostponer(client VisibilityClient, c Config) (*Postponer, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	p := &Postponer{client: client, queueURL: c.QueueURL}
	var err error
	p.sender, err = batch.New(batch.Config[process.Postponement]{Call: p.call, Attempts: c.Attempts, Backoff: c.Backoff})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// maxVisibility is the longest that SQS hides a message.
const maxVisibility = 12 * time.Hour

// Postpone hides each message for its delay from now on, in whole seconds
// between 0 and 12 hours; the rest of a second is dropped. It returns one error a
// postponement, in order: Internal when the message is no longer ours to hide,
// QueueUnavailable otherwise.
func (p *Postponer) Postpone(ctx context.Context, postponements []process.Postponement) []error {
	errs := p.sender.Send(ctx, postponements)
	for i, err := range errs {
		errs[i] = classify(err)
	}
	return errs
}

func (p *Postponer) call(ctx context.Context, postponements []process.Postponement) []batch.Outcome {
	entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, len(postponements))
	for i, one := range postponements {
		delay := min(max(one.Delay, 0), maxVisibility)
		entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{
			Id:                aws.String(batch.ID(i)),
			ReceiptHandle:     aws.String(one.ReceiptHandle),
			VisibilityTimeout: int32(delay / time.Second),
		}
	}
	out, err := p.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: aws.String(p.queueURL), Entries: entries,
	})
	if err != nil {
		return batch.Failed(len(postponements), fmt.Errorf("set the visibility of %d messages: %w", len(postponements), err))
	}
	done := make([]string, len(out.Successful))
	for i, entry := range out.Successful {
		done[i] = aws.ToString(entry.Id)
	}
	return batch.Outcomes(len(postponements), done, refusals(out.Failed))
}
