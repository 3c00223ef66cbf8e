package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// world is an API of the ingest function whose handlers are the test's.
type world struct {
	api      *rest.API
	log      *lambdatest.Log
	metrics  *telemetry.Emitter
	observed []rest.Observation
	requests []rest.Request
}

// newWorld answers both routes with answer, or with 202 and {} when it is nil.
func newWorld(t *testing.T, answer rest.Handler) *world {
	t.Helper()
	return newWorldOf(t, contract.FunctionIngest, contract.NamespaceIngest, answer)
}

func newWorldOf(t *testing.T, function contract.Function, namespace string, answer ...rest.Handler) *world {
	t.Helper()
	return newWorldWith(t, function, namespace, nil, answer...)
}

func newWorldWith(t *testing.T, function contract.Function, namespace string, clients config.Clients, answer ...rest.Handler) *world {
	t.Helper()
	base, log := lambdatest.Base(function)
	metrics, err := base.Metrics(namespace)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{log: log, metrics: metrics}
	handler := func(ctx context.Context, r rest.Request) (rest.Response, error) {
		w.requests = append(w.requests, r)
		if len(answer) == 0 || answer[0] == nil {
			return rest.Response{Status: http.StatusAccepted, Body: []byte("{}")}, nil
		}
		return answer[0](ctx, r)
	}
	handlers := map[string]rest.Handler{}
	for _, route := range contract.Routes() {
		if route.Function == function {
			handlers[route.ID] = handler
		}
	}
	w.api, err = rest.New(function, rest.Config{
		Handlers: handlers, Base: base, Metrics: metrics, Clients: clients,
		Observe: func(o rest.Observation) {
			w.observed = append(w.observed, o)
			if function == contract.FunctionIngest {
				metrics.Observe(contract.MetricIngestLatency, telemetry.Milliseconds(o.Took))
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) call(t *testing.T, edits ...func(lambdatest.Object)) lambdatest.Answer {
	t.Helper()
	return lambdatest.Call(t, boot.Handler(w.api.Handle), lambdatest.Event(t, "post-event.json", edits...))
}

func set(value any, way ...string) func(lambdatest.Object) { return lambdatest.Set(value, way...) }

func TestNew_refuses_handlers_that_are_not_the_routes(t *testing.T) {
	t.Parallel()
	base, _ := lambdatest.Base(contract.FunctionIngest)
	metrics, err := base.Metrics(contract.NamespaceIngest)
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(context.Context, rest.Request) (rest.Response, error) { return rest.Response{}, nil }
	observe := func(rest.Observation) {}
	whole := map[string]rest.Handler{contract.RouteIngest: nothing, contract.RouteIngestBatch: nothing}
	for name, c := range map[string]struct {
		config rest.Config
		want   string
	}{
		"no base":    {rest.Config{Handlers: whole, Metrics: metrics, Observe: observe}, "rest: Base, Metrics and Observe are required"},
		"no metrics": {rest.Config{Handlers: whole, Base: base, Observe: observe}, "rest: Base, Metrics and Observe are required"},
		"no observe": {rest.Config{Handlers: whole, Base: base, Metrics: metrics}, "rest: Base, Metrics and Observe are required"},
		"a route without a handler": {
			rest.Config{Handlers: map[string]rest.Handler{contract.RouteIngest: nothing}, Base: base, Metrics: metrics, Observe: observe},
			"rest: route ingestBatch of function ingest has no handler"},
		"a handler without a route": {
			rest.Config{Handlers: map[string]rest.Handler{contract.RouteIngest: nothing, contract.RouteIngestBatch: nothing, "other": nothing},
				Base: base, Metrics: metrics, Observe: observe},
			"rest: 3 handlers for the 2 routes of function ingest"},
	} {
		if _, err := rest.New(contract.FunctionIngest, c.config); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
}

func TestHandle_finds_the_route(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, resource string
		route            string
		status           int
		allow            string
	}{
		"one event":                     {"POST", "/events", contract.RouteIngest, 202, ""},
		"a batch":                       {"POST", "/events/batch", contract.RouteIngestBatch, 202, ""},
		"an unknown path":               {"POST", "/event", "", 404, ""},
		"the path of no resource":       {"POST", "", "", 404, ""},
		"another method":                {"PUT", "/events", "", 405, "GET, POST"},
		"a method that only a GET path": {"POST", "/health", "", 405, "GET"},
		"HEAD":                          {"HEAD", "/events/batch", "", 405, "POST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			answer := w.call(t, set(c.method, "httpMethod"), set(c.resource, "resource"))
			if answer.Status != c.status || answer.Headers["Allow"] != c.allow || w.observed[0].Route != c.route {
				t.Errorf("status %d, Allow %q, route %q", answer.Status, answer.Headers["Allow"], w.observed[0].Route)
			}
			if handled := c.route != ""; w.observed[0].Handled != handled || len(w.requests) != len(w.observed) && handled {
				t.Errorf("handled: %v, %d requests", w.observed[0].Handled, len(w.requests))
			}
		})
	}
}

func TestHandle_hands_over_the_request(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.call(t, lambdatest.Header("idempotency-KEY", "k 1"), set(lambdatest.Object{"a": "2"}, "queryStringParameters"),
		set(lambdatest.Object{"event_id": "e"}, "pathParameters"))
	r := w.requests[0]
	if r.Route != contract.RouteIngest || string(r.Body) != `{"a":1}` || r.CorrelationID != "checkout-7f3a" ||
		r.IdempotencyKey != "k 1" || r.CallerID != "k7f2h9x1mb" || r.Query["a"] != "2" || r.Path["event_id"] != "e" ||
		r.Header["user-agent"] != "shop-backend/4.2" {
		t.Errorf("request %+v", r)
	}
}

func TestHandle_knows_the_caller(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:sts::111122223333:assumed-role/shop/i-1"
	for name, c := range map[string]struct {
		key, arn any
		token    any // what the authorizer said of it
		want     string
	}{
		"by the API key":                 {"k1", nil, nil, "k1"},
		"by the API key before the role": {"k1", arn, nil, "k1"},
		"by the role, in any session":    {"", arn, nil, "arn:aws:sts::111122223333:assumed-role/shop"},
		"by the user":                    {"", "arn:aws:iam::111122223333:user/ada", nil, "arn:aws:iam::111122223333:user/ada"},
		"by the subject of the token":    {nil, nil, lambdatest.Object{"principalId": "https://login.example.com#ada", "integrationLatency": 7}, "https://login.example.com#ada"},
		"not at all":                     {nil, nil, nil, ""},
	} {
		w := newWorld(t, nil)
		w.call(t, set(c.key, "requestContext", "identity", "apiKeyId"), set(c.arn, "requestContext", "identity", "userArn"),
			set(c.token, "requestContext", "authorizer"))
		if w.requests[0].CallerID != c.want {
			t.Errorf("%s: %q", name, w.requests[0].CallerID)
		}
	}
}

func TestHandle_takes_header_names_in_any_case(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x-correlation-id", "X-CORRELATION-ID", "X-Correlation-Id"} {
		for form, edit := range map[string]func(lambdatest.Object){
			"single values":   set(lambdatest.Object{name: "c-1"}, "headers"),
			"multiple values": func(e lambdatest.Object) { e["headers"] = nil; set([]any{"c-0", "c-1"}, "multiValueHeaders", name)(e) },
		} {
			w := newWorld(t, nil)
			answer := w.call(t, lambdatest.NoHeader("X-Correlation-ID"), edit)
			if answer.Headers["X-Correlation-ID"] != "c-1" {
				t.Errorf("%s as %s: %q", name, form, answer.Headers["X-Correlation-ID"])
			}
		}
	}
}

func TestHandle_takes_an_event_without_headers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if answer := w.call(t, set(nil, "headers"), set(nil, "multiValueHeaders")); answer.Status != http.StatusAccepted {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
}

func TestHandle_correlation_id(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent string
		kept bool
	}{
		"goes through":                     {"checkout 7f3a ~!", true},
		"goes through at its limit":        {strings.Repeat("c", 128), true},
		"is made when it is too long":      {strings.Repeat("c", 129), false},
		"is made when absent":              {"", false},
		"is made for a control character":  {"a\tb", false},
		"is made for what is not ASCII":    {"bestellung-ä", false},
		"is made for a delete character":   {"a\x7f", false},
		"is made for a line break, always": {"a\r\nX-Evil: 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			answer := w.call(t, lambdatest.NoHeader("X-Correlation-ID"), lambdatest.Header("x-correlation-id", c.sent))
			got := answer.Headers["X-Correlation-ID"]
			if got != w.requests[0].CorrelationID || got != w.log.Only(t)["correlation_id"] {
				t.Errorf("the caller is told %q, the handler %q, the log %q", got, w.requests[0].CorrelationID, w.log.Only(t)["correlation_id"])
			}
			if made := len(got) == 36 && got[14] == '7'; c.kept != (got == c.sent) || c.kept == made {
				t.Errorf("correlation id %q", got)
			}
		})
	}
}

func TestHandle_work_ends_in_time_to_answer(t *testing.T) {
	t.Parallel()
	var end time.Time
	w := newWorld(t, func(ctx context.Context, _ rest.Request) (rest.Response, error) {
		end, _ = ctx.Deadline()
		return rest.Response{Status: http.StatusAccepted}, nil
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if _, err := lambdatest.InvokeWith(ctx, boot.Handler(w.api.Handle), lambdatest.Event(t, "post-event.json")); err != nil {
		t.Fatal(err)
	}
	if deadline, _ := ctx.Deadline(); deadline.Sub(end) != 1500*time.Millisecond {
		t.Errorf("the work ends %s before the function's deadline", deadline.Sub(end))
	}
}

func TestHandle_the_request_id_is_the_gateways_outside_of_Lambda(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var in events.APIGatewayProxyRequest
	if err := json.Unmarshal(lambdatest.Event(t, "post-event.json"), &in); err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if id := w.log.Only(t)["request_id"]; id != "5c1c4a0e-9f0f-4c5c-8d5e-1f0b8d6c2a11" {
		t.Errorf("request id %v", id)
	}
}

func TestHandle_continues_the_trace_of_the_runtime_or_else_of_the_request(t *testing.T) {
	t.Parallel()
	const sent, own = "Root=1-65bae1af-3c5f1a2b4d6e8f9012345678", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	for name, c := range map[string]struct {
		ctx  context.Context
		want string
	}{
		"on Lambda": {lambdatest.WithTraceHeader(t.Context(), own), own},
		"elsewhere": {t.Context(), sent},
	} {
		var got string
		w := newWorld(t, func(ctx context.Context, _ rest.Request) (rest.Response, error) {
			got = telemetry.TraceHeader(ctx)
			return rest.Response{Status: http.StatusAccepted}, nil
		})
		if _, err := lambdatest.InvokeWith(c.ctx, boot.Handler(w.api.Handle), lambdatest.Event(t, "post-event.json")); err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s: trace header %q", name, got)
		}
	}
}

func failing(err error) rest.Handler {
	return func(context.Context, rest.Request) (rest.Response, error) {
		return rest.Response{Fields: []slog.Attr{slog.String("event_id", "e-1")}}, err
	}
}

func TestHandle_answers_a_fault_as_a_problem(t *testing.T) {
	t.Parallel()
	inner := errors.New("10.0.0.7:5432 refused hunter2")
	slow := fault.New(fault.RateLimited, "too many requests")
	slow.RetryAfter = 61*time.Second + time.Millisecond
	for name, c := range map[string]struct {
		err        error
		status     int
		retryAfter string
	}{
		"malformed_json":         {fault.Wrap(fault.MalformedJSON, inner, "the body is not valid JSON, at byte 3"), 400, ""},
		"unauthorized":           {fault.New(fault.Unauthorized, "an API key is needed"), 401, ""},
		"forbidden":              {fault.New(fault.Forbidden, "the API key opens nothing here"), 403, ""},
		"not_found":              {fault.New(fault.NotFound, "no such event is stored"), 404, ""},
		"idempotency_conflict":   {fault.New(fault.IdempotencyConflict, "the id was used before"), 409, ""},
		"payload_too_large":      {fault.Newf(fault.PayloadTooLarge, "the body has %d bytes, the limit is %d", 7, 6), 413, ""},
		"unsupported_media_type": {fault.New(fault.UnsupportedMediaType, "text is not taken"), 415, ""},
		"invalid_fields": {fault.OfFields(
			fault.Field{Pointer: "/amount", Code: fault.InvalidType, Detail: "amount must be a number, not quoted"},
			fault.Field{Pointer: "/<b>", Code: fault.UnknownField, Detail: "this is not a field of an event"}), 422, ""},
		"rate_limited":         {slow, 429, "62"},
		"internal":             {inner, 500, ""},
		"permanent":            {fault.Wrap(fault.HashMismatch, inner, "the stored payload is not the one that was accepted"), 500, ""},
		"queue_unavailable":    {fmt.Errorf("send: %w", fault.Wrap(fault.QueueUnavailable, inner, "the queue cannot be reached")), 503, "5"},
		"database_unavailable": {fault.Wrap(fault.DatabaseUnavailable, inner, "the database cannot be reached"), 503, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, failing(c.err))
			answer := w.call(t)
			if answer.Status != c.status || answer.Headers["Retry-After"] != c.retryAfter ||
				answer.Headers["Content-Type"] != "application/problem+json" || answer.Headers["X-Correlation-ID"] != "checkout-7f3a" {
				t.Errorf("status %d, headers %v", answer.Status, answer.Headers)
			}
			if strings.Contains(answer.Body, "hunter2") || strings.Contains(answer.Body, "10.0.0.7") {
				t.Errorf("inner detail is told: %s", answer.Body)
			}
			lambdatest.Golden(t, "problem/"+name+".golden.json", answer.Body+"\n")
			line := w.log.Only(t)
			if line["event_id"] != "e-1" || line["error_code"] != string(fault.CodeOf(c.err)) || line["error"] != c.err.Error() {
				t.Errorf("log line %v", line)
			}
			if want := map[bool]string{true: "ERROR", false: "WARN"}[c.status >= 500]; line["level"] != want {
				t.Errorf("level %v, want %s", line["level"], want)
			}
			if !w.observed[0].Handled || w.observed[0].Status != c.status || !errors.Is(w.observed[0].Err, c.err) {
				t.Errorf("observed %+v", w.observed[0])
			}
		})
	}
}

// Whether API Gateway undoes the percent-encoding of a path is not confirmed: either way the
// document has a URI reference.
func TestHandle_names_the_path_as_a_URI_reference(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/events": "/events", "/events/a b": "/events/a%20b", "/events/a%20b": "/events/a%20b", "/events/100%": "/events/100%25",
		"/events/é": "/events/%C3%A9", `/events/"`: "/events/%22", "/events/a%2Fb": "/events/a%2Fb", "": "",
	} {
		answer := newWorld(t, failing(fault.New(fault.NotFound, "no such event is stored"))).call(t, set(path, "path"))
		var problem rest.Problem
		if err := json.Unmarshal([]byte(answer.Body), &problem); err != nil || problem.Instance != want {
			t.Errorf("%q: the instance is %q, want %q (%v)", path, problem.Instance, want, err)
		}
	}
}

func TestHandle_a_panic_is_a_500_without_inner_detail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(context.Context, rest.Request) (rest.Response, error) {
		var none []int
		return rest.Response{Status: none[3]}, nil
	})
	for range 2 { // the next request is served as if nothing had been
		answer := w.call(t)
		if answer.Status != http.StatusInternalServerError {
			t.Fatalf("status %d", answer.Status)
		}
		lambdatest.Golden(t, "problem/internal.golden.json", answer.Body+"\n")
	}
	line := w.log.Lines(t)[0]
	text, _ := line["error"].(string)
	if line["error_code"] != "panic" || line["level"] != "ERROR" ||
		!strings.Contains(text, "index out of range [3] with length 0") || !strings.Contains(text, "rest_test.go:") {
		t.Errorf("log line %v", line)
	}
	if w.observed[0].Handled {
		t.Error("the panic is observed as an answer of the handler")
	}
}

func TestHandle_writes_one_log_line_and_one_line_of_metrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(context.Context, rest.Request) (rest.Response, error) {
		return rest.Response{Status: 207, Body: []byte(`{"results":[]}`), Fields: []slog.Attr{slog.Int("events", 2)},
			Err: fault.New(fault.InvalidValue, "one of them is wrong")}, nil
	})
	answer := w.call(t)
	if answer.Status != 207 || answer.Headers["Content-Type"] != "application/json" || answer.Body != `{"results":[]}` {
		t.Errorf("answer %+v", answer)
	}
	lambdatest.Golden(t, "output.golden", lambdatest.Timeless(w.log.String()))
}

func TestHandle_what_goes_wrong_with_the_metrics_is_logged_and_fails_no_request(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.metrics.Count(contract.MetricQuerySuccess, 1)
	if answer := w.call(t); answer.Status != http.StatusAccepted {
		t.Errorf("status %d", answer.Status)
	}
	lines := w.log.Lines(t)
	if len(lines) != 2 || lines[1]["message"] != "telemetry" || lines[1]["level"] != "WARN" || lines[1]["error_code"] != "internal" ||
		lines[1]["error"] != `metric "query_success" is not one of Fluxa/Ingest` {
		t.Errorf("lines %v", lines)
	}
}
