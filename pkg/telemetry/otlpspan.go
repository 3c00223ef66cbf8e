package telemetry

import (
	"math"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers below are those of the fields in opentelemetry-proto, whose messages
// are named in the comments. A test compares what is encoded here with what the
// exporter of OpenTelemetry makes of the same spans.

// encodeSpans returns the ExportTraceServiceRequest for spans of one provider, which
// have one resource. There must be one at least.
func encodeSpans(spans []sdktrace.ReadOnlySpan) []byte {
	var scopes []instrumentation.Scope
	byScope := map[instrumentation.Scope]message{}
	for _, s := range spans {
		scope := s.InstrumentationScope()
		encoded, known := byScope[scope]
		if !known {
			scopes = append(scopes, scope)
		}
		byScope[scope] = encoded.message(2, encodeSpan(s))
	}
	resource := spans[0].Resource()
	all := message{}.message(1, message{}.attributes(1, resource.Attributes())) // ResourceSpans
	for _, scope := range scopes {
		named := message{}.text(1, scope.Name).text(2, scope.Version).attributes(3, scope.Attributes.ToSlice()) // InstrumentationScope
		all = all.message(2, append(message{}.message(1, named), byScope[scope].text(3, scope.SchemaURL)...))   // ScopeSpans
	}
	return message{}.message(1, all.text(3, resource.SchemaURL()))
}

func encodeSpan(s sdktrace.ReadOnlySpan) message {
	context, parent := s.SpanContext(), s.Parent()
	traceID, spanID := context.TraceID(), context.SpanID()
	m := message{}.bytes(1, traceID[:]).bytes(2, spanID[:]).text(3, context.TraceState().String())
	if id := parent.SpanID(); id.IsValid() {
		m = m.bytes(4, id[:])
	}
	m = m.text(5, s.Name()).number(6, spanKind(s.SpanKind())).
		fixed64(7, nanoseconds(s.StartTime().UnixNano())).fixed64(8, nanoseconds(s.EndTime().UnixNano())).
		attributes(9, s.Attributes()).number(10, count(s.DroppedAttributes()))
	for _, e := range s.Events() { // Span.Event
		m = m.message(11, message{}.fixed64(1, nanoseconds(e.Time.UnixNano())).text(2, e.Name).
			attributes(3, e.Attributes).number(4, count(e.DroppedAttributeCount)))
	}
	m = m.number(12, count(s.DroppedEvents()))
	for _, l := range s.Links() { // Span.Link
		traceID, spanID := l.SpanContext.TraceID(), l.SpanContext.SpanID()
		m = m.message(13, message{}.bytes(1, traceID[:]).bytes(2, spanID[:]).
			attributes(4, l.Attributes).number(5, count(l.DroppedAttributeCount)).
			fixed32(6, spanFlags(l.SpanContext, l.SpanContext)))
	}
	status := message{}.text(2, s.Status().Description).number(3, statusCode(s.Status().Code)) // Status
	return m.number(14, count(s.DroppedLinks())).message(15, status).fixed32(16, spanFlags(context, parent))
}

// spanFlags are the W3C flags, that it is known whether the parent is remote, and
// whether it is.
func spanFlags(of, parent trace.SpanContext) uint32 {
	const known, remote = 0x100, 0x200
	flags := uint32(of.TraceFlags()) | known
	if parent.IsRemote() {
		flags |= remote
	}
	return flags
}

func spanKind(kind trace.SpanKind) uint64 {
	switch kind {
	case trace.SpanKindInternal:
		return 1
	case trace.SpanKindServer:
		return 2
	case trace.SpanKindClient:
		return 3
	case trace.SpanKindProducer:
		return 4
	case trace.SpanKindConsumer:
		return 5
	default:
		return 0
	}
}

func statusCode(code codes.Code) uint64 {
	switch code {
	case codes.Ok:
		return 1
	case codes.Error:
		return 2
	default:
		return 0
	}
}

func nanoseconds(n int64) uint64 { return uint64(max(0, n)) }

func count(n int) uint64 { return uint64(min(max(0, n), math.MaxUint32)) }

// message is a message of protobuf, as far as it is encoded. A field with its zero
// value is left out, except for another message, which says that it is there.
type message []byte

func (m message) bytes(number protowire.Number, value []byte) message {
	if len(value) == 0 {
		return m
	}
	return protowire.AppendBytes(protowire.AppendTag(m, number, protowire.BytesType), value)
}

func (m message) text(number protowire.Number, value string) message {
	return m.bytes(number, []byte(value))
}

func (m message) number(number protowire.Number, value uint64) message {
	if value == 0 {
		return m
	}
	return protowire.AppendVarint(protowire.AppendTag(m, number, protowire.VarintType), value)
}

func (m message) fixed32(number protowire.Number, value uint32) message {
	if value == 0 {
		return m
	}
	return protowire.AppendFixed32(protowire.AppendTag(m, number, protowire.Fixed32Type), value)
}

func (m message) fixed64(number protowire.Number, value uint64) message {
	if value == 0 {
		return m
	}
	return protowire.AppendFixed64(protowire.AppendTag(m, number, protowire.Fixed64Type), value)
}

func (m message) message(number protowire.Number, value message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, number, protowire.BytesType), value)
}

// attributes adds a KeyValue for each attribute.
func (m message) attributes(number protowire.Number, attributes []attribute.KeyValue) message {
	for _, a := range attributes {
		m = m.message(number, message{}.text(1, string(a.Key)).message(2, encodeValue(a.Value)))
	}
	return m
}

// encodeValue returns an AnyValue: one field, which says by its number what it is and
// is there also with its zero value.
func encodeValue(v attribute.Value) message {
	var m message
	switch v.Type() {
	case attribute.STRING:
		return protowire.AppendString(protowire.AppendTag(m, 1, protowire.BytesType), v.AsString())
	case attribute.BOOL:
		return protowire.AppendVarint(protowire.AppendTag(m, 2, protowire.VarintType), protowire.EncodeBool(v.AsBool()))
	case attribute.INT64:
		return protowire.AppendVarint(protowire.AppendTag(m, 3, protowire.VarintType), uint64(v.AsInt64()))
	case attribute.FLOAT64:
		return protowire.AppendFixed64(protowire.AppendTag(m, 4, protowire.Fixed64Type), math.Float64bits(v.AsFloat64()))
	case attribute.STRINGSLICE:
		return encodeList(v.AsStringSlice(), attribute.StringValue)
	case attribute.BOOLSLICE:
		return encodeList(v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		return encodeList(v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		return encodeList(v.AsFloat64Slice(), attribute.Float64Value)
	case attribute.SLICE:
		return encodeList(v.AsSlice(), func(inner attribute.Value) attribute.Value { return inner })
	case attribute.MAP:
		return m.message(6, message{}.attributes(1, v.AsMap())) // KeyValueList
	case attribute.BYTESLICE:
		return m.message(7, v.AsByteSlice())
	default:
		return m // none at all
	}
}

// encodeList returns an AnyValue with an ArrayValue.
func encodeList[T any](values []T, value func(T) attribute.Value) message {
	var list message
	for _, v := range values {
		list = list.message(1, encodeValue(value(v)))
	}
	return message{}.message(5, list)
}
