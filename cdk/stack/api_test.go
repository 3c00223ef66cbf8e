package stack_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

// method is what a test looks at of a route's method.
type method struct {
	OperationID, Function, Authorization string
	KeyRequired                          bool
}

// methods returns every method of the API by its verb and path.
func methods(t *testing.T, p *platform) map[string]method {
	t.Helper()
	stack := p.stacks[pipeline]
	paths := map[string]string{"${Pipeline/API/API.RootResourceId}": ""}
	for resources := stack.all("AWS::ApiGateway::Resource"); len(paths) <= len(resources); {
		before := len(paths)
		for _, r := range resources {
			if parent, known := paths[r.text("ParentId")]; known {
				paths["${Pipeline/"+r.Path+"}"] = parent + "/" + r.text("PathPart")
			}
		}
		if len(paths) == before {
			t.Fatalf("resources hang from nothing: %v", resources)
		}
	}
	out := map[string]method{}
	for _, r := range stack.all("AWS::ApiGateway::Method") {
		path, known := paths[r.text("ResourceId")]
		if !known {
			t.Fatalf("%s belongs to no resource", r)
		}
		required, _ := r.plain("ApiKeyRequired").(bool)
		out[r.text("HttpMethod")+" "+path] = method{r.text("OperationName"), r.text("Integration", "Uri"), r.text("AuthorizationType"), required}
	}
	return out
}

func TestAPI_has_every_route_of_the_contract_and_no_other(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		want := map[string]method{}
		for _, route := range contract.Routes() {
			m := method{OperationID: route.ID, Authorization: "NONE", KeyRequired: route.KeyRequired}
			if p.settings.API.Authorization == "iam" && route.KeyRequired {
				m.Authorization, m.KeyRequired = "AWS_IAM", false
			}
			m.Function = fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/${Pipeline/%s/Release/Alias}/invocations",
				p.partition(), p.region(), functionPaths()[route.Function])
			want[route.Method+" "+route.Path] = m
		}
		same(t, p.settings.Name, methods(t, p), want)
	}
}

func TestAPI_passes_requests_on_as_they_are_and_only_to_the_alias(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).eachHas(t, "AWS::ApiGateway::Method", object{"Integration": like(object{"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST"})})
	})
}

func TestAPI_may_call_each_function_for_its_routes_alone(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		var want []string
		for _, route := range contract.Routes() {
			path := strings.ReplaceAll(route.Path, "{event_id}", "*")
			want = append(want, fmt.Sprintf("${Pipeline/%s/Release/Alias} arn:%s:execute-api:%s:${AWS::AccountId}:${Pipeline/API/API}/${Pipeline/API/API/DeploymentStage.%s}/%s%s",
				functionPaths()[route.Function], p.partition(), p.region(), p.settings.Environment(), route.Method, path))
		}
		var got []string
		for _, r := range p.stacks[pipeline].all("AWS::Lambda::Permission") {
			same(t, r, []any{r.plain("Action"), r.plain("Principal")}, []any{"lambda:InvokeFunction", "apigateway.amazonaws.com"})
			got = append(got, r.text("FunctionName")+" "+r.text("SourceArn"))
		}
		slices.Sort(want)
		slices.Sort(got)
		same(t, p.settings.Name, got, want)
	}
}

func TestAPI_is_regional_and_carries_the_stage(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, pipeline)
		a.has(t, "AWS::ApiGateway::RestApi", object{"Name": "fluxa-" + p.settings.Name, "EndpointConfiguration": object{"Types": []any{"REGIONAL"}}})
		a.has(t, "AWS::ApiGateway::Stage", object{"StageName": p.settings.Environment()})
	})
}

func TestAPI_s_address_takes_a_path_as_v1_s_did(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		same(t, p.settings.Name, p.stacks[pipeline].plain(p.stacks[pipeline].outputs["ApiEndpoint"]),
			"https://${Pipeline/API/API}.execute-api."+p.region()+".${AWS::URLSuffix}/${Pipeline/API/API/DeploymentStage."+p.settings.Environment()+"}")
	}
}

func TestAPI_throttles_to_the_stage_s_rate(t *testing.T) {
	for p, rate := range map[*platform][2]int{dev(t): {50, 100}, prod(t): {1000, 2000}} {
		p.assert(t, pipeline).has(t, "AWS::ApiGateway::Stage", object{"MethodSettings": []any{like(object{
			"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": rate[0], "ThrottlingBurstLimit": rate[1],
		})}})
	}
}

func TestAPI_logs_no_payload(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).has(t, "AWS::ApiGateway::Stage", object{"MethodSettings": []any{like(object{
			"DataTraceEnabled": false, "LoggingLevel": "ERROR",
		})}})
	})
}

func TestAPI_sends_traces_where_the_stage_asks_for_them(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).has(t, "AWS::ApiGateway::Stage", object{"TracingEnabled": true})
	})
	abroad(t).assert(t, pipeline).has(t, "AWS::ApiGateway::Stage", object{"TracingEnabled": false})
}

func TestAPI_has_a_key_and_a_usage_plan_where_callers_need_one(t *testing.T) {
	for p, rate := range map[*platform][2]int{dev(t): {50, 100}, prod(t): {1000, 2000}} {
		a := p.assert(t, pipeline)
		a.has(t, "AWS::ApiGateway::ApiKey", object{"Name": "fluxa-" + p.settings.Name, "Enabled": true, "Value": absent()})
		a.has(t, "AWS::ApiGateway::UsagePlan", object{
			"UsagePlanName": "fluxa-" + p.settings.Name, "Throttle": object{"RateLimit": rate[0], "BurstLimit": rate[1]},
		})
		stack := p.stacks[pipeline]
		plan, deployed := stack.at(t, "API/API/Plan"), "${Pipeline/API/API/DeploymentStage."+p.settings.Environment()+"}"
		same(t, plan, plan.plain("ApiStages"), []object{{"ApiId": "${Pipeline/API/API}", "Stage": deployed, "Throttle": object{}}})
		keys := stack.all("AWS::ApiGateway::UsagePlanKey")
		if len(keys) != 1 {
			t.Fatalf("the plan of %s has %d keys", p.settings.Name, len(keys))
		}
		same(t, keys[0], keys[0].plain(), object{"KeyId": "${Pipeline/API/API/Key}", "KeyType": "API_KEY", "UsagePlanId": "${Pipeline/API/API/Plan}"})
	}
	abroad(t).assert(t, pipeline).none(t, "AWS::ApiGateway::ApiKey", "AWS::ApiGateway::UsagePlan", "AWS::ApiGateway::UsagePlanKey")
}

// contextVariable is API Gateway's notation, dots and all.
var contextVariable = regexp.MustCompile(`\$context(\.[A-Za-z]+)+`)

func TestAPI_writes_a_line_of_JSON_for_each_request_and_never_the_key(t *testing.T) {
	t.Parallel()
	known := []string{"identity.apiKeyId", "identity.userArn", "identity.sourceIp", "identity.userAgent", "authorizer.principalId", "requestId", "extendedRequestId",
		"xrayTraceId", "requestTime", "httpMethod", "resourcePath", "path", "protocol", "status", "responseLength", "responseLatency",
		"integrationLatency", "integrationStatus", "error.message", "error.responseType", "wafResponseCode"}
	for _, p := range both(t) {
		stage := p.stacks[pipeline].at(t, "API/API/DeploymentStage."+p.settings.Environment())
		same(t, stage, stage.plain("AccessLogSetting", "DestinationArn"), "${Pipeline/API/AccessLog.Arn}")
		format := stage.text("AccessLogSetting", "Format")
		if strings.ContainsAny(format, "\n\r") {
			t.Errorf("%s writes several lines", stage)
		}
		for _, used := range contextVariable.FindAllString(format, -1) {
			if name := strings.TrimPrefix(used, "$context."); !slices.Contains(known, name) {
				t.Errorf("%s writes %s: either API Gateway does not know it, or a log must not have it", stage, used)
			}
		}
		var line map[string]string
		if err := json.Unmarshal([]byte(contextVariable.ReplaceAllString(format, "-")), &line); err != nil {
			t.Errorf("%s: %v in %s", stage, err, format)
		}
		for _, field := range []string{"request_id", "trace_id", "caller", "principal", "subject", "source_ip", "method", "route", "status", "latency_ms", "error"} {
			if line[field] != "-" {
				t.Errorf("%s has no field %q", stage, field)
			}
		}
	}
}

func TestAPI_s_logs_end(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a, days := p.assert(t, pipeline), p.settings.Logs.RetentionDays
		a.has(t, "AWS::Logs::LogGroup", object{"LogGroupName": "/aws/apigateway/fluxa-" + p.settings.Name + "/access", "RetentionInDays": days})
		// API Gateway itself would make this one, without an end.
		execution := p.stacks[pipeline].at(t, "API/ExecutionLog")
		same(t, execution, execution.plain("LogGroupName"), "API-Gateway-Execution-Logs_${Pipeline/API/API}/"+p.settings.Environment())
		same(t, execution, execution.plain("RetentionInDays"), days)
		stage := p.stacks[pipeline].at(t, "API/API/DeploymentStage."+p.settings.Environment())
		if !slices.Contains(stage.dependsOn(), "API/ExecutionLog") {
			t.Errorf("%s does not wait for its log, but for %q", stage, stage.dependsOn())
		}
	})
}

func TestAPI_s_role_for_logs_is_the_account_s_and_stays(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).is(t, "AWS::ApiGateway::Account", object{"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"})
		role := p.stacks[pipeline].at(t, "API/API/CloudWatchRole")
		same(t, role, []any{role.DeletionPolicy, role.plain("ManagedPolicyArns")},
			[]any{"Retain", []string{"arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"}})
	})
}

func TestAPI_leaves_the_account_s_role_to_another_stage_where_its_own_says_so(t *testing.T) {
	a := abroad(t).assert(t, pipeline)
	a.none(t, "AWS::ApiGateway::Account")
	for _, role := range abroad(t).stacks[pipeline].all("AWS::IAM::Role") {
		if strings.Contains(role.Path, "CloudWatchRole") {
			t.Errorf("%s is there", role)
		}
	}
}

const certificate = "arn:aws:acm:eu-west-1:210987654321:certificate/0f3a1c52-6d0e-4f5b-9a0e-2b9f5d1c7e11"

func TestAPI_has_a_domain_of_its_own_where_the_stage_names_one(t *testing.T) {
	stack := abroad(t).stacks[pipeline]
	name, mapping := stack.at(t, "API/Domain/Name"), stack.at(t, "API/Domain/Mapping")
	same(t, name, []any{name.plain("DomainName"), name.plain("RegionalCertificateArn"), name.plain("EndpointConfiguration", "Types"), name.plain("SecurityPolicy")},
		[]any{"events-abroad.example.com", certificate, []string{"REGIONAL"}, "TLS_1_2"})
	same(t, mapping, mapping.plain(), object{
		"DomainName": "${Pipeline/API/Domain/Name}", "RestApiId": "${Pipeline/API/API}", "Stage": "${Pipeline/API/API/DeploymentStage.acme-abroad}",
	})
	for output, want := range map[string]string{
		"ApiDomainEndpoint":   "https://${Pipeline/API/Domain/Name}",
		"ApiDomainTarget":     "${Pipeline/API/Domain/Name.RegionalDomainName}",
		"ApiDomainTargetZone": "${Pipeline/API/Domain/Name.RegionalHostedZoneId}",
	} {
		same(t, output, stack.plain(stack.outputs[output]), want)
	}
	for _, p := range both(t) {
		p.assert(t, pipeline).none(t, "AWS::ApiGateway::DomainName", "AWS::ApiGateway::BasePathMapping")
	}
}
