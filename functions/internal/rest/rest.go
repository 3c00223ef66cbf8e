// Package rest adapts API Gateway's proxy events to the routes of the contract:
// it finds the route, carries the correlation id through, and turns faults into
// problem documents. The handlers behind it see a plain request.
package rest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/uuid"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Request is one API call. Header names are lower case. Query holds the last
// value of each parameter.
type Request struct {
	Route         string
	Body          []byte
	Header        map[string]string
	Query         map[string]string
	Path          map[string]string
	CorrelationID string
	CallerID      string // the API key's id, or the IAM caller; empty when neither is asked
}

// Response is the answer of a handler. Body must be JSON. Fields are added to the
// request's log line; Err, too, when the answer itself is not an error document
// (some events of a batch, say).
type Response struct {
	Status int
	Body   []byte
	Fields []slog.Attr
	Err    error
}

// Handler answers one route. An error becomes a problem document.
type Handler func(ctx context.Context, r Request) (Response, error)

// Observer is told of every answer, before it is sent.
type Observer func(route string, status int, err error, took time.Duration)

// Config holds what an API needs; all of it is required. Handlers has one entry
// for each route id that the function serves. Metrics are flushed after every
// request.
type Config struct {
	Handlers map[string]Handler
	Base     boot.Base
	Metrics  *telemetry.Emitter
	Observe  Observer
}

// API serves the routes of one function.
type API struct {
	cfg    Config
	routes map[string]contract.Route // by method and path
}

// New returns an API, or an error when a handler has no route of the function or
// a route no handler.
func New(function contract.Function, cfg Config) (*API, error) {
	if cfg.Metrics == nil || cfg.Observe == nil {
		return nil, errors.New("rest: Metrics and Observe are required")
	}
	api := &API{cfg: cfg, routes: map[string]contract.Route{}}
	for _, r := range contract.Routes() {
		if r.Function != function {
			continue
		}
		if cfg.Handlers[r.ID] == nil {
			return nil, fmt.Errorf("rest: route %s of function %s has no handler", r.ID, function)
		}
		api.routes[r.Method+" "+r.Path] = r
	}
	if len(api.routes) != len(cfg.Handlers) {
		return nil, fmt.Errorf("rest: %d handlers for the %d routes of function %s", len(cfg.Handlers), len(api.routes), function)
	}
	return api, nil
}

// Handle is the Lambda handler. It answers every fault as a problem document, so
// that its error is always nil; a panic is a fault too.
func (a *API) Handle(ctx context.Context, in events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	began := time.Now()
	request := newRequest(in)
	requestID := in.RequestContext.RequestID
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		requestID = lc.AwsRequestID
	}
	spanned, end := a.cfg.Base.Traces.Invocation(ctx, in.HTTPMethod+" "+in.Resource, traceHeader(ctx, in))
	response, err := a.serve(spanned, in, &request)
	refused := err != nil
	if refused {
		response = problem(err, in.Path, request.CorrelationID, response.Fields)
	} else {
		err = response.Err
	}
	end(err)
	took := time.Since(began)
	a.cfg.Observe(request.Route, response.Status, err, took)
	a.log(ctx, in, request, requestID, response, err, took)
	a.cfg.Base.Flush(ctx, a.cfg.Metrics, requestID)
	return proxyResponse(response, request.CorrelationID, refused), nil
}

func (a *API) serve(ctx context.Context, in events.APIGatewayProxyRequest, request *Request) (response Response, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", r, debug.Stack()), "an internal error occurred")
		}
	}()
	route, ok := a.routes[in.HTTPMethod+" "+in.Resource]
	if !ok {
		return Response{}, a.noRoute(in)
	}
	request.Route = route.ID
	if in.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(in.Body)
		if err != nil {
			return Response{}, fault.Wrap(fault.MalformedJSON, err, "the body is marked as base64 and is not")
		}
		request.Body = body
	}
	if key := request.Header[lower(contract.HeaderIdempotencyKey)]; len(key) > contract.IdempotencyLimit || !printable(key) {
		return Response{}, fault.OfFields(fault.Field{Pointer: contract.HeaderIdempotencyKey, Code: fault.InvalidValue,
			Detail: fmt.Sprintf("%s must be at most %d printable ASCII characters", contract.HeaderIdempotencyKey, contract.IdempotencyLimit)})
	}
	if route.Method == http.MethodPost {
		if err := checkMedia(request.Header); err != nil {
			return Response{}, err
		}
	}
	return a.cfg.Handlers[route.ID](ctx, *request)
}

func (a *API) noRoute(in events.APIGatewayProxyRequest) error {
	for _, r := range contract.Routes() {
		if r.Path == in.Resource {
			return fault.Newf(fault.MethodNotAllowed, "%s is not a method of %s", in.HTTPMethod, in.Resource)
		}
	}
	return fault.New(fault.NotFound, "there is nothing at this path")
}

// checkMedia takes JSON, uncompressed. No Content-Type at all is let pass, since
// v1 did.
func checkMedia(header map[string]string) error {
	if encoding := header["content-encoding"]; encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fault.Newf(fault.UnsupportedMediaType, "Content-Encoding %.32q is not taken: send the JSON uncompressed", encoding)
	}
	given := header["content-type"]
	if given == "" {
		return nil
	}
	media, params, err := mime.ParseMediaType(given)
	if err != nil || (media != "application/json" && !strings.HasSuffix(media, "+json")) {
		return fault.Newf(fault.UnsupportedMediaType, "Content-Type %.64q is not taken: send application/json", given)
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return fault.Newf(fault.UnsupportedMediaType, "charset %.32q is not taken: JSON is UTF-8", charset)
	}
	return nil
}

func newRequest(in events.APIGatewayProxyRequest) Request {
	header := make(map[string]string, len(in.Headers)+len(in.MultiValueHeaders))
	for name, values := range in.MultiValueHeaders {
		if len(values) > 0 {
			header[lower(name)] = values[len(values)-1]
		}
	}
	for name, value := range in.Headers {
		header[lower(name)] = value
	}
	correlation := header[lower(contract.HeaderCorrelationID)]
	if correlation == "" || len(correlation) > contract.CorrelationIDLimit || !printable(correlation) {
		correlation = uuid.Must(uuid.NewV7()).String()
	}
	caller := in.RequestContext.Identity.APIKeyID
	if caller == "" {
		caller = in.RequestContext.Identity.UserArn
	}
	return Request{
		Body: []byte(in.Body), Header: header, Query: in.QueryStringParameters, Path: in.PathParameters,
		CorrelationID: correlation, CallerID: caller,
	}
}

func lower(s string) string { return strings.ToLower(s) }

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

// traceHeader is the runtime's own, which names this function's segment, else
// what came with the request.
func traceHeader(ctx context.Context, in events.APIGatewayProxyRequest) string {
	if header, ok := ctx.Value("x-amzn-trace-id").(string); ok && header != "" {
		return header
	}
	return in.Headers["X-Amzn-Trace-Id"]
}

func (a *API) log(ctx context.Context, in events.APIGatewayProxyRequest, request Request, requestID string, response Response, err error, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case response.Status >= http.StatusInternalServerError:
		level = slog.LevelError
	case err != nil:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String(telemetry.KeyCorrelationID, request.CorrelationID), slog.String(telemetry.KeyRequestID, requestID),
		slog.String("route", request.Route), slog.String("method", in.HTTPMethod), slog.Int("status", response.Status),
		slog.Float64("duration_ms", telemetry.Milliseconds(took)), slog.Int("body_bytes", len(request.Body)),
	}
	if err != nil {
		attrs = append(attrs, slog.String(telemetry.KeyErrorCode, string(fault.CodeOf(err))), telemetry.Error(err))
	}
	a.cfg.Base.Logger.LogAttrs(ctx, level, "request", append(attrs, response.Fields...)...)
}

func proxyResponse(r Response, correlationID string, refused bool) events.APIGatewayProxyResponse {
	out := events.APIGatewayProxyResponse{
		StatusCode: r.Status, Body: string(r.Body),
		Headers: map[string]string{"Content-Type": "application/json", contract.HeaderCorrelationID: correlationID},
	}
	if refused {
		out.Headers["Content-Type"] = "application/problem+json"
		if r.Status == http.StatusServiceUnavailable {
			out.Headers["Retry-After"] = "5"
		}
	}
	return out
}
