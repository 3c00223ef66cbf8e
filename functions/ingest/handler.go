package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

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
	return ingest.Caller{Client: r.Client.Name, ID: r.CallerID, CorrelationID: r.CorrelationID, IdempotencyKey: r.IdempotencyKey}
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
	body, err := json.Marshal(accepted{EventID: receipt.EventID, Status: contract.StatusEnqueued})
	return rest.Response{Status: http.StatusAccepted, Body: body, Fields: fields}, err
}

// result is the answer for one event of a batch.
type result struct {
	Index   int         `json:"index"`
	EventID string      `json:"event_id,omitempty"`
	Status  string      `json:"status"`
	Error   *rest.Error `json:"error,omitempty"`
}

func resultOf(index int, receipt ingest.Receipt) result {
	r := result{Index: index, EventID: receipt.EventID, Status: contract.StatusEnqueued}
	if receipt.Err == nil {
		return r
	}
	shown := rest.ErrorOf(receipt.Err)
	r.Status, r.Error = contract.StatusRefused, &shown
	if fault.HTTPStatus(receipt.Err) >= http.StatusInternalServerError {
		r.Status = contract.StatusNotTaken
	}
	return r
}

// batch answers for each event on its own, unless none could be taken although
// each may be sent again: that is an error of the whole request, on which clients
// know to wait.
func (h *handler) batch(ctx context.Context, r rest.Request) (rest.Response, error) {
	receipts, err := h.service.IngestBatch(ctx, caller(r), r.Body)
	if err != nil {
		h.metrics.Count(contract.MetricIngestFailure, 1)
		return rest.Response{}, err
	}
	results := make([]result, len(receipts))
	count := map[string]int{}
	var last error
	for i, receipt := range receipts {
		h.count(receipt)
		results[i] = resultOf(i, receipt)
		count[results[i].Status]++
		if receipt.Err != nil {
			last = receipt.Err
		}
	}
	fields := []slog.Attr{slog.Int("events", len(receipts))}
	for _, status := range []string{contract.StatusEnqueued, contract.StatusRefused, contract.StatusNotTaken} {
		fields = append(fields, slog.Int(status, count[status]))
	}
	if count[contract.StatusNotTaken] == len(receipts) {
		return rest.Response{Fields: fields}, last
	}
	response := rest.Response{Status: http.StatusAccepted, Fields: fields, Err: last}
	if last != nil {
		response.Status = http.StatusMultiStatus
	}
	response.Body, err = json.Marshal(struct {
		Results []result `json:"results"`
	}{results})
	return response, err
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

// observe counts a failure for what no handler counted: a request that none saw
// through.
func (h *handler) observe(o rest.Observation) {
	h.metrics.Observe(contract.MetricIngestLatency, telemetry.Milliseconds(o.Took))
	if !o.Handled {
		h.metrics.Count(contract.MetricIngestFailure, 1)
	}
}
