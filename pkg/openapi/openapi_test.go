package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/openapi"
	"github.com/fluxa/fluxa/pkg/query"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func openAPI(t *testing.T) ([]byte, *openapi3.T) {
	t.Helper()
	body, err := openapi.Document()
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(body)
	if err != nil {
		t.Fatalf("load the document: %v", err)
	}
	return body, document
}

func TestOpenAPI_is_the_published_document(t *testing.T) {
	t.Parallel()
	golden := filepath.Join("..", "..", "docs", "openapi.json")
	body, _ := openAPI(t)
	if *update {
		if err := os.WriteFile(golden, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(body, published) {
		t.Errorf("docs/openapi.json is not what the contract says; run: go test ./pkg/openapi -update")
	}
}

func TestOpenAPI_is_the_same_every_time(t *testing.T) {
	t.Parallel()
	first, _ := openAPI(t)
	for range 20 {
		if again, _ := openAPI(t); !bytes.Equal(first, again) {
			t.Fatal("two runs differ")
		}
	}
}

func TestOpenAPI_is_valid(t *testing.T) {
	t.Parallel()
	_, document := openAPI(t)
	if err := document.Validate(t.Context(), openapi3.IsOpenAPI31OrLater(), openapi3.EnableMultiError()); err != nil {
		t.Error(err)
	}
}

func TestOpenAPI_resolves_every_reference(t *testing.T) {
	t.Parallel()
	body, _ := openAPI(t)
	var document any
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	var walk func(at any)
	walk = func(at any) {
		switch node := at.(type) {
		case []any:
			for _, child := range node {
				walk(child)
			}
		case map[string]any:
			if target, ok := node["$ref"].(string); ok {
				used[target] = true
			}
			for _, child := range node {
				walk(child)
			}
		}
	}
	walk(document)
	lookUp := func(reference string) any {
		at := document
		for _, name := range strings.Split(strings.TrimPrefix(reference, "#/"), "/") {
			object, ok := at.(map[string]any)
			if !ok {
				return nil
			}
			at = object[name]
		}
		return at
	}
	for reference := range used {
		if lookUp(reference) == nil {
			t.Errorf("%s leads nowhere", reference)
		}
	}
	for _, kind := range []string{"schemas", "responses", "parameters", "headers"} {
		components, ok := lookUp("#/components/" + kind).(map[string]any)
		if !ok || len(components) == 0 {
			t.Errorf("there are no %s", kind)
		}
		for name := range components {
			if !used["#/components/"+kind+"/"+name] {
				t.Errorf("nothing uses the component %s/%s", kind, name)
			}
		}
	}
}

// statuses is the table of the HTTP contract.
var statuses = map[string][]int{
	contract.RouteIngest:      {202, 400, 401, 403, 413, 415, 422, 429, 500, 502, 503, 504},
	contract.RouteIngestBatch: {202, 207, 400, 401, 403, 413, 415, 422, 429, 500, 502, 503, 504},
	contract.RouteEvents:      {200, 400, 401, 403, 413, 422, 429, 500, 502, 503, 504},
	contract.RouteEvent:       {200, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504},
	contract.RoutePayload:     {200, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504},
	contract.RouteStatus:      {200, 400, 401, 403, 404, 413, 422, 429, 500, 502, 503, 504},
	contract.RouteHealth:      {200, 400, 403, 413, 429, 500, 502, 503, 504},
}

func TestOpenAPI_has_every_route_and_no_other(t *testing.T) {
	t.Parallel()
	_, document := openAPI(t)
	operations := 0
	for _, item := range document.Paths.Map() {
		operations += len(item.Operations())
	}
	if operations != len(contract.Routes()) {
		t.Errorf("%d operations, %d routes", operations, len(contract.Routes()))
	}
	for _, route := range contract.Routes() {
		item := document.Paths.Value(route.Path)
		if item == nil || item.GetOperation(route.Method) == nil {
			t.Errorf("%s %s is missing", route.Method, route.Path)
			continue
		}
		operation := item.GetOperation(route.Method)
		if operation.OperationID != route.ID || operation.Summary != route.Summary {
			t.Errorf("%s is %s, %q", route.ID, operation.OperationID, operation.Summary)
		}
		var answered []int
		for status, response := range operation.Responses.Map() {
			code, err := strconv.Atoi(status)
			if err != nil {
				t.Fatal(err)
			}
			answered = append(answered, code)
			media := contract.MediaJSON
			if code >= 400 {
				media = contract.MediaProblem
			}
			if content := response.Value.Content; len(content) != 1 || content[media] == nil {
				t.Errorf("%s answers %d with %v, want %s", route.ID, code, content, media)
			}
			if response.Value.Headers[contract.HeaderCorrelationID] == nil {
				t.Errorf("%s answers %d without %s", route.ID, code, contract.HeaderCorrelationID)
			}
			if retry := response.Value.Headers["Retry-After"] != nil; retry != (code >= 500 || code == 429) {
				t.Errorf("%s answers %d with Retry-After: %t", route.ID, code, retry)
			}
		}
		slices.Sort(answered)
		if !slices.Equal(answered, statuses[route.ID]) {
			t.Errorf("%s answers %v, want %v", route.ID, answered, statuses[route.ID])
		}
		keyed := operation.Security != nil && len(*operation.Security) == 1 && (*operation.Security)[0]["ApiKey"] != nil
		if open := operation.Security != nil && len(*operation.Security) == 0; keyed != route.KeyRequired || open == route.KeyRequired {
			t.Errorf("%s: security is %v, KeyRequired %t", route.ID, operation.Security, route.KeyRequired)
		}
		if body := operation.RequestBody != nil; body != (route.Method == http.MethodPost) {
			t.Errorf("%s: request body: %t", route.ID, body)
		}
	}
}

func TestOpenAPI_has_every_parameter(t *testing.T) {
	t.Parallel()
	_, document := openAPI(t)
	const correlation, idempotency, client = "header X-Correlation-ID", "header Idempotency-Key", "query client"
	want := map[string][]string{
		contract.RouteIngest:      {correlation, idempotency},
		contract.RouteIngestBatch: {correlation, idempotency},
		contract.RouteEvents:      {correlation, client, "query user_id", "query status", "query from", "query to", "query limit", "query cursor"},
		contract.RouteEvent:       {correlation, "path event_id!", client},
		contract.RoutePayload:     {correlation, "path event_id!", client},
		contract.RouteStatus:      {correlation, "path event_id!", client},
		contract.RouteHealth:      {correlation},
	}
	for _, route := range contract.Routes() {
		var got []string
		for _, parameter := range document.Paths.Value(route.Path).GetOperation(route.Method).Parameters {
			name := parameter.Value.In + " " + parameter.Value.Name
			if parameter.Value.Required {
				name += "!"
			}
			got = append(got, name)
		}
		if !slices.Equal(got, want[route.ID]) {
			t.Errorf("%s takes %q, want %q", route.ID, got, want[route.ID])
		}
	}
	limit := document.Paths.Value("/events").Get.Parameters.GetByInAndName("query", "limit").Schema.Value
	if *limit.Min != 1 || *limit.Max != contract.PageLimit || limit.Default != float64(contract.PageDefault) {
		t.Errorf("limit is %v to %v, default %v", *limit.Min, *limit.Max, limit.Default)
	}
	scheme := document.Components.SecuritySchemes["ApiKey"].Value
	if scheme.Type != "apiKey" || scheme.In != "header" || scheme.Name != "x-api-key" {
		t.Errorf("the API key travels as %s in %s %s", scheme.Type, scheme.In, scheme.Name)
	}
}

// fields are the JSON names of a struct's fields, embedded ones included; optional
// are those that may be left out.
func fields(of reflect.Type) (all, optional []string) {
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Anonymous {
			inner, innerOptional := fields(field.Type)
			all, optional = append(all, inner...), append(optional, innerOptional...)
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(all, name)
		if options != "" {
			optional = append(optional, name)
		}
	}
	return all, optional
}

// TestOpenAPI_has_the_fields_that_the_code_writes ties the schemas to the types
// whose JSON the answers are.
func TestOpenAPI_has_the_fields_that_the_code_writes(t *testing.T) {
	t.Parallel()
	_, document := openAPI(t)
	statusError := document.Components.Schemas["EventStatus"].Value.Properties["error"]
	cases := []struct {
		name     string
		schema   *openapi3.SchemaRef
		of       reflect.Type
		required []string // although the type may leave it out
	}{
		{"Event", document.Components.Schemas["Event"], reflect.TypeFor[event.Event](), nil},
		{"StoredEvent", document.Components.Schemas["StoredEvent"], reflect.TypeFor[event.Stored](), []string{"event_id"}},
		{"EventStatus", document.Components.Schemas["EventStatus"], reflect.TypeFor[query.Status](), nil},
		{"EventStatus.error", statusError, reflect.TypeFor[query.StatusError](), nil},
		{"FieldError", document.Components.Schemas["FieldError"], reflect.TypeFor[fault.Field](), nil},
	}
	for _, c := range cases {
		all, optional := fields(c.of)
		slices.Sort(all)
		var required []string
		for _, name := range all {
			if !slices.Contains(optional, name) || slices.Contains(c.required, name) {
				required = append(required, name)
			}
		}
		var properties []string
		for name := range c.schema.Value.Properties {
			properties = append(properties, name)
		}
		slices.Sort(properties)
		stated := slices.Sorted(slices.Values(c.schema.Value.Required))
		if !slices.Equal(properties, all) || !slices.Equal(stated, required) {
			t.Errorf("%s has %v, %v of them required; the code writes %v, always %v", c.name, properties, stated, all, required)
		}
	}
}

func TestOpenAPI_takes_what_the_code_writes(t *testing.T) {
	t.Parallel()
	_, document := openAPI(t)
	sent := `{"event_id":"evt_1","user_id":"u","amount":0.1000,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T23:59:59.5+01:00","metadata":{"a":[1]}}`
	decoded, err := event.Decode([]byte(sent))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	stored := event.Stored{
		Event: decoded, CorrelationID: "c", Mode: event.S3, SHA256: event.Hash([]byte(sent)), ReceivedAt: now, CreatedAt: now,
	}
	bare := stored
	bare.Metadata, bare.Mode = nil, event.Inline
	storedJSON, err := stored.JSON()
	if err != nil {
		t.Fatal(err)
	}
	bareJSON, err := bare.JSON()
	if err != nil {
		t.Fatal(err)
	}
	marshal := func(v any) []byte {
		body, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	status := query.Status{Identity: event.Identity{ID: "evt_1"}, State: contract.StatusProcessed, Attempts: 1, FirstSeenAt: now, LastSeenAt: now}
	failed := status
	failed.State, failed.Error = contract.StatusFailed, &query.StatusError{Code: fault.HashMismatch, Reason: "r"}
	cases := []struct {
		name, schema string
		body         []byte
		bad          bool
	}{
		{"an event", "Event", []byte(sent), false},
		{"an event with a field too many", "Event", []byte(`{"x":1,` + sent[1:]), true},
		{"an event of an unknown currency", "Event", []byte(strings.Replace(sent, "EUR", "ZZZ", 1)), true},
		{"a stored event", "StoredEvent", storedJSON, false},
		{"a stored event without metadata", "StoredEvent", bareJSON, false},
		{"a stored event of another mode", "StoredEvent", bytes.Replace(bareJSON, []byte("INLINE"), []byte("TAPE"), 1), true},
		{"a page", "EventPage", []byte(`{"events":[` + string(storedJSON) + `],"next_cursor":"abc"}`), false},
		{"a page without events", "EventPage", []byte(`{}`), true},
		{"a page of failures", "StatusPage", []byte(`{"statuses":[` + string(marshal(failed)) + `]}`), false},
		{"a status", "EventStatus", marshal(status), false},
		{"a failed status", "EventStatus", marshal(failed), false},
		{"a batch", "Batch", []byte(`{"events":[` + sent + `]}`), false},
		{"an empty batch", "Batch", []byte(`{"events":[]}`), true},
		{"a batch too long", "Batch", []byte(`{"events":[` + strings.Repeat(sent+",", contract.BatchLimit) + sent + `]}`), true},
		{"an answer to ingest", "Accepted", []byte(`{"event_id":"e","status":"enqueued"}`), false},
		{"answers to a batch", "BatchResults", []byte(`{"results":[{"index":0,"event_id":"e","status":"enqueued"},` +
			`{"index":1,"status":"refused","error":{"code":"missing_field","detail":"d","errors":[{"pointer":"/a","code":"missing_field","detail":"d"}]}}]}`), false},
		{"an answer to a batch with a code nobody knows", "BatchResults",
			[]byte(`{"results":[{"index":1,"status":"refused","error":{"code":"bogus","detail":"d","errors":[]}}]}`), true},
		{"health", "Health", []byte(`{"status":"healthy"}`), false},
		{"a problem", "Problem", []byte(`{"type":"about:blank","title":"Not Found","status":404,"detail":"d","instance":"/events/x",` +
			`"code":"not_found","correlation_id":"c","errors":[]}`), false},
		{"a problem without code", "Problem", []byte(`{"type":"about:blank","title":"Not Found","status":404,"detail":"d"}`), true},
	}
	for _, c := range cases {
		var value any
		if err := json.Unmarshal(c.body, &value); err != nil {
			t.Fatal(err)
		}
		err := document.Components.Schemas[c.schema].Value.VisitJSON(value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation())
		if (err != nil) != c.bad {
			t.Errorf("%s: %s: %v", c.name, c.schema, err)
		}
	}
}
