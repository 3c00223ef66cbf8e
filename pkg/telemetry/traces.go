package telemetry

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Traces records OpenTelemetry spans, or nothing at all: the zero value, and what
// StartTraces returns when no endpoint is set, costs a nil check. It is safe for
// concurrent use.
type Traces struct {
	provider *sdktrace.TracerProvider
	exporter *keeping
	tracer   trace.Tracer
}

// The variables of OpenTelemetry that are read here. Those of the sampler, the
// resource and the span limits are read by its SDK.
const (
	endpointVariable       = contract.VariableOTLPEndpoint
	tracesEndpointVariable = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	headersVariable        = "OTEL_EXPORTER_OTLP_HEADERS"
	tracesHeadersVariable  = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"
	disabledVariable       = "OTEL_SDK_DISABLED"
)

// StartTraces begins to record spans and to send them by OTLP over HTTP to
// OTEL_EXPORTER_OTLP_ENDPOINT, with the headers of OTEL_EXPORTER_OTLP_HEADERS;
// without an endpoint it records none. Trace ids have the form that X-Ray asks
// for. Returns an error that names the variable when the endpoint is no URL or the
// headers are no list.
func StartTraces(ctx context.Context, service Service) (*Traces, error) {
	name, endpoint, path := tracesEndpointVariable, os.Getenv(tracesEndpointVariable), ""
	if endpoint == "" {
		name, endpoint, path = endpointVariable, os.Getenv(endpointVariable), tracesPath
	}
	if endpoint == "" || os.Getenv(disabledVariable) == "true" {
		return &Traces{}, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("telemetry: %s must be a URL such as http://localhost:4318, got %q", name, endpoint)
	}
	name, headers := tracesHeadersVariable, os.Getenv(tracesHeadersVariable)
	if headers == "" {
		name, headers = headersVariable, os.Getenv(headersVariable)
	}
	exporter, err := newOTLP(u.JoinPath(path).String(), headers)
	if err != nil {
		return nil, fmt.Errorf("telemetry: %s %w", name, err)
	}
	return newTraces(ctx, service, exporter, time.Now)
}

func newTraces(ctx context.Context, service Service, exporter sdktrace.SpanExporter, now func() time.Time) (*Traces, error) {
	described, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.namespace", "fluxa"),
			attribute.String("service.name", "fluxa-"+service.Name),
			attribute.String("deployment.environment.name", service.Environment),
			attribute.String("cloud.provider", "aws"),
		),
		resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("describe the service for traces: %w", err)
	}
	kept := &keeping{SpanExporter: exporter}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithResource(described),
		sdktrace.WithIDGenerator(xrayIDs{now}),
		sdktrace.WithBatcher(kept),
	)
	return &Traces{provider, kept, provider.Tracer("github.com/fluxa/fluxa/pkg/telemetry")}, nil
}

// Tracer returns the tracer for the spans of others, nil when none are recorded.
func (t *Traces) Tracer() trace.Tracer { return t.tracer }

// Provider returns what a library makes its own tracer of, nil when no spans are
// recorded. This package makes none itself: whoever imports it would link the
// library, used or not.
func (t *Traces) Provider() trace.TracerProvider {
	if t.provider == nil {
		return nil
	}
	return t.provider
}

// Invocation returns a context for one invocation of a function: it carries the
// trace header that the invocation came with, and a span when spans are recorded.
// The span continues the header's trace, and links to those of the messages that
// the invocation is about. The caller must call end once, with the invocation's
// error; then Flush.
func (t *Traces) Invocation(ctx context.Context, name, header string, messageHeaders ...string) (_ context.Context, end func(error)) {
	ctx = WithTraceHeader(ctx, header)
	if t.tracer == nil {
		return ctx, func(error) {}
	}
	if parent, ok := ParseTraceHeader(header); ok {
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	}
	kind := trace.SpanKindServer
	var links []trace.Link
	for _, h := range messageHeaders {
		kind = trace.SpanKindConsumer
		if sent, ok := ParseTraceHeader(h); ok {
			links = append(links, trace.Link{SpanContext: sent})
		}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithLinks(links...))
	return ctx, func(err error) {
		if err != nil {
			code := string(fault.CodeOf(err))
			span.SetAttributes(attribute.String("error.type", code))
			span.SetStatus(codes.Error, code)
		}
		span.End()
	}
}

// Correlate notes a correlation id on the span of ctx, if there is one.
func Correlate(ctx context.Context, id string) {
	trace.SpanFromContext(ctx).SetAttributes(attribute.String(contract.AttributeCorrelation, id))
}

// flushLimit bounds how long an invocation waits for the collector.
const flushLimit = time.Second

// Flush sends the spans that have ended, within a second at most. Call it at the
// end of each invocation: a frozen function sends nothing. Returns what went
// wrong since the last time; the spans concerned are lost.
func (t *Traces) Flush(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushLimit)
	defer cancel()
	if err := errors.Join(t.provider.ForceFlush(ctx), t.exporter.take()); err != nil {
		return fmt.Errorf("send traces: %w", err)
	}
	return nil
}

// Shutdown sends what is left and stops recording, within ctx.
func (t *Traces) Shutdown(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	if err := errors.Join(t.provider.Shutdown(ctx), t.exporter.take()); err != nil {
		return fmt.Errorf("stop traces: %w", err)
	}
	return nil
}

// keeping keeps the error of an export for Flush: the SDK would hand it to a
// global handler, which prints it as plain text among the log lines.
type keeping struct {
	sdktrace.SpanExporter
	mu   sync.Mutex
	last error
}

func (k *keeping) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := k.SpanExporter.ExportSpans(ctx, spans); err != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.last = err
	}
	return nil
}

func (k *keeping) take() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.last
	k.last = nil
	return err
}

// xrayIDs makes trace ids whose first four bytes are the time, as X-Ray asks.
type xrayIDs struct{ now func() time.Time }

func (g xrayIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	var id trace.TraceID
	binary.BigEndian.PutUint32(id[:4], uint32(g.now().Unix()))
	rand.Read(id[4:])
	return id, g.NewSpanID(ctx, id)
}

func (xrayIDs) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var id trace.SpanID
	for !id.IsValid() {
		rand.Read(id[:])
	}
	return id
}
