package sns

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// fanOut gives a message to every subscribed queue, and returns once all have it.
func (s *Server) fanOut(ctx context.Context, queueARNs []string, n notification) error {
	failures := make([]error, len(queueARNs))
	var wg sync.WaitGroup
	for i, arn := range queueARNs {
		wg.Go(func() { failures[i] = s.toQueue(ctx, arn, n) })
	}
	wg.Wait()
	return errors.Join(failures...)
}

// toQueue drops and logs what the queue will never take, as SNS does without a
// dead-letter queue for the subscription.
func (s *Server) toQueue(ctx context.Context, arn string, n notification) error {
	err := s.queues.Deliver(ctx, arn, sqs.Outgoing{Body: n.message, Attributes: n.attributes, TraceHeader: n.trace})
	if errors.Is(err, sqs.ErrNoSuchQueue) || errors.Is(err, sqs.ErrRefused) {
		s.log.WarnContext(ctx, "sns message dropped", "queue", arn, "message_id", n.id, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("deliver message %s to %s: %w", n.id, arn, err)
	}
	return nil
}
