package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/encoding/protowire"
)

// otlp sends spans to a collector by OTLP over HTTP, in binary protobuf. The
// SDK's own client links gRPC, and through it a package that finds methods by
// name; the linker then keeps every exported method of the program, which makes
// up two fifths of each function. Of that client's variables this one knows the
// endpoint and the headers. It encodes the spans itself too: the generated types and
// what they register at each start are a tenth of a function.
type otlp struct {
	url    string
	header http.Header
	client *http.Client
}

const (
	uploadTimeout = 10 * time.Second
	answerLimit   = 64 << 10 // bytes
	tracesPath    = "/v1/traces"
)

// newOTLP takes the address to send to, and headers in the form of
// OTEL_EXPORTER_OTLP_HEADERS. No error repeats a header: it may be a key.
func newOTLP(address, headers string) (*otlp, error) {
	header := http.Header{}
	for pair := range strings.SplitSeq(headers, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !found || name == "" || err != nil {
			return nil, errors.New("must be a list such as name=value,name=value, the values percent-encoded; the value given is not shown")
		}
		header.Set(name, decoded)
	}
	header.Set("Content-Type", "application/x-protobuf")
	return &otlp{url: address, header: header, client: &http.Client{Timeout: uploadTimeout}}, nil
}

var _ sdktrace.SpanExporter = (*otlp)(nil)

// Shutdown closes the idle connections.
func (o *otlp) Shutdown(context.Context) error {
	o.client.CloseIdleConnections()
	return nil
}

// ExportSpans sends the spans once. It does not try again: an invocation must
// not wait for a collector that is away.
func (o *otlp) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	if err := o.upload(ctx, encodeSpans(spans)); err != nil {
		return fmt.Errorf("traces export: %w", err)
	}
	return nil
}

func (o *otlp) upload(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("address the collector: %w", err)
	}
	request.Header = o.header.Clone()
	response, err := o.client.Do(request)
	if err != nil {
		return fmt.Errorf("reach the collector: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it is read, or given up, by then
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	switch {
	case response.StatusCode/100 != 2:
		return fmt.Errorf("the collector answered %s", response.Status)
	case err != nil:
		return fmt.Errorf("read the collector's answer: %w", err)
	}
	if rejected := rejectedSpans(answer); rejected > 0 {
		return fmt.Errorf("the collector rejected %d spans", rejected)
	}
	return nil
}

// Fields of an ExportTraceServiceResponse and of its partial success.
const (
	partialSuccessField = 1
	rejectedSpansField  = 1
)

// rejectedSpans reads how many spans an ExportTraceServiceResponse rejects. An
// answer in another form rejects none.
func rejectedSpans(answer []byte) uint64 {
	partial, _ := protobufField(answer, partialSuccessField)
	_, rejected := protobufField(partial, rejectedSpansField)
	return rejected
}

// protobufField returns the bytes or the number of a field of a message.
func protobufField(message []byte, wanted protowire.Number) ([]byte, uint64) {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, 0
		}
		message = message[n:]
		switch {
		case number == wanted && kind == protowire.BytesType:
			value, _ := protowire.ConsumeBytes(message) // nil when it is cut off
			return value, 0
		case number == wanted && kind == protowire.VarintType:
			value, _ := protowire.ConsumeVarint(message) // 0 when it is cut off
			return nil, value
		}
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			return nil, 0
		}
		message = message[n:]
	}
	return nil, 0
}
