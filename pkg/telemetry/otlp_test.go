package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/fluxa/fluxa/pkg/telemetry"
)

func TestStartTraces_sends_where_and_with_what_the_variables_say(t *testing.T) {
	for name, c := range map[string]struct {
		variables map[string]string
		path, key string
	}{
		"to the endpoint's path for traces": {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}"}, "/v1/traces", ""},
		"below the endpoint's own path":     {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}/otlp/"}, "/otlp/v1/traces", ""},
		"to the endpoint of traces as it is": {
			map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "{url}/in"}, "/in", ""},
		"with headers": {
			map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}", "OTEL_EXPORTER_OTLP_HEADERS": "x-other=1, x-key = a%20b%2C=c ,"}, "/v1/traces", "a b,=c"},
		"with the headers of traces": {
			map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "{url}", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=no", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "X-Key=yes"},
			"/v1/traces", "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			var path, key, media string
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				path, key, media = r.URL.Path, r.Header.Get("X-Key"), r.Header.Get("Content-Type")
			}))
			t.Cleanup(server.Close)
			setEndpoint(t, "")
			for variable, value := range c.variables {
				t.Setenv(variable, strings.ReplaceAll(value, "{url}", server.URL))
			}
			traces := startTraces(t)
			_, end := traces.Invocation(t.Context(), "ingest", "")
			end(nil)
			if err := traces.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if path != c.path || key != c.key || media != "application/x-protobuf" {
				t.Errorf("path %q, key %q, media type %q", path, key, media)
			}
		})
	}
}

func TestStartTraces_refuses_headers_that_are_no_list_and_does_not_repeat_them(t *testing.T) {
	for _, variable := range []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"} {
		for _, headers := range []string{"hunter2", "=hunter2", "x-key=hunter2%zz"} {
			setEndpoint(t, "http://127.0.0.1:1")
			t.Setenv(variable, headers)
			const want = " must be a list such as name=value,name=value, the values percent-encoded; the value given is not shown"
			if _, err := telemetry.StartTraces(t.Context(), service); err == nil || err.Error() != "telemetry: "+variable+want {
				t.Errorf("%s=%s: error %v", variable, headers, err)
			}
		}
	}
}

func TestTraces_Flush_tells_what_the_collector_did_not_take(t *testing.T) {
	partial, err := proto.Marshal(&collector.ExportTraceServiceResponse{
		PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: 300, ErrorMessage: "too old"},
	})
	if err != nil {
		t.Fatal(err)
	}
	warning, err := proto.Marshal(&collector.ExportTraceServiceResponse{
		PartialSuccess: &collector.ExportTracePartialSuccess{ErrorMessage: "all taken, but mind the clock"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		status int
		answer string
		want   string
	}{
		"all taken":               {200, "", ""},
		"all taken, with a word":  {200, string(warning), ""},
		"an answer of its own":    {202, `{"ok":true}`, ""},
		"an answer cut off":       {200, string(partial[:1]), ""},
		"a field cut off":         {200, "\x12\x7f", ""},
		"another field first":     {200, "\x10\x01" + string(partial), "send traces: traces export: the collector rejected 300 spans"},
		"some rejected":           {200, string(partial), "send traces: traces export: the collector rejected 300 spans"},
		"refused":                 {403, "hunter2", "send traces: traces export: the collector answered 403 Forbidden"},
		"overloaded, once is all": {503, "", "send traces: traces export: the collector answered 503 Service Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(c.status)
				if _, err := w.Write([]byte(c.answer)); err != nil {
					t.Error(err)
				}
			}))
			t.Cleanup(server.Close)
			setEndpoint(t, server.URL)
			traces := startTraces(t)
			_, end := traces.Invocation(t.Context(), "ingest", "")
			end(nil)
			err := traces.Flush(t.Context())
			if got := text(err); got != c.want || asked != 1 {
				t.Errorf("error %q, want %q; asked %d times", got, c.want, asked)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
