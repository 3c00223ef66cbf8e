package simulated

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/ingest"
)

// traffic is how many events come. Fractions add up: 1.0/60 a second is one a minute.
type traffic struct {
	good, poison float64 // a second
	goodDue      float64
	poisonDue    float64
	requests     int
}

// Traffic sets how many events come a minute from now on: good ones, and messages on the
// queue that are no events.
func (w *World) Traffic(good, poison float64) {
	w.traffic.good, w.traffic.poison = good/60, poison/60
}

func (t *traffic) tick(w *World) {
	requests := 0
	for t.goodDue += t.good; t.goodDue >= 1; t.goodDue-- {
		w.request()
		requests++
	}
	if requests > 0 {
		w.answered(requests)
	}
	for t.poisonDue += t.poison; t.poisonDue >= 1; t.poisonDue-- {
		w.queue.send(w.now, "no envelope")
	}
}

// requestTakes is how long the API and ingest work on a request.
const requestTakes = 30 * time.Millisecond

// request posts one event.
func (w *World) request() {
	w.traffic.requests++
	payload := fmt.Sprintf(`{"event_id":"drill-%d","user_id":"drill","amount":12.50,"currency":"EUR","merchant":"Drill","timestamp":%q}`,
		w.traffic.requests, w.now.Format(time.RFC3339))
	receipt := w.ingest.Ingest(context.Background(), ingest.Caller{ID: "drill", CorrelationID: "drill"}, []byte(payload))
	if receipt.Err != nil {
		w.fail(receipt.Err)
	}
}

// answered puts the metrics of requests that were accepted, and of a read for each ("Amazon API Gateway
// dimensions and metrics":
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html).
func (w *World) answered(requests int) {
	dimensions := cloudwatch.Dimensions(map[string]string{"ApiName": w.stage.Platform(), "Stage": w.stage.Environment()})
	milliseconds := float64(requestTakes.Milliseconds())
	for name, value := range map[string]float64{
		"Count": 1, "5XXError": 0, "4XXError": 0, "Latency": milliseconds, "IntegrationLatency": milliseconds,
	} {
		id := cloudwatch.ID{Namespace: "AWS/ApiGateway", Name: name, Dimensions: dimensions}
		w.Metrics.Put(id, w.now, slices.Repeat([]float64{value}, 2*requests)...)
	}
	w.invoked(contract.FunctionIngest, w.now, requestTakes, requests, nil)
	w.invoked(contract.FunctionQuery, w.now, requestTakes, requests, nil)
}

// invoked puts Lambda's metrics of invocations, at their begin; they can be seen after
// their end ("Types of metrics for Lambda functions":
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
func (w *World) invoked(function contract.Function, began time.Time, took time.Duration, invocations int, failure error) {
	errors := 0.0
	if failure != nil {
		errors = 1
	}
	seen := began.Add(took).Truncate(time.Minute).Add(time.Minute + cloudwatch.Lag)
	for _, dimensions := range w.dimensions[function] {
		for name, value := range map[string]float64{
			"Invocations": 1, "Errors": errors, "Throttles": 0, "Duration": float64(took.Milliseconds()),
		} {
			id := cloudwatch.ID{Namespace: "AWS/Lambda", Name: name, Dimensions: dimensions}
			w.Metrics.PutLate(id, began, seen, slices.Repeat([]float64{value}, invocations)...)
		}
	}
}

// lambdaDimensions are those under which a function's metrics are kept: by its name,
// and by the alias it is called by ("View metrics for Lambda functions":
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html).
func lambdaDimensions(name string) []string {
	return []string{
		cloudwatch.Dimensions(map[string]string{"FunctionName": name}),
		cloudwatch.Dimensions(map[string]string{"FunctionName": name, "Resource": name + ":live"}),
	}
}
