package eventsource

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"
)

const (
	callTimeout       = 10 * time.Second
	visibilityFactor  = 6
	firstPollingDelay = 250 * time.Millisecond
	maxPollingDelay   = 5 * time.Second
)

// Mapping invokes a function with the messages of a queue. It is made by New and does
// its work in Run.
type Mapping struct {
	cfg    Config
	logger *slog.Logger

	// These are set when Run begins and only read after.
	queueARN   string
	visibility time.Duration

	carried []message // received, but too large for the last batch; used by the poller only

	mu       sync.Mutex
	failures int // invocations failed since the last one that did not
}

// New checks the configuration. Errors name the field, its limit and the value. The
// queue is first asked when Run begins.
func New(cfg Config) (*Mapping, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Mapping{
		cfg:    cfg,
		logger: cfg.Logger.With("function", cfg.FunctionName, "queue_url", cfg.QueueURL),
	}, nil
}

// Run polls the queue until ctx ends. It then receives nothing more, makes messages that
// no invocation has begun with visible again, and waits for the running invocations, whose
// messages are still deleted: up to the function's time-out plus 5 s, after which they are
// cut off. The result is nil when all came to their end. It is an error at once when the
// queue cannot be asked for its attributes or its visibility time-out is shorter than the
// function's time-out. Run may be called again after it has returned, but not twice at a
// time.
func (m *Mapping) Run(ctx context.Context) error {
	if err := m.readQueue(ctx); err != nil {
		return err
	}
	invocations, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	stopTimeout := m.cfg.FunctionTimeout + stopMargin
	context.AfterFunc(ctx, func() {
		sleep(invocations, stopTimeout)
		cut()
	})

	var running errgroup.Group // no invocation returns an error: Wait only waits
	running.SetLimit(m.cfg.MaximumConcurrency)
	for ctx.Err() == nil {
		collected := make(chan struct{})
		running.Go(func() error { // waits while as many are running as may be
			batch := m.next(ctx)
			close(collected)
			if len(batch) == 0 || ctx.Err() != nil {
				m.abandon(invocations, batch)
				return nil
			}
			m.process(ctx, invocations, batch)
			return nil
		})
		<-collected
	}
	m.abandon(invocations, m.carried)
	m.carried = nil
	_ = running.Wait() // always nil
	if invocations.Err() != nil {
		return fmt.Errorf("eventsource: invocations of %s did not end within %s and were cut off", m.cfg.FunctionName, stopTimeout)
	}
	return nil
}

// next pauses after failed invocations and then collects a batch.
func (m *Mapping) next(ctx context.Context) []message {
	sleep(ctx, m.pollingDelay())
	return m.collect(ctx)
}

// readQueue learns the queue's settings and checks them as AWS does when a mapping is
// created.
func (m *Mapping) readQueue(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := m.cfg.Queue.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       aws.String(m.cfg.QueueURL),
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameVisibilityTimeout, types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return fmt.Errorf("eventsource: reading the attributes of queue %s: %w", m.cfg.QueueURL, err)
	}
	m.queueARN = out.Attributes[string(types.QueueAttributeNameQueueArn)]
	if regionOf(m.queueARN) == "" {
		return fmt.Errorf("eventsource: queue %s has no usable ARN: %q", m.cfg.QueueURL, m.queueARN)
	}
	value := out.Attributes[string(types.QueueAttributeNameVisibilityTimeout)]
	seconds, err := strconv.Atoi(value)
	if err != nil {
		return fmt.Errorf("eventsource: queue %s has no usable VisibilityTimeout: %q", m.cfg.QueueURL, value)
	}
	m.visibility = time.Duration(seconds) * time.Second
	if m.visibility < m.cfg.FunctionTimeout {
		return fmt.Errorf("eventsource: the VisibilityTimeout of queue %s must be at least the function's time-out of %s, got %s",
			m.cfg.QueueURL, m.cfg.FunctionTimeout, m.visibility)
	}
	if advised := visibilityFactor*m.cfg.FunctionTimeout + m.cfg.MaximumBatchingWindow; m.visibility < advised {
		m.logger.Warn("the queue's visibility timeout is short: retries under throttling may run out of time",
			"visibility_timeout", m.visibility.String(), "advised", advised.String())
	}
	return nil
}

// noteInvocation keeps the count that slows the polling down.
func (m *Mapping) noteInvocation(failed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if failed {
		m.failures++
		return
	}
	m.failures = 0
}

// pollingDelay doubles with every failed invocation in a row, up to 5 s. A quarter of it
// is random, so that mappings do not keep step.
func (m *Mapping) pollingDelay() time.Duration {
	m.mu.Lock()
	failures := m.failures
	m.mu.Unlock()
	return backOff(failures, firstPollingDelay, maxPollingDelay)
}

// backOff is zero without failures, and otherwise between three quarters and the whole of
// first times two to the power of failures-1, at most limit.
func backOff(failures int, first, limit time.Duration) time.Duration {
	if failures == 0 {
		return 0
	}
	delay := limit
	if shift := failures - 1; shift < 16 {
		delay = min(first<<shift, limit)
	}
	return delay - rand.N(delay/4+1)
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
