package sns_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestTopicsAndSubscriptions(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	if s.topic != arnPrefix+"events" {
		t.Errorf("topic ARN is %s", s.topic)
	}
	s.subscribe(queueARN)
	s.subscribe(queueARN)
	if again, err := s.server.CreateTopic("events"); err != nil || again != s.topic {
		t.Errorf("second CreateTopic: %s, %v", again, err)
	}
	s.subscribe(queueARN + "-2")
	if _, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: aws.String("x")}); err != nil {
		t.Fatal(err)
	}
	for _, queue := range []string{queueARN, queueARN + "-2"} {
		if n := len(s.queues.of(queue)); n != 1 {
			t.Errorf("%s got %d messages, want 1", queue, n)
		}
	}
	for name, err := range map[string]error{
		"unknown topic":       s.server.Subscribe(arnPrefix+"nope", queueARN),
		"a queue without ARN": s.server.Subscribe(s.topic, "http://a/b"),
	} {
		if err == nil {
			t.Errorf("%s was subscribed", name)
		}
	}
	if _, err := s.server.CreateTopic("a.fifo"); err == nil {
		t.Error("a bad name was taken")
	}
}

func TestPublishRawToAQueue(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.subscribe(queueARN)
	const message = `{"event_id":"e-1","text":"<é> & \"quoted\" + 100%"}`
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
	out, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: aws.String(message), MessageAttributes: attributes()},
		awssns.WithAPIOptions(smithyhttp.AddHeaderValue("X-Amzn-Trace-Id", trace)))
	if err != nil || aws.ToString(out.MessageId) == "" {
		t.Fatalf("publish: %+v, %v", out, err)
	}
	got := s.queues.of(queueARN)
	if len(got) != 1 || got[0].Body != message || got[0].TraceHeader != trace {
		t.Fatalf("the queue got %+v", got)
	}
	want := map[string]sqs.Attribute{
		"event_id": {DataType: "String", String: "e&1=<é>"},
		"n":        {DataType: "Number", String: "1.5"},
		"blob":     {DataType: "Binary", Binary: []byte{0, 1, 0xFF}},
	}
	if !reflect.DeepEqual(got[0].Attributes, want) {
		t.Errorf("attributes are %v, want %v", got[0].Attributes, want)
	}
}

func TestPublishBatchAnswersForEachEntry(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.subscribe(queueARN)
	s.queues.fail = func(_ string, m sqs.Outgoing) error {
		if m.Body == "disk full" {
			return errors.New("disk full")
		}
		return nil
	}
	entry := func(id, message string) types.PublishBatchRequestEntry {
		return types.PublishBatchRequestEntry{Id: &id, Message: &message}
	}
	out, err := s.client.PublishBatch(s.ctx(), &awssns.PublishBatchInput{TopicArn: &s.topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		entry("a", "one"), entry("b", "disk full"), entry("c", "two"), entry("d", ""),
	}})
	if err != nil {
		t.Fatal(err)
	}
	ok := map[string]bool{}
	for _, e := range out.Successful {
		ok[*e.Id] = *e.MessageId != ""
	}
	if !maps.Equal(ok, map[string]bool{"a": true, "c": true}) {
		t.Errorf("successful are %v", ok)
	}
	failed := map[string]string{}
	for _, e := range out.Failed {
		failed[*e.Id] = fmt.Sprint(*e.Code, " ", e.SenderFault)
	}
	if want := map[string]string{"b": "InternalError false", "d": "InvalidParameter true"}; !maps.Equal(failed, want) {
		t.Errorf("failed are %v, want %v", failed, want)
	}
	if got := s.queues.of(queueARN); len(got) != 2 {
		t.Errorf("the queue got %+v", got)
	}
}

func TestPublishFailsWhenAQueueCannotTakeIt(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.subscribe(queueARN)
	s.queues.fail = func(string, sqs.Outgoing) error { return errors.New("disk full") }
	publish := func() error {
		_, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: aws.String("x")})
		return err
	}
	var internal *types.InternalErrorException
	if err := publish(); !errors.As(err, &internal) {
		t.Errorf("got %v, want InternalError", err)
	}
	s.queues.fail = func(string, sqs.Outgoing) error { return fmt.Errorf("no queue: %w", sqs.ErrNoSuchQueue) }
	if err := publish(); err != nil {
		t.Errorf("a queue that is gone is not the publisher's concern, got %v", err)
	}
}

func TestMessageOfExactly256KiBIsTaken(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.subscribe(queueARN)
	message := strings.Repeat("é", 128<<10)
	if _, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: &message}); err != nil {
		t.Fatal(err)
	}
	if got := s.queues.of(queueARN); len(got) != 1 || got[0].Body != message {
		t.Error("the message did not arrive as it was")
	}
}
