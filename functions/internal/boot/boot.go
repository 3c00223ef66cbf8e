// Package boot makes what every function starts with: settings from the
// environment, a logger, metrics, traces and the AWS configuration.
package boot

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/secret"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Main reads the function's settings, makes its handler and serves it until the
// runtime ends the process. What goes wrong before the first request is logged as
// JSON, and the process exits, so that Lambda reports the init failure.
func Main[T config.Settings](function contract.Function, wire func(context.Context, T) (any, error)) {
	ctx := context.Background()
	handler, err := load(ctx, wire)
	if err != nil {
		telemetry.NewLogger(os.Stderr, telemetry.Service{Name: string(function), Environment: os.Getenv("FLUXA_ENVIRONMENT")}, slog.LevelInfo).
			LogAttrs(ctx, slog.LevelError, "init failed", telemetry.Error(err))
		os.Exit(1)
	}
	lambda.Start(handler)
}

func load[T config.Settings](ctx context.Context, wire func(context.Context, T) (any, error)) (any, error) {
	settings, err := config.Load[T](os.Environ())
	if err != nil {
		return nil, err
	}
	return wire(ctx, settings)
}

// Base is what every function has.
type Base struct {
	Logger *slog.Logger
	Traces *telemetry.Traces
	AWS    aws.Config
}

// NewBase makes a Base from the common settings.
func NewBase(ctx context.Context, function contract.Function, settings config.Service) (Base, error) {
	service := telemetry.Service{Name: string(function), Environment: settings.Environment}
	traces, err := telemetry.StartTraces(ctx, service)
	if err != nil {
		return Base{}, err
	}
	awsConfig, err := awsclient.Load(ctx, awsclient.Config{Tracer: traces.Tracer()})
	if err != nil {
		return Base{}, err
	}
	return Base{Logger: telemetry.NewLogger(os.Stdout, service, settings.LogLevel), Traces: traces, AWS: awsConfig}, nil
}

// Metrics makes the emitter of a namespace.
func (b Base) Metrics(namespace string, function contract.Function, settings config.Service) (*telemetry.Emitter, error) {
	return telemetry.NewEmitter(os.Stdout, telemetry.EmitterConfig{
		Namespace: namespace, Service: telemetry.Service{Name: string(function), Environment: settings.Environment},
	})
}

// Flush writes the metrics and sends the spans of one invocation. No event fails
// for what goes wrong here; it is logged.
func (b Base) Flush(ctx context.Context, metrics *telemetry.Emitter, requestID string) {
	err := errors.Join(metrics.Flush(map[string]string{telemetry.KeyRequestID: requestID}), b.Traces.Flush(ctx))
	if err != nil {
		b.Logger.LogAttrs(ctx, slog.LevelWarn, "telemetry", slog.String(telemetry.KeyRequestID, requestID), telemetry.Error(err))
	}
}

// database returns how the database is reached. Without a URL the user and the
// password come from the secret, and the server's certificate is verified.
func (b Base) database(d config.Database) (pgstore.Config, error) {
	if d.URL != "" {
		return pgstore.Config{URL: d.URL.Reveal()}, nil
	}
	s, err := secret.New(secretsmanager.NewFromConfig(b.AWS), secret.Config{SecretARN: d.SecretARN})
	if err != nil {
		return pgstore.Config{}, err
	}
	return pgstore.Config{
		Host: d.Host, Port: uint16(d.Port), Name: d.Name, RootCAFile: d.CAFile, Credentials: s.Credentials,
	}, nil
}

// Store opens the pool of connections to the database. No connection is made
// before it is needed.
func (b Base) Store(d config.Database) (*pgstore.Store, error) {
	c, err := b.database(d)
	if err != nil {
		return nil, err
	}
	c.MaxConns, c.Tracer = int32(d.MaxConns), b.Traces.PGXTracer()
	return pgstore.New(c)
}

// Connection returns how to connect to the database once, with the user and the
// password in it.
func (b Base) Connection(ctx context.Context, d config.Database) (*pgx.ConnConfig, error) {
	c, err := b.database(d)
	if err != nil {
		return nil, err
	}
	return c.ConnConfig(ctx)
}
