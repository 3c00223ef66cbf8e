package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler applies the migrations. A failure is thrown, so that the deploy that
// invoked it fails.
type handler struct {
	up     func(ctx context.Context) ([]pgmigrate.Migration, error)
	logger *slog.Logger
}

// Answer lists the migrations that this run applied; it is empty when the
// database was up to date.
type Answer struct {
	Applied []string `json:"applied"`
}

func (h *handler) Handle(ctx context.Context) (Answer, error) {
	requestID := ""
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
	}
	applied, err := h.up(ctx)
	if err != nil {
		h.logger.LogAttrs(ctx, slog.LevelError, "migrate", slog.String(telemetry.KeyRequestID, requestID), telemetry.Error(err))
		return Answer{}, err
	}
	answer := Answer{Applied: []string{}}
	for _, m := range applied {
		answer.Applied = append(answer.Applied, m.Name)
	}
	h.logger.LogAttrs(ctx, slog.LevelInfo, "migrate", slog.String(telemetry.KeyRequestID, requestID), slog.Any("applied", answer.Applied))
	return answer, nil
}
