package main

import (
	"context"
	"log/slog"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler applies the migrations. A failure is thrown, so that the deploy that
// invoked it fails.
type handler struct {
	up   func(ctx context.Context) ([]pgmigrate.Migration, error)
	base boot.Base
}

// Answer lists the migrations that this run applied; it is empty when the
// database was up to date.
type Answer struct {
	Applied []string `json:"applied"`
}

// Handle applies what is pending. It takes whatever event it is invoked with.
func (h *handler) Handle(ctx context.Context) (Answer, error) {
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	spanned, end := h.base.Traces.Invocation(work, "migrate", boot.TraceHeader(ctx))
	applied, err := h.up(spanned)
	end(err)

	answer := Answer{Applied: []string{}}
	for _, m := range applied {
		answer.Applied = append(answer.Applied, m.Name)
	}
	level, requestID := slog.LevelInfo, boot.RequestID(ctx)
	attrs := []slog.Attr{slog.String(telemetry.KeyRequestID, requestID), slog.Any("applied", answer.Applied)}
	if err != nil {
		level, attrs = slog.LevelError, append(attrs, boot.Failure(err))
	}
	h.base.Logger.LogAttrs(ctx, level, "migrate", attrs...)
	h.base.Flush(ctx, requestID)
	return answer, err
}
