package telemetry

import (
	"context"
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

type traceHeaderKey struct{}

// WithTraceHeader returns a context that carries the X-Ray trace header of an
// invocation, in the form of X-Amzn-Trace-Id. A header that is not well-formed
// is not carried: SQS would refuse a message for it.
func WithTraceHeader(ctx context.Context, header string) context.Context {
	if _, ok := parseHeader(header); !ok {
		return ctx
	}
	return context.WithValue(ctx, traceHeaderKey{}, header)
}

// TraceHeader returns the X-Ray trace header for a call made in ctx, "" when
// there is none: that of the current span, else the one that WithTraceHeader put
// there, unchanged. The lineage, by which AWS notices functions that call
// themselves in a circle, is always kept.
func TraceHeader(ctx context.Context) string {
	header, _ := ctx.Value(traceHeaderKey{}).(string)
	current := trace.SpanContextFromContext(ctx)
	if !current.IsValid() {
		return header
	}
	out := FormatTraceHeader(current)
	if parsed, ok := parseHeader(header); ok && parsed.lineage != "" {
		out += ";Lineage=" + parsed.lineage
	}
	return out
}

// ParseTraceHeader reads the span context of an X-Ray trace header such as
// Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1.
// It reports false when the header has no well-formed root and parent.
func ParseTraceHeader(header string) (trace.SpanContext, bool) {
	parsed, ok := parseHeader(header)
	if !ok || !parsed.parent.IsValid() {
		return trace.SpanContext{}, false
	}
	c := trace.SpanContextConfig{TraceID: parsed.root, SpanID: parsed.parent, Remote: true}
	if parsed.sampled {
		c.TraceFlags = trace.FlagsSampled
	}
	return trace.NewSpanContext(c), true
}

// FormatTraceHeader writes a span context as an X-Ray trace header, "" when it
// is not valid.
func FormatTraceHeader(c trace.SpanContext) string {
	if !c.IsValid() {
		return ""
	}
	id, sampled := c.TraceID().String(), "0"
	if c.IsSampled() {
		sampled = "1"
	}
	return "Root=1-" + id[:8] + "-" + id[8:] + ";Parent=" + c.SpanID().String() + ";Sampled=" + sampled
}

type header struct {
	root    trace.TraceID
	parent  trace.SpanID // zero when there is none
	sampled bool
	lineage string
}

// maxHeader bounds what is read; X-Ray's own headers stay far below.
const maxHeader = 512

func parseHeader(text string) (header, bool) {
	var h header
	if len(text) > maxHeader {
		return h, false
	}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Root":
			version, rest, _ := strings.Cut(value, "-")
			epoch, unique, _ := strings.Cut(rest, "-")
			if version != "1" || len(epoch) != 8 || !decode(h.root[:], epoch+unique) {
				return header{}, false
			}
		case "Parent":
			if !decode(h.parent[:], value) {
				return header{}, false
			}
		case "Sampled":
			h.sampled = value == "1"
		case "Lineage":
			h.lineage = value
		}
	}
	return h, h.root.IsValid()
}

func decode(into []byte, digits string) bool {
	if len(digits) != 2*len(into) {
		return false
	}
	n, err := hex.Decode(into, []byte(digits))
	return err == nil && n == len(into)
}
