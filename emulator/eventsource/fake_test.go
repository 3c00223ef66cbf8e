package eventsource

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	testQueueURL = "http://127.0.0.1:4566/000000000000/events"
	testQueueARN = "arn:aws:sqs:eu-west-1:000000000000:events"
)

// fakeQueue is a queue in memory that hides received messages for its visibility
// timeout, by the clock of the test's bubble.
type fakeQueue struct {
	attributes map[string]string
	visibility time.Duration

	mu        sync.Mutex
	messages  []*fakeMessage
	calls     queueCalls
	receiveIn func(call int) error
	deleteIn  func(call int) (*sqs.DeleteMessageBatchOutput, error)
}

// queueCalls is what a fakeQueue was asked for.
type queueCalls struct {
	receives []time.Time // when each ReceiveMessage was called
	inputs   []*sqs.ReceiveMessageInput
	deletes  [][]string // the message ids of each DeleteMessageBatch
	revealed []string   // the message ids that ChangeMessageVisibilityBatch made visible
}

func (q *fakeQueue) seen() queueCalls {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.calls
}

type fakeMessage struct {
	types.Message
	visibleAt time.Time
	receives  int
}

func newFakeQueue(visibility time.Duration) *fakeQueue {
	return &fakeQueue{
		visibility: visibility,
		attributes: map[string]string{
			"QueueArn":          testQueueARN,
			"VisibilityTimeout": fmt.Sprint(int(visibility / time.Second)),
		},
	}
}

func (q *fakeQueue) send(id, body string, change ...func(*types.Message)) {
	sum := md5.Sum([]byte(body))
	m := &fakeMessage{Message: types.Message{
		MessageId:  aws.String(id),
		Body:       aws.String(body),
		MD5OfBody:  aws.String(hex.EncodeToString(sum[:])),
		Attributes: map[string]string{"SentTimestamp": "1545082649183", "SenderId": "AIDAIENQZJOLO23YVJ4VO"},
	}}
	for _, c := range change {
		c(&m.Message)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append(q.messages, m)
}

func withTrace(header string) func(*types.Message) {
	return func(m *types.Message) { m.Attributes["AWSTraceHeader"] = header }
}

func (q *fakeQueue) sendMany(n int) {
	for i := range n {
		q.send(fmt.Sprintf("m%03d", i), fmt.Sprintf("body %d", i))
	}
}

// ids are the messages in the queue, hidden ones too.
func (q *fakeQueue) ids() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := []string{}
	for _, m := range q.messages {
		ids = append(ids, *m.MessageId)
	}
	return ids
}

func (q *fakeQueue) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	q.mu.Lock()
	q.calls.receives = append(q.calls.receives, time.Now())
	q.calls.inputs = append(q.calls.inputs, in)
	fail, call := q.receiveIn, len(q.calls.receives)
	q.mu.Unlock()
	if fail != nil {
		if err := fail(call); err != nil {
			return nil, err
		}
	}
	deadline := time.Now().Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	for {
		if got := q.take(int(in.MaxNumberOfMessages)); len(got) > 0 || !time.Now().Before(deadline) {
			return &sqs.ReceiveMessageOutput{Messages: got}, nil
		}
		sleep(ctx, 10*time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (q *fakeQueue) take(limit int) []types.Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	var taken []types.Message
	for _, m := range q.messages {
		if len(taken) == limit {
			break
		}
		if m.visibleAt.After(time.Now()) {
			continue
		}
		m.receives++
		m.visibleAt = time.Now().Add(q.visibility)
		m.ReceiptHandle = aws.String(fmt.Sprintf("%s/%d", *m.MessageId, m.receives))
		taken = append(taken, m.Message)
	}
	return taken
}

func (q *fakeQueue) DeleteMessageBatch(_ context.Context, in *sqs.DeleteMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageBatchOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(in.Entries) == 0 || len(in.Entries) > 10 {
		return nil, fmt.Errorf("%d entries in a batch", len(in.Entries))
	}
	var ids []string
	for _, entry := range in.Entries {
		for _, m := range q.messages {
			if aws.ToString(m.ReceiptHandle) == *entry.ReceiptHandle {
				ids = append(ids, *m.MessageId)
			}
		}
	}
	q.calls.deletes = append(q.calls.deletes, ids)
	if q.deleteIn != nil {
		if out, err := q.deleteIn(len(q.calls.deletes)); out != nil || err != nil {
			return out, err
		}
	}
	gone := map[string]bool{}
	for _, id := range ids {
		gone[id] = true
	}
	var kept []*fakeMessage
	for _, m := range q.messages {
		if !gone[*m.MessageId] {
			kept = append(kept, m)
		}
	}
	q.messages = kept
	return &sqs.DeleteMessageBatchOutput{}, nil
}

func (q *fakeQueue) ChangeMessageVisibilityBatch(_ context.Context, in *sqs.ChangeMessageVisibilityBatchInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, entry := range in.Entries {
		for _, m := range q.messages {
			if aws.ToString(m.ReceiptHandle) == *entry.ReceiptHandle {
				m.visibleAt = time.Now().Add(time.Duration(entry.VisibilityTimeout) * time.Second)
				q.calls.revealed = append(q.calls.revealed, *m.MessageId)
			}
		}
	}
	return &sqs.ChangeMessageVisibilityBatchOutput{}, nil
}

func (q *fakeQueue) GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	if q.attributes == nil {
		return nil, errors.New("no such queue")
	}
	return &sqs.GetQueueAttributesOutput{Attributes: q.attributes}, nil
}

// fakeFunction records its invocations and answers with what reply says.
type fakeFunction struct {
	reply func(ctx context.Context, call int, event events.SQSEvent) (answer, functionError string, err error)

	mu    sync.Mutex
	calls functionCalls
}

// functionCalls is how a fakeFunction was invoked.
type functionCalls struct {
	batches  [][]string // the message ids of each invocation
	payloads [][]byte
	traces   []string
	times    []time.Time
	running  int
	peak     int
}

func (f *fakeFunction) seen() functionCalls {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *fakeFunction) Call(ctx context.Context, payload []byte, traceID string) ([]byte, string, error) {
	event, err := decodeEvent(payload)
	if err != nil {
		return nil, "", err
	}
	f.mu.Lock()
	var ids []string
	for _, r := range event.Records {
		ids = append(ids, r.MessageId)
	}
	f.calls.batches = append(f.calls.batches, ids)
	f.calls.payloads = append(f.calls.payloads, payload)
	f.calls.traces = append(f.calls.traces, traceID)
	f.calls.times = append(f.calls.times, time.Now())
	f.calls.running++
	f.calls.peak = max(f.calls.peak, f.calls.running)
	call := len(f.calls.batches)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls.running--
	}()
	if f.reply == nil {
		return []byte("null"), "", nil
	}
	answer, functionError, err := f.reply(ctx, call, event)
	return []byte(answer), functionError, err
}

// syncBuffer is a log that a test can read at any time.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// bed is a mapping at work in a bubble, where time passes only while all wait.
type bed struct {
	queue    *fakeQueue
	function *fakeFunction
	log      syncBuffer
	stop     context.CancelFunc
	result   chan error
}

// start runs a mapping. The visibility timeout is 60 s, the function's time-out 10 s.
func start(t *testing.T, prepare func(*bed), change func(*Config)) *bed {
	t.Helper()
	b := &bed{queue: newFakeQueue(60 * time.Second), function: &fakeFunction{}, result: make(chan error, 1)}
	if prepare != nil {
		prepare(b)
	}
	cfg := Config{
		Function: b.function, FunctionName: "processor", FunctionTimeout: 10 * time.Second,
		Queue: b.queue, QueueURL: testQueueURL,
		ReportBatchItemFailures: true,
		Logger:                  slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	mapping, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, b.stop = context.WithCancel(t.Context())
	go func() { b.result <- mapping.Run(ctx) }()
	return b
}

// end stops the mapping and returns what Run did.
func (b *bed) end() error {
	b.stop()
	return <-b.result
}

// after lets time pass, and everything that happens in it.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
