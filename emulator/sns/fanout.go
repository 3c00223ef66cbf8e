package sns

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fluxa/fluxa/emulator/internal/wire"
	"github.com/fluxa/fluxa/emulator/sqs"
)

// fanOut gives a message to every subscribed queue, and returns once all have it.
func (s *Server) fanOut(ctx context.Context, subscriptions []subscription, n notification) error {
	failures := make([]error, len(subscriptions))
	var wg sync.WaitGroup
	for i, sub := range subscriptions {
		wg.Go(func() { failures[i] = s.toQueue(ctx, sub, n) })
	}
	wg.Wait()
	return errors.Join(failures...)
}

// toQueue drops and logs what the queue will never take, as SNS does without a
// dead-letter queue for the subscription.
func (s *Server) toQueue(ctx context.Context, sub subscription, n notification) error {
	m := sqs.Outgoing{TraceHeader: n.trace}
	if sub.Raw {
		m.Body, m.Attributes = n.message, n.attributes
	} else {
		body, err := envelopeOf(n)
		if err != nil {
			return err
		}
		m.Body = string(body)
	}
	err := s.queues.Deliver(ctx, sub.QueueARN, m)
	if errors.Is(err, sqs.ErrNoSuchQueue) || errors.Is(err, sqs.ErrRefused) {
		s.log.WarnContext(ctx, "sns message dropped", "subscription", sub.arn, "queue", sub.QueueARN, "message_id", n.id, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("deliver message %s to %s: %w", n.id, sub.QueueARN, err)
	}
	return nil
}

type envelope struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicARN          string `json:"TopicArn"`
	Subject           string `json:",omitempty"`
	Message           string
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string
	MessageAttributes map[string]envelopeAttribute `json:",omitempty"`
}

// envelopeAttribute carries a text, or binary as base64.
type envelopeAttribute struct {
	Type  string
	Value any
}

func envelopeOf(n notification) ([]byte, error) {
	e := envelope{
		Type:             "Notification",
		MessageID:        n.id,
		TopicARN:         n.topicARN,
		Subject:          n.subject,
		Message:          n.message,
		Timestamp:        time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		SignatureVersion: "1",
	}
	if len(n.attributes) > 0 {
		e.MessageAttributes = make(map[string]envelopeAttribute, len(n.attributes))
	}
	for name, a := range n.attributes {
		var value any = a.String
		if len(a.Binary) > 0 {
			value = a.Binary
		}
		e.MessageAttributes[name] = envelopeAttribute{a.DataType, value}
	}
	body, err := wire.JSON(e)
	if err != nil {
		return nil, fmt.Errorf("encode the envelope of message %s: %w", n.id, err)
	}
	return body, nil
}
