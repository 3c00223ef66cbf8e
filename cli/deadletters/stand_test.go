package deadletters

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
)

// stand is an SQS with a DLQ and an events queue, reached over HTTP by the AWS
// SDK, and a place where its answers can be spoilt.
type stand struct {
	t        *testing.T
	server   *sqs.Server
	client   *awssqs.Client
	queueURL string
	dlqURL   string
	clock    *clock

	mu    sync.Mutex
	calls []string
	spoil func(operation string, n int) fault // n counts the calls, from 0
}

// fault is what becomes of a call.
type fault int

const (
	answered fault = iota
	refused        // it is not carried out
	lost           // it is carried out, its answer is lost
)

// clock is the machine's, moved on by hand.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{t: t, clock: &clock{}}
	server, err := sqs.Open(sqs.Config{Path: filepath.Join(t.TempDir(), "sqs.db"), NoSync: true, Now: s.clock.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.server = server
	web := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() {
		web.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	s.client = awssqs.New(awssqs.Options{
		Region: "us-east-1", BaseEndpoint: &web.URL, RetryMaxAttempts: 1,
		HTTPClient:  awsclient.ReadOnly(awshttp.NewBuildableClient()),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	for name, url := range map[string]*string{"events": &s.queueURL, "dlq": &s.dlqURL} {
		out, err := s.client.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name})
		if err != nil {
			t.Fatal(err)
		}
		*url = aws.ToString(out.QueueUrl)
	}
	s.calls = nil
	return s
}

func (s *stand) serve(w http.ResponseWriter, r *http.Request) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	s.mu.Lock()
	n, spoil := len(s.calls), s.spoil
	s.calls = append(s.calls, operation)
	s.mu.Unlock()
	what := answered
	if spoil != nil {
		what = spoil(operation, n)
	}
	switch what {
	case refused:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"__type":"InternalFailure","message":"injected"}`) // the client sees what it sees
	case lost:
		s.server.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		s.server.ServeHTTP(w, r)
	}
}

func (s *stand) inject(spoil func(operation string, n int) fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spoil, s.calls = spoil, nil
}

func (s *stand) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *stand) queue(change ...func(*Config)) *Queue {
	s.t.Helper()
	cfg := Config{Client: s.client, DLQURL: s.dlqURL, QueueURL: s.queueURL, ShortPoll: true}
	for _, c := range change {
		c(&cfg)
	}
	q, err := New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return q
}

// dead puts a message into the DLQ as the processor does, and returns its id.
func (s *stand) dead(eventID, code, body string) string {
	s.t.Helper()
	in := &awssqs.SendMessageInput{
		QueueUrl: &s.dlqURL, MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			contract.AttrEventID:       text(eventID),
			contract.AttrCorrelationID: text("c-" + eventID),
			contract.AttrSchemaVersion: text("1"),
			contract.AttrErrorCode:     text(code),
			contract.AttrErrorReason:   text("reason of " + eventID),
			"weight":                   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1}},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-" + eventID)},
		},
	}
	out, err := s.client.SendMessage(context.WithoutCancel(s.t.Context()), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return aws.ToString(out.MessageId)
}

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

func envelope(id string) string {
	payload := `{"user_id":"u"}`
	body, err := event.Envelope{
		EventID: id, CorrelationID: "c-" + id, Mode: event.Inline, Payload: &payload, SHA256: event.Hash([]byte(payload)),
		ReceivedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}.Encode()
	if err != nil {
		panic(err)
	}
	return body
}

// drain takes everything out of a queue, hidden messages too, and returns the
// messages by body.
func (s *stand) drain(url string) []types.Message {
	s.t.Helper()
	s.inject(nil)
	s.clock.ahead.Add(int64(13 * time.Hour))
	var all []types.Message
	for {
		out, err := s.client.ReceiveMessage(s.t.Context(), &awssqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: 10, VisibilityTimeout: 600,
			MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			slices.SortFunc(all, func(a, b types.Message) int { return strings.Compare(*a.Body, *b.Body) })
			return all
		}
		all = append(all, out.Messages...)
	}
}

func bodies(messages []types.Message) string {
	var out []string
	for _, m := range messages {
		out = append(out, *m.Body)
	}
	return strings.Join(out, " ")
}

func (s *stand) wantStats(queue string, want sqs.Stats) {
	s.t.Helper()
	got, err := s.server.Stats(queue)
	if err != nil || got != want {
		s.t.Errorf("%s has %+v, %v; want %+v", queue, got, err, want)
	}
}

func describe(r Redriven) string {
	text := fmt.Sprintf("sent %d failed %d doubled %d late %d matched %v", r.Sent, r.Failed, r.Doubled, r.Late, r.Matched)
	if len(r.Missing) > 0 {
		text += fmt.Sprintf(" missing %v", r.Missing)
	}
	if r.Interrupted {
		text += " interrupted"
	}
	return text
}
