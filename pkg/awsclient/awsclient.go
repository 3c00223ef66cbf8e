// Package awsclient loads the configuration that every AWS client of Fluxa is
// made from, with the time-outs, the bounded retries and, when asked for, the
// spans that a function needs. How a call that takes many entries is split and
// retried is in its sub-package batch.
package awsclient

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"
	"go.opentelemetry.io/otel/trace"
)

// Config says how clients behave. The zero value is right for a function.
type Config struct {
	// Attempts is how often a call is tried in all; 3 by default, 10 at most.
	Attempts int
	// MaxBackoff is the longest pause between two tries; 2 s by default. The
	// pauses grow exponentially and are drawn at random up to that.
	MaxBackoff time.Duration
	// ConnectTimeout bounds the connection and, again, the TLS handshake; 2 s by
	// default.
	ConnectTimeout time.Duration
	// ResponseTimeout bounds the wait for the first byte of an answer; 5 s by
	// default.
	ResponseTimeout time.Duration
	// CallTimeout bounds one try with its bodies; 10 s by default. The caller's
	// context bounds them all.
	CallTimeout time.Duration
	// Tracer, when set, records a span for each call.
	Tracer trace.Tracer
	// Logger, when set, gets what the SDK warns of, which it otherwise writes to
	// standard error as plain text.
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Attempts == 0 {
		c.Attempts = 3
	}
	if c.Attempts < 1 || c.Attempts > 10 {
		return c, fmt.Errorf("awsclient: Attempts must be 1 to 10, got %d", c.Attempts)
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		start time.Duration
	}{
		{"MaxBackoff", &c.MaxBackoff, 2 * time.Second},
		{"ConnectTimeout", &c.ConnectTimeout, 2 * time.Second},
		{"ResponseTimeout", &c.ResponseTimeout, 5 * time.Second},
		{"CallTimeout", &c.CallTimeout, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.start
		}
		if *d.value < 0 {
			return c, fmt.Errorf("awsclient: %s must be positive, got %s", d.name, *d.value)
		}
	}
	return c, nil
}

// The variables that Lambda gives every function, and the address of an emulator.
const (
	regionVariable       = "AWS_REGION"
	keyIDVariable        = "AWS_ACCESS_KEY_ID"
	secretKeyVariable    = "AWS_SECRET_ACCESS_KEY"
	sessionTokenVariable = "AWS_SESSION_TOKEN"
	endpointVariable     = "AWS_ENDPOINT_URL"
)

// Load reads region and credentials from AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, as Lambda sets them, and from
// AWS_ENDPOINT_URL the address of an emulator. It reads nothing else: what the SDK's
// own loader links to look for profiles, single sign-on and the metadata of an
// instance is a tenth of a function, and a part of each of its starts. Returns an
// error when the region is missing, since every later call would fail for it. A call
// without credentials fails at once.
func Load(c Config) (aws.Config, error) {
	c, err := c.withDefaults()
	if err != nil {
		return aws.Config{}, err
	}
	loaded := aws.Config{
		Region:     os.Getenv(regionVariable),
		Retryer:    c.retryer,
		HTTPClient: ReadOnly(c.httpClient()),
		Logger:     logging.NewStandardLogger(os.Stderr),
		// As the SDK's loader has it when no variable says otherwise. The checksums are
		// those of S3, both ways.
		DefaultsMode:               aws.DefaultsModeLegacy,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
	if loaded.Region == "" {
		return aws.Config{}, errors.New("load the AWS configuration: no region; set " + regionVariable)
	}
	loaded.Credentials = aws.NewCredentialsCache(credentials.StaticCredentialsProvider{
		Value: aws.Credentials{
			AccessKeyID: os.Getenv(keyIDVariable), SecretAccessKey: os.Getenv(secretKeyVariable), SessionToken: os.Getenv(sessionTokenVariable),
			Source: "EnvConfigCredentials", // as the SDK names them
		},
		Source: []aws.CredentialSource{aws.CredentialSourceEnvVars},
	})
	if endpoint := os.Getenv(endpointVariable); endpoint != "" {
		loaded.BaseEndpoint = aws.String(endpoint)
	}
	if c.Tracer != nil {
		loaded.APIOptions = append(loaded.APIOptions, Spans(c.Tracer))
	}
	if c.Logger != nil {
		loaded.Logger = sdkLogger(c.Logger)
	}
	return loaded, nil
}

func (c Config) retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = c.Attempts
		o.MaxBackoff = c.MaxBackoff
		o.Backoff = retry.NewExponentialJitterBackoff(c.MaxBackoff)
	})
}

func (c Config) httpClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTimeout(c.CallTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = c.ConnectTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = c.ConnectTimeout
			t.ResponseHeaderTimeout = c.ResponseTimeout
		})
}

func sdkLogger(logger *slog.Logger) logging.Logger {
	return logging.LoggerFunc(func(classification logging.Classification, format string, v ...any) {
		level := slog.LevelWarn
		if classification == logging.Debug {
			level = slog.LevelDebug
		}
		logger.Log(context.Background(), level, fmt.Sprintf(format, v...), slog.String("source", "aws-sdk"))
	})
}
