package stack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/stage"
)

func TestEveryLogGroup_ends_after_the_stage_s_days(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		for _, group := range p.all("AWS::Logs::LogGroup") {
			same(t, group, group.plain("RetentionInDays"), p.settings.Logs.RetentionDays)
		}
	}
}

func TestEveryFunction_has_a_log_group_that_is_made_with_it(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		groups := map[string]string{}
		for _, group := range p.all("AWS::Logs::LogGroup") {
			groups["${"+group.of.name+"/"+group.Path+"}"] = group.text("LogGroupName")
		}
		for _, function := range p.all("AWS::Lambda::Function") {
			if name := groups[function.text("LoggingConfig", "LogGroup")]; name != "/aws/lambda/"+function.text("FunctionName") {
				t.Errorf("%s logs into %q", function, name)
			}
		}
	}
}

func TestEveryName_carries_the_stage(t *testing.T) {
	t.Parallel()
	// Names inside of something that carries the stage, or of something that is
	// not ours to name.
	inner := []string{
		"AWS::ApiGateway::Model.Name", "AWS::CodeDeploy::DeploymentGroup.DeploymentConfigName", "AWS::EC2::VPCEndpoint.ServiceName",
		"AWS::IAM::Policy.PolicyName", "AWS::Lambda::Alias.Name", "AWS::RDS::DBInstance.DBName", "AWS::RDS::DBInstance.MasterUsername",
		"AWS::RDS::DBProxyTargetGroup.TargetGroupName", "AWS::RDS::DBInstance.CACertificateIdentifier", "AWS::CloudWatch::Alarm.MetricName",
		"AWS::ApiGateway::Method.OperationName",
	}
	for _, p := range append(both(t), abroad(t)) {
		for _, name := range []string{network, data, pipeline, observability} {
			stack := p.stacks[name]
			if got, _ := stack.properties["stackName"].(string); got != p.settings.Named(strings.ToLower(name)) {
				t.Errorf("the stack %s is called %q", name, got)
			}
			for _, r := range stack.resources {
				for property := range r.Properties {
					lower := strings.ToLower(property)
					text := r.text(property)
					if !strings.HasSuffix(lower, "name") && !strings.HasSuffix(lower, "identifier") || slices.Contains(inner, r.Type+"."+property) || strings.HasPrefix(text, "${") {
						continue
					}
					if !slices.Contains(strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("-/${}. ", c) }), p.settings.Name) {
						t.Errorf("%s has the %s %q, which another stage of the account would have too", r, property, text)
					}
				}
			}
		}
	}
}

func TestEveryResource_that_holds_something_says_what_becomes_of_it(t *testing.T) {
	t.Parallel()
	stateful := []string{
		"AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::RDS::DBParameterGroup", "AWS::RDS::DBSubnetGroup",
		"AWS::Logs::LogGroup", "AWS::KMS::Key", "AWS::SQS::Queue", "AWS::Lambda::Version",
	}
	for _, p := range append(both(t), abroad(t)) {
		deleted := map[stage.Removal]string{stage.Destroy: "Delete", stage.Retain: "RetainExceptOnCreate"}[p.settings.Removal]
		replaced := map[stage.Removal]string{stage.Destroy: "Delete", stage.Retain: "Retain"}[p.settings.Removal]
		for _, kind := range stateful {
			found := p.all(kind)
			if len(found) == 0 {
				t.Errorf("%s has no %s", p.settings.Name, kind)
			}
			for _, r := range found {
				want := [2]string{deleted, replaced}
				if kind == "AWS::SQS::Queue" {
					want = [2]string{"Delete", "Delete"} // a new stack makes it anew, and the name must be free
				}
				if got := [2]string{r.DeletionPolicy, r.UpdateReplacePolicy}; got != want {
					t.Errorf("%s is deleted and replaced by %q, want %q", r, got, want)
				}
			}
		}
	}
}

// What a roll-back leaves behind under a fixed name stops the next try of a first
// deploy. API Gateway's role for logs has a name of CloudFormation's.
func TestEveryResource_goes_when_the_deploy_that_makes_it_is_rolled_back(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t), first(t)) {
		for _, name := range []string{network, data, pipeline, observability} {
			for _, r := range p.stacks[name].resources {
				account := r.Type == "AWS::ApiGateway::Account" || strings.HasSuffix(r.Path, "API/CloudWatchRole")
				if stays := r.DeletionPolicy == "Retain"; stays != account {
					t.Errorf("%s stays when its creation is rolled back: %v, want %v", r, stays, account)
				}
			}
		}
	}
}

func TestEveryResource_carries_its_tags(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		tagged := 0
		for _, name := range []string{network, data, pipeline, observability} {
			for _, r := range p.stacks[name].resources {
				list, has := r.plain("Tags").([]any)
				if !has {
					continue
				}
				tagged++
				values := map[string]any{}
				for _, tag := range list {
					values[tag.(object)["Key"].(string)] = tag.(object)["Value"]
				}
				if values["application"] != "fluxa" || values["stage"] != p.settings.Environment() {
					t.Errorf("%s has the tags %v", r, values)
				}
				for name, want := range p.settings.Tags {
					if values[name] != want {
						t.Errorf("%s has the tag %s: %v, want %s", r, name, values[name], want)
					}
				}
			}
		}
		for _, kind := range []string{"AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::EC2::VPC", "AWS::ApiGateway::RestApi"} {
			for _, r := range p.all(kind) {
				if r.plain("Tags") == nil {
					t.Errorf("%s has no tags", r)
				}
			}
		}
		if tagged == 0 {
			t.Errorf("%s has no tags", p.settings.Name)
		}
	}
}
