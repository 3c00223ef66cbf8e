package stack_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/migrations"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestMigration_is_run_by_the_migrate_function_when_the_migrations_change(t *testing.T) {
	t.Parallel()
	sum := sha256.New()
	for _, text := range []string{migrations.Users(), migrations.Grants()} {
		fmt.Fprintf(sum, "%d\n%s", len(text), text)
	}
	names, err := fs.Glob(migrations.Files(), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(migrations.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(raw), raw)
	}
	if len(names) == 0 {
		t.Error("there are no migrations")
	}
	for _, p := range both(t) {
		run := p.stacks[pipeline].at(t, "Migrations/Run")
		same(t, run, run.Type, "Custom::FluxaMigrations")
		same(t, run, run.plain("ServiceToken"), "${Pipeline/Migrate/Function.Arn}")
		same(t, run, run.plain("Version"), hex.EncodeToString(sum.Sum(nil))+" on ${Data/Database/Instance.DbiResourceId}")
	}
}

// Lambda runs the function up to three times, a minute and then two apart.
func TestMigration_is_waited_for_longer_than_all_its_runs_take(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).has(t, "Custom::FluxaMigrations", object{"ServiceTimeout": "1080"})
		if longest := 3*p.settings.Functions.Migrate.TimeoutSeconds + 180; longest > 1080 {
			t.Errorf("three runs of migrate take up to %d s", longest)
		}
	})
}

func TestMigration_is_done_before_code_that_uses_the_tables_takes_traffic(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		for path, want := range map[string]bool{"Ingest": false, "Processor": true, "Query": true} {
			alias := p.stacks[pipeline].at(t, path+"/Release/Alias")
			if waits := slices.Contains(alias.dependsOn(), "Migrations/Run"); waits != want {
				t.Errorf("%s waits for the migrations: %v, want %v", alias, waits, want)
			}
		}
	}
}

func TestRelease_makes_the_deployed_version_live(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		for _, path := range []string{"Ingest", "Processor", "Query"} {
			alias := p.stacks[pipeline].at(t, path+"/Release/Alias")
			same(t, alias, alias.plain(), object{
				"Name": "live", "FunctionName": "${Pipeline/" + path + "/Function}",
				"FunctionVersion": "${Pipeline/" + path + "/Function/CurrentVersion.Version}",
			})
		}
		if aliases := p.stacks[pipeline].all("AWS::Lambda::Alias"); len(aliases) != 3 {
			t.Errorf("%s has %d aliases", p.settings.Name, len(aliases))
		}
	}
}

func TestRelease_is_all_at_once_in_dev_and_wherever_the_stage_says_so(t *testing.T) {
	for _, p := range []*platform{dev(t), abroad(t)} {
		p.assert(t, pipeline).none(t, "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup", "AWS::CloudWatch::Alarm")
		for _, alias := range p.stacks[pipeline].all("AWS::Lambda::Alias") {
			same(t, alias, alias.UpdatePolicy, nil)
		}
	}
}

func TestRelease_is_a_canary_in_prod_that_the_alarms_take_back(t *testing.T) {
	a := prod(t).assert(t, pipeline)
	a.count(t, "AWS::CodeDeploy::DeploymentGroup", 3)
	a.has(t, "AWS::CodeDeploy::Application", object{"ApplicationName": "fluxa-prod", "ComputePlatform": "Lambda"})
	a.eachHas(t, "AWS::CodeDeploy::DeploymentGroup", object{
		"DeploymentConfigName":      "CodeDeployDefault.LambdaCanary10Percent5Minutes",
		"DeploymentStyle":           object{"DeploymentOption": "WITH_TRAFFIC_CONTROL", "DeploymentType": "BLUE_GREEN"},
		"AutoRollbackConfiguration": object{"Enabled": true, "Events": []any{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST", "DEPLOYMENT_STOP_ON_ALARM"}},
		"AlarmConfiguration":        like(object{"Enabled": true}),
	})
	const api = "${Pipeline/APIErrors}"
	for path, alarms := range map[string][]string{
		"Ingest": append(ofVersion("Ingest"), api), "Query": append(ofVersion("Query"), api), "Processor": ofVersion("Processor"),
	} {
		stack := prod(t).stacks[pipeline]
		group := stack.at(t, path+"/Release/Canary")
		same(t, group, group.plain("DeploymentGroupName"), prod(t).settings.Named(strings.ToLower(path)))
		var watched []object
		for _, alarm := range alarms {
			watched = append(watched, object{"Name": alarm})
		}
		same(t, group, group.plain("AlarmConfiguration", "Alarms"), watched)
		alias := stack.at(t, path+"/Release/Alias")
		same(t, alias, stack.plain(alias.UpdatePolicy), object{"CodeDeployLambdaAliasUpdate": object{
			"ApplicationName": "${Pipeline/Canaries/Application}", "DeploymentGroupName": "${Pipeline/" + path + "/Release/Canary}",
			"BeforeAllowTrafficHook": "${Pipeline/Verify/Function}",
		}})
		if !slices.Contains(alias.dependsOn(), path+"/Release/Canary") {
			t.Errorf("%s may be shifted before its group has the alarms of the new version: it depends on %q", alias, alias.dependsOn())
		}
	}
}

// ofVersion are the alarms of a function's new version.
func ofVersion(path string) []string {
	return []string{"${Pipeline/" + path + "/Release/Errors}", "${Pipeline/" + path + "/Release/Failures}"}
}

// The alarms read the version that CloudFormation publishes in the same update, and
// are new with it: the state of the release before does not stop this one.
func TestRelease_is_taken_back_when_its_version_errs_or_fails_a_tenth_of_its_work(t *testing.T) {
	t.Parallel()
	stack := prod(t).stacks[pipeline]
	for path, namespace := range map[string]string{"Ingest": contract.NamespaceIngest, "Processor": contract.NamespaceProcessor, "Query": contract.NamespaceQuery} {
		function, name := "${Pipeline/"+path+"/Function}", strings.ToLower(path)
		version := "${Pipeline/" + path + "/Function/CurrentVersion.Version}"
		errs := stack.at(t, path+"/Release/Errors")
		same(t, errs, errs.plain("Dimensions"), []object{
			{"Name": "ExecutedVersion", "Value": version}, {"Name": "FunctionName", "Value": function}, {"Name": "Resource", "Value": function + ":live"},
		})
		same(t, errs, []any{errs.plain("Namespace"), errs.plain("MetricName"), errs.plain("Statistic"), errs.plain("Period"), errs.plain("Threshold"), errs.plain("ComparisonOperator")},
			[]any{"AWS/Lambda", "Errors", "Sum", 60, 1, "GreaterThanOrEqualToThreshold"})
		same(t, errs, errs.plain("AlarmName"), prod(t).settings.Named(name+"-release-errors")+"-"+version)

		failures := stack.at(t, path+"/Release/Failures")
		same(t, failures, failures.plain("AlarmName"), prod(t).settings.Named(name+"-release-failures")+"-"+version)
		same(t, failures, []any{failures.plain("Threshold"), failures.plain("EvaluationPeriods"), failures.plain("TreatMissingData"), failures.plain("ComparisonOperator")},
			[]any{10, 1, "notBreaching", "GreaterThanOrEqualToThreshold"})
		dimensions := []object{{"Name": "Environment", "Value": "prod"}, {"Name": "Service", "Value": name}, {"Name": "Version", "Value": version}}
		var read []any
		for _, query := range failures.plain("Metrics").([]any) {
			if stat, is := query.(object)["MetricStat"].(object); is {
				read = append(read, stat["Metric"])
				same(t, failures, []any{stat["Period"], stat["Stat"]}, []any{60, "Sum"})
			} else {
				same(t, failures, query.(object)["Expression"], "IF(whole > 0, 100 * part / whole, 0)")
			}
		}
		same(t, failures, read, []object{
			{"Namespace": namespace, "MetricName": "version_failed", "Dimensions": dimensions},
			{"Namespace": namespace, "MetricName": "version_handled", "Dimensions": dimensions},
		})
	}
}

func TestRelease_of_a_function_behind_the_API_is_taken_back_at_five_answers_5xx(t *testing.T) {
	t.Parallel()
	api := prod(t).stacks[pipeline].at(t, "APIErrors")
	same(t, api, []any{api.plain("Namespace"), api.plain("MetricName"), api.plain("Threshold"), api.plain("Dimensions")},
		[]any{"AWS/ApiGateway", "5XXError", 5, []object{{"Name": "ApiName", "Value": "fluxa-prod"}, {"Name": "Stage", "Value": "prod"}}})
}

func TestVersions_are_counted_apart_only_where_releases_are_canaries(t *testing.T) {
	t.Parallel()
	for p, want := range map[*platform]any{dev(t): nil, prod(t): "canary", abroad(t): nil} {
		for function, path := range functionPaths() {
			released := want
			if function == contract.FunctionMigrate || function == contract.FunctionMaintain {
				released = nil
			}
			variables := p.stacks[pipeline].at(t, path+"/Function").plain("Environment", "Variables").(object)
			same(t, p.settings.Name+" "+path, variables["FLUXA_RELEASE"], released)
		}
	}
}

func TestVersions_of_functions_stay_in_prod_for_a_roll_back(t *testing.T) {
	for p, policy := range map[*platform][2]string{dev(t): {"Delete", "Delete"}, prod(t): {"RetainExceptOnCreate", "Retain"}} {
		a := p.assert(t, pipeline)
		a.count(t, "AWS::Lambda::Version", 3)
		a.is(t, "AWS::Lambda::Version", object{"DeletionPolicy": policy[0], "UpdateReplacePolicy": policy[1]})
	}
}
