package stack_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/fluxa/fluxa/cdk/stack"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

// addNeighbours adds prod and the paused stage as another installation has them, in the
// same account and region.
func addNeighbours(app awscdk.App, zips string) ([]stage.Stage, error) {
	stages, err := stage.All()
	if err != nil {
		return nil, err
	}
	paused, err := settingsPaused(stages)
	if err != nil {
		return nil, err
	}
	out := []stage.Stage{named(stages, "prod"), paused}
	for i := range out {
		out[i].NamePrefix = "acme-"
		if out[i], err = checked(out[i].Name, out[i]); err != nil {
			return nil, err
		}
	}
	return out, stack.AddStages(app, out, zips)
}

// prefixed are the stages whose names have a prefix.
func prefixed(t *testing.T) []*platform {
	t.Helper()
	return []*platform{one(t, neighbouring, "prod"), one(t, neighbouring, "paused"), abroad(t)}
}

// physicalNames are the properties by which a service knows a resource in its account and
// region, each with the characters that it may have, as the page of the API says; zero
// where none says so.
func physicalNames() map[string]int {
	return map[string]int{
		"AWS::ApiGateway::ApiKey.Name": 0, "AWS::ApiGateway::Authorizer.Name": 0, "AWS::ApiGateway::RequestValidator.Name": 0, "AWS::ApiGateway::RestApi.Name": 0,
		"AWS::ApiGateway::Stage.StageName": 128, "AWS::ApiGateway::UsagePlan.UsagePlanName": 0,
		"AWS::Backup::BackupPlan.BackupPlan.BackupPlanName": 50, "AWS::Backup::BackupPlan.BackupPlan.BackupPlanRule[].RuleName": 50,
		"AWS::Backup::BackupSelection.BackupSelection.SelectionName": 50, "AWS::Backup::BackupVault.BackupVaultName": 50,
		"AWS::CloudFormation::Stack.StackName": 128, "AWS::CloudWatch::Alarm.AlarmName": 255, "AWS::CloudWatch::CompositeAlarm.AlarmName": 255,
		"AWS::CloudWatch::Dashboard.DashboardName": 255, "AWS::CodeDeploy::Application.ApplicationName": 100,
		"AWS::CodeDeploy::DeploymentGroup.DeploymentGroupName": 100, "AWS::KMS::Alias.AliasName": 256, "AWS::Lambda::Function.FunctionName": 64,
		"AWS::Logs::LogGroup.LogGroupName": 512, "AWS::Logs::QueryDefinition.Name": 255, "AWS::RDS::DBCluster.DBClusterIdentifier": 63,
		"AWS::RDS::DBClusterParameterGroup.DBClusterParameterGroupName": 255, "AWS::RDS::DBInstance.DBInstanceIdentifier": 63,
		"AWS::RDS::DBParameterGroup.DBParameterGroupName": 255, "AWS::RDS::DBProxy.DBProxyName": 63, "AWS::RDS::DBSubnetGroup.DBSubnetGroupName": 255,
		"AWS::RDS::EventSubscription.SubscriptionName": 255, "AWS::S3::Bucket.BucketName": 63, "AWS::SNS::Topic.TopicName": 256, "AWS::SQS::Queue.QueueName": 80,
		"AWS::Scheduler::Schedule.Name": 64, "AWS::WAFv2::WebACL.Name": 128, "AWS::WAFv2::WebACL.VisibilityConfig.MetricName": 255,
		"AWS::WAFv2::WebACL.Rules[].VisibilityConfig.MetricName": 255, "AWS::XRay::Group.GroupName": 32, "AWS::XRay::SamplingRule.SamplingRule.RuleName": 32,
	}
}

// innerNames are those of something inside of what a name of the stage tells from others,
// and those that are not the stage's to give.
func innerNames() []string {
	return []string{
		"AWS::ApiGateway::DomainName.DomainName", "AWS::ApiGateway::Method.OperationName", "AWS::ApiGateway::Model.Name", "AWS::CloudWatch::Alarm.Dimensions[].Name",
		"AWS::CloudWatch::Alarm.MetricName", "AWS::CloudWatch::Alarm.Metrics[].MetricStat.Metric.Dimensions[].Name",
		"AWS::CloudWatch::Alarm.Metrics[].MetricStat.Metric.MetricName", "AWS::CodeDeploy::DeploymentGroup.DeploymentConfigName",
		"AWS::EC2::VPCEndpoint.ServiceName", "AWS::IAM::Policy.PolicyName", "AWS::Lambda::Alias.Name", "AWS::Lambda::EventSourceMapping.FunctionName",
		"AWS::RDS::DBCluster.DatabaseName", "AWS::RDS::DBInstance.CACertificateIdentifier", "AWS::RDS::DBInstance.DBName", "AWS::RDS::DBProxyTargetGroup.TargetGroupName",
		"AWS::SNS::Topic.DisplayName", "AWS::WAFv2::LoggingConfiguration.RedactedFields[].SingleHeader.Name", "AWS::WAFv2::WebACL.Rules[].Name",
		"AWS::WAFv2::WebACL.Rules[].Statement.ManagedRuleGroupStatement.Name", "AWS::WAFv2::WebACL.Rules[].Statement.ManagedRuleGroupStatement.RuleActionOverrides[].Name",
		"AWS::WAFv2::WebACL.Rules[].Statement.ManagedRuleGroupStatement.VendorName", "AWS::XRay::SamplingRule.SamplingRule.ServiceName",
		"AWS::RDS::DBInstance.MasterUsername", "AWS::RDS::DBCluster.MasterUsername", "AWS::Lambda::Function.Environment.Variables.DB_NAME",
	}
}

// names are all that the templates of a stage call a name or an identifier, by the property,
// and the names of its stacks. What refers to another resource is left out.
func (p *platform) names() map[string][]string {
	out := map[string][]string{}
	for _, s := range p.stacks {
		called, _ := s.properties["stackName"].(string)
		out["AWS::CloudFormation::Stack.StackName"] = append(out["AWS::CloudFormation::Stack.StackName"], called)
		for _, r := range s.resources {
			var walk func(path string, v any)
			walk = func(path string, v any) {
				switch v := v.(type) {
				case object:
					for key, inner := range v {
						walk(path+"."+key, inner)
					}
				case []any:
					for _, inner := range v {
						walk(path+"[]", inner)
					}
				case string:
					lower, refers := strings.ToLower(path), strings.HasPrefix(v, "${") && strings.Index(v, "}") == len(v)-1
					if (strings.HasSuffix(lower, "name") || strings.HasSuffix(lower, "identifier")) && !refers {
						out[path] = append(out[path], v)
					}
				}
			}
			walk(r.Type, r.of.plain(r.Properties))
		}
	}
	return out
}

// begins takes from a name what its service wants at the beginning.
func begins(name string) string {
	return regexp.MustCompile(`^(alias/|aws-waf-logs-|/aws/[a-z]+/((cluster|instance)/)?|API-Gateway-Execution-Logs_\$\{[^}]+\}/)`).ReplaceAllString(name, "")
}

// TestEveryName_begins_with_the_prefix: two installations in one account and region would
// take each other's names. A name of which the tables do not know whether it must is an
// error, too.
func TestEveryName_begins_with_the_prefix(t *testing.T) {
	t.Parallel()
	known, inner := physicalNames(), innerNames()
	for _, p := range prefixed(t) {
		for property, given := range p.names() {
			_, physical := known[property]
			if !physical && !slices.Contains(inner, property) {
				t.Errorf("%s: this test does not know whether %s, such as %q, tells the resource from others in its account", p.settings.Name, property, given[0])
			}
			for _, name := range given {
				if physical && !strings.HasPrefix(begins(name), p.settings.NamePrefix) {
					t.Errorf("%s: the %s %q does not begin with the prefix %s", p.settings.Name, property, name, p.settings.NamePrefix)
				}
			}
		}
	}
}

// TestPrefix_is_wherever_a_name_of_the_stage_is: in ARNs, dimensions of metrics, tags and
// policies, as well.
func TestPrefix_is_wherever_a_name_of_the_stage_is(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`([a-z0-9]+-)?\bfluxa[-/]`)
	for _, p := range prefixed(t) {
		bare, seen := regexp.MustCompile(`(^|["/ ])`+p.settings.Name+`($|[" ])`), 0
		parsed, err := p.parse()
		if err != nil {
			t.Fatal(err)
		}
		look := func(of any, literal string) {
			for _, found := range named.FindAllString(literal, -1) {
				if seen++; !strings.HasPrefix(found, p.settings.NamePrefix) {
					t.Errorf("%v has a name without the prefix in %q", of, literal)
				}
			}
			if bare.MatchString(literal) {
				t.Errorf("%v is of the stage without the prefix: %q", of, literal)
			}
		}
		for _, s := range parsed.Stacks {
			for _, r := range s.Resources {
				template.Visit(r.Properties, func(v template.Value) {
					if literal, is := v.(string); is {
						look(r.ID, literal)
					}
				})
			}
			for _, o := range s.Outputs {
				look(o.Name, o.Export)
			}
		}
		if seen < 100 {
			t.Errorf("%s: only %d names were found", p.settings.Name, seen)
		}
	}
}

func TestTwoInstallations_share_no_name(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]*platform{{prod(t), one(t, neighbouring, "prod")}, {paused(t), one(t, neighbouring, "paused")}} {
		taken, others := map[string]bool{}, map[string]bool{}
		for i, p := range pair {
			parsed, err := p.parse()
			if err != nil {
				t.Fatal(err)
			}
			names := p.names()
			for _, s := range parsed.Stacks {
				for _, o := range s.Outputs {
					if o.Export != "" {
						names["AWS::CloudFormation::Stack.StackName"] = append(names["AWS::CloudFormation::Stack.StackName"], o.Export)
					}
				}
			}
			for _, property := range slices.Sorted(maps.Keys(physicalNames())) {
				for _, name := range names[property] {
					if i == 0 {
						taken[property+" "+name] = true
						continue
					}
					if others[property+" "+name] = true; taken[property+" "+name] {
						t.Errorf("both installations have the %s %q", property, name)
					}
				}
			}
		}
		if len(taken) != len(others) || len(taken) < 50 {
			t.Errorf("%s has %d names, and %d in the other installation", pair[0].settings.Name, len(taken), len(others))
		}
	}
}

// TestLongestNames_are_those_of_the_templates: a name that nobody counted would be refused
// by its service, in the middle of a deploy.
func TestLongestNames_are_those_of_the_templates(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), append(prefixed(t), paused(t))...) {
		written := strings.NewReplacer("${AWS::AccountId}", "000000000000", "${AWS::Region}", "ap-southeast-1", "${Pipeline/API/API}", "0123456789")
		names, room, counted := p.names(), 1000, map[string]bool{}
		for _, longest := range p.settings.LongestNames() {
			counted[longest.Property] = true
			room = min(room, longest.Most-len(longest.Text))
			same(t, p.settings.Name+": the limit of "+longest.Property, longest.Most, physicalNames()[longest.Property])
			found := ""
			for _, name := range names[longest.Property] {
				if name = written.Replace(name); len(name) > len(found) || name == longest.Text {
					found = name
				}
			}
			if found != longest.Text {
				t.Errorf("%s: the longest %s is %q, and %q was counted", p.settings.Name, longest.Property, found, longest.Text)
			}
		}
		for property, most := range physicalNames() {
			for _, name := range names[property] {
				name = regexp.MustCompile(`\$\{.*\}`).ReplaceAllString(written.Replace(name), "10000") // a version
				if left := most - len(name); most > 0 && !counted[property] && left < room {
					t.Errorf("%s: %s %q leaves %d characters, and a prefix may have %d more", p.settings.Name, property, name, left, room)
				}
			}
		}
	}
}
