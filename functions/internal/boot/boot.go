// Package boot makes what every function starts with: settings from the
// environment, a logger, metrics, traces and the AWS configuration. What only
// some functions need, such as a database, is not here: each binary links what
// it uses, and starts the faster for it.
package boot

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Wire makes a function's handler out of its settings. Log lines and metrics go
// to out. It opens no connection: one that fails belongs to a request, which can
// be answered.
type Wire[T config.Settings] func(ctx context.Context, out io.Writer, settings T) (handler any, err error)

// Main reads the function's settings, makes its handler and serves it until the
// runtime ends the process. What goes wrong before the first request is logged as
// JSON, and the process exits with 1, so that Lambda reports the init failure. It
// leaves SIGTERM alone, which thus ends the process at once: a message that is
// under way then is delivered again, and a request was never answered.
func Main[T config.Settings](function contract.Function, wire Wire[T]) {
	early := telemetry.NewLogger(os.Stderr,
		telemetry.Service{Name: string(function), Environment: os.Getenv("FLUXA_ENVIRONMENT")}, slog.LevelInfo)
	// The runtime's library reports a thrown error through package log.
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(early.Handler(), slog.LevelError).Writer())

	useMemory(os.Getenv)
	ctx := context.Background()
	handler, err := load(ctx, os.Environ(), os.Stdout, wire)
	if err != nil {
		early.LogAttrs(ctx, slog.LevelError, "init failed", Failure(err))
		os.Exit(1)
	}
	lambda.Start(handler)
}

func load[T config.Settings](ctx context.Context, environ []string, out io.Writer, wire Wire[T]) (any, error) {
	settings, err := config.Load[T](environ)
	if err != nil {
		return nil, err
	}
	return wire(ctx, out, settings)
}
