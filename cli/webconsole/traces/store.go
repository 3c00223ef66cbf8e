// Package traces keeps the OpenTelemetry spans that functions send, for a while, and finds
// those of an event.
package traces

import (
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// limit bounds the spans that are kept: of about 500 bytes each, 15 MB. A stack that
	// takes 100 events a second makes some 500 spans a second.
	limit = 30_000
	// age is how long a span is kept where there are fewer.
	age = 5 * time.Minute
	// bodyLimit bounds a request: the functions send what one invocation made.
	bodyLimit = 8 << 20
	// textLimit bounds the texts of a span.
	textLimit = 200
)

// Span is one of a trace.
type Span struct {
	TraceID, ID, Parent string // hex digits; Parent is empty or may be a span that is not kept
	Service, Name       string
	Start, End          time.Time
	Failed              string // why, or empty
	Consumer            bool   // it is about messages

	correlation string
	links       []string // the traces that it links to
}

// Store is safe for concurrent use. The zero value is ready.
type Store struct {
	mu    sync.Mutex
	spans []Span // a ring once it is full
	next  int
}

// ServeHTTP takes spans by OTLP over HTTP, in binary protobuf: POST /v1/traces.
// https://opentelemetry.io/docs/specs/otlp/#otlphttp
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		http.Error(w, "the spans cannot be read", http.StatusBadRequest)
		return
	}
	// An ExportTraceServiceRequest has the one field of TracesData; its own type would link gRPC.
	var data otlp.TracesData
	if err := proto.Unmarshal(body, &data); err != nil {
		http.Error(w, "the spans are not in binary protobuf", http.StatusBadRequest)
		return
	}
	for _, resource := range data.GetResourceSpans() {
		service := text(resource.GetResource().GetAttributes(), "service.name")
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				s.keep(read(service, span))
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func read(service string, in *otlp.Span) Span {
	out := Span{
		TraceID: hex.EncodeToString(in.GetTraceId()), ID: hex.EncodeToString(in.GetSpanId()), Parent: hex.EncodeToString(in.GetParentSpanId()),
		Service: service, Name: short(in.GetName()),
		Start: time.Unix(0, int64(in.GetStartTimeUnixNano())), End: time.Unix(0, int64(in.GetEndTimeUnixNano())),
		Consumer:    in.GetKind() == otlp.Span_SPAN_KIND_CONSUMER,
		correlation: text(in.GetAttributes(), contract.AttributeCorrelation),
	}
	if status := in.GetStatus(); status.GetCode() == otlp.Status_STATUS_CODE_ERROR {
		if out.Failed = short(status.GetMessage()); out.Failed == "" {
			out.Failed = "failed"
		}
	}
	for _, l := range in.GetLinks() {
		if id := hex.EncodeToString(l.GetTraceId()); !slices.Contains(out.links, id) {
			out.links = append(out.links, id)
		}
	}
	return out
}

func text(attributes []*common.KeyValue, key string) string {
	for _, a := range attributes {
		if a.GetKey() == key {
			return short(a.GetValue().GetStringValue())
		}
	}
	return ""
}

func short(s string) string { return s[:min(len(s), textLimit)] }

func (s *Store) keep(span Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spans) < limit {
		s.spans = append(s.spans, span)
		return
	}
	s.spans[s.next] = span
	s.next = (s.next + 1) % limit
}

// Of returns the spans of the requests with a correlation id, and of the batches that their
// messages were in, in the order of their starts. Those of longer ago than five minutes are
// left out.
func (s *Store) Of(correlation string) []Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	oldest, asked, shown := time.Now().Add(-age), map[string]bool{}, map[string]bool{}
	for _, span := range s.spans {
		if span.correlation == correlation && span.Start.After(oldest) {
			asked[span.TraceID], shown[span.TraceID] = true, true
		}
	}
	for _, span := range s.spans {
		if slices.ContainsFunc(span.links, func(id string) bool { return asked[id] }) {
			shown[span.TraceID] = true
		}
	}
	var out []Span
	for _, span := range s.spans {
		if shown[span.TraceID] && span.Start.After(oldest) {
			out = append(out, span)
		}
	}
	slices.SortStableFunc(out, func(a, b Span) int { return a.Start.Compare(b.Start) })
	return out
}
