package sns

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// Queues puts messages on SQS queues; a *sqs.Server does. Deliver returns once the
// message is durable. After sqs.ErrNoSuchQueue and sqs.ErrRefused another attempt
// would fail as well; after any other error the publisher has to try again.
type Queues interface {
	Deliver(ctx context.Context, queueARN string, m sqs.Outgoing) error
}

var _ Queues = (*sqs.Server)(nil)

// Config says where a Server delivers to. Queues is required; a nil Logger means
// slog's default logger.
type Config struct {
	Queues Queues
	Logger *slog.Logger
}

// Server holds topics and their subscriptions. It is an http.Handler for
// form-encoded requests whose Action is Publish or PublishBatch. It may be used concurrently, and needs no
// Close.
type Server struct {
	queues     Queues
	log        *slog.Logger
	operations map[string]operation

	mu     sync.RWMutex
	topics map[string][]string // ARNs of the subscribed queues, by the topic's ARN
}

var _ http.Handler = (*Server)(nil)

// New returns a server without topics.
func New(c Config) (*Server, error) {
	if c.Queues == nil {
		return nil, errors.New("sns: Queues is nil, want where to deliver to")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Server{queues: c.Queues, log: c.Logger, operations: operations(), topics: map[string][]string{}}, nil
}
