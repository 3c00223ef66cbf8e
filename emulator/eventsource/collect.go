package eventsource

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	receiveLimit    = 10 // the most messages that SQS gives at a time
	longPoll        = 20 * time.Second
	shortPollPause  = 100 * time.Millisecond
	firstErrorDelay = 250 * time.Millisecond
	maxErrorDelay   = 10 * time.Second
)

// collect waits for messages and returns the next batch. It is empty when ctx has ended
// or the long poll brought nothing. What was received but did not fit into the payload is
// carried over to the next batch.
func (m *Mapping) collect(ctx context.Context) []message {
	batch := m.takeCarried()
	if len(batch) == 0 {
		batch = m.fill(nil, m.receiveFirst(ctx))
	}
	windowEnd := time.Now().Add(m.cfg.MaximumBatchingWindow)
	for len(batch) > 0 && len(batch) < m.cfg.BatchSize && len(m.carried) == 0 && ctx.Err() == nil {
		remaining := time.Until(windowEnd)
		if remaining <= 0 {
			break
		}
		wait := min(remaining, longPoll).Truncate(time.Second)
		received, err := m.receive(ctx, min(receiveLimit, m.cfg.BatchSize-len(batch)), wait)
		if err != nil {
			m.logReceiveError(ctx, err, 1)
			break
		}
		if len(received) == 0 && wait == 0 {
			sleep(ctx, min(remaining, shortPollPause))
		}
		batch = m.fill(batch, received)
	}
	return batch
}

// takeCarried returns the messages carried over that are still hidden from others. One
// whose visibility time-out is over has gone back to the queue.
func (m *Mapping) takeCarried() []message {
	carried := m.carried
	m.carried = nil
	now := time.Now()
	var valid []message
	for _, c := range carried {
		if now.Before(c.visibleAgain) {
			valid = append(valid, c)
		}
	}
	return m.fill(nil, valid)
}

// fill adds to the batch what the payload limit allows, and carries the rest over. A
// message that is too large on its own makes a batch of its own, which Lambda refuses.
func (m *Mapping) fill(batch, more []message) []message {
	size := payloadSize(batch)
	for i, next := range more {
		added := len(next.record)
		if len(batch) > 0 {
			added += len(`,`)
		}
		if len(batch) > 0 && size+added > maxPayloadBytes {
			m.carried = append(m.carried, more[i:]...)
			break
		}
		size += added
		batch = append(batch, next)
	}
	return batch
}

// receiveFirst polls once, errors aside, which it waits out. A queue that answers at once
// with nothing, where a long poll was asked for, is given a pause.
func (m *Mapping) receiveFirst(ctx context.Context) []message {
	for failures := 0; ctx.Err() == nil; {
		asked := time.Now()
		received, err := m.receive(ctx, min(receiveLimit, m.cfg.BatchSize), longPoll)
		if err == nil {
			if len(received) == 0 && time.Since(asked) < shortPollPause {
				sleep(ctx, shortPollPause)
			}
			return received
		}
		failures++
		m.logReceiveError(ctx, err, failures)
		sleep(ctx, backOff(failures, firstErrorDelay, maxErrorDelay))
	}
	return nil
}

// logReceiveError keeps quiet about the calls that the end of the polling breaks off.
func (m *Mapping) logReceiveError(ctx context.Context, err error, failures int) {
	if ctx.Err() == nil {
		m.logger.Warn("messages cannot be received", "error", err, "failures", failures)
	}
}

func (m *Mapping) receive(ctx context.Context, limit int, wait time.Duration) ([]message, error) {
	ctx, cancel := context.WithTimeout(ctx, wait+callTimeout)
	defer cancel()
	asked := time.Now()
	out, err := m.cfg.Queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    aws.String(m.cfg.QueueURL),
		MaxNumberOfMessages:         int32(limit),
		WaitTimeSeconds:             int32(wait / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, err
	}
	// A long poll hides its messages when it ends, not when it was asked.
	hidden := time.Now()
	if wait == 0 {
		hidden = asked
	}
	messages := make([]message, 0, len(out.Messages))
	for _, received := range out.Messages {
		converted, err := newMessage(received, m.queueARN, hidden.Add(m.visibility))
		if err != nil {
			m.logger.Error("a message cannot be encoded and stays in the queue", "error", err)
			continue
		}
		messages = append(messages, converted)
	}
	return messages, nil
}
