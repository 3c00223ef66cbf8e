// Package rest adapts API Gateway's proxy events to the routes of the contract:
// it finds the route, carries the correlation id through, and turns faults into
// problem documents. The handlers behind it see a plain request.
package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Response is the answer of a handler. Body must be JSON. Headers are sent beside
// those that every answer has. Fields are added to the request's log line; Err, too,
// when the answer itself is not an error document (some events of a batch, say).
type Response struct {
	Status  int
	Body    []byte
	Headers map[string]string
	Fields  []slog.Attr
	Err     error
}

// Handler answers one route. An error becomes a problem document, and the
// response's Fields are still logged. The context ends in time for the answer to
// be sent.
type Handler func(ctx context.Context, r Request) (Response, error)

// Observation is what there is to measure of one answer. Route is empty when
// there was none. Handled says that the route's handler came to an answer or an
// error of its own; it is false for what was answered before it (a 405, a 415)
// and for a panic.
type Observation struct {
	Route   string
	Status  int
	Err     error
	Handled bool
	Took    time.Duration
}

// Config holds what an API needs; all of it but Clients is required, which a stage may
// be without. Handlers has one entry for each route id that the function serves. Observe
// sees every answer, before it is sent; Metrics are flushed after it.
type Config struct {
	Handlers map[string]Handler
	Base     boot.Base
	Metrics  *telemetry.Emitter
	Observe  func(Observation)
	Clients  config.Clients
}

// API serves the routes of one function. It is safe for concurrent use.
type API struct {
	cfg     Config
	routes  map[string]contract.Route // by method and path
	clients map[string]Client         // by caller
}

// New returns an API, or an error when a handler has no route of the function or
// a route no handler.
func New(function contract.Function, cfg Config) (*API, error) {
	if cfg.Base.Logger == nil || cfg.Base.Traces == nil || cfg.Metrics == nil || cfg.Observe == nil {
		return nil, errors.New("rest: Base, Metrics and Observe are required")
	}
	api := &API{cfg: cfg, routes: map[string]contract.Route{}, clients: byCaller(cfg.Clients)}
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
	requestID := boot.RequestID(ctx)
	if requestID == "" {
		requestID = in.RequestContext.RequestID
	}
	header := boot.TraceHeader(ctx)
	if header == "" {
		header = request.Header["x-amzn-trace-id"]
	}
	work, cancel := boot.WorkContext(ctx)
	defer cancel()
	spanned, end := a.cfg.Base.Traces.Invocation(work, in.HTTPMethod+" "+in.Resource, header)
	response, handled, err := a.serve(spanned, in, &request)
	telemetry.Correlate(spanned, request.CorrelationID)
	refused := err != nil
	if refused {
		response = problem(err, in.Path, request.CorrelationID, response.Fields)
	} else {
		err = response.Err
	}
	end(err)
	seen := Observation{Route: request.Route, Status: response.Status, Err: err, Handled: handled, Took: time.Since(began)}
	a.cfg.Observe(seen)
	a.count(seen)
	a.log(ctx, in, request, requestID, response, seen)
	a.cfg.Base.Flush(ctx, requestID, a.cfg.Metrics)

	out := proxyResponse(response, request.CorrelationID)
	if refused {
		out.Headers["Content-Type"] = contract.MediaProblem
		a.refuse(out.Headers, in.Resource, response.Status, err)
	}
	return out, nil
}

// count counts what this version answered. A batch of which an event could not be taken
// is answered with 207, and failed all the same. Health checks are left out, as in the
// other metrics.
func (a *API) count(seen Observation) {
	if seen.Route == contract.RouteHealth {
		return
	}
	failed := 0
	if seen.Err != nil && fault.HTTPStatus(seen.Err) >= http.StatusInternalServerError {
		failed = 1
	}
	a.cfg.Metrics.Outcome(1, failed)
}

func (a *API) serve(ctx context.Context, in events.APIGatewayProxyRequest, request *Request) (response Response, handled bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			response, handled = Response{}, false
			err = fault.Wrap(fault.Panicked, fmt.Errorf("%v\n%s", r, debug.Stack()), "the handler panicked")
		}
	}()
	route, ok := a.routes[in.HTTPMethod+" "+in.Resource]
	if !ok {
		return Response{}, false, a.noRoute(in)
	}
	request.Route = route.ID
	if request.Client, err = a.identify(route, request.CallerID); err != nil {
		return Response{}, false, err
	}
	if err := request.read(in); err != nil {
		return Response{}, false, err
	}
	response, err = a.cfg.Handlers[route.ID](ctx, *request)
	return response, true, err
}

func (a *API) noRoute(in events.APIGatewayProxyRequest) error {
	if allowed(in.Resource) != "" {
		return fault.Newf(fault.MethodNotAllowed, "%s is not a method of %s", in.HTTPMethod, in.Resource)
	}
	return fault.New(fault.NotFound, "there is nothing at this path")
}

func (a *API) log(ctx context.Context, in events.APIGatewayProxyRequest, request Request, requestID string, response Response, seen Observation) {
	level := slog.LevelInfo
	switch {
	case seen.Status >= http.StatusInternalServerError:
		level = slog.LevelError
	case seen.Err != nil:
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String(telemetry.KeyCorrelationID, request.CorrelationID), slog.String(telemetry.KeyRequestID, requestID),
		slog.String("route", request.Route), slog.String("method", in.HTTPMethod), slog.Int("status", seen.Status),
		slog.Float64("duration_ms", telemetry.Milliseconds(seen.Took)), slog.Int("body_bytes", len(request.Body)),
	}
	if request.Client.Name != "" {
		attrs = append(attrs, slog.String(telemetry.KeyClient, request.Client.Name))
	}
	if seen.Err != nil {
		attrs = append(attrs, boot.Failure(seen.Err))
	}
	a.cfg.Base.Logger.LogAttrs(ctx, level, "request", append(attrs, response.Fields...)...)
}
