package awsclient

import (
	"context"
	"errors"
	"fmt"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Spans returns the SDK option that records one client span a call, all its
// tries included, named Service.Operation. Attributes are the service, the
// operation, the region, the request id and the number of tries; never what was
// sent or received. A failed call has the error's code as its status.
func Spans(tracer trace.Tracer) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(spans{tracer}, middleware.After)
	}
}

type spans struct{ tracer trace.Tracer }

func (spans) ID() string { return "FluxaSpans" }

func (s spans) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
	ctx, span := s.tracer.Start(ctx, service+"."+operation,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(
			attribute.String("rpc.system", "aws-api"),
			attribute.String("rpc.service", service),
			attribute.String("rpc.method", operation),
			attribute.String("cloud.region", awsmiddleware.GetRegion(ctx)),
		))
	defer span.End()
	out, metadata, err := next.HandleInitialize(ctx, in)
	if span.IsRecording() {
		span.SetAttributes(answerAttributes(metadata, err)...)
		if err != nil {
			span.SetStatus(codes.Error, errorCode(err))
		}
	}
	return out, metadata, err
}

func answerAttributes(metadata middleware.Metadata, err error) []attribute.KeyValue {
	var out []attribute.KeyValue
	if id, ok := awsmiddleware.GetRequestIDMetadata(metadata); ok {
		out = append(out, attribute.String("aws.request_id", id))
	}
	if tries, ok := retry.GetAttemptResults(metadata); ok && len(tries.Results) > 1 {
		out = append(out, attribute.Int("aws.attempts", len(tries.Results)))
	}
	if response, ok := awsmiddleware.GetRawResponse(metadata).(*smithyhttp.Response); ok && response != nil {
		out = append(out, attribute.Int("http.response.status_code", response.StatusCode))
	}
	if err != nil {
		out = append(out, attribute.String("error.type", errorCode(err)))
	}
	return out
}

// errorCode names an error without its text, which may repeat what was sent.
func errorCode(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "DeadlineExceeded"
	}
	if errors.Is(err, context.Canceled) {
		return "Canceled"
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}
