package construct

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

func apiProps(stack awscdk.Stack) EventAPIProps {
	arn := func(name string) awslambda.IFunction {
		if known := stack.Node().TryFindChild(text(name)); known != nil {
			return known.(awslambda.IFunction)
		}
		return awslambda.Function_FromFunctionArn(stack, text(name), text("arn:aws:lambda:eu-west-1:123456789012:function:"+name))
	}
	return EventAPIProps{
		Name: "fluxa-test", StageName: "test", LogRetentionDays: 1, Removal: awscdk.RemovalPolicy_DESTROY,
		Authorization: APIKey, RatePerSecond: 20, Burst: 40,
		Handlers: map[contract.Function]awslambda.IFunction{contract.FunctionIngest: arn("ingest"), contract.FunctionQuery: arn("query")},
	}
}

func TestEventAPI_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = EventAPIProps
	stack := newStack(t)
	refuses(t, "EventAPI", func() p { return apiProps(stack) }, func(props *p) { NewEventAPI(stack, "API", props) },
		wrong[p]{func(p *p) { p.Name = "an API" }, `Name must have 1 to 255 characters of A-Za-z0-9_-, got "an API"`},
		wrong[p]{func(p *p) { p.StageName = "" }, `StageName must have 1 to 128 characters of A-Za-z0-9_-, got ""`},
		wrong[p]{func(p *p) { p.Handlers = nil }, `Handlers has no "ingest", which route POST /events needs` + "\n" +
			`EventAPI: Handlers has no "query", which route GET /events needs`},
		wrong[p]{func(p *p) { delete(p.Handlers, contract.FunctionQuery) }, `Handlers has no "query", which route GET /events needs`},
		wrong[p]{func(p *p) { p.Authorization = "open" }, "Authorization must be one of [api_key iam jwt], got open"},
		wrong[p]{func(p *p) { p.Authorization = JWT }, "Authorizer is required with Authorization jwt"},
		wrong[p]{func(p *p) { p.RatePerSecond = 0 }, "RatePerSecond must be 1 to 10000, got 0"},
		wrong[p]{func(p *p) { p.Burst = 5001 }, "Burst must be 1 to 5000, got 5001"},
		wrong[p]{func(p *p) { p.LogRetentionDays = 2 }, "LogRetentionDays must be " + oneOfTheRetentions + ", got 2"},
		wrong[p]{func(p *p) { p.Removal = "keep" }, "Removal must be one of [RETAIN DESTROY], got keep"})
}

func TestEventAPI_asks_for_a_key_a_signature_or_a_token_save_for_the_health_check(t *testing.T) {
	for authorization, want := range map[Authorization]map[string]any{
		APIKey: {"AuthorizationType": "NONE", "ApiKeyRequired": true}, IAM: {"AuthorizationType": "AWS_IAM"}, JWT: {"AuthorizationType": "CUSTOM", "AuthorizerId": assertions.Match_AnyValue()},
	} {
		stack := newStack(t)
		props := apiProps(stack)
		props.Authorization, props.Authorizer = authorization, props.Handlers[contract.FunctionQuery]
		api := NewEventAPI(stack, "API", &props)
		if (api.Key != nil) != (authorization == APIKey) {
			t.Errorf("%s: the key is %v", authorization, api.Key)
		}
		made := templateOf(stack)
		for _, route := range contract.Routes() {
			if route.KeyRequired {
				want["OperationName"] = route.ID
				made.has(t, "AWS::ApiGateway::Method", want)
			} else {
				made.has(t, "AWS::ApiGateway::Method", map[string]any{"OperationName": route.ID, "AuthorizationType": "NONE", "ApiKeyRequired": assertions.Match_Absent()})
			}
		}
	}
}

func TestEventAPI_inflates_and_compresses_bodies_of_any_size(t *testing.T) {
	stack := newStack(t)
	props := apiProps(stack)
	NewEventAPI(stack, "API", &props)
	templateOf(stack).has(t, "AWS::ApiGateway::RestApi", map[string]any{"MinimumCompressionSize": 0})
}

func TestEventAPI_throttles_all_callers_and_each_key(t *testing.T) {
	stack := newStack(t)
	props := apiProps(stack)
	NewEventAPI(stack, "API", &props)
	made := templateOf(stack)
	made.has(t, "AWS::ApiGateway::Stage", map[string]any{"StageName": "test", "MethodSettings": []any{
		map[string]any{"ThrottlingRateLimit": 20, "ThrottlingBurstLimit": 40, "DataTraceEnabled": false, "HttpMethod": "*", "ResourcePath": "/*", "LoggingLevel": "ERROR", "MetricsEnabled": false},
	}})
	made.has(t, "AWS::ApiGateway::UsagePlan", map[string]any{"Throttle": map[string]any{"RateLimit": 20, "BurstLimit": 40}})
}

func TestEventAPI_s_metrics_are_those_of_its_stage(t *testing.T) {
	stack := newStack(t)
	props := apiProps(stack)
	api := NewEventAPI(stack, "API", &props)
	measures(t, api.MetricRequests(), "AWS/ApiGateway Count Sum")
	measures(t, api.Metric5xx(), "AWS/ApiGateway 5XXError Sum")
	measures(t, MetricAPI5xx(text("fluxa-test"), text("test")), "AWS/ApiGateway 5XXError Sum")
	if expression := *api.Metric5xxRate().Expression(); expression != "IF(whole > 0, 100 * part / whole, 0)" {
		t.Errorf("the rate is %s", expression)
	}
}

func TestGatewayAnswer_is_written_as_a_problem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer gatewayAnswer
		want   string
	}{
		"with a detail of its own": {
			gatewayAnswer{status: http.StatusForbidden, code: fault.Forbidden, detail: `no "key" here`},
			`{"type":"about:blank","title":"Forbidden","status":403,"detail":"no \"key\" here","instance":"$context.path","code":"forbidden","correlation_id":"$context.requestId","errors":[]}`,
		},
		"with what API Gateway says, which has its quotes": {
			gatewayAnswer{status: http.StatusUnauthorized, code: fault.Unauthorized},
			`{"type":"about:blank","title":"Unauthorized","status":401,"detail":$context.error.messageString,"instance":"$context.path","code":"unauthorized","correlation_id":"$context.requestId","errors":[]}`,
		},
		"of several statuses": {
			gatewayAnswer{code: fault.Internal, detail: "internal error"},
			`{"type":"about:blank","detail":"internal error","instance":"$context.path","code":"internal","correlation_id":"$context.requestId","errors":[]}`,
		},
	} {
		if got := c.answer.template(); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestGatewayAnswers_cover_each_refusal_once(t *testing.T) {
	for _, authorization := range []Authorization{APIKey, IAM, JWT} {
		ids, kinds := map[string]bool{}, map[string]bool{}
		for _, answer := range gatewayAnswers(authorization) {
			kind := *answer.kind.ResponseType()
			if ids[answer.id] || kinds[kind] {
				t.Errorf("%s: %s, %s is there twice", authorization, answer.id, kind)
			}
			ids[answer.id], kinds[kind] = true, true
			if answer.status != 0 && http.StatusText(answer.status) == "" {
				t.Errorf("%s: %s has the status %d", authorization, answer.id, answer.status)
			}
		}
		for _, kind := range []string{
			"ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "BAD_REQUEST_BODY",
			"BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "EXPIRED_TOKEN", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT",
			"INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE",
			"RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
		} {
			if !kinds[kind] {
				t.Errorf("%s: API Gateway itself would answer %s", authorization, kind)
			}
		}
	}
}

// A client that reads a document's code gets the one that a function would give
// for the same status.
func TestGatewayAnswers_have_the_codes_that_functions_answer_with(t *testing.T) {
	for _, authorization := range []Authorization{APIKey, IAM, JWT} {
		for _, answer := range gatewayAnswers(authorization) {
			switch answer.id {
			case "Timeout", "Broken", "Other4xx", "Other5xx": // statuses that no function answers with, or several
				continue
			case "BadBody": // which of the fields' codes it would be is not known
				if answer.code != fault.InvalidEvent || answer.status != http.StatusUnprocessableEntity {
					t.Errorf("%s: %d %s", answer.id, answer.status, answer.code)
				}
				continue
			}
			if want := fault.HTTPStatus(fault.New(answer.code, "")); answer.status != want {
				t.Errorf("%s: %s is %d, and from a function %d", answer.id, answer.code, answer.status, want)
			}
		}
	}
}

func TestAccessLogFormat_is_one_object_of_text(t *testing.T) {
	t.Parallel()
	var fields map[string]string
	if err := json.Unmarshal([]byte(accessLogFormat()), &fields); err != nil {
		t.Fatal(err)
	}
	if fields["caller"] != "$context.identity.apiKeyId" {
		t.Errorf("the caller is %s", fields["caller"])
	}
}
