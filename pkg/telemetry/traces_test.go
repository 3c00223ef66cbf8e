package telemetry_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// setEndpoint makes the environment of OpenTelemetry say only this.
func setEndpoint(t *testing.T, endpoint string) {
	t.Helper()
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "", "OTEL_SDK_DISABLED": "",
		"OTEL_EXPORTER_OTLP_HEADERS": "", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "",
		"OTEL_RESOURCE_ATTRIBUTES": "", "OTEL_SERVICE_NAME": "", "OTEL_TRACES_SAMPLER": "",
	} {
		t.Setenv(name, value)
	}
}

// fakeCollector takes spans by OTLP over HTTP.
type fakeCollector struct {
	mu       sync.Mutex
	spans    []*tracepb.Span
	resource map[string]string
}

func startCollector(t *testing.T) *fakeCollector {
	t.Helper()
	c := &fakeCollector{resource: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(raw, &request); err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, resource := range request.ResourceSpans {
			for name, value := range texts(resource.Resource.Attributes) {
				c.resource[name] = value
			}
			for _, scope := range resource.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	setEndpoint(t, server.URL)
	return c
}

func texts(attributes []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range attributes {
		out[a.Key] = a.Value.GetStringValue()
	}
	return out
}

func startTraces(t *testing.T) *telemetry.Traces {
	t.Helper()
	traces, err := telemetry.StartTraces(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := traces.Shutdown(context.Background()); err != nil {
			t.Errorf("shut down: %v", err)
		}
	})
	return traces
}

func TestTraces_without_an_endpoint_are_nothing(t *testing.T) {
	for name, set := range map[string]func(t *testing.T){
		"no endpoint": func(t *testing.T) { setEndpoint(t, "") },
		"switched off": func(t *testing.T) {
			setEndpoint(t, "http://127.0.0.1:1")
			t.Setenv("OTEL_SDK_DISABLED", "true")
		},
	} {
		t.Run(name, func(t *testing.T) {
			set(t)
			traces := startTraces(t)
			ctx, end := traces.Invocation(t.Context(), "processor", full)
			if telemetry.TraceHeader(ctx) != full || trace.SpanContextFromContext(ctx).IsValid() {
				t.Errorf("header %q, span %v", telemetry.TraceHeader(ctx), trace.SpanContextFromContext(ctx))
			}
			end(errors.New("failed"))
			if traces.Tracer() != nil || traces.Provider() != nil {
				t.Error("there are tracers")
			}
			if err := traces.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStartTraces_refuses_what_is_no_URL(t *testing.T) {
	for endpoint, want := range map[string]string{
		"localhost:4318":  `telemetry: OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://localhost:4318, got "localhost:4318"`,
		"grpc://host":     `telemetry: OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://localhost:4318, got "grpc://host"`,
		"http://":         `telemetry: OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://localhost:4318, got "http://"`,
		"http://[::1:4/x": `telemetry: OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://localhost:4318, got "http://[::1:4/x"`,
	} {
		setEndpoint(t, endpoint)
		if _, err := telemetry.StartTraces(t.Context(), service); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", endpoint, err)
		}
	}
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "nowhere")
	if _, err := telemetry.StartTraces(t.Context(), service); err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
		t.Errorf("got %v", err)
	}
}

func TestTraces_an_invocation_continues_the_trace_it_came_with(t *testing.T) {
	c := startCollector(t)
	traces := startTraces(t)
	const sent = "Root=1-11111111-222222222222222222222222;Parent=3333333333333333;Sampled=1"
	ctx, end := traces.Invocation(t.Context(), "processor", full, sent, "not a header")
	inner := telemetry.TraceHeader(ctx)
	_, child := traces.Tracer().Start(ctx, "inner")
	child.End()
	end(fault.Wrap(fault.DatabaseUnavailable, errors.New("hunter2"), "no database"))
	if err := traces.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(c.spans) != 2 {
		t.Fatalf("%d spans, want 2", len(c.spans))
	}
	within, whole := c.spans[0], c.spans[1]
	if hex.EncodeToString(whole.TraceId) != "5759e988bd862e3fe1be46a994272793" || hex.EncodeToString(whole.ParentSpanId) != "53995c3f42cd8ad8" {
		t.Errorf("trace %x, parent %x", whole.TraceId, whole.ParentSpanId)
	}
	if want := root + ";Parent=" + hex.EncodeToString(whole.SpanId) + ";Sampled=1"; inner != want {
		t.Errorf("the header within is %q, want %q", inner, want)
	}
	if string(within.ParentSpanId) != string(whole.SpanId) || within.Name != "inner" {
		t.Errorf("the span within %v is not a child", within)
	}
	if len(whole.Links) != 1 || hex.EncodeToString(whole.Links[0].TraceId) != "11111111222222222222222222222222" {
		t.Errorf("links %v", whole.Links)
	}
	if whole.Name != "processor" || whole.Kind != tracepb.Span_SPAN_KIND_CONSUMER ||
		whole.Status.Code != tracepb.Status_STATUS_CODE_ERROR || whole.Status.Message != "database_unavailable" ||
		texts(whole.Attributes)["error.type"] != "database_unavailable" || strings.Contains(fmt.Sprint(c.spans), "hunter2") {
		t.Errorf("span %v", whole)
	}
	for name, want := range map[string]string{
		"service.name": "fluxa-processor", "service.namespace": "fluxa", "deployment.environment.name": "dev", "cloud.provider": "aws",
	} {
		if c.resource[name] != want {
			t.Errorf("%s is %q, want %q", name, c.resource[name], want)
		}
	}
}

func TestTraces_an_invocation_without_a_header_begins_a_trace_of_its_time(t *testing.T) {
	c := startCollector(t)
	traces := startTraces(t)
	before := uint32(time.Now().Unix())
	_, end := traces.Invocation(t.Context(), "ingest", "")
	end(nil)
	if err := traces.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	span := c.spans[0]
	var began uint32
	if _, err := fmt.Sscanf(hex.EncodeToString(span.TraceId[:4]), "%08x", &began); err != nil || began < before || began > uint32(time.Now().Unix()) {
		t.Errorf("trace %x begins at %d, not at %d: %v", span.TraceId, began, before, err)
	}
	if span.Kind != tracepb.Span_SPAN_KIND_SERVER || span.Status.GetCode() != tracepb.Status_STATUS_CODE_UNSET || len(span.ParentSpanId) != 0 {
		t.Errorf("span %v", span)
	}
}

func TestTraces_what_X_Ray_does_not_sample_is_not_sent(t *testing.T) {
	c := startCollector(t)
	traces := startTraces(t)
	ctx, end := traces.Invocation(t.Context(), "ingest", root+";"+parent+";Sampled=0")
	if header := telemetry.TraceHeader(ctx); !strings.HasPrefix(header, root+";Parent=") || !strings.HasSuffix(header, ";Sampled=0") {
		t.Errorf("header %q", header)
	}
	end(nil)
	if err := traces.Flush(t.Context()); err != nil || len(c.spans) != 0 {
		t.Errorf("%d spans sent, error %v", len(c.spans), err)
	}
}

func TestTraces_Provider_makes_tracers_whose_spans_are_sent_too(t *testing.T) {
	c := startCollector(t)
	traces := startTraces(t)
	ctx, end := traces.Invocation(t.Context(), "query", "")
	_, span := traces.Provider().Tracer("a library").Start(ctx, "its span")
	span.End()
	end(nil)
	if err := traces.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(c.spans) != 2 || c.spans[0].Name != "its span" || string(c.spans[0].ParentSpanId) != string(c.spans[1].SpanId) {
		t.Errorf("spans %v", c.spans)
	}
}

func TestTraces_Flush_tells_once_of_a_collector_that_fails(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"it refuses":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) },
		"it is overloaded": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(handler)
			defer server.Close()
			setEndpoint(t, server.URL)
			traces := startTraces(t)
			_, end := traces.Invocation(t.Context(), "ingest", "")
			end(nil)
			if err := traces.Flush(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "send traces: ") {
				t.Errorf("error %v", err)
			}
			if err := traces.Flush(t.Context()); err != nil {
				t.Errorf("it tells again: %v", err)
			}
		})
	}
}

func TestTraces_Flush_gives_up_on_a_collector_that_does_not_answer(t *testing.T) {
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
		close(gone)
	}))
	defer server.Close()
	setEndpoint(t, server.URL)
	traces, err := telemetry.StartTraces(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	_, end := traces.Invocation(t.Context(), "ingest", "")
	end(nil)
	if err := traces.Flush(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	<-gone
}

func TestTraces_Shutdown_sends_what_is_left(t *testing.T) {
	c := startCollector(t)
	traces, err := telemetry.StartTraces(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	_, end := traces.Invocation(t.Context(), "ingest", "")
	end(nil)
	if err := traces.Shutdown(t.Context()); err != nil || len(c.spans) != 1 {
		t.Errorf("%d spans sent, error %v", len(c.spans), err)
	}
}

func TestTraces_Shutdown_tells_of_spans_that_were_lost(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	setEndpoint(t, server.URL)
	traces, err := telemetry.StartTraces(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	_, end := traces.Invocation(t.Context(), "ingest", "")
	end(nil)
	if err := traces.Shutdown(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "stop traces: ") {
		t.Errorf("error %v", err)
	}
}

func TestStartTraces_refuses_resource_attributes_it_cannot_read(t *testing.T) {
	setEndpoint(t, "http://127.0.0.1:1")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "no-pair")
	if _, err := telemetry.StartTraces(t.Context(), service); err == nil || !strings.HasPrefix(err.Error(), "describe the service for traces: ") {
		t.Errorf("error %v", err)
	}
}

// Without an endpoint nothing is recorded, and the header goes on as it came.
func ExampleTraces_Invocation() {
	var traces telemetry.Traces
	ctx, end := traces.Invocation(context.Background(), "ingest", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
	defer end(nil)
	fmt.Println(telemetry.TraceHeader(ctx))
	// Output: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1
}
