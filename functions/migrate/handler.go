package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler applies the migrations, for CloudFormation or for anybody else.
type handler struct {
	up     func(ctx context.Context) ([]pgmigrate.Migration, error)
	base   boot.Base
	sender sender
	logs   logs
}

var _ lambda.Handler = (*handler)(nil)

// Answer lists the migrations that this run applied; it is empty when the
// database was up to date.
type Answer struct {
	Applied []string `json:"applied"`
}

// Invoke serves two callers. An event of CloudFormation, known by its RequestType,
// is answered at the event's URL. Anything else, whatever it holds, asks for the
// migrations: the answer is returned, and a failure is thrown, so that the deploy
// that waits for it fails.
//
// CloudFormation invokes without waiting, and such an invocation that throws Lambda
// runs again, twice. So a failure that CloudFormation knows of is not thrown: the
// deploy fails of the answer, and another run would meddle with its rollback. An
// answer that could not be given is thrown: a later run, which finds the migrations
// applied, may give it while CloudFormation still waits, an hour by default.
func (h *handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	var event cfn.Event
	unread := json.Unmarshal(payload, &event)

	var applied []string
	var failed, thrown error
	if event.RequestType == "" {
		applied, failed = h.migrate(work)
		thrown = failed
	} else {
		if unread != nil {
			failed = fmt.Errorf("read the event: %w", unread)
		} else {
			applied, failed = h.fulfil(work, event)
		}
		thrown = h.answer(work, event, applied, failed)
	}
	h.log(ctx, event.RequestType, applied, failed, thrown)
	if thrown != nil {
		return nil, thrown
	}
	return json.Marshal(Answer{append([]string{}, applied...)})
}

func (h *handler) migrate(ctx context.Context) (applied []string, err error) {
	spanned, end := h.base.Traces.Invocation(ctx, "migrate", boot.TraceHeader(ctx))
	migrations, err := h.upSafely(spanned)
	end(err)
	for _, m := range migrations {
		applied = append(applied, m.Name)
	}
	return applied, err
}

// upSafely makes an error of a panic, which would end the process before anybody
// is told.
func (h *handler) upSafely(ctx context.Context) (applied []pgmigrate.Migration, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fault.Panicked, fmt.Errorf("%v\n%s", r, debug.Stack()), "the migrations panicked")
		}
	}()
	return h.up(ctx)
}

func (h *handler) log(ctx context.Context, request cfn.RequestType, applied []string, failed, thrown error) {
	level, requestID := slog.LevelInfo, boot.RequestID(ctx)
	attrs := []slog.Attr{slog.String(telemetry.KeyRequestID, requestID), slog.Any("applied", append([]string{}, applied...))}
	err := failed
	if request != "" {
		attrs = append(attrs, slog.String("request_type", string(request)), slog.Bool("answered", thrown == nil))
		err = errors.Join(failed, thrown)
	}
	if err != nil {
		level, attrs = slog.LevelError, append(attrs, boot.Failure(err))
	}
	h.base.Logger.LogAttrs(ctx, level, "migrate", attrs...)
	h.base.Flush(ctx, requestID)
}
