package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/bench"
	"github.com/fluxa/fluxa/pkg/contract"
)

// warming is how many events a process gets before it is measured.
const warming = 500

// MeasureProcessor gives the processor of each stage so many events in batches of a
// size, in turns, and returns the processor time that an event took, in microseconds.
// Every event must be stored and announced.
func MeasureProcessor(ctx context.Context, stages []*Stage, batch, count, runs int) ([]bench.Rates, error) {
	return measure(ctx, stages, count, runs, func(s *Stage, count int) (load, error) { return s.processorLoad(ctx, batch, count) })
}

// MeasureIngest posts so many events to the ingest function of each stage, one by one
// and in turns, and returns the processor time that an event took, in microseconds.
// Every event must be accepted and on the queue.
func MeasureIngest(ctx context.Context, stages []*Stage, count, runs int) ([]bench.Rates, error) {
	return measure(ctx, stages, count, runs, func(s *Stage, count int) (load, error) { return s.ingestLoad(count) })
}

// load is what a process is to do.
type load struct {
	function  contract.Function
	memoryMiB int
	payloads  [][]byte
	each      int    // events in a payload
	profile   string // the file for a profile of what is measured, if there is to be one
	// check refuses an answer, done returns how many events are where they should be.
	check func(answer []byte) error
	done  func(ctx context.Context) (int, error)
}

func measure(ctx context.Context, stages []*Stage, count, runs int, of func(*Stage, int) (load, error)) ([]bench.Rates, error) {
	out := make([]bench.Rates, len(stages))
	for i, s := range stages {
		out[i].Contender = s.version.Name
	}
	for range runs {
		for i, s := range stages {
			l, err := of(s, warming+count)
			if err != nil {
				return nil, err
			}
			took, err := s.run(ctx, l)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", l.function, s.version.Name, err)
			}
			out[i].Each = append(out[i].Each, float64(took)/float64(time.Microsecond))
		}
	}
	return out, nil
}

// run returns the processor time of an event. What comes first is not counted.
func (s *Stage) run(ctx context.Context, l load) (each time.Duration, err error) {
	before, err := l.done(ctx)
	if err != nil {
		return 0, err
	}
	p, err := s.start(ctx, l.function, l.memoryMiB, profileVariable, l.profile)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	var begun time.Duration
	warm := (warming + l.each - 1) / l.each
	for n, payload := range l.payloads {
		if n == warm {
			if err := p.beginProfile(l.profile); err != nil {
				return 0, err
			}
			if begun, err = p.cpu(); err != nil {
				return 0, err
			}
		}
		answer, err := p.invoke(ctx, payload)
		if err != nil {
			return 0, err
		}
		if err := l.check(answer); err != nil {
			return 0, err
		}
	}
	ended, err := p.cpu()
	if err != nil {
		return 0, err
	}
	if err := p.endProfile(ctx, l.profile); err != nil {
		return 0, err
	}
	after, err := l.done(ctx)
	if err != nil {
		return 0, err
	}
	if want := len(l.payloads) * l.each; after-before != want {
		return 0, fmt.Errorf("%d events are where they should be, want %d", after-before, want)
	}
	return (ended - begun) / time.Duration((len(l.payloads)-warm)*l.each), nil
}

func (s *Stage) processorLoad(ctx context.Context, batch, count int) (load, error) {
	l := load{function: contract.FunctionProcessor, memoryMiB: processorMemoryMiB, each: batch, check: nothingFailed}
	batches, err := bench.Batches((count+batch-1)/batch*batch, batch, false)
	if err != nil {
		return l, err
	}
	for _, b := range batches {
		payload, err := json.Marshal(delivery(b))
		if err != nil {
			return l, fmt.Errorf("encode a delivery: %w", err)
		}
		l.payloads = append(l.payloads, payload)
	}
	announced := s.topic.notified.Load()
	stored, err := s.stored(ctx)
	if err != nil {
		return l, err
	}
	l.done = func(ctx context.Context) (int, error) {
		now, err := s.stored(ctx)
		if err == nil && int64(now-stored) != s.topic.notified.Load()-announced {
			err = fmt.Errorf("%d events were stored and %d announced", now-stored, s.topic.notified.Load()-announced)
		}
		return now, err
	}
	return l, nil
}

// delivery is a batch as the event source mapping of Lambda delivers it.
func delivery(b bench.Batch) events.SQSEvent {
	var out events.SQSEvent
	sent := strconv.FormatInt(time.Now().UnixMilli(), 10)
	for i, m := range b.Messages {
		attributes := map[string]events.SQSMessageAttribute{
			contract.AttrCorrelationID: {StringValue: &b.Rows[i].Envelope.CorrelationID, DataType: "String"},
		}
		for name, value := range m.Attributes {
			attributes[name] = events.SQSMessageAttribute{StringValue: &value, DataType: "String"}
		}
		out.Records = append(out.Records, events.SQSMessage{
			MessageId: m.ID, ReceiptHandle: "AQEB" + m.ID, Body: m.Body,
			Md5OfBody: "a9d66b3a82048630b0310e54039344f8", Md5OfMessageAttributes: "3a1f2b7c9d8e0f6a5b4c3d2e1f0a9b8c",
			Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.Deliveries), "SentTimestamp": sent, "ApproximateFirstReceiveTimestamp": sent,
				"SenderId":       "AROAEXAMPLEID:fluxa-ingest-bench",
				"AWSTraceHeader": "Root=1-65bae1af-3c5f1a2b4d6e8f9012345678;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:0",
			},
			MessageAttributes: attributes, EventSourceARN: "arn:aws:sqs:eu-west-1:111122223333:events", EventSource: "aws:sqs", AWSRegion: "eu-west-1",
		})
	}
	return out
}

func nothingFailed(answer []byte) error {
	var response events.SQSEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(response.BatchItemFailures) > 0 {
		return fmt.Errorf("%d messages failed", len(response.BatchItemFailures))
	}
	return nil
}

// request is where the event of API Gateway is that the payloads are put into: the one
// of the tests, with all the headers that CloudFront and API Gateway add.
const request = "functions/ingest/testdata/post-event.json"

func (s *Stage) ingestLoad(count int) (load, error) {
	l := load{function: contract.FunctionIngest, memoryMiB: ingestMemoryMiB, each: 1, check: accepted}
	raw, err := os.ReadFile(filepath.Join(s.version.Root, request))
	if err != nil {
		return l, fmt.Errorf("read a request: %w", err)
	}
	var event map[string]json.RawMessage
	if err := json.Unmarshal(raw, &event); err != nil {
		return l, fmt.Errorf("read a request: %w", err)
	}
	batches, err := bench.Batches(count, 1, false)
	if err != nil {
		return l, err
	}
	for _, b := range batches {
		if event["body"], err = json.Marshal(b.Rows[0].Envelope.Payload); err != nil {
			return l, fmt.Errorf("encode a request: %w", err)
		}
		payload, err := json.Marshal(event)
		if err != nil {
			return l, fmt.Errorf("encode a request: %w", err)
		}
		l.payloads = append(l.payloads, payload)
	}
	l.done = func(context.Context) (int, error) {
		stats, err := s.queues.Stats(queueName)
		return stats.Visible, err
	}
	return l, nil
}

func accepted(answer []byte) error {
	var response events.APIGatewayProxyResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("the answer is %d: %s", response.StatusCode, response.Body)
	}
	return nil
}
