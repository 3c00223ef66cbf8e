package sns_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

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
	again, err := s.server.CreateTopic("events")
	if err != nil || again != s.topic {
		t.Errorf("second CreateTopic: %s, %v", again, err)
	}
	if _, err := s.server.CreateTopic("another"); err != nil {
		t.Fatal(err)
	}
	list, err := s.client.ListTopics(s.ctx(), &awssns.ListTopicsInput{})
	if err != nil || len(list.Topics) != 2 || *list.Topics[0].TopicArn != arnPrefix+"another" || *list.Topics[1].TopicArn != s.topic {
		t.Errorf("topics: %+v, %v", list, err)
	}

	first := s.subscribe(queueARN, raw())
	if same := s.subscribe(queueARN, raw()); same != first {
		t.Errorf("subscribed again with ARN %s, want %s", same, first)
	}
	second := s.subscribe(queueARN+"-2", nil)
	if !strings.HasPrefix(first, s.topic+":") || first == second {
		t.Errorf("subscription ARNs are %s and %s", first, second)
	}
	subs, err := s.client.ListSubscriptionsByTopic(s.ctx(), &awssns.ListSubscriptionsByTopicInput{TopicArn: &s.topic})
	if err != nil || len(subs.Subscriptions) != 2 {
		t.Fatalf("subscriptions: %+v, %v", subs, err)
	}
	if o := subs.Subscriptions[0]; *o.Endpoint != queueARN || *o.Protocol != "sqs" || *o.SubscriptionArn != first || *o.TopicArn != s.topic {
		t.Errorf("first subscription is %+v", o)
	}
	if _, err := s.client.Unsubscribe(s.ctx(), &awssns.UnsubscribeInput{SubscriptionArn: &first}); err != nil {
		t.Fatal(err)
	}
	subs, err = s.client.ListSubscriptionsByTopic(s.ctx(), &awssns.ListSubscriptionsByTopicInput{TopicArn: &s.topic})
	if err != nil || len(subs.Subscriptions) != 1 || *subs.Subscriptions[0].SubscriptionArn != second {
		t.Errorf("after Unsubscribe: %+v, %v", subs, err)
	}
	if _, err := s.client.DeleteTopic(s.ctx(), &awssns.DeleteTopicInput{TopicArn: &s.topic}); err != nil {
		t.Fatal(err)
	}
	var notFound *types.NotFoundException
	if _, err := s.client.ListSubscriptionsByTopic(s.ctx(), &awssns.ListSubscriptionsByTopicInput{TopicArn: &s.topic}); !errors.As(err, &notFound) {
		t.Errorf("subscriptions of a deleted topic: %v, want NotFound", err)
	}
}

func TestPublishRawToAQueue(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.subscribe(queueARN, raw())
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

func TestPublishInTheEnvelope(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.subscribe(queueARN, nil)
	out, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: aws.String("a <b> & c"),
		Subject: aws.String("subject"), MessageAttributes: attributes()})
	if err != nil {
		t.Fatal(err)
	}
	got := s.queues.of(queueARN)
	if len(got) != 1 || len(got[0].Attributes) != 0 {
		t.Fatalf("the queue got %+v", got)
	}
	var e struct {
		Type, MessageId, TopicArn, Subject, Message, Timestamp string
		MessageAttributes                                      map[string]struct{ Type, Value string }
	}
	if err := json.Unmarshal([]byte(got[0].Body), &e); err != nil {
		t.Fatal(err)
	}
	if e.Type != "Notification" || e.MessageId != *out.MessageId || e.TopicArn != s.topic || e.Subject != "subject" || e.Message != "a <b> & c" {
		t.Errorf("the envelope is %s", got[0].Body)
	}
	if _, err := time.Parse(time.RFC3339, e.Timestamp); err != nil {
		t.Errorf("timestamp: %v", err)
	}
	if a := e.MessageAttributes["blob"]; a.Type != "Binary" || a.Value != "AAH/" {
		t.Errorf("the binary attribute is %+v", a)
	}
	if a := e.MessageAttributes["event_id"]; a.Type != "String" || a.Value != "e&1=<é>" {
		t.Errorf("the text attribute is %+v", a)
	}
}

func TestPublishBatchAnswersForEachEntry(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.subscribe(queueARN, raw())
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
		entry("a", "one"), entry("b", "disk full"), entry("c", "two"), {Id: aws.String("d"), Message: aws.String("x"), Subject: aws.String(strings.Repeat("s", 101))},
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
	s.subscribe(queueARN, raw())
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
	s.subscribe(queueARN, raw())
	message := strings.Repeat("é", 128<<10)
	if _, err := s.client.Publish(s.ctx(), &awssns.PublishInput{TopicArn: &s.topic, Message: &message}); err != nil {
		t.Fatal(err)
	}
	if got := s.queues.of(queueARN); len(got) != 1 || got[0].Body != message {
		t.Error("the message did not arrive as it was")
	}
}
