package sns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const maxDrainedBytes = 64 << 10

// fanOut gives a message to every subscriber. It returns once the queues have
// it and the HTTP deliveries are on their way.
func (s *Server) fanOut(ctx context.Context, subscriptions []subscription, n notification) error {
	failures := make([]error, len(subscriptions))
	var wg sync.WaitGroup
	for i, sub := range subscriptions {
		if sub.protocol != "sqs" {
			failures[i] = s.postLater(ctx, sub, n)
			continue
		}
		wg.Go(func() { failures[i] = s.toQueue(ctx, sub, n) })
	}
	wg.Wait()
	return errors.Join(failures...)
}

func (s *Server) toQueue(ctx context.Context, sub subscription, n notification) error {
	m := QueueMessage{TraceHeader: n.trace}
	if sub.raw {
		m.Body, m.Attributes = n.text("sqs"), n.attributes
	} else {
		body, err := s.envelope(sub, n)
		if err != nil {
			return err
		}
		m.Body = string(body)
	}
	err := s.queues.SendToQueue(ctx, sub.endpoint, m)
	if errors.Is(err, ErrUndeliverable) {
		s.log.WarnContext(ctx, "sns message dropped", "subscription", sub.arn, "queue", sub.endpoint, "message_id", n.id, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("deliver message %s to %s: %w", n.id, sub.endpoint, err)
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

func (s *Server) envelope(sub subscription, n notification) ([]byte, error) {
	e := envelope{
		Type:             "Notification",
		MessageID:        n.id,
		TopicARN:         n.topicARN,
		Subject:          n.subject,
		Message:          n.text(sub.protocol),
		Timestamp:        s.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
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
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("encode the envelope of message %s: %w", n.id, err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// postLater starts an HTTP delivery. With too many of them pending it waits for
// one to end, so a slow endpoint slows the publisher and never fills the memory.
func (s *Server) postLater(ctx context.Context, sub subscription, n notification) error {
	body := []byte(n.text(sub.protocol))
	if !sub.raw {
		var err error
		if body, err = s.envelope(sub, n); err != nil {
			return err
		}
	}
	select {
	case s.slots <- struct{}{}:
	case <-s.ctx.Done():
		return unavailable()
	case <-ctx.Done():
		return fmt.Errorf("wait for a slot to deliver message %s to %s: %w", n.id, sub.endpoint, ctx.Err())
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		<-s.slots
		return unavailable()
	}
	s.pending.Go(func() {
		defer func() { <-s.slots }()
		if err := s.post(sub, n, body); err != nil {
			s.log.Warn("sns message dropped", "subscription", sub.arn, "url", sub.endpoint, "message_id", n.id, "error", err)
		}
	})
	return nil
}

// post tries until the endpoint answers with 2xx, says that the request is its
// sender's fault, or the attempts are used up.
func (s *Server) post(sub subscription, n notification, body []byte) error {
	pause := s.backoff
	for attempt := 1; ; attempt++ {
		final, err := s.postOnce(sub, n, body)
		if err == nil {
			return nil
		}
		if final || attempt == s.attempts {
			return fmt.Errorf("attempt %d of %d: %w", attempt, s.attempts, err)
		}
		select {
		case <-s.clock.After(pause):
		case <-s.ctx.Done():
			return fmt.Errorf("given up after attempt %d, the service is stopping: %w", attempt, err)
		}
		pause = min(pause*2, time.Minute)
	}
}

func (s *Server) postOnce(sub subscription, n notification, body []byte) (final bool, err error) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, sub.endpoint, bytes.NewReader(body))
	if err != nil {
		return true, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=UTF-8")
	req.Header.Set("User-Agent", "Amazon Simple Notification Service Agent")
	req.Header.Set("X-Amz-Sns-Message-Type", "Notification")
	req.Header.Set("X-Amz-Sns-Message-Id", n.id)
	req.Header.Set("X-Amz-Sns-Topic-Arn", n.topicARN)
	req.Header.Set("X-Amz-Sns-Subscription-Arn", sub.arn)
	if sub.raw {
		req.Header.Set("X-Amz-Sns-Rawdelivery", "true")
	}
	if n.trace != "" {
		req.Header.Set("X-Amzn-Trace-Id", n.trace)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return false, fmt.Errorf("post to %s: %w", sub.endpoint, err)
	}
	_, drainErr := io.Copy(io.Discard, io.LimitReader(resp.Body, maxDrainedBytes))
	closeErr := resp.Body.Close()
	switch status := resp.StatusCode; {
	case status >= 200 && status < 300:
		return true, nil
	case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
		return true, errors.Join(fmt.Errorf("%s answered %s", sub.endpoint, resp.Status), drainErr, closeErr)
	default:
		return false, errors.Join(fmt.Errorf("%s answered %s", sub.endpoint, resp.Status), drainErr, closeErr)
	}
}
