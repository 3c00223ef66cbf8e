package sqs_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestRedriveAfterTheLastReceive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url, _ := s.withDLQ(3)
		_, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("poison"),
			MessageAttributes: map[string]types.MessageAttributeValue{
				"event_id": {DataType: aws.String("String"), StringValue: aws.String("e-1")},
			},
			MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
				"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(testTrace)},
			}})
		if err != nil {
			t.Fatal(err)
		}
		var first types.Message
		for i := range 3 {
			got := s.receiveOne(url)
			if i == 0 {
				first = got
			}
			if want := fmt.Sprint(i + 1); got.Attributes["ApproximateReceiveCount"] != want {
				t.Errorf("receive count is %s, want %s", got.Attributes["ApproximateReceiveCount"], want)
			}
			time.Sleep(30 * time.Second)
		}
		s.wantStats("main", sqs.Stats{Visible: 1})
		s.reopen()
		url = s.queue("main", nil)
		if got := s.receive(url); len(got) != 0 {
			t.Fatalf("received %d messages after the last allowed receive", len(got))
		}
		s.wantStats("main", sqs.Stats{})
		s.wantStats("dlq", sqs.Stats{Visible: 1})
		s.reopen()
		s.wantStats("main", sqs.Stats{})
		dead := s.receiveOne(s.queue("dlq", nil))
		if *dead.MessageId != *first.MessageId || *dead.Body != "poison" || *dead.MessageAttributes["event_id"].StringValue != "e-1" {
			t.Errorf("the dead letter is %+v", dead)
		}
		want := maps.Clone(first.Attributes)
		want["ApproximateReceiveCount"] = "4"
		want["DeadLetterQueueSourceArn"] = arnPrefix + "main"
		if !maps.Equal(dead.Attributes, want) {
			t.Errorf("system attributes are %v, want %v", dead.Attributes, want)
		}
	})
}

func TestRedriveDoesNotHoldBackGoodMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url, _ := s.withDLQ(1)
		for i := range 10 {
			s.send(url, fmt.Sprint("poison-", i))
		}
		s.receive(url)
		time.Sleep(30 * time.Second)
		for i := range 5 {
			s.send(url, fmt.Sprint("good-", i))
		}
		got := bodies(s.receive(url))
		slices.Sort(got)
		if want := []string{"good-0", "good-1", "good-2", "good-3", "good-4"}; !slices.Equal(got, want) {
			t.Errorf("received %v, want %v", got, want)
		}
		s.wantStats("dlq", sqs.Stats{Visible: 10})
	})
}
