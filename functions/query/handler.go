package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/query"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler adapts the read routes to the use case.
type handler struct {
	service *query.Service
	metrics *telemetry.Emitter
}

func (h *handler) routes() map[string]rest.Handler {
	return map[string]rest.Handler{
		contract.RouteEvent: h.event, contract.RoutePayload: h.payload, contract.RouteStatus: h.status,
		contract.RouteEvents: h.list, contract.RouteHealth: h.health,
	}
}

func answer(v any, fields ...slog.Attr) (rest.Response, error) {
	body, err := json.Marshal(v)
	return rest.Response{Status: http.StatusOK, Body: body, Fields: fields}, err
}

func (h *handler) event(ctx context.Context, r rest.Request) (rest.Response, error) {
	id, field, err := identity(r)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	stored, err := h.service.Event(ctx, id)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	return answer(stored, field, slog.String("payload_mode", string(stored.Mode)))
}

// payload answers the bytes that the client sent. They are JSON in UTF-8, so that
// API Gateway passes them on as text; their digest covers what it passes on. It would
// not cover a compressed body (RFC 9530, 3), and API Gateway compresses no answer that
// names a coding: "Receive an API response with a compressed payload in API Gateway",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html.
func (h *handler) payload(ctx context.Context, r rest.Request) (rest.Response, error) {
	id, field, err := identity(r)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	stored, err := h.service.Event(ctx, id)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	digest := sha256.Sum256(stored.Payload)
	return rest.Response{
		Status: http.StatusOK, Body: stored.Payload,
		Headers: map[string]string{
			contract.HeaderReprDigest: "sha-256=:" + base64.StdEncoding.EncodeToString(digest[:]) + ":",
			"Content-Encoding":        "identity",
		},
		Fields: []slog.Attr{field, slog.String("payload_mode", string(stored.Mode))},
	}, nil
}

func (h *handler) status(ctx context.Context, r rest.Request) (rest.Response, error) {
	id, field, err := identity(r)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	status, err := h.service.Status(ctx, id)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	return answer(status, field, slog.String("event_status", status.State))
}

// identity returns which event a request is about, and the field of its id for the log
// line, which is empty for what cannot be an id. API Gateway hands a path parameter over
// as the client wrote it, and many clients write %3A for a colon.
func identity(r rest.Request) (event.Identity, slog.Attr, error) {
	id := r.Path[contract.PathEventID]
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	field := slog.String(telemetry.KeyEventID, id)
	if !event.ValidID(id) {
		field = slog.String(telemetry.KeyEventID, "")
	}
	owner, err := r.Owner()
	return event.Identity{Client: owner, ID: id}, field, err
}

func (h *handler) list(ctx context.Context, r rest.Request) (rest.Response, error) {
	request, err := listRequest(r.Query)
	if err != nil {
		return rest.Response{}, err
	}
	if request.Client, err = r.Owner(); err != nil {
		return rest.Response{}, err
	}
	if request.State != "" {
		return h.unfinished(ctx, request)
	}
	page, err := h.service.List(ctx, request)
	if err != nil {
		return rest.Response{}, err
	}
	return answer(struct {
		Events     []event.Stored `json:"events"` // an empty list when there is none
		NextCursor string         `json:"next_cursor,omitempty"`
	}{page.Events, page.NextCursor}, slog.Int("events", len(page.Events)))
}

func (h *handler) unfinished(ctx context.Context, request query.ListRequest) (rest.Response, error) {
	page, err := h.service.ListUnfinished(ctx, request)
	if err != nil {
		return rest.Response{}, err
	}
	return answer(struct {
		Statuses   []query.Status `json:"statuses"` // an empty list when there is none
		NextCursor string         `json:"next_cursor,omitempty"`
	}{page.Statuses, page.NextCursor}, slog.Int("events", len(page.Statuses)))
}

func (h *handler) health(context.Context, rest.Request) (rest.Response, error) {
	return answer(map[string]string{"status": contract.StatusHealthy})
}

// observe leaves out the health checks: a load balancer's would outnumber the
// queries.
func (h *handler) observe(o rest.Observation) {
	if o.Route == contract.RouteHealth {
		return
	}
	h.metrics.Observe(contract.MetricQueryLatency, telemetry.Milliseconds(o.Took))
	switch {
	case o.Status == http.StatusNotFound:
		h.metrics.Count(contract.MetricQueryNotFound, 1)
	case o.Err != nil:
		h.metrics.Count(contract.MetricQueryFailure, 1)
	default:
		h.metrics.Count(contract.MetricQuerySuccess, 1)
	}
}
