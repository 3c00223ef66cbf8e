package stack_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

func TestVerify_is_there_only_where_releases_are_canaries(t *testing.T) {
	for p, want := range map[*platform]int{dev(t): 0, prod(t): 1, abroad(t): 0} {
		n := 0
		for _, function := range p.stacks[pipeline].all("AWS::Lambda::Function") {
			if function.plain("FunctionName") == p.settings.Named(string(contract.FunctionVerify)) {
				n++
			}
		}
		if n != want {
			t.Errorf("%s has %d verify functions, want %d", p.settings.Name, n, want)
		}
	}
}

// It is outside of the network, where CodeDeploy and Lambda can be reached.
func TestVerify_asks_the_versions_that_are_about_to_be_live(t *testing.T) {
	t.Parallel()
	stack := prod(t).stacks[pipeline]
	function := stack.at(t, "Verify/Function")
	same(t, function, []any{function.plain("MemorySize"), function.plain("Timeout"), function.plain("VpcConfig"), function.plain("ReservedConcurrentExecutions")}, []any{128, 300, nil, nil})
	want := object{"FLUXA_ENVIRONMENT": "prod", "FLUXA_LOG_LEVEL": prod(t).settings.Logs.Level}
	for path, variable := range map[string]string{"Ingest": "INGEST_VERSION_ARN", "Processor": "PROCESSOR_VERSION_ARN", "Query": "QUERY_VERSION_ARN"} {
		want[variable] = "${Pipeline/" + path + "/Function/CurrentVersion}"
		alias := stack.at(t, path+"/Release/Alias")
		same(t, alias, stack.plain(alias.UpdatePolicy).(object)["CodeDeployLambdaAliasUpdate"].(object)["BeforeAllowTrafficHook"], "${Pipeline/Verify/Function}")
		if !slices.Contains(alias.dependsOn(), "Verify/Function") || !slices.Contains(alias.dependsOn(), "Verify/Role/DefaultPolicy") {
			t.Errorf("%s may be shifted before the hook knows its version: it depends on %q", alias, alias.dependsOn())
		}
		canary := stack.at(t, path+"/Release/Canary/ServiceRole/DefaultPolicy")
		sameStatements(t, canary, canary.statements("PolicyDocument"), allow([]string{"${Pipeline/Verify/Function.Arn}"}, "lambda:InvokeFunction"))
		group := stack.at(t, path+"/Release/Canary")
		same(t, group, group.plain("DeploymentGroupName"), stack.at(t, path+"/Function").plain("FunctionName"))
	}
	same(t, function, function.plain("Environment", "Variables"), want)
}

func TestVerify_may_ask_these_versions_and_tell_CodeDeploy_and_nothing_else(t *testing.T) {
	t.Parallel()
	p := prod(t)
	sameStatements(t, "verify", p.stacks[pipeline].at(t, "Verify/Role/DefaultPolicy").statements("PolicyDocument"),
		allow([]string{"${Pipeline/Verify/Log.Arn}"}, "logs:CreateLogStream", "logs:PutLogEvents"),
		allow([]string{"*"}, "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
		allow([]string{"${Pipeline/Ingest/Function/CurrentVersion}", "${Pipeline/Processor/Function/CurrentVersion}", "${Pipeline/Query/Function/CurrentVersion}"}, "lambda:InvokeFunction"),
		allow([]string{fmt.Sprintf("arn:%s:codedeploy:%s:${AWS::AccountId}:deploymentgroup:fluxa-prod/*", p.partition(), p.region())},
			"codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"))
}
