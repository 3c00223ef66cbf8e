package traces_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/fluxa/fluxa/cli/webconsole/traces"
	"github.com/fluxa/fluxa/pkg/contract"
)

func attribute(key, value string) *common.KeyValue {
	return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
}

// span begins some milliseconds after a time, and takes 10 ms.
func span(began time.Time, after int, trace, id, parent, name string) *otlp.Span {
	start := began.Add(time.Duration(after) * time.Millisecond)
	return &otlp.Span{
		TraceId: []byte(trace), SpanId: []byte(id), ParentSpanId: []byte(parent), Name: name,
		StartTimeUnixNano: uint64(start.UnixNano()), EndTimeUnixNano: uint64(start.Add(10 * time.Millisecond).UnixNano()),
	}
}

// send is what a function does.
func send(t *testing.T, s *traces.Store, service string, spans ...*otlp.Span) {
	t.Helper()
	body, err := proto.Marshal(&otlp.TracesData{ResourceSpans: []*otlp.ResourceSpans{{
		Resource:   &resource.Resource{Attributes: []*common.KeyValue{attribute("service.name", service)}},
		ScopeSpans: []*otlp.ScopeSpans{{Spans: spans}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/traces", bytes.NewReader(body)))
	if answer.Code != http.StatusOK {
		t.Fatalf("%d %s", answer.Code, answer.Body)
	}
}

func names(spans []traces.Span) string {
	var out []string
	for _, s := range spans {
		out = append(out, s.Service+" "+s.Name)
	}
	return strings.Join(out, ", ")
}

func TestOf_finds_the_request_and_the_batch_that_links_to_it(t *testing.T) {
	t.Parallel()
	began, store := time.Now(), &traces.Store{}
	request := span(began, 0, "trace-1", "a", "", "POST /events")
	request.Attributes = []*common.KeyValue{attribute(contract.AttributeCorrelation, "asked")}
	other := span(began, 1, "trace-2", "b", "", "POST /events")
	other.Attributes = []*common.KeyValue{attribute(contract.AttributeCorrelation, "other")}
	send(t, store, "ingest", span(began, 2, "trace-1", "c", "a", "SQS.SendMessageBatch"), request, other)
	batch := span(began, 30, "trace-3", "d", "", "process batch")
	batch.Kind = otlp.Span_SPAN_KIND_CONSUMER
	batch.Status = &otlp.Status{Code: otlp.Status_STATUS_CODE_ERROR, Message: "database_unavailable"}
	batch.Links = []*otlp.Span_Link{{TraceId: []byte("trace-1")}, {TraceId: []byte("trace-9")}}
	elsewhere := span(began, 31, "trace-4", "f", "", "process batch")
	elsewhere.Links = []*otlp.Span_Link{{TraceId: []byte("trace-2")}}
	send(t, store, "processor", batch, span(began, 32, "trace-3", "e", "d", "query"), elsewhere)
	got := store.Of("asked")
	if want := "ingest POST /events, ingest SQS.SendMessageBatch, processor process batch, processor query"; names(got) != want {
		t.Fatalf("got %s, want %s", names(got), want)
	}
	if !got[2].Consumer || got[2].Failed != "database_unavailable" || got[1].Parent != got[0].ID || got[1].End.Sub(got[1].Start) != 10*time.Millisecond {
		t.Errorf("%+v", got)
	}
	if got := store.Of("none"); len(got) != 0 {
		t.Errorf("a correlation id that nobody had finds %s", names(got))
	}
}

func TestOf_leaves_out_what_is_older_than_five_minutes(t *testing.T) {
	t.Parallel()
	store := &traces.Store{}
	old := span(time.Now().Add(-6*time.Minute), 0, "trace-1", "a", "", "POST /events")
	old.Attributes = []*common.KeyValue{attribute(contract.AttributeCorrelation, "asked")}
	send(t, store, "ingest", old)
	if got := store.Of("asked"); len(got) != 0 {
		t.Errorf("found %s", names(got))
	}
}

func TestStore_forgets_the_oldest_when_it_is_full(t *testing.T) {
	t.Parallel()
	store, began := &traces.Store{}, time.Now()
	for batch := range 31 {
		var spans []*otlp.Span
		for i := range 1000 {
			s := span(began, batch, fmt.Sprintf("%d-%d", batch, i), "a", "", strings.Repeat("n", 5000))
			s.Attributes = []*common.KeyValue{attribute(contract.AttributeCorrelation, fmt.Sprintf("batch-%d", batch))}
			spans = append(spans, s)
		}
		send(t, store, "ingest", spans...)
	}
	for batch, want := range map[int]int{0: 0, 1: 1000, 30: 1000} {
		got := store.Of(fmt.Sprintf("batch-%d", batch))
		if len(got) != want {
			t.Errorf("of batch %d there are %d spans, want %d", batch, len(got), want)
		}
		if want > 0 && len(got[0].Name) != 200 {
			t.Errorf("a name of %d characters is kept", len(got[0].Name))
		}
	}
}

func TestServeHTTP_refuses_what_are_no_spans(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, body string
		status             int
	}{
		"no protobuf":   {"POST", "/v1/traces", "{}", 400},
		"too long":      {"POST", "/v1/traces", strings.Repeat("\x00", 8<<20+1), 400},
		"another path":  {"POST", "/v1/metrics", "", 404},
		"not a request": {"GET", "/v1/traces", "", 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := httptest.NewRecorder()
			new(traces.Store).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body)))
			if answer.Code != c.status {
				t.Errorf("%d, want %d", answer.Code, c.status)
			}
		})
	}
}
