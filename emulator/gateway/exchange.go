package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// exchange is one request on its way to its response. It is also the response's writer,
// to know what was sent.
type exchange struct {
	http.ResponseWriter
	gateway       *Gateway
	request       *http.Request
	begun         time.Time
	requestID     string
	correlationID string
	traceID       string

	resource      string
	key           *heldKey // nil where none is asked for
	status        int
	written       int
	functionError string
	failure       error
}

func newExchange(g *Gateway, w http.ResponseWriter, r *http.Request) *exchange {
	begun := time.Now()
	return &exchange{
		ResponseWriter: w,
		gateway:        g,
		request:        r,
		begun:          begun,
		requestID:      uuid.NewString(),
		correlationID:  correlationID(r),
		traceID:        traceID(r, begun),
	}
}

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	x.status = status
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(p []byte) (int, error) {
	n, err := x.ResponseWriter.Write(p)
	x.written += n
	return n, err
}

func (x *exchange) serve(rs *resource, route Route) {
	if route.AuthRequired && len(x.gateway.keys) > 0 {
		if x.key = x.gateway.keyOf(x.request.Header.Get("X-Api-Key")); x.key == nil {
			x.problem(http.StatusForbidden, "the header x-api-key is missing or has no valid key")
			return
		}
		if !x.key.allows() {
			x.Header().Set("Retry-After", "1")
			x.problem(http.StatusTooManyRequests, fmt.Sprintf("the API key sends more than %g requests a second, %d at once", x.key.RatePerSecond, x.key.Burst))
			return
		}
	}
	free, ok := x.reserve()
	if !ok {
		return
	}
	defer free()
	body, ok := x.readBody()
	if !ok {
		return
	}
	body, freeInflated, ok := x.inflate(body)
	if !ok {
		return
	}
	defer freeInflated()
	event, err := x.event(rs, body)
	if err != nil {
		x.failure = err
		x.problem(http.StatusBadRequest, err.Error())
		return
	}

	ctx, cancel := context.WithTimeout(x.request.Context(), x.gateway.cfg.integrationTimeout)
	defer cancel()
	answer, functionError, err := route.Function.Call(ctx, event, x.traceID)
	if err != nil {
		x.integrationFailed(ctx, err)
		return
	}
	if functionError != "" {
		x.functionError = functionError
		x.problem(http.StatusBadGateway, "the function failed")
		return
	}
	response, err := parseResponse(answer)
	if err != nil {
		x.failure = err
		x.problem(http.StatusBadGateway, "the answer of the function is malformed")
		return
	}
	x.send(response)
}

// reserve takes the bytes of the request's body out of the gateway's budget, until free is
// called. A body that does not say its size counts as the largest.
func (x *exchange) reserve() (free func(), ok bool) {
	size := x.request.ContentLength
	if 0 <= size && size <= freeBodyBytes {
		return func() {}, true
	}
	if size < 0 || size > MaxBodyBytes {
		size = MaxBodyBytes
	}
	if !x.gateway.bodies.TryAcquire(size) {
		x.Header().Set("Connection", "close") // the server would read on before it answers
		x.noRoom()
		return nil, false
	}
	return func() { x.gateway.bodies.Release(size) }, true
}

func (x *exchange) noRoom() {
	x.Header().Set("Retry-After", "1")
	x.problem(http.StatusTooManyRequests, "too many large bodies are on their way")
}

func (x *exchange) readBody() ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(x.ResponseWriter, x.request.Body, MaxBodyBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		x.problem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body must be at most %d bytes", MaxBodyBytes))
		return nil, false
	}
	if err != nil {
		x.failure = err
		x.problem(http.StatusBadRequest, "the body could not be read")
		return nil, false
	}
	return body, true
}

// integrationFailed answers for a function that was not invoked or not waited for. What
// the error says stays in the log.
func (x *exchange) integrationFailed(ctx context.Context, err error) {
	x.failure = err
	var status interface{ HTTPStatusCode() int }
	switch {
	case errors.As(err, &status) && status.HTTPStatusCode() == http.StatusTooManyRequests:
		x.Header().Set("Retry-After", "1")
		x.problem(http.StatusTooManyRequests, "too many requests are being worked on")
	case errors.As(err, &status) && status.HTTPStatusCode() == http.StatusRequestEntityTooLarge:
		x.problem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is too large for the function: at most %d bytes with all its headers", maxEventBytes))
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		x.problem(http.StatusGatewayTimeout, "the function did not answer in time")
	default:
		x.problem(http.StatusBadGateway, "the function could not be invoked")
	}
}

// log writes the one line of the request. The correlation id is the one in the response,
// which the function may have made.
func (x *exchange) log() {
	correlation := x.Header().Get(headerCorrelationID)
	if correlation == "" {
		correlation = x.correlationID
	}
	attributes := []slog.Attr{
		slog.String("method", x.request.Method),
		slog.String("path", x.request.URL.Path),
		slog.String("resource", x.resource),
		slog.Int("status", x.status),
		slog.Int("bytes", x.written),
		slog.Float64("duration_ms", float64(time.Since(x.begun).Microseconds())/1_000),
		slog.String("request_id", x.requestID),
		slog.String("correlation_id", correlation),
		slog.String("trace_id", x.traceID),
	}
	if x.key != nil {
		attributes = append(attributes, slog.String("key_id", x.key.ID))
	}
	level := slog.LevelInfo
	if x.functionError != "" {
		level = slog.LevelWarn
		attributes = append(attributes, slog.String("function_error", x.functionError))
	}
	if x.failure != nil {
		level = slog.LevelWarn
		attributes = append(attributes, slog.String("error", x.failure.Error()))
	}
	x.gateway.cfg.Logger.LogAttrs(context.WithoutCancel(x.request.Context()), level, "request", attributes...)
}
