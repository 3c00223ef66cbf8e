package stack_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	domain "github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
)

var outageMessages = flag.Int("outage-messages", 3_000, "the messages that wait after an outage: SQS's quota and the rate follow, at 300,000 they are those of AWS")

// outage is an outage of the database in simulated time: the queue, its postponed
// messages and the use case are the real ones, the functions are turns of a loop. A
// turn takes as long as an invocation would.
type outage struct {
	t       *testing.T
	now     atomic.Int64 // Unix milliseconds
	queue   *sqs.Server
	client  *awssqs.Client
	url     string
	sender  *sqsqueue.Sender
	service *process.Service
	store   outageStore
	stored  map[string]time.Duration // after the start
	sent    int
}

const (
	outageStart   = 1_800_000_000_000 // Unix milliseconds
	outageLasts   = 5 * time.Minute
	failingTurn   = 500 * time.Millisecond // a connection that is refused, tried twice
	storingTurn   = 100 * time.Millisecond
	idleTurn      = time.Second
	outageWorkers = 50 // at a time, as prod's processor has
	outageBatch   = 100
)

// outageStore is the database, which is down for some time.
type outageStore struct {
	processtest.MemoryStore
	down bool
}

var errDown = fault.New(fault.DatabaseUnavailable, "the database cannot be reached")

func (s *outageStore) PersistBatch(ctx context.Context, records []process.Record, announced []process.BatchID) (process.Persisted, error) {
	if s.down {
		return process.Persisted{}, errDown
	}
	return s.MemoryStore.PersistBatch(ctx, records, announced)
}

func (s *outageStore) Begun(ctx context.Context, ids []string) (map[string]int, error) {
	if s.down {
		return nil, errDown
	}
	return s.MemoryStore.Begun(ctx, ids)
}

func (s *outageStore) Begin(ctx context.Context, ids []string) error {
	if s.down {
		return errDown
	}
	return s.MemoryStore.Begin(ctx, ids)
}

func (s *outageStore) End(ctx context.Context, ids []string) error {
	if s.down {
		return errDown
	}
	return s.MemoryStore.End(ctx, ids)
}

// nowhere takes notifications, and would take dead letters, of which there are none.
type nowhere struct{ t *testing.T }

func (n nowhere) Publish(_ context.Context, notifications []process.Notification) []error {
	return make([]error, len(notifications))
}

func (n nowhere) Send(_ context.Context, letters []process.DeadLetter) []error {
	n.t.Errorf("%d messages are sent to the DLQ, the first for %s", len(letters), letters[0].Reason)
	return make([]error, len(letters))
}

func (nowhere) Bucket() string { return "none" }

func (nowhere) Get(context.Context, string, int64) ([]byte, error) {
	return nil, errors.New("no message has a payload in S3")
}

// direct serves the SDK's requests without a network.
type direct struct{ handler http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

func newOutage(t *testing.T, backoff process.Backoff) *outage {
	t.Helper()
	o := &outage{t: t, stored: map[string]time.Duration{}}
	o.now.Store(outageStart)
	var err error
	o.queue, err = sqs.Open(sqs.Config{
		Path: filepath.Join(t.TempDir(), "queues"), NoSync: true, MaxInFlight: *outageMessages * 120 / 300,
		Now: o.clock, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.queue.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := o.queue.EnsureQueue(t.Context(), "dlq", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := o.queue.EnsureQueue(t.Context(), stack.EventsQueue, map[string]string{
		"VisibilityTimeout": strconv.Itoa(int(contract.VisibilityFactor * contract.ProcessorTimeout / time.Second)),
	}); err != nil {
		t.Fatal(err)
	}
	o.url = "http://localhost/" + stack.AccountID + "/" + stack.EventsQueue
	o.client = awssqs.New(awssqs.Options{
		Region: stack.Region, BaseEndpoint: aws.String("http://localhost"), HTTPClient: direct{o.queue},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	if o.sender, err = sqsqueue.NewSender(o.client, sqsqueue.Config{QueueURL: o.url}); err != nil {
		t.Fatal(err)
	}
	postponer, err := sqsqueue.NewPostponer(o.client, sqsqueue.Config{QueueURL: o.url})
	if err != nil {
		t.Fatal(err)
	}
	o.store.Now = o.clock
	if o.service, err = process.New(process.Config{
		Store: &o.store, Blobs: nowhere{t}, Notifier: nowhere{t}, DeadLetters: nowhere{t}, Postponer: postponer, Backoff: backoff, Now: o.clock,
	}); err != nil {
		t.Fatal(err)
	}
	return o
}

func (o *outage) clock() time.Time { return time.UnixMilli(o.now.Load()) }

func (o *outage) elapsed() time.Duration { return o.clock().Sub(time.UnixMilli(outageStart)) }

// send sends events until so many are.
func (o *outage) send(total int) {
	o.t.Helper()
	for o.sent < total {
		var messages []ingest.Message
		for range min(10, total-o.sent) {
			id := fmt.Sprintf("event-%d", o.sent)
			payload := event(id)
			body, err := domain.Envelope{
				EventID: id, CorrelationID: id, Mode: domain.Inline, Payload: &payload,
				SHA256: domain.Hash([]byte(payload)), ReceivedAt: o.clock(),
			}.Encode()
			if err != nil {
				o.t.Fatal(err)
			}
			messages = append(messages, ingest.Message{Body: body, EventID: id, CorrelationID: id})
			o.sent++
		}
		if err := errors.Join(o.sender.Send(o.t.Context(), messages)...); err != nil {
			o.t.Fatal(err)
		}
	}
}

// receive takes a batch as Lambda does, ten at a time.
func (o *outage) receive() []process.Message {
	o.t.Helper()
	var batch []process.Message
	for len(batch) < outageBatch {
		got, err := o.client.ReceiveMessage(o.t.Context(), &awssqs.ReceiveMessageInput{
			QueueUrl: &o.url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
		})
		if _, is := errors.AsType[*types.OverLimit](err); is {
			return batch
		}
		if err != nil {
			o.t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return batch
		}
		for _, m := range got.Messages {
			deliveries, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
			if err != nil {
				o.t.Fatal(err)
			}
			message := process.Message{ID: *m.MessageId, Body: *m.Body, ReceiptHandle: *m.ReceiptHandle, Deliveries: deliveries, Attributes: map[string]string{}}
			for name, attribute := range m.MessageAttributes {
				message.Attributes[name] = *attribute.StringValue
			}
			batch = append(batch, message)
		}
	}
	return batch
}

// turn is one invocation of the processor. It returns how long that took.
func (o *outage) turn() time.Duration {
	o.t.Helper()
	messages := o.receive()
	if len(messages) == 0 {
		return idleTurn
	}
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	report := o.service.ProcessBatch(ctx, messages)
	took := storingTurn
	if o.store.down {
		took = failingTurn
	}
	var done []types.DeleteMessageBatchRequestEntry
	for i, outcome := range report.Outcomes {
		if outcome.Result == process.Retried {
			continue
		}
		o.stored[outcome.EventID] = o.elapsed() + took
		done = append(done, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &messages[i].ReceiptHandle})
	}
	for chunk := range slices.Chunk(done, 10) {
		if _, err := o.client.DeleteMessageBatch(o.t.Context(), &awssqs.DeleteMessageBatchInput{QueueUrl: &o.url, Entries: chunk}); err != nil {
			o.t.Fatal(err)
		}
	}
	return took
}

// run has the workers take turns until the end, or until nothing is left, while events
// arrive at a rate.
func (o *outage) run(end time.Duration, arrivals func(time.Duration) int) {
	o.t.Helper()
	free := make([]time.Duration, outageWorkers)
	for i := range free {
		free[i] = o.elapsed()
	}
	for {
		next := slices.Min(free)
		if next >= end {
			return
		}
		o.now.Store(outageStart + next.Milliseconds())
		o.send(arrivals(next))
		free[slices.Index(free, next)] += o.turn()
		if len(o.stored) == *outageMessages+outageNew {
			return
		}
	}
}

// outageNew is how many events arrive when the database is back.
const outageNew = 50

// TestOutage_is_over_within_two_minutes_for_every_message has as many messages wait as
// arrive in five minutes at 1,000 a second, until as many as SQS allows are in flight.
func TestOutage_is_over_within_two_minutes_for_every_message(t *testing.T) {
	t.Parallel()
	o := newOutage(t, process.Backoff{})
	o.store.down = true
	o.run(outageLasts, func(now time.Duration) int {
		return min(*outageMessages, int(float64(*outageMessages)*float64(now)/float64(outageLasts-time.Second)))
	})
	stats, err := o.queue.Stats(stack.EventsQueue)
	if err != nil {
		t.Fatal(err)
	}
	if waiting := stats.Visible + stats.InFlight; waiting != *outageMessages || len(o.stored) > 0 {
		t.Fatalf("%d messages wait and %d are stored, want %d and none", waiting, len(o.stored), *outageMessages)
	}
	if quota := *outageMessages * 120 / 300; stats.InFlight < quota*9/10 {
		t.Errorf("%d messages are in flight: the outage shows nothing, want about %d", stats.InFlight, quota)
	}
	o.store.down = false
	o.now.Store(outageStart + outageLasts.Milliseconds())
	o.run(time.Hour, func(time.Duration) int { return *outageMessages + outageNew })
	var last, lastNew time.Duration
	for i := range *outageMessages + outageNew {
		at, is := o.stored[fmt.Sprintf("event-%d", i)]
		if !is {
			t.Fatalf("event-%d is not stored within an hour", i)
		}
		last = max(last, at-outageLasts)
		if i >= *outageMessages {
			lastNew = max(lastNew, at-outageLasts)
		}
	}
	t.Logf("%d messages waited, %d of them in flight: all are stored %v after the outage, the new ones after %v",
		*outageMessages, stats.InFlight, last, lastNew)
	if last > 2*time.Minute || lastNew > 2*time.Minute {
		t.Errorf("all are stored %v after the outage, the new ones after %v, want two minutes", last, lastNew)
	}
}
