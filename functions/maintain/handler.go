package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler runs the maintenance once an invocation, or a step of an operator's operation.
type handler struct {
	service    *maintain.Service
	operations operate.Operations
	daily      daily
	base       boot.Base
	metrics    *telemetry.Emitter
}

var _ lambda.Handler = (*handler)(nil)

// Invoke answers an operate.Request with an operate.Answer. Any other payload asks for the
// maintenance, and then the daily export, and is answered with what the former did. A failure is thrown, after which
// Lambda runs an asynchronous invocation twice more; whatever one run did stays done.
func (h *handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if request, ok := requested(payload); ok {
		return h.operate(ctx, request)
	}
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	spanned, end := h.base.Traces.Invocation(work, "maintain", boot.TraceHeader(ctx))
	report, err := h.runSafely(spanned)
	exportErr := h.daily.run(spanned)
	end(errors.Join(err, exportErr))
	h.tell(ctx, report, err)
	if err := errors.Join(err, exportErr); err != nil {
		return nil, err
	}
	return json.Marshal(report)
}

// runSafely makes an error of a panic, which would end the process before anybody is
// told.
func (h *handler) runSafely(ctx context.Context) (report maintain.Report, err error) {
	defer func() {
		if r := recover(); r != nil {
			report.Ahead = -1
			err = fault.Wrap(fault.Panicked, fmt.Errorf("%v\n%s", r, debug.Stack()), "the maintenance panicked")
		}
	}()
	return h.service.Run(ctx)
}

// tell writes a log line and the metrics.
func (h *handler) tell(ctx context.Context, report maintain.Report, err error) {
	requestID := boot.RequestID(ctx)
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String(telemetry.KeyRequestID, requestID), slog.Any("report", report)}
	if err != nil {
		level = slog.LevelError
		attrs = append(attrs, boot.Failure(err))
	}
	report.Measure(h.metrics, err)
	h.base.Logger.LogAttrs(ctx, level, "maintain", attrs...)
	h.base.Flush(ctx, requestID, h.metrics)
}
