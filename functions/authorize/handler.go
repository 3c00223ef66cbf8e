package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/authorize"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler adapts a Lambda authorizer of the kind TOKEN to the use case.
type handler struct {
	service *authorize.Authorizer
	base    boot.Base
}

type (
	request  = events.APIGatewayCustomAuthorizerRequest
	response = events.APIGatewayCustomAuthorizerResponse
)

// errUnauthorized is, word for word, what API Gateway answers with 401. Any other
// error is 500 to it: "Use API Gateway Lambda authorizers",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
var errUnauthorized = errors.New("Unauthorized")

// handle answers 200 with a policy for a good token, 403 by a denial for one that is
// for others, 401 for a bad one, and 500 when the issuer cannot be reached.
func (h *handler) handle(ctx context.Context, in request) (response, error) {
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	spanned, end := h.base.Traces.Invocation(work, "authorize", boot.TraceHeader(ctx))
	caller, err := h.service.Caller(spanned, in.AuthorizationToken)
	end(err)
	h.tell(ctx, caller, err)
	switch {
	case err == nil:
		return policy("Allow", caller, in.MethodArn)
	case fault.CodeOf(err) == fault.Forbidden:
		return policy("Deny", "forbidden", in.MethodArn)
	case fault.CodeOf(err) == fault.Unauthorized:
		return response{}, errUnauthorized
	default:
		return response{}, err
	}
}

// policy is for every route of the API's stage: API Gateway keeps it for the token,
// and applies it to whatever the token asks for next.
func policy(effect, caller, methodARN string) (response, error) {
	parts := strings.SplitN(methodARN, "/", 3) // arn:…:API, stage, METHOD/path
	if len(parts) != 3 {
		return response{}, fmt.Errorf("the method's ARN %.200q has no stage", methodARN)
	}
	return response{
		PrincipalID: caller,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{{
				Action: []string{"execute-api:Invoke"}, Effect: effect, Resource: []string{parts[0] + "/" + parts[1] + "/*"},
			}},
		},
	}, nil
}

// tell writes the log line, which has the caller and never the token.
func (h *handler) tell(ctx context.Context, caller string, err error) {
	requestID := boot.RequestID(ctx)
	level, attrs := slog.LevelInfo, []slog.Attr{slog.String(telemetry.KeyRequestID, requestID), slog.String("caller", caller)}
	if err != nil {
		level = slog.LevelWarn
		if fault.HTTPStatus(err) >= 500 {
			level = slog.LevelError
		}
		attrs = append(attrs, boot.Failure(err))
	}
	h.base.Logger.LogAttrs(ctx, level, "authorize", attrs...)
	h.base.Flush(ctx, requestID)
}
