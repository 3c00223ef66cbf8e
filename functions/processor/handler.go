package main

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler adapts an SQS event to the use case, and reports what became of it.
type handler struct {
	service *process.Service
	base    boot.Base
	metrics *telemetry.Emitter
}

// Handle answers for each message on its own. Its error is always nil: a thrown
// one would make SQS slow the whole mapping down.
func (h *handler) Handle(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
	began := time.Now()
	requestID := boot.RequestID(ctx)
	messages := make([]process.Message, len(in.Records))
	headers := make([]string, len(in.Records))
	for i, record := range in.Records {
		messages[i], headers[i] = message(record), record.Attributes["AWSTraceHeader"]
	}
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	spanned, end := h.base.Traces.Invocation(work, "process batch", boot.TraceHeader(ctx), headers...)
	report := h.service.ProcessBatch(spanned, messages)
	end(nil)
	h.record(ctx, requestID, report, time.Since(began))
	h.base.Flush(ctx, requestID, h.metrics)

	response := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, id := range report.Failed() {
		response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return response, nil
}

func message(record events.SQSMessage) process.Message {
	m := process.Message{
		ID: record.MessageId, Body: record.Body, ReceiptHandle: record.ReceiptHandle,
		Deliveries: 1, Attributes: make(map[string]string, len(record.MessageAttributes)),
	}
	if n, err := strconv.Atoi(record.Attributes["ApproximateReceiveCount"]); err == nil && n > 0 {
		m.Deliveries = n
	}
	for name, attribute := range record.MessageAttributes {
		switch {
		case attribute.StringValue != nil:
			m.Attributes[name] = *attribute.StringValue
		case attribute.BinaryValue != nil:
			if m.Binary == nil {
				m.Binary = map[string][]byte{}
			}
			m.Binary[name] = attribute.BinaryValue
		}
	}
	return m
}

func (h *handler) record(ctx context.Context, requestID string, report process.Report, took time.Duration) {
	report.Measure(h.metrics, took)
	for _, o := range report.Outcomes {
		h.log(ctx, requestID, o)
	}
}

func (h *handler) log(ctx context.Context, requestID string, o process.Outcome) {
	attrs := []slog.Attr{
		slog.String(telemetry.KeyCorrelationID, o.CorrelationID), slog.String(telemetry.KeyEventID, o.EventID),
		slog.String(telemetry.KeyRequestID, requestID), slog.String("message_id", o.MessageID),
		slog.String("result", string(o.Result)), slog.Int("deliveries", o.Deliveries), slog.Int("attempts", o.Attempts),
		slog.Bool("notified", o.Notified),
	}
	if o.Client != "" {
		attrs = append(attrs, slog.String(telemetry.KeyClient, o.Client))
	}
	level := slog.LevelInfo
	if o.Err != nil {
		attrs = append(attrs, boot.Failure(o.Err))
		level = slog.LevelWarn
		if o.Result == process.DeadLettered || fault.KindOf(o.Err) == fault.Unknown {
			level = slog.LevelError
		}
	}
	if o.Stored {
		attrs = append(attrs, slog.Float64("end_to_end_ms", telemetry.Milliseconds(o.EndToEnd)))
	}
	if o.Delay > 0 {
		attrs = append(attrs, slog.Float64("retry_in_s", o.Delay.Seconds()))
	}
	h.base.Logger.LogAttrs(ctx, level, "message", attrs...)
}
