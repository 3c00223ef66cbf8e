package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

func TestAPI_checks_bodies_before_a_function_runs(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).has(t, "AWS::ApiGateway::RequestValidator", object{"ValidateRequestBody": true, "ValidateRequestParameters": true})
		stack := p.stacks[pipeline]
		for _, m := range stack.all("AWS::ApiGateway::Method") {
			same(t, m, m.plain("RequestValidatorId"), "${Pipeline/API/API/Validator}")
			want := map[string]any{
				contract.RouteIngest:      object{contract.MediaJSON: "${Pipeline/API/ModelingestEvent}"},
				contract.RouteIngestBatch: object{contract.MediaJSON: "${Pipeline/API/ModelingestBatch}"},
			}[m.text("OperationName")]
			same(t, m, m.plain("RequestModels"), want)
		}
		deployment := stack.all("AWS::ApiGateway::Deployment")
		if len(deployment) != 1 {
			t.Fatalf("there are %d deployments", len(deployment))
		}
		for _, model := range stack.all("AWS::ApiGateway::Model") {
			same(t, model, model.plain("RestApiId"), "${Pipeline/API/API}")
			if !slices.Contains(deployment[0].dependsOn(), model.Path) {
				t.Errorf("%s is not in what is deployed", model)
			}
		}
	})
}

func TestAPI_checks_no_bodies_where_the_stage_says_so(t *testing.T) {
	abroad(t).assert(t, pipeline).none(t, "AWS::ApiGateway::Model")
	abroad(t).assert(t, pipeline).eachHas(t, "AWS::ApiGateway::Method", object{"RequestModels": absent()})
}

// The model must say what the contract says, in the words of draft 4: nothing
// that it would let pass without looking, nothing that the function accepts
// refused.
func TestAPI_s_model_of_an_event_is_the_contract_s_schema(t *testing.T) {
	t.Parallel()
	var schema object
	if err := json.Unmarshal(contract.EventSchema, &schema); err != nil {
		t.Fatal(err)
	}
	want := inDraft4(schema)
	want["$schema"] = "http://json-schema.org/draft-04/schema#"
	for _, p := range both(t) {
		model := p.stacks[pipeline].at(t, "API/ModelingestEvent")
		same(t, model, model.plain("Schema"), want)
		same(t, model, model.plain("ContentType"), contract.MediaJSON)
	}
	if fields := len(want["properties"].(object)); fields != 7 || len(want["required"].([]any)) != 5 {
		t.Errorf("the schema has %d fields", fields)
	}
	amount := want["properties"].(object)["amount"].(object)
	if amount["minimum"] != 0.0001 || amount["exclusiveMinimum"] != nil || amount["maximum"] != 1e15 || amount["exclusiveMaximum"] != true {
		t.Errorf("the amount is %v", amount)
	}
}

// inDraft4 copies a schema with its two keywords that draft 4 says otherwise: an
// excluded bound is a flag beside it, and a format is not looked at.
func inDraft4(schema object) object {
	out := object{}
	for keyword, value := range schema {
		switch keyword {
		case "format":
		case "exclusiveMinimum":
			out["minimum"], out[keyword] = value, true
		case "exclusiveMaximum":
			out["maximum"], out[keyword] = value, true
		case "properties":
			properties := object{}
			for name, property := range value.(object) {
				properties[name] = inDraft4(property.(object))
			}
			out[keyword] = properties
		case "not", "items":
			out[keyword] = inDraft4(value.(object))
		default:
			out[keyword] = value
		}
	}
	return out
}

// One bad event must not refuse the good ones beside it.
func TestAPI_s_model_of_a_batch_is_its_frame(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		model := p.stacks[pipeline].at(t, "API/ModelingestBatch")
		same(t, model, model.plain("Schema"), object{
			"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": []string{"events"}, "additionalProperties": false,
			"properties": object{"events": object{"type": "array", "minItems": 1, "maxItems": 500}},
		})
	}
}

func TestAPI_s_own_answers_are_problem_documents(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		for _, r := range p.stacks[pipeline].all("AWS::ApiGateway::GatewayResponse") {
			templates := r.plain("ResponseTemplates").(object)
			template, _ := templates[contract.MediaJSON].(string)
			if len(templates) != 1 {
				t.Errorf("%s has templates for %q", r, slices.Sorted(maps.Keys(templates)))
			}
			// messageString comes with its quotes, the others do not.
			body := strings.NewReplacer("$context.error.messageString", `"a \"quoted\" reason"`, "$context.requestId", "the-request", "$context.path", "/dev/events").Replace(template)
			if strings.Contains(body, "$") {
				t.Errorf("%s has a variable that this test does not know: %s", r, body)
			}
			var problem struct {
				Type, Title, Detail, Code, Instance string
				Status                              int
				CorrelationID                       string `json:"correlation_id"`
				Errors                              []string
			}
			if err := json.Unmarshal([]byte(body), &problem); err != nil {
				t.Errorf("%s: %v in %s", r, err, body)
				continue
			}
			if problem.Type != "about:blank" || problem.Detail == "" || problem.CorrelationID != "the-request" || problem.Instance != "/dev/events" || problem.Errors == nil {
				t.Errorf("%s: %+v", r, problem)
			}
			if _, known := fault.Codes()[fault.Code(problem.Code)]; !known {
				t.Errorf("%s: the contract has no code %q", r, problem.Code)
			}
			status := r.text("StatusCode")
			if status != "" && (strconv.Itoa(problem.Status) != status || problem.Title != http.StatusText(problem.Status)) {
				t.Errorf("%s answers %s with %d %s", r, status, problem.Status, problem.Title)
			}
			if status == "" && (problem.Status != 0 || problem.Title != "") {
				t.Errorf("%s has the status %d of several", r, problem.Status)
			}
		}
	}
}

func TestAPI_s_own_answers_have_the_contract_s_statuses(t *testing.T) {
	t.Parallel()
	common := map[string]string{
		"BAD_REQUEST_BODY":               "422 invalid_event",
		"BAD_REQUEST_PARAMETERS":         "422 invalid_value",
		"INVALID_API_KEY":                "403 forbidden",
		"ACCESS_DENIED":                  "403 forbidden",
		"UNAUTHORIZED":                   "401 unauthorized",
		"WAF_FILTERED":                   "403 forbidden",
		"THROTTLED":                      "429 rate_limited",
		"QUOTA_EXCEEDED":                 "429 rate_limited",
		"REQUEST_TOO_LARGE":              "413 payload_too_large",
		"UNSUPPORTED_MEDIA_TYPE":         "415 unsupported_media_type",
		"INTEGRATION_TIMEOUT":            "504 internal",
		"EXPIRED_TOKEN":                  "403 forbidden",
		"INVALID_SIGNATURE":              "403 forbidden",
		"RESOURCE_NOT_FOUND":             "404 not_found",
		"INTEGRATION_FAILURE":            "504 internal",
		"API_CONFIGURATION_ERROR":        "500 internal",
		"AUTHORIZER_CONFIGURATION_ERROR": "500 internal",
		"AUTHORIZER_FAILURE":             "500 internal",
		"DEFAULT_4XX":                    " invalid_value",
		"DEFAULT_5XX":                    " internal",
	}
	// A path that there is not looks to API Gateway like a missing signature.
	for p, missing := range map[*platform]string{dev(t): "404 not_found", prod(t): "404 not_found", abroad(t): "403 forbidden"} {
		want := maps.Clone(common)
		want["MISSING_AUTHENTICATION_TOKEN"] = missing
		got := map[string]string{}
		for _, r := range p.stacks[pipeline].all("AWS::ApiGateway::GatewayResponse") {
			_, after, _ := strings.Cut(r.text("ResponseTemplates", contract.MediaJSON), `"code":"`)
			code, _, _ := strings.Cut(after, `"`)
			got[r.text("ResponseType")] = r.text("StatusCode") + " " + code
		}
		same(t, p.settings.Name, got, want)
	}
}

func TestAPI_s_own_answers_say_what_they_are_and_whose(t *testing.T) {
	t.Parallel()
	header := func(name string) string { return "gatewayresponse.header." + name }
	later := []string{
		"THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_TIMEOUT", "INTEGRATION_FAILURE", "API_CONFIGURATION_ERROR",
		"AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "DEFAULT_5XX",
	}
	for _, p := range both(t) {
		for _, r := range p.stacks[pipeline].all("AWS::ApiGateway::GatewayResponse") {
			want := object{
				header("Content-Type"): fmt.Sprintf("'%s'", contract.MediaProblem), header(contract.HeaderCorrelationID): "context.requestId",
			}
			if slices.Contains(later, r.text("ResponseType")) {
				want[header("Retry-After")] = "'5'"
			}
			if r.text("ResponseType") == "BAD_REQUEST_BODY" {
				want[header("X-Validation-Error")] = "context.error.validationErrorString"
			}
			same(t, r, r.plain("ResponseParameters"), want)
		}
	}
}
