package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/logging"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Base is what every function has. It is safe for concurrent use.
type Base struct {
	Service telemetry.Service
	Logger  *slog.Logger
	Traces  *telemetry.Traces
	AWS     aws.Config
	Out     io.Writer // takes the metrics
	Version string    // by which outcomes are counted, "" for none
}

// NewBase makes a Base from the common settings. Log lines and metrics go to out,
// those of the AWS SDK too.
func NewBase(ctx context.Context, out io.Writer, function contract.Function, settings config.Service) (Base, error) {
	service := telemetry.Service{Name: string(function), Environment: settings.Environment}
	traces, err := telemetry.StartTraces(ctx, service)
	if err != nil {
		return Base{}, err
	}
	awsConfig, err := awsclient.Load(awsclient.Config{Tracer: traces.Tracer()})
	if err != nil {
		return Base{}, err
	}
	logger := telemetry.NewLogger(out, service, settings.LogLevel)
	awsConfig.Logger = sdkLogger{logger}
	base := Base{Service: service, Logger: logger, Traces: traces, AWS: awsConfig, Out: out}
	if settings.Release == config.Canary {
		base.Version = lambdacontext.FunctionVersion
	}
	return base, nil
}

// Metrics makes the emitter of a namespace.
func (b Base) Metrics(namespace string) (*telemetry.Emitter, error) {
	return telemetry.NewEmitter(b.Out, telemetry.EmitterConfig{Namespace: namespace, Service: b.Service, Version: b.Version})
}

// Flush writes the metrics and sends the spans of one invocation. No event fails
// for what goes wrong here; it is logged.
func (b Base) Flush(ctx context.Context, requestID string, metrics ...*telemetry.Emitter) {
	var errs []error
	for _, m := range metrics {
		errs = append(errs, m.Flush(map[string]string{telemetry.KeyRequestID: requestID}))
	}
	if err := errors.Join(append(errs, b.Traces.Flush(ctx))...); err != nil {
		b.Logger.LogAttrs(ctx, slog.LevelWarn, "telemetry", slog.String(telemetry.KeyRequestID, requestID), Failure(err))
	}
}

// Failure returns the fields of a log line that describe an error: its code and
// its text.
func Failure(err error) slog.Attr {
	return slog.Group("", slog.String(telemetry.KeyErrorCode, string(fault.CodeOf(err))), telemetry.Error(err))
}

// sdkLogger keeps what the AWS SDK has to say among the log lines; by default it
// writes plain text.
type sdkLogger struct{ to *slog.Logger }

func (l sdkLogger) Logf(class logging.Classification, format string, args ...any) {
	level := slog.LevelDebug
	if class == logging.Warn {
		level = slog.LevelWarn
	}
	l.to.LogAttrs(context.Background(), level, "aws sdk", slog.String("detail", fmt.Sprintf(format, args...)))
}
