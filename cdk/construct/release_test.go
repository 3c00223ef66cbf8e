package construct

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
)

// cfnElement is what CloudFormation knows by a logical id.
type cfnElement = awscdk.CfnElement

func named(what string) string { return "app-" + what }

func TestRelease_names_each_wrong_prop(t *testing.T) {
	type p = ReleaseProps
	stack := newStack(t)
	h := testHandler(stack, "Ingest")
	alarm := NewReleaseAlarm(stack, "Alarm", &ReleaseAlarmProps{Name: "alarm", Description: "It fails.", Metric: h.MetricThrottles(), Threshold: 1})
	refuses(t, "Release", func() p { return p{Handler: h} }, func(props *p) { NewRelease(stack, "Release", props) },
		wrong[p]{func(p *p) { p.Handler = nil }, "Handler is required"},
		wrong[p]{func(p *p) { p.Alarms = []awscloudwatch.IAlarm{alarm} }, "Alarms must be empty without Canaries, got 1"})
}

func TestCanaries_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = CanariesProps
	stack := newStack(t)
	hook := testHandler(stack, "Verify")
	refuses(t, "Canaries", func() p { return p{ApplicationName: "app", Named: named, Hook: hook} }, func(props *p) { NewCanaries(stack, "Canaries", props) },
		wrong[p]{func(p *p) { p.ApplicationName = "" }, `ApplicationName must have 1 to 100 characters of A-Za-z0-9_-, got ""`},
		wrong[p]{func(p *p) { p.Hook = nil }, "Hook is required"},
		wrong[p]{func(p *p) { p.Named = nil }, "Named is required"})
}

func TestReleaseAlarm_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = ReleaseAlarmProps
	stack := newStack(t)
	metric := testHandler(stack, "Ingest").MetricThrottles()
	refuses(t, "ReleaseAlarm", func() p { return p{Name: "alarm", Description: "It fails.", Metric: metric, Threshold: 1} },
		func(props *p) { NewReleaseAlarm(stack, "Alarm", props) },
		wrong[p]{func(p *p) { p.Name = "" }, `Name must have 1 to 255 characters, got ""`},
		wrong[p]{func(p *p) { p.Description = "" }, `Description must have 1 to 1024 characters, got ""`},
		wrong[p]{func(p *p) { p.Metric = nil }, "Metric is required"},
		wrong[p]{func(p *p) { p.Threshold = 0 }, "Threshold must be at least 1, got 0"})
}

func TestRelease_is_all_at_once_by_default(t *testing.T) {
	stack := newStack(t)
	NewRelease(stack, "Release", &ReleaseProps{Handler: testHandler(stack, "Ingest")})
	made := templateOf(stack)
	made.has(t, "AWS::Lambda::Alias", map[string]any{"Name": "live"})
	made.count(t, "AWS::CodeDeploy::DeploymentGroup", 0)
	made.count(t, "AWS::CloudWatch::Alarm", 0)
}

func TestRelease_by_canary_is_rolled_back_by_the_alarms_of_its_version_and_those_given(t *testing.T) {
	stack := newStack(t)
	h := testHandler(stack, "Ingest")
	alarm := NewReleaseAlarm(stack, "Alarm", &ReleaseAlarmProps{Name: "app-api", Description: "It fails.", Metric: h.MetricThrottles(), Threshold: 5})
	NewRelease(stack, "Release", &ReleaseProps{
		Handler: h, Alarms: []awscloudwatch.IAlarm{alarm}, Canaries: NewCanaries(stack, "Canaries", &CanariesProps{ApplicationName: "app", Named: named, Hook: testHandler(stack, "Verify")}),
	})
	made := templateOf(stack)
	made.has(t, "AWS::CodeDeploy::Application", map[string]any{"ApplicationName": "app"})
	made.has(t, "AWS::CodeDeploy::DeploymentGroup", map[string]any{
		"DeploymentGroupName": "ingest", "AutoRollbackConfiguration": map[string]any{"Enabled": true},
		"DeploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
	})
	version := map[string]any{"Fn::GetAtt": []any{assertions.Match_StringLikeRegexp(text("CurrentVersion")), "Version"}}
	named := func(what string) any {
		return map[string]any{"Fn::Join": []any{"", []any{"app-ingest-release-" + what + "-", version}}}
	}
	made.has(t, "AWS::CloudWatch::Alarm", map[string]any{
		"AlarmName": named("errors"), "Namespace": "AWS/Lambda", "MetricName": "Errors", "Threshold": 1, "EvaluationPeriods": 1, "Period": 60,
		"Dimensions": assertions.Match_ArrayWith(&[]any{map[string]any{"Name": "ExecutedVersion", "Value": version}}),
	})
	made.has(t, "AWS::CloudWatch::Alarm", map[string]any{
		"AlarmName": named("failures"), "Threshold": 10, "EvaluationPeriods": 1, "TreatMissingData": "notBreaching",
	})
	made.has(t, "AWS::CloudWatch::Alarm", map[string]any{
		"AlarmName": "app-api", "Threshold": 5, "TreatMissingData": "notBreaching",
		"Metrics": []any{map[string]any{"MetricStat": map[string]any{"Metric": map[string]any{"MetricName": "Throttles"}}}},
	})
}
