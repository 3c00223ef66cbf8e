package sqs_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// Over HTTP with the real client, each commit flushed to the disk.
func benchStand(b *testing.B) (*stand, string) {
	s := newStand(b, func(c *sqs.Config) { c.NoSync = false })
	return s, s.queue("events", map[string]string{"VisibilityTimeout": "3600"})
}

func BenchmarkSendMessage(b *testing.B) {
	for _, size := range []int{1 << 10, 256 << 10} {
		for _, senders := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%dKiB/%d_senders", size>>10, senders), func(b *testing.B) {
				s, url := benchStand(b)
				in := &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(strings.Repeat("x", size))}
				ctx := b.Context()
				b.SetBytes(int64(size))
				parallel(b, senders, func() error {
					_, err := s.client.SendMessage(ctx, in)
					return err
				})
			})
		}
	}
}

// One operation is a receive of up to ten messages and their deletion.
func BenchmarkReceiveAndDelete(b *testing.B) {
	for _, receivers := range []int{1, 16} {
		b.Run(fmt.Sprintf("1KiB/%d_receivers", receivers), func(b *testing.B) {
			s, url := benchStand(b)
			ctx := b.Context()
			entries := make([]types.SendMessageBatchRequestEntry, 10)
			for i := range entries {
				entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String(strings.Repeat("x", 1<<10))}
			}
			for range b.N {
				if _, err := s.client.SendMessageBatch(ctx, &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: entries}); err != nil {
					b.Fatal(err)
				}
			}
			parallel(b, receivers, func() error {
				out, err := s.client.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
				if err != nil || len(out.Messages) == 0 {
					return err
				}
				batch := make([]types.DeleteMessageBatchRequestEntry, len(out.Messages))
				for i, m := range out.Messages {
					batch[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), ReceiptHandle: m.ReceiptHandle}
				}
				_, err = s.client.DeleteMessageBatch(ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: batch})
				return err
			})
		})
	}
}

func parallel(b *testing.B, goroutines int, f func() error) {
	b.Helper()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := f(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}
