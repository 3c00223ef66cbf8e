package stack_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/fluxa/fluxa/cdk/privilege"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestTokens_are_checked_by_a_function_that_is_in_no_network_and_may_do_nothing(t *testing.T) {
	p := tokens(t)
	function := p.stacks[pipeline].at(t, "Authorize/Function")
	same(t, function, []any{function.plain("VpcConfig"), function.plain("MemorySize"), function.plain("Timeout"), function.plain("ReservedConcurrentExecutions")}, []any{nil, 256, 10, nil})
	variables := function.plain("Environment", "Variables").(object)
	same(t, function, variables, object{
		"FLUXA_ENVIRONMENT": "tokens", "FLUXA_LOG_LEVEL": "debug", "JWT_ISSUER": "https://login.example.com/", "JWT_AUDIENCE": "fluxa",
	})
	var environ []string
	for name, value := range variables {
		environ = append(environ, name+"="+value.(string))
	}
	if _, err := config.Load[config.Authorize](environ); err != nil {
		t.Error(err)
	}
	role := p.stacks[pipeline].at(t, "Authorize/Role/DefaultPolicy")
	sameStatements(t, role, role.statements("PolicyDocument"), allow([]string{"${Pipeline/Authorize/Log.Arn}"}, "logs:CreateLogStream", "logs:PutLogEvents"))

	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	reached, err := privilege.Handlers(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	findings, err := judge(reached, templates(t, p))
	if err != nil || len(findings) > 0 {
		t.Errorf("%v, %v", findings, err)
	}
	for _, other := range append(both(t), abroad(t)) {
		for _, r := range other.all("AWS::Lambda::Function") {
			if r.Path == "Authorize/Function" {
				t.Errorf("%s is there, and callers bring no tokens", r)
			}
		}
		other.assert(t, pipeline).none(t, "AWS::ApiGateway::Authorizer")
	}
}

func TestTokens_are_asked_for_by_every_route_but_the_health_check(t *testing.T) {
	t.Parallel()
	p := tokens(t)
	got := methods(t, p)
	for _, route := range contract.Routes() {
		want := "CUSTOM"
		if !route.KeyRequired {
			want = "NONE"
		}
		if m := got[route.Method+" "+route.Path]; m.Authorization != want || m.KeyRequired {
			t.Errorf("%s %s: %+v, want %s", route.Method, route.Path, m, want)
		}
	}
	for _, m := range p.stacks[pipeline].all("AWS::ApiGateway::Method") {
		if m.text("AuthorizationType") == "CUSTOM" {
			same(t, m, m.plain("AuthorizerId"), "${Pipeline/API/Tokens}")
		}
	}
}

// What the function says of a token is kept for a minute, so that it is not called for
// each request, and an expired token does not pass for long.
func TestTokens_are_checked_once_a_minute_through_the_alias(t *testing.T) {
	t.Parallel()
	p := tokens(t)
	authorizer := p.stacks[pipeline].at(t, "API/Tokens")
	same(t, authorizer, authorizer.plain(), object{
		"Name": "fluxa-tokens", "RestApiId": "${Pipeline/API/API}", "Type": "TOKEN", "AuthorizerResultTtlInSeconds": 60,
		"IdentitySource":               "method.request.header.Authorization",
		"IdentityValidationExpression": "^[Bb]earer [A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$",
		"AuthorizerUri":                fmt.Sprintf("arn:aws:apigateway:%s:lambda:path/2015-03-31/functions/${Pipeline/Authorize/Release/Alias}/invocations", p.region()),
	})
	var from []string
	for _, r := range p.stacks[pipeline].all("AWS::Lambda::Permission") {
		if r.text("FunctionName") == "${Pipeline/Authorize/Release/Alias}" {
			from = append(from, r.text("SourceArn"))
		}
	}
	same(t, "may be called by", from, []string{
		fmt.Sprintf("arn:aws:execute-api:%s:%s:${Pipeline/API/API}/authorizers/${Pipeline/API/Tokens}", p.region(), p.settings.Account),
	})
}
