package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
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
		contract.RouteEvent: h.event, contract.RouteStatus: h.status,
		contract.RouteEvents: h.list, contract.RouteHealth: h.health,
	}
}

func answer(v any, fields ...slog.Attr) (rest.Response, error) {
	body, err := json.Marshal(v)
	return rest.Response{Status: http.StatusOK, Body: body, Fields: fields}, err
}

func (h *handler) event(ctx context.Context, r rest.Request) (rest.Response, error) {
	id := r.Path[contract.PathEventID]
	field := slog.String(telemetry.KeyEventID, shown(id))
	stored, err := h.service.Event(ctx, id)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	return answer(stored, field)
}

func (h *handler) status(ctx context.Context, r rest.Request) (rest.Response, error) {
	id := r.Path[contract.PathEventID]
	field := slog.String(telemetry.KeyEventID, shown(id))
	status, err := h.service.Status(ctx, id)
	if err != nil {
		return rest.Response{Fields: []slog.Attr{field}}, err
	}
	return answer(status, field)
}

// shown keeps what is no id out of the log.
func shown(id string) string {
	if event.ValidID(id) {
		return id
	}
	return ""
}

func (h *handler) list(ctx context.Context, r rest.Request) (rest.Response, error) {
	request, err := listRequest(r.Query)
	if err != nil {
		return rest.Response{}, err
	}
	page, err := h.service.List(ctx, request)
	if err != nil {
		return rest.Response{}, err
	}
	if page.Events == nil {
		page.Events = []event.Stored{}
	}
	return answer(struct {
		Events     []event.Stored `json:"events"`
		NextCursor string         `json:"next_cursor,omitempty"`
	}{page.Events, page.NextCursor}, slog.Int("events", len(page.Events)))
}

// listRequest reads the parameters, and names every one that it cannot read.
func listRequest(params map[string]string) (query.ListRequest, error) {
	out := query.ListRequest{UserID: params["user_id"], Cursor: params["cursor"]}
	var faults []fault.Field
	at := func(name string) time.Time {
		text, ok := params[name]
		if !ok {
			return time.Time{}
		}
		var t time.Time
		if err := t.UnmarshalText([]byte(text)); err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
			faults = append(faults, fault.Field{Pointer: name, Code: fault.InvalidValue,
				Detail: name + " must be an RFC 3339 time such as 2026-01-31T23:59:59Z (a + is written %2B in a URL)"})
		}
		return t
	}
	out.From, out.To = at("from"), at("to")
	if text, ok := params["limit"]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			faults = append(faults, fault.Field{Pointer: "limit", Code: fault.InvalidValue,
				Detail: fmt.Sprintf("limit must be a whole number from 1 to %d", contract.PageLimit)})
		}
		out.Limit = n
	}
	if len(faults) > 0 {
		return query.ListRequest{}, fault.OfFields(faults...)
	}
	return out, nil
}

func (h *handler) health(context.Context, rest.Request) (rest.Response, error) {
	return answer(map[string]string{"status": "healthy"})
}

func (h *handler) observe(_ string, status int, err error, took time.Duration) {
	h.metrics.Observe(contract.MetricQueryLatency, telemetry.Milliseconds(took))
	switch {
	case status == http.StatusNotFound:
		h.metrics.Count(contract.MetricQueryNotFound, 1)
	case err != nil:
		h.metrics.Count(contract.MetricQueryFailure, 1)
	default:
		h.metrics.Count(contract.MetricQuerySuccess, 1)
	}
}
