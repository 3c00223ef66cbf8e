package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// requested returns what an operator asks for; the schedule's event asks for nothing.
func requested(payload []byte) (operate.Request, bool) {
	var request operate.Request
	err := json.Unmarshal(payload, &request)
	return request, err == nil && request.Operation != ""
}

// operate does the next steps of an operation. A failure is part of the answer, not
// thrown: what was done before it is in the same answer, and the caller goes on from there.
func (h *handler) operate(ctx context.Context, request operate.Request) ([]byte, error) {
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	spanned, end := h.base.Traces.Invocation(work, "operate", boot.TraceHeader(ctx))
	answer, err := h.stepSafely(spanned, request)
	end(err)
	h.tellOfOperation(ctx, request, answer, err)
	if err != nil {
		answer.Error = &operate.Failure{Code: fault.CodeOf(err), Reason: fault.ReasonOf(err)}
	}
	return json.Marshal(answer)
}

// stepSafely makes an error of a panic, which would end the process before anybody is
// told.
func (h *handler) stepSafely(ctx context.Context, request operate.Request) (answer operate.Answer, err error) {
	defer func() {
		if r := recover(); r != nil {
			answer = operate.Answer{Token: request.Token}
			err = fault.Wrap(fault.Panicked, fmt.Errorf("%v\n%s", r, debug.Stack()), "the operation panicked")
		}
	}()
	return h.operations.Run(ctx, request)
}

// tellOfOperation writes who called and how far it came. Arguments are not logged: they
// may name a person.
func (h *handler) tellOfOperation(ctx context.Context, request operate.Request, answer operate.Answer, err error) {
	requestID := boot.RequestID(ctx)
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String(telemetry.KeyRequestID, requestID), slog.String("operation", request.Operation), slog.String("by", request.By),
		slog.Bool("done", answer.Done), slog.Any("report", json.RawMessage(answer.Report)),
	}
	if err != nil {
		level = slog.LevelError
		if fault.KindOf(err) == fault.Invalid {
			level = slog.LevelWarn
		}
		attrs = append(attrs, boot.Failure(err))
	}
	h.base.Logger.LogAttrs(ctx, level, "operate", attrs...)
	h.base.Flush(ctx, requestID)
}
