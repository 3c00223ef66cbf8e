package eventsource

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

const (
	defaultBatchSize   = 10
	maxBatchSize       = 10_000
	maxBatchingWindow  = 300 * time.Second
	defaultConcurrency = 2
	maxConcurrency     = 1_000
	stopMargin         = 5 * time.Second
)

// Function is what the mapping invokes. It returns the function's answer, and the kind
// of function error, which is empty when the function succeeded. The error says that the
// invocation did not come about. An error with the method HTTPStatusCode() int that
// returns 429 means that the function is throttled, and the invocation is repeated.
type Function interface {
	Call(ctx context.Context, payload []byte, traceID string) (answer []byte, functionError string, err error)
}

// Queue is the part of the AWS SDK's SQS client that the mapping needs.
type Queue interface {
	ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, options ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessageBatch(ctx context.Context, in *sqs.DeleteMessageBatchInput, options ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error)
	ChangeMessageVisibilityBatch(ctx context.Context, in *sqs.ChangeMessageVisibilityBatchInput, options ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
	GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput, options ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

var _ Queue = (*sqs.Client)(nil)

// Config describes one mapping. Function, FunctionTimeout, Queue and QueueURL are
// required, every other field has a default. The limits are those of AWS, except that
// MaximumConcurrency may be 1.
type Config struct {
	Function Function
	// FunctionName appears in the log only.
	FunctionName string
	// FunctionTimeout is the time-out of the function. The queue's visibility time-out
	// must not be shorter, and should be six times as long.
	FunctionTimeout time.Duration

	Queue    Queue
	QueueURL string

	// BatchSize is the most messages of one invocation, 1 to 10,000. Default 10.
	// More than 10 needs a batching window of at least a second.
	BatchSize int
	// MaximumBatchingWindow is how long messages are collected after the first has
	// come, at most 300 s. Zero, the default, invokes with what one receive brought.
	MaximumBatchingWindow time.Duration
	// MaximumConcurrency is the most invocations at a time, 1 to 1,000. Default 2.
	// Nothing is received while as many are running.
	MaximumConcurrency int
	// ReportBatchItemFailures makes the function's answer name the failed messages.
	// Without it, every answer stands for the success of the whole batch.
	ReportBatchItemFailures bool

	// Logger receives a line for each batch. Nil discards it.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.BatchSize == 0 {
		c.BatchSize = defaultBatchSize
	}
	if c.MaximumConcurrency == 0 {
		c.MaximumConcurrency = defaultConcurrency
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) validate() error {
	switch {
	case c.Function == nil:
		return fmt.Errorf("eventsource: Function is required")
	case c.FunctionTimeout <= 0:
		return fmt.Errorf("eventsource: FunctionTimeout must be positive, got %s", c.FunctionTimeout)
	case c.Queue == nil:
		return fmt.Errorf("eventsource: Queue is required")
	case c.QueueURL == "":
		return fmt.Errorf("eventsource: QueueURL is required")
	case c.BatchSize < 1 || c.BatchSize > maxBatchSize:
		return fmt.Errorf("eventsource: BatchSize must be 1 to %d, got %d", maxBatchSize, c.BatchSize)
	case c.MaximumBatchingWindow < 0 || c.MaximumBatchingWindow > maxBatchingWindow:
		return fmt.Errorf("eventsource: MaximumBatchingWindow must be 0 to %s, got %s", maxBatchingWindow, c.MaximumBatchingWindow)
	case c.MaximumConcurrency < 1 || c.MaximumConcurrency > maxConcurrency:
		return fmt.Errorf("eventsource: MaximumConcurrency must be 1 to %d, got %d", maxConcurrency, c.MaximumConcurrency)
	case c.BatchSize > receiveLimit && c.MaximumBatchingWindow < time.Second:
		return fmt.Errorf("eventsource: MaximumBatchingWindow must be at least 1s for a BatchSize over %d, got %s", receiveLimit, c.MaximumBatchingWindow)
	}
	return nil
}
