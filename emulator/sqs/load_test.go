package sqs_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// Senders and receivers at once: no message is lost, none is given to two
// receivers inside its visibility time-out, and the queue ends empty.
func TestConcurrentSendersAndReceivers(t *testing.T) {
	t.Parallel()
	const senders, receivers, batches, perBatch = 8, 4, 12, 10
	const total = senders * (batches*perBatch + batches)
	s := newStand(t, func(c *sqs.Config) { c.NoSync = false })
	url := s.queue("events", map[string]string{"VisibilityTimeout": "3600"})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // a busy machine flushes slowly
	defer cancel()

	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for j := range batches {
				entries := make([]types.SendMessageBatchRequestEntry, perBatch)
				for k := range entries {
					entries[k] = types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(k)), MessageBody: aws.String(fmt.Sprintf("%d-%d-%d", i, j, k))}
				}
				out, err := s.client.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries})
				if err != nil || len(out.Successful) != perBatch {
					t.Errorf("send batch: %+v, %v", out, err)
					return
				}
				if _, err := s.client.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(fmt.Sprintf("%d-%d", i, j))}); err != nil {
					t.Errorf("send: %v", err)
					return
				}
			}
		})
	}

	var received atomic.Int64
	var seen sync.Map
	for range receivers {
		wg.Go(func() {
			for received.Load() < total {
				out, err := s.client.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
				if err != nil {
					t.Errorf("receive: %v", err)
					return
				}
				var entries []types.DeleteMessageBatchRequestEntry
				for i, m := range out.Messages {
					if _, twice := seen.LoadOrStore(*m.Body, true); twice {
						t.Errorf("message %s was received twice", *m.Body)
					}
					entries = append(entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle})
				}
				if len(entries) == 0 {
					continue
				}
				deleted, err := s.client.DeleteMessageBatch(ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: entries})
				if err != nil || len(deleted.Failed) != 0 {
					t.Errorf("delete: %+v, %v", deleted, err)
					return
				}
				received.Add(int64(len(entries)))
			}
		})
	}
	wg.Wait()
	if got := received.Load(); got != total {
		t.Errorf("received %d messages, want %d", got, total)
	}
	s.wantStats("events", sqs.Stats{})
	s.reopen()
	s.wantStats("events", sqs.Stats{})
}
