// Package deadletters lists the messages of the dead-letter queue and sends them
// back. A message leaves the queue only after the events queue has confirmed that
// it has it: whatever fails, and at whatever moment, a message is at worst in
// both queues, which the processor recognises, and never in none.
package deadletters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Client is what of the AWS SDK's SQS client is needed.
type Client interface {
	Counter
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
	PurgeQueue(context.Context, *sqs.PurgeQueueInput, ...func(*sqs.Options)) (*sqs.PurgeQueueOutput, error)
}

// Config names the queues. Client and DLQURL are required, QueueURL for a redrive.
type Config struct {
	Client   Client
	DLQURL   string
	QueueURL string
	// ShortPoll does not wait for messages. An emulation, which is one server,
	// answers as completely without waiting; SQS itself does not.
	ShortPoll bool
	// Logger takes warnings. Default: none.
	Logger *slog.Logger
}

const (
	// timeout bounds each call.
	timeout = 20 * time.Second
	// visibility is how long a message that is looked at stays hidden from others,
	// should it not be given back.
	visibility = 30 * time.Second
)

// Queue is the dead-letter queue. It is safe for concurrent use.
type Queue struct{ cfg Config }

// New returns a Queue, or an error that names the field that cannot be used.
func New(cfg Config) (*Queue, error) {
	if cfg.Client == nil {
		return nil, errors.New("deadletters: Client is required")
	}
	if cfg.DLQURL == "" {
		return nil, errors.New("deadletters: DLQURL is required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Queue{cfg: cfg}, nil
}

// Count asks how many messages the DLQ has.
func (q *Queue) Count(ctx context.Context) (Count, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return CountOf(ctx, q.cfg.Client, "the DLQ", q.cfg.DLQURL)
}

// Purge deletes every message. SQS needs up to a minute for it, and refuses a
// second purge within that minute.
func (q *Queue) Purge(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := q.cfg.Client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: &q.cfg.DLQURL}); err != nil {
		return fmt.Errorf("purge the DLQ: %w", err)
	}
	return nil
}

// receive takes up to n messages, and hides them from others. It returns the server's time, too, which is
// what SentTimestamp can be compared with.
func (q *Queue) receive(ctx context.Context, n int, hide time.Duration) ([]Letter, time.Time, error) {
	wait := int32(2)
	if q.cfg.ShortPoll {
		wait = 0
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := q.cfg.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &q.cfg.DLQURL, MaxNumberOfMessages: int32(n), WaitTimeSeconds: wait,
		VisibilityTimeout:           int32(hide / time.Second),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("receive from the DLQ: %w", err)
	}
	letters := make([]Letter, len(out.Messages))
	for i, m := range out.Messages {
		letters[i] = letterOf(m)
	}
	return letters, serverTime(out.ResultMetadata, time.Now()), nil
}

// release makes messages visible again at once. One that cannot be released comes
// back by itself when its visibility time-out ends.
func (q *Queue) release(ctx context.Context, receipts []string) {
	for len(receipts) > 0 {
		n := min(10, len(receipts))
		entries := make([]types.ChangeMessageVisibilityBatchRequestEntry, n)
		for i, receipt := range receipts[:n] {
			entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &receipt, VisibilityTimeout: 0,
			}
		}
		receipts = receipts[n:]
		bounded, cancel := context.WithTimeout(ctx, timeout)
		out, err := q.cfg.Client.ChangeMessageVisibilityBatch(bounded, &sqs.ChangeMessageVisibilityBatchInput{
			QueueUrl: &q.cfg.DLQURL, Entries: entries,
		})
		cancel()
		if err != nil {
			q.cfg.Logger.Warn("messages of the DLQ stay hidden for a while: they could not be given back",
				"messages", n+len(receipts), "error", err.Error())
			return
		}
		if len(out.Failed) > 0 {
			q.cfg.Logger.Debug("messages of the DLQ were not given back: their time-out had ended", "messages", len(out.Failed))
		}
	}
}
