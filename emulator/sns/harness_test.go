package sns_test

import (
	"context"
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
	"github.com/fluxa/fluxa/emulator/sqs"
)

const (
	arnPrefix = "arn:aws:sns:us-east-1:000000000000:"
	queueARN  = "arn:aws:sqs:us-east-1:000000000000:notifications"
)

// queues records what it is sent, and fails as the test tells it.
type queues struct {
	mu   sync.Mutex
	sent map[string][]sqs.Outgoing
	fail func(arn string, m sqs.Outgoing) error
}

func (q *queues) Deliver(_ context.Context, arn string, m sqs.Outgoing) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fail != nil {
		if err := q.fail(arn, m); err != nil {
			return err
		}
	}
	if q.sent == nil {
		q.sent = map[string][]sqs.Outgoing{}
	}
	q.sent[arn] = append(q.sent[arn], m)
	return nil
}

func (q *queues) of(arn string) []sqs.Outgoing {
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

func newStand(t *testing.T) *stand {
	t.Helper()
	q := &queues{}
	server, err := sns.New(sns.Config{Queues: q, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	s := &stand{t: t, queues: q, server: server, url: web.URL, client: awssns.New(awssns.Options{
		Region:           "us-east-1",
		BaseEndpoint:     aws.String(web.URL),
		Credentials:      credentials.NewStaticCredentialsProvider("local", "local", ""),
		RetryMaxAttempts: 1,
	})}
	if s.topic, err = server.CreateTopic("events"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) ctx() context.Context {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	s.t.Cleanup(cancel)
	return ctx
}

func (s *stand) subscribe(queue string) {
	s.t.Helper()
	if err := s.server.Subscribe(s.topic, queue); err != nil {
		s.t.Fatal(err)
	}
}

func attributes() map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{
		"event_id": {DataType: aws.String("String"), StringValue: aws.String("e&1=<é>")},
		"n":        {DataType: aws.String("Number"), StringValue: aws.String("1.5")},
		"blob":     {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 0xFF}},
	}
}
