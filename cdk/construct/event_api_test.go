package construct

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

func apiProps() *EventAPIProps {
	return &EventAPIProps{
		Name: "fluxa-test", StageName: "test", LogRetentionDays: 1, Removal: stage.Destroy,
		Settings: stage.API{Authorization: stage.APIKey, RatePerSecond: 1, Burst: 1},
	}
}

func TestEventAPI_refuses_a_route_without_a_function(t *testing.T) {
	stack := newStack(t)
	props := apiProps()
	panics(t, `EventAPI: Handlers has no "ingest", which route POST /events needs`, func() { NewEventAPI(stack, "None", props) })

	props.Name = "fluxa-other"
	props.Handlers = map[contract.Function]awslambda.IFunction{
		contract.FunctionIngest: awslambda.Function_FromFunctionArn(stack, text("Ingest"), text("arn:aws:lambda:eu-west-1:123456789012:function:ingest")),
	}
	panics(t, `EventAPI: Handlers has no "query", which route GET /events needs`, func() { NewEventAPI(stack, "One", props) })
}

func TestEventAPI_refuses_an_authorization_that_it_does_not_know(t *testing.T) {
	props := apiProps()
	props.Settings.Authorization = "open"
	panics(t, "EventAPI: Settings.Authorization must be one of [api_key iam], got open", func() { NewEventAPI(newStack(t), "API", props) })
}

func TestGatewayAnswer_is_written_as_a_problem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer gatewayAnswer
		want   string
	}{
		"with a detail of its own": {
			gatewayAnswer{status: http.StatusForbidden, code: fault.Forbidden, detail: `no "key" here`},
			`{"type":"about:blank","title":"Forbidden","status":403,"detail":"no \"key\" here","code":"forbidden","correlation_id":"$context.requestId"}`,
		},
		"with what API Gateway says, which has its quotes": {
			gatewayAnswer{status: http.StatusUnauthorized, code: fault.Unauthorized},
			`{"type":"about:blank","title":"Unauthorized","status":401,"detail":$context.error.messageString,"code":"unauthorized","correlation_id":"$context.requestId"}`,
		},
		"of several statuses": {
			gatewayAnswer{code: fault.Internal, detail: "internal error"},
			`{"type":"about:blank","detail":"internal error","code":"internal","correlation_id":"$context.requestId"}`,
		},
	} {
		if got := c.answer.template(); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, c.want)
		}
	}
}

func TestGatewayAnswers_cover_each_refusal_once(t *testing.T) {
	for _, authorization := range []stage.Authorization{stage.APIKey, stage.IAM} {
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
			"ACCESS_DENIED", "BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", "DEFAULT_4XX", "DEFAULT_5XX", "INTEGRATION_TIMEOUT", "INVALID_API_KEY",
			"MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED", "REQUEST_TOO_LARGE", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
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
	for _, authorization := range []stage.Authorization{stage.APIKey, stage.IAM} {
		for _, answer := range gatewayAnswers(authorization) {
			switch answer.id {
			case "Timeout", "Other4xx", "Other5xx": // statuses that no function answers with, or several
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
