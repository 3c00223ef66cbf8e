package sqs_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
)

const arnPrefix = "arn:aws:sqs:us-east-1:000000000000:"

// stand is a server with the real client in front of it: over HTTP, or without a
// network in a synctest bubble, whose clock moves only when all goroutines wait.
type stand struct {
	t      testing.TB
	path   string
	config sqs.Config
	server *sqs.Server
	url    string
	web    *httptest.Server // nil in a bubble
	client *awssqs.Client
}

func newStand(t testing.TB, change ...func(*sqs.Config)) *stand {
	t.Helper()
	s := prepareStand(t, change)
	s.web = httptest.NewServer(s)
	t.Cleanup(s.web.Close)
	s.url = s.web.URL
	s.client = newClient(s.url, readOnly{awshttp.NewBuildableClient()})
	return s
}

// newTimedStand is for synctest bubbles, in which a network would stop the clock.
func newTimedStand(t testing.TB, change ...func(*sqs.Config)) *stand {
	t.Helper()
	s := prepareStand(t, change)
	s.url = "http://sqs.test"
	s.client = newClient(s.url, inProcess{s})
	return s
}

func prepareStand(t testing.TB, change []func(*sqs.Config)) *stand {
	t.Helper()
	s := &stand{t: t, path: filepath.Join(t.TempDir(), "state", "sqs.db")}
	s.config = sqs.Config{Path: s.path, NoSync: true}
	for _, c := range change {
		c(&s.config)
	}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.server.ServeHTTP(w, r) }

// inProcess is an HTTP client that calls the handler itself.
type inProcess struct{ handler http.Handler }

func (p inProcess) Do(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.Host = r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	p.handler.ServeHTTP(answer, in)
	return answer.Result(), nil
}

func (s *stand) open() {
	s.t.Helper()
	server, err := sqs.Open(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = server
}

func (s *stand) close() {
	s.t.Helper()
	if err := s.server.Close(); err != nil {
		s.t.Error(err)
	}
}

func (s *stand) reopen() {
	s.t.Helper()
	s.close()
	s.open()
}

// readOnly hides WriteTo of a request's body, with which an answer of more than
// 4 KiB can be lost (aws/aws-sdk-go-v2#2737): tests count every call.
type readOnly struct{ awssqs.HTTPClient }

func (c readOnly) Do(r *http.Request) (*http.Response, error) {
	plain := *r
	plain.Body = struct{ io.ReadCloser }{r.Body}
	return c.HTTPClient.Do(&plain)
}

func newClient(url string, by awssqs.HTTPClient) *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region:           "us-east-1",
		HTTPClient:       by,
		BaseEndpoint:     aws.String(url),
		Credentials:      credentials.NewStaticCredentialsProvider("local", "local", ""),
		RetryMaxAttempts: 1,
	})
}

func (s *stand) ctx() context.Context {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	s.t.Cleanup(cancel)
	return ctx
}

func (s *stand) queue(name string, attributes map[string]string) string {
	s.t.Helper()
	out, err := s.client.CreateQueue(s.ctx(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		s.t.Fatalf("create queue %s: %v", name, err)
	}
	return *out.QueueUrl
}

// withDLQ makes a queue, its dead-letter queue, and returns both URLs.
func (s *stand) withDLQ(receives int) (string, string) {
	s.t.Helper()
	dlq := s.queue("dlq", nil)
	url := s.queue("main", map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"` + arnPrefix + `dlq","maxReceiveCount":` + strconv.Itoa(receives) + `}`,
	})
	return url, dlq
}

func (s *stand) send(url, body string) string {
	s.t.Helper()
	out, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &body})
	if err != nil {
		s.t.Fatalf("send: %v", err)
	}
	return *out.MessageId
}

// receive takes up to ten messages without waiting, with every attribute.
func (s *stand) receive(url string) []types.Message {
	s.t.Helper()
	out, err := s.client.ReceiveMessage(s.ctx(), &awssqs.ReceiveMessageInput{
		QueueUrl:                    &url,
		MaxNumberOfMessages:         10,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err != nil {
		s.t.Fatalf("receive: %v", err)
	}
	return out.Messages
}

func (s *stand) receiveOne(url string) types.Message {
	s.t.Helper()
	got := s.receive(url)
	if len(got) != 1 {
		s.t.Fatalf("received %d messages, want 1", len(got))
	}
	return got[0]
}

func (s *stand) wantStats(queue string, want sqs.Stats) {
	s.t.Helper()
	got, err := s.server.Stats(queue)
	if err != nil {
		s.t.Fatal(err)
	}
	if got != want {
		s.t.Errorf("stats of %s are %+v, want %+v", queue, got, want)
	}
}

func bodies(messages []types.Message) []string {
	out := make([]string, len(messages))
	for i, m := range messages {
		out[i] = *m.Body
	}
	return out
}
