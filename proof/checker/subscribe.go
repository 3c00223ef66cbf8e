package checker

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	subscriberWait  = 1 // seconds that a receive waits for notifications
	subscriberPause = 250 * time.Millisecond
)

// Subscriber receives the notifications of a topic by a queue that is subscribed to it,
// notes them, and deletes them then. It outlives a queue that cannot be reached.
type Subscriber struct {
	client   *sqs.Client
	queueURL string
	stop     context.CancelFunc
	ended    sync.WaitGroup

	mu       sync.Mutex
	received []Announcement
	ids      map[string]bool
	broken   error // the first notification that could not be read
}

// Subscribe starts to receive, until Stop or the end of ctx.
func Subscribe(ctx context.Context, client *sqs.Client, queueURL string) *Subscriber {
	ctx, cancel := context.WithCancel(ctx)
	s := &Subscriber{client: client, queueURL: queueURL, stop: cancel, ids: map[string]bool{}}
	s.ended.Go(func() {
		for ctx.Err() == nil {
			if n, err := s.take(ctx, subscriberWait); err != nil || n == 0 {
				select {
				case <-ctx.Done():
				case <-time.After(subscriberPause):
				}
			}
		}
	})
	return s
}

// take receives once, and returns how many notifications came.
func (s *Subscriber) take(ctx context.Context, wait int32) (int, error) {
	messages, err := receive(ctx, s.client, &sqs.ReceiveMessageInput{
		QueueUrl: &s.queueURL, MaxNumberOfMessages: contract.CallEntries, WaitTimeSeconds: wait,
	})
	if err != nil || len(messages) == 0 {
		return 0, err
	}
	s.note(messages)
	entries := make([]types.DeleteMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// What is not deleted comes again, and is noted again.
	_, err = s.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &s.queueURL, Entries: entries})
	return len(messages), err
}

func (s *Subscriber) note(messages []types.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		var n struct {
			ID   string `json:"event_id"`
			Hash string `json:"payload_sha256"`
		}
		if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &n); err != nil && s.broken == nil {
			s.broken = fmt.Errorf("read a notification: %w", err)
		}
		s.received = append(s.received, Announcement{ID: n.ID, SHA256: n.Hash, At: time.Now()})
		s.ids[n.ID] = true
	}
}

// Announced returns how many ids were announced up to now.
func (s *Subscriber) Announced() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

// End ends the receiving.
func (s *Subscriber) End() {
	s.stop()
	s.ended.Wait()
}

// Stop ends the receiving with what is left, and returns all that came.
func (s *Subscriber) Stop(ctx context.Context) ([]Announcement, error) {
	s.End()
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	for {
		n, err := s.take(ctx, 0)
		if err != nil {
			return nil, fmt.Errorf("receive the last notifications: %w", err)
		}
		if n > 0 {
			continue
		}
		left, err := depth(ctx, s.client, s.queueURL)
		if err != nil {
			return nil, err
		}
		if left == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("receive the last notifications: %d are left: %w", left, ctx.Err())
		case <-time.After(readPause):
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.received, s.broken
}
