package sqs_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func (s *stand) attributes(url string, names ...types.QueueAttributeName) map[string]string {
	s.t.Helper()
	out, err := s.client.GetQueueAttributes(s.ctx(), &awssqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Attributes
}

func TestCreateQueueIsIdempotent(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	first := s.queue("events", map[string]string{"VisibilityTimeout": "180", "DelaySeconds": "1"})
	for name, attributes := range map[string]map[string]string{
		"the same attributes": {"VisibilityTimeout": "180", "DelaySeconds": "1"},
		"some of them":        {"VisibilityTimeout": "180"},
		"none":                nil,
		"a default spelled":   {"MaximumMessageSize": "1048576"},
	} {
		if again := s.queue("events", attributes); again != first {
			t.Errorf("created with %s: url %s, want %s", name, again, first)
		}
	}
	if want := s.url + "/000000000000/events"; first != want {
		t.Errorf("url %s, want %s", first, want)
	}
	got, err := s.client.GetQueueUrl(s.ctx(), &awssqs.GetQueueUrlInput{QueueName: aws.String("events")})
	if err != nil || *got.QueueUrl != first {
		t.Errorf("GetQueueUrl: %v, %v", got, err)
	}
}

func TestQueueAttributesRoundTrip(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		s.queue("dlq", nil)
		url := s.queue("events", nil)
		policy := `{"deadLetterTargetArn":"` + arnPrefix + `dlq","maxReceiveCount":10}`
		_, err := s.client.SetQueueAttributes(s.ctx(), &awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{
			"VisibilityTimeout": "42", "MessageRetentionPeriod": "60", "DelaySeconds": "900", "MaximumMessageSize": "2048",
			"ReceiveMessageWaitTimeSeconds": "20", "RedrivePolicy": policy, "Policy": `{"Version":"2012-10-17"}`,
		}})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"QueueArn":         arnPrefix + "events",
			"CreatedTimestamp": "946684800", "LastModifiedTimestamp": "946684800",
			"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0", "ApproximateNumberOfMessagesDelayed": "0",
			"VisibilityTimeout": "42", "MessageRetentionPeriod": "60", "DelaySeconds": "900", "MaximumMessageSize": "2048",
			"ReceiveMessageWaitTimeSeconds": "20", "RedrivePolicy": policy, "Policy": `{"Version":"2012-10-17"}`,
			"SqsManagedSseEnabled": "true",
		}
		if got := s.attributes(url, "All"); !maps.Equal(got, want) {
			t.Errorf("attributes are\n%v\nwant\n%v", got, want)
		}
		if got := s.attributes(url, "VisibilityTimeout", "KmsMasterKeyId"); !maps.Equal(got, map[string]string{"VisibilityTimeout": "42"}) {
			t.Errorf("chosen attributes are %v", got)
		}

		s.reopen()
		url = s.queue("events", nil)
		if got := s.attributes(url, "All"); !maps.Equal(got, want) {
			t.Errorf("after a restart the attributes are\n%v\nwant\n%v", got, want)
		}

		_, err = s.client.SetQueueAttributes(s.ctx(), &awssqs.SetQueueAttributesInput{QueueUrl: &url,
			Attributes: map[string]string{"RedrivePolicy": "", "Policy": ""}})
		if err != nil {
			t.Fatal(err)
		}
		got := s.attributes(url, "All")
		if _, ok := got["RedrivePolicy"]; ok {
			t.Error("an empty redrive policy did not take the policy away")
		}
		if _, ok := got["Policy"]; ok {
			t.Error("an empty policy did not take the policy away")
		}
	})
}

func TestSetQueueAttributesIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	_, err := s.client.SetQueueAttributes(s.ctx(), &awssqs.SetQueueAttributesInput{QueueUrl: &url,
		Attributes: map[string]string{"DelaySeconds": "5", "VisibilityTimeout": "99999"}})
	if !is[*types.InvalidAttributeValue](err) {
		t.Fatalf("got %v, want InvalidAttributeValue", err)
	}
	if got := s.attributes(url, "DelaySeconds")["DelaySeconds"]; got != "0" {
		t.Errorf("the good half was applied: delay is %s", got)
	}
}

func TestListQueuesListsAllAtOnce(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	var want []string
	for i := range 5 {
		want = append(want, s.queue(fmt.Sprint("a-", i), nil))
	}
	s.queue("b", nil)
	got, err := s.client.ListQueues(s.ctx(), &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("a-")})
	if err != nil || !slices.Equal(got.QueueUrls, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if _, err := s.client.ListQueues(s.ctx(), &awssqs.ListQueuesInput{MaxResults: aws.Int32(2)}); err == nil || !strings.Contains(err.Error(), "leave out MaxResults") {
		t.Errorf("pages: %v", err)
	}
}

func TestDeleteQueueTakesItsMessages(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url := s.queue("events", nil)
	s.send(url, "old")
	if _, err := s.client.DeleteQueue(s.ctx(), &awssqs.DeleteQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.server.Stats("events"); !errors.Is(err, sqs.ErrNoSuchQueue) {
		t.Errorf("stats of a deleted queue: %v", err)
	}
	s.queue("events", nil)
	s.wantStats("events", sqs.Stats{})
	s.reopen()
	s.wantStats("events", sqs.Stats{})
}

func TestPurgeQueueTakesEveryMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", nil)
		s.send(url, "in flight")
		handle := s.receiveOne(url).ReceiptHandle
		s.send(url, "visible")
		if _, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("delayed"), DelaySeconds: 60}); err != nil {
			t.Fatal(err)
		}
		s.wantStats("events", sqs.Stats{Visible: 1, InFlight: 1, Delayed: 1})
		purge := func() error {
			_, err := s.client.PurgeQueue(s.ctx(), &awssqs.PurgeQueueInput{QueueUrl: &url})
			return err
		}
		if err := purge(); err != nil {
			t.Fatal(err)
		}
		s.wantStats("events", sqs.Stats{})
		if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: handle}); err != nil {
			t.Errorf("delete of a purged message: %v", err)
		}
		time.Sleep(59 * time.Second)
		if err := purge(); !is[*types.PurgeQueueInProgress](err) {
			t.Errorf("second purge after 59 s: %v, want PurgeQueueInProgress", err)
		}
		time.Sleep(time.Second)
		s.send(url, "new")
		if err := purge(); err != nil {
			t.Errorf("second purge after 60 s: %v", err)
		}
		s.reopen()
		s.wantStats("events", sqs.Stats{})
	})
}

func TestMessagesExpireAfterTheRetentionPeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"MessageRetentionPeriod": "60"})
		s.send(url, "old")
		time.Sleep(30 * time.Second)
		s.send(url, "new")
		time.Sleep(30 * time.Second)
		if got := bodies(s.receive(url)); !slices.Equal(got, []string{"new"}) {
			t.Errorf("received %v, want the message that is not expired", got)
		}
	})
}

func TestExpiredMessagesAreSweptWithoutAReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"MessageRetentionPeriod": "60"})
		s.send(url, "old")
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		s.wantStats("events", sqs.Stats{})
	})
}

func TestEnsureQueueSetsTodaysAttributes(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	arn, err := s.server.EnsureQueue(s.ctx(), "events", map[string]string{"VisibilityTimeout": "60", "DelaySeconds": "3"})
	if err != nil || arn != arnPrefix+"events" {
		t.Fatalf("got %s, %v", arn, err)
	}
	url := s.queue("events", nil)
	s.send(url, "kept")
	if _, err := s.server.EnsureQueue(s.ctx(), "events", map[string]string{"VisibilityTimeout": "90"}); err != nil {
		t.Fatal(err)
	}
	got := s.attributes(url, "VisibilityTimeout", "DelaySeconds")
	if want := map[string]string{"VisibilityTimeout": "90", "DelaySeconds": "3"}; !maps.Equal(got, want) {
		t.Errorf("attributes are %v, want %v", got, want)
	}
	s.wantStats("events", sqs.Stats{Delayed: 1})
	if _, err := s.server.EnsureQueue(s.ctx(), "events", map[string]string{"Nope": "1"}); err == nil || !strings.Contains(err.Error(), "Unknown Attribute Nope") {
		t.Errorf("unknown attribute: %v", err)
	}
	if _, err := s.server.EnsureQueue(s.ctx(), "a b", nil); err == nil {
		t.Error("a bad name was taken")
	}
}

func TestOpenRefusesABadConfig(t *testing.T) {
	t.Parallel()
	if _, err := sqs.Open(sqs.Config{}); err == nil || !strings.Contains(err.Error(), "Path is empty") {
		t.Errorf("no path: %v", err)
	}
	if _, err := sqs.Open(sqs.Config{Path: "x", MaxInFlight: -1}); err == nil || !strings.Contains(err.Error(), "MaxInFlight is -1") {
		t.Errorf("negative limit: %v", err)
	}
	s := newStand(t)
	if _, err := sqs.Open(sqs.Config{Path: s.path}); err == nil || !strings.Contains(err.Error(), "another process has it open") {
		t.Errorf("second open: %v", err)
	}
}
