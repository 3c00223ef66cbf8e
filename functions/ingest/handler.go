package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// handler adapts the two ingest routes to the use case.
type handler struct {
	service *ingest.Service
	metrics *telemetry.Emitter
}

func (h *handler) routes() map[string]rest.Handler {
	return map[string]rest.Handler{contract.RouteIngest: h.one, contract.RouteIngestBatch: h.batch}
}

func caller(r rest.Request) ingest.Caller {
	return ingest.Caller{ID: r.CallerID, CorrelationID: r.CorrelationID, IdempotencyKey: r.Header["idempotency-key"]}
}

type accepted struct {
	EventID string `json:"event_id"`
	Status  string `json:"status"`
}

func (h *handler) one(ctx context.Context, r rest.Request) (rest.Response, error) {
	receipt := h.service.Ingest(ctx, caller(r), r.Body)
	h.count(receipt)
	fields := []slog.Attr{slog.String(telemetry.KeyEventID, receipt.EventID), slog.String("payload_mode", string(receipt.Mode))}
	if receipt.Err != nil {
		return rest.Response{Fields: fields}, receipt.Err
	}
	body, err := json.Marshal(accepted{EventID: receipt.EventID, Status: "enqueued"})
	return rest.Response{Status: http.StatusAccepted, Body: body, Fields: fields}, err
}

// result is the answer for one event of a batch. Status is "enqueued", "refused"
// (the caller must change the event) or "failed" (the caller may send it again).
type result struct {
	Index   int          `json:"index"`
	EventID string       `json:"event_id,omitempty"`
	Status  string       `json:"status"`
	Error   *resultError `json:"error,omitempty"`
}

type resultError struct {
	Code   fault.Code    `json:"code"`
	Detail string        `json:"detail"`
	Errors []fault.Field `json:"errors"`
}

func (h *handler) batch(ctx context.Context, r rest.Request) (rest.Response, error) {
	receipts, err := h.service.IngestBatch(ctx, caller(r), r.Body)
	if err != nil {
		h.metrics.Count(contract.MetricIngestFailure, 1)
		return rest.Response{}, err
	}
	results := make([]result, len(receipts))
	enqueued, transient := 0, 0
	var last error
	for i, receipt := range receipts {
		h.count(receipt)
		results[i] = result{Index: i, EventID: receipt.EventID, Status: "enqueued"}
		if receipt.Err == nil {
			enqueued++
			continue
		}
		last = receipt.Err
		results[i].Status = "refused"
		if status := fault.HTTPStatus(receipt.Err); status >= http.StatusInternalServerError {
			results[i].Status = "failed"
			transient++
		}
		results[i].Error = errorOf(receipt.Err)
	}
	fields := []slog.Attr{slog.Int("events", len(receipts)), slog.Int("enqueued", enqueued), slog.Int("failed", transient)}
	if transient == len(receipts) {
		return rest.Response{Fields: fields}, last
	}
	response := rest.Response{Status: http.StatusAccepted, Fields: fields, Err: last}
	if enqueued < len(receipts) {
		response.Status = http.StatusMultiStatus
	}
	response.Body, err = json.Marshal(struct {
		Results []result `json:"results"`
	}{results})
	return response, err
}

func errorOf(err error) *resultError {
	e := &resultError{Code: fault.CodeOf(err), Detail: fault.ReasonOf(err), Errors: rest.FieldsOf(err)}
	if fault.HTTPStatus(err) == http.StatusInternalServerError {
		e.Code, e.Detail = fault.Internal, "an internal error occurred"
	}
	return e
}

func (h *handler) count(r ingest.Receipt) {
	if r.Stored {
		h.metrics.Count(contract.MetricS3Puts, 1)
	}
	if r.Err != nil {
		h.metrics.Count(contract.MetricIngestFailure, 1)
		return
	}
	h.metrics.Count(contract.MetricIngestSuccess, 1)
	h.metrics.Count(contract.MetricSQSSent, 1)
	if r.Mode == event.S3 {
		h.metrics.Count(contract.MetricPayloadS3Count, 1)
	} else {
		h.metrics.Count(contract.MetricPayloadInlineCount, 1)
	}
}

func (h *handler) observe(route string, _ int, err error, took time.Duration) {
	h.metrics.Observe(contract.MetricIngestLatency, telemetry.Milliseconds(took))
	if route == "" && err != nil {
		h.metrics.Count(contract.MetricIngestFailure, 1)
	}
}
