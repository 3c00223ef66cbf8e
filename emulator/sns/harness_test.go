package sns_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/fluxa/fluxa/emulator/sns"
)

const (
	arnPrefix = "arn:aws:sns:us-east-1:000000000000:"
	queueARN  = "arn:aws:sqs:us-east-1:000000000000:notifications"
)

// queues records what it is sent, and fails as the test tells it.
type queues struct {
	mu   sync.Mutex
	sent map[string][]sns.QueueMessage
	fail func(arn string, m sns.QueueMessage) error
}

func (q *queues) SendToQueue(_ context.Context, arn string, m sns.QueueMessage) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fail != nil {
		if err := q.fail(arn, m); err != nil {
			return err
		}
	}
	if q.sent == nil {
		q.sent = map[string][]sns.QueueMessage{}
	}
	q.sent[arn] = append(q.sent[arn], m)
	return nil
}

func (q *queues) of(arn string) []sns.QueueMessage {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.sent[arn])
}

type stand struct {
	t      *testing.T
	queues *queues
	server *sns.Server
	client *awssns.Client
	url    string
	topic  string
}

func newStand(t *testing.T, change ...func(*sns.Config)) *stand {
	t.Helper()
	q := &queues{}
	config := sns.Config{Queues: q, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, c := range change {
		c(&config)
	}
	server, err := sns.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(func() {
		web.Close()
		server.Close()
	})
	s := &stand{t: t, queues: q, server: server, url: web.URL, client: awssns.New(awssns.Options{
		Region:           "us-east-1",
		BaseEndpoint:     aws.String(web.URL),
		Credentials:      credentials.NewStaticCredentialsProvider("local", "local", ""),
		RetryMaxAttempts: 1,
	})}
	out, err := s.client.CreateTopic(s.ctx(), &awssns.CreateTopicInput{Name: aws.String("events")})
	if err != nil {
		t.Fatal(err)
	}
	s.topic = *out.TopicArn
	return s
}

func (s *stand) ctx() context.Context {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	s.t.Cleanup(cancel)
	return ctx
}

func (s *stand) subscribe(protocol, endpoint string, attributes map[string]string) string {
	s.t.Helper()
	out, err := s.client.Subscribe(s.ctx(), &awssns.SubscribeInput{TopicArn: &s.topic, Protocol: &protocol,
		Endpoint: &endpoint, Attributes: attributes, ReturnSubscriptionArn: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return *out.SubscriptionArn
}

func raw() map[string]string { return map[string]string{"RawMessageDelivery": "true"} }

func attributes() map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{
		"event_id": {DataType: aws.String("String"), StringValue: aws.String("e&1=<é>")},
		"n":        {DataType: aws.String("Number"), StringValue: aws.String("1.5")},
		"blob":     {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 0xFF}},
	}
}
