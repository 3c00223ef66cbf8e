package sqs_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestAge_is_that_of_the_oldest_message(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"VisibilityTimeout": "60"})
		want := func(of string, age time.Duration) {
			t.Helper()
			if got, err := s.server.Age("events"); err != nil || got != age {
				t.Errorf("%s: %s, %v; want %s", of, got, err, age)
			}
		}
		want("an empty queue", 0)
		s.send(url, "first")
		time.Sleep(5 * time.Second)
		want("one that waits", 5*time.Second)
		first := s.receiveOne(url)
		s.send(url, "second")
		time.Sleep(time.Second)
		want("the first in flight, the second waits", 6*time.Second)
		if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: first.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
		want("the first deleted", time.Second)
		if _, err := s.server.Age("none"); !errors.Is(err, sqs.ErrNoSuchQueue) {
			t.Errorf("no queue: %v", err)
		}
	})
}
