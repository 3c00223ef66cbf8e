package telemetry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
)

// uploads is a client of OpenTelemetry's exporter that keeps what it is given.
type uploads struct{ all tracepb.TracesData }

func (*uploads) Start(context.Context) error { return nil }
func (*uploads) Stop(context.Context) error  { return nil }

func (u *uploads) UploadTraces(_ context.Context, spans []*tracepb.ResourceSpans) error {
	u.all.ResourceSpans = append(u.all.ResourceSpans, spans...)
	return nil
}

// TestTraces_sends_what_the_exporter_of_OpenTelemetry_sends compares the spans that
// arrive with those that the library makes of the same ones.
func TestTraces_sends_what_the_exporter_of_OpenTelemetry_sends(t *testing.T) {
	var raw []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var err error
		if raw, err = io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	setEndpoint(t, server.URL)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "cloud.region=eu-west-1")
	for _, limit := range []string{
		"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
		"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
	} {
		t.Setenv(limit, "20")
	}
	traces := startTraces(t)
	library := &uploads{}
	exporter, err := otlptrace.New(t.Context(), library)
	if err != nil {
		t.Fatal(err)
	}
	provider := traces.Provider().(*sdktrace.TracerProvider)
	provider.RegisterSpanProcessor(sdktrace.NewBatchSpanProcessor(exporter))
	recordSpans(t, provider)
	if err := errors.Join(traces.Flush(t.Context()), provider.ForceFlush(t.Context())); err != nil {
		t.Fatal(err)
	}
	var sent tracepb.TracesData
	if err := proto.Unmarshal(raw, &sent); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(&sent, &library.all) {
		t.Errorf("sent\n%s\nwant\n%s", prototext.Format(&sent), prototext.Format(&library.all))
	}
	if n := len(sent.ResourceSpans[0].ScopeSpans); n != 3 || len(sent.ProtoReflect().GetUnknown()) > 0 {
		t.Errorf("%d scopes, want 3", n)
	}
}

// recordSpans records spans with all that a span may have, zero values included.
func recordSpans(t *testing.T, provider trace.TracerProvider) {
	t.Helper()
	state, err := trace.ParseTraceState("vendor=1,other=2")
	if err != nil {
		t.Fatal(err)
	}
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{1, 2}, SpanID: trace.SpanID{3}, TraceFlags: trace.FlagsSampled, TraceState: state, Remote: true,
	})
	values := []attribute.KeyValue{
		attribute.String("text", "é€😀"), attribute.String("no text", ""), attribute.Bool("yes", true), attribute.Bool("no", false),
		attribute.Int("number", 1<<40), attribute.Int("negative", -7), attribute.Int("zero", 0), attribute.Float64("float", -1.5), attribute.Float64("no float", 0),
		attribute.StringSlice("texts", []string{"a", ""}), attribute.BoolSlice("bools", []bool{true, false}), attribute.Int64Slice("numbers", []int64{0, -1}),
		attribute.Float64Slice("floats", []float64{0, 2.5}), attribute.StringSlice("none", []string{}),
		attribute.ByteSlice("bytes", []byte{0, 255}), attribute.ByteSlice("no bytes", []byte{}),
		attribute.Slice("mixed", attribute.IntValue(1), attribute.StringValue(""), attribute.Value{}),
		attribute.Map("map", attribute.String("inner", "x"), attribute.Map("empty")),
		{Key: "nothing"},
	}
	many := make([]attribute.KeyValue, 25)
	for i := range many {
		many[i] = attribute.Int(string(rune('a'+i)), i)
	}
	tracer := provider.Tracer("first", trace.WithInstrumentationVersion("v1.2.3"), trace.WithSchemaURL("https://example.com/schema"),
		trace.WithInstrumentationAttributes(attribute.String("of", "the scope")))
	ctx, whole := tracer.Start(trace.ContextWithRemoteSpanContext(t.Context(), remote), "whole", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(values...))
	for _, kind := range []trace.SpanKind{
		trace.SpanKindInternal, trace.SpanKindClient, trace.SpanKindProducer, trace.SpanKindConsumer, trace.SpanKindUnspecified,
	} {
		_, span := provider.Tracer("second").Start(ctx, kind.String(), trace.WithSpanKind(kind), trace.WithAttributes(many...))
		span.SetStatus(codes.Ok, "")
		span.End()
	}
	for range 25 { // of which the first are dropped
		whole.AddEvent("one of many")
		whole.AddLink(trace.Link{SpanContext: whole.SpanContext()})
	}
	whole.AddEvent("event", trace.WithAttributes(values...))
	whole.AddEvent("event with more", trace.WithAttributes(many...), trace.WithTimestamp(time.Unix(-1, 0)))
	whole.AddLink(trace.Link{SpanContext: remote, Attributes: many})
	whole.SetStatus(codes.Error, "what went wrong")
	whole.End()
	_, last := provider.Tracer("").Start(t.Context(), "", trace.WithNewRoot(), trace.WithTimestamp(time.Unix(0, 0)))
	last.End(trace.WithTimestamp(time.Unix(0, 1)))
}
