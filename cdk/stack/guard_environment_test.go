package stack_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestEnvironment_of_each_function_is_one_that_it_starts_with(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		startsWith[config.Ingest](t, p, contract.FunctionIngest)
		startsWith[config.Processor](t, p, contract.FunctionProcessor)
		startsWith[config.Query](t, p, contract.FunctionQuery)
		startsWith[config.Migrate](t, p, contract.FunctionMigrate)
		startsWith[config.Maintain](t, p, contract.FunctionMaintain)
	}
	startsWith[config.Verify](t, prod(t), contract.FunctionVerify)
	for _, p := range []*platform{paused(t), tokens(t)} { // with clients, as abroad
		startsWith[config.Ingest](t, p, contract.FunctionIngest)
		startsWith[config.Query](t, p, contract.FunctionQuery)
	}
}

func startsWith[T config.Settings](t *testing.T, p *platform, function contract.Function) {
	t.Helper()
	path := functionPaths()[function]
	if function == contract.FunctionVerify {
		path = "Verify"
	}
	r := p.stacks[pipeline].at(t, path+"/Function")
	var known []string
	for _, variable := range config.Variables[T]() {
		known = append(known, variable.Name)
	}
	var environ []string
	for name, value := range r.plain("Environment", "Variables").(object) {
		if name == contract.VariableOTLPEndpoint {
			continue // telemetry reads it
		}
		if !slices.Contains(known, name) {
			t.Errorf("%s: the function does not read %s; it reads %q", r, name, known)
		}
		environ = append(environ, name+"="+onceDeployed(t, p, value.(string)))
	}
	settings, err := config.Load[T](environ)
	if err != nil {
		t.Errorf("%s: %v", r, err)
	}
	if environment := config.Environ(settings)["FLUXA_ENVIRONMENT"]; environment != p.settings.Environment() {
		t.Errorf("%s is told that it is of the stage %q", r, environment)
	}
}

// onceDeployed puts for a reference what CloudFormation would, by the type of the
// resource and its attribute.
func onceDeployed(t *testing.T, p *platform, value string) string {
	t.Helper()
	if strings.HasPrefix(value, "{") { // of clients, whose keys have different ids
		return strings.ReplaceAll(value, "${", "id of ${")
	}
	reference, is := strings.CutPrefix(value, "${")
	if !is {
		return value
	}
	name, path, _ := strings.Cut(strings.TrimSuffix(reference, "}"), "/")
	path, attribute, _ := strings.Cut(path, ".")
	r := p.stacks[name].at(t, path)
	known := map[string]string{
		"AWS::Lambda::Version ":                           "arn:aws:lambda:eu-west-1:123456789012:function:fluxa-" + strings.ToLower(strings.TrimSuffix(path, "/Function/CurrentVersion")) + "-prod:7",
		"AWS::SQS::Queue ":                                "https://sqs.eu-west-1.amazonaws.com/123456789012/" + r.text("QueueName"),
		"AWS::SNS::Topic ":                                "arn:aws:sns:eu-west-1:123456789012:" + r.text("TopicName"),
		"AWS::S3::Bucket ":                                strings.NewReplacer("${AWS::AccountId}", "123456789012", "${AWS::Region}", "eu-west-1").Replace(r.text("BucketName")),
		"AWS::RDS::DBInstance Endpoint.Address":           r.text("DBInstanceIdentifier") + ".abcdefghijkl.eu-west-1.rds.amazonaws.com",
		"AWS::RDS::DBInstance MasterUserSecret.SecretArn": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!db-0a1b2c3d-AbCdEf",
		"AWS::RDS::DBCluster ReadEndpoint.Address":        r.text("DBClusterIdentifier") + ".cluster-ro-abcdefghijkl.eu-west-1.rds.amazonaws.com",
		"AWS::RDS::DBProxy Endpoint":                      r.text("DBProxyName") + ".proxy-abcdefghijkl.eu-west-1.rds.amazonaws.com",
	}
	text, is := known[r.Type+" "+attribute]
	if !is {
		t.Errorf("no value is known for %s of %s", attribute, r)
	}
	return text
}

// The queue of the processor and the dead-letter queue are easily taken for each
// other.
func TestEnvironment_names_the_right_resources(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"QUEUE_URL": "${Pipeline/Events/Queue}", "DLQ_URL": "${Pipeline/Events/DeadLetters}", "TOPIC_ARN": "${Pipeline/Notifications/Topic}",
		"PAYLOAD_BUCKET": "${Data/Payloads/Bucket}", "DB_SECRET_ARN": "${Data/Database/Instance.MasterUserSecret.SecretArn}",
		"DB_NAME": "fluxa", "DB_PORT": "5432",
	}
	for _, p := range both(t) {
		for function, path := range functionPaths() {
			variables := p.stacks[pipeline].at(t, path+"/Function").plain("Environment", "Variables").(object)
			for name, value := range want {
				if got, has := variables[name]; has && got != value {
					t.Errorf("%s: %s is %v, want %s", function, name, got, value)
				}
			}
		}
	}
}

func TestEnvironment_opens_no_more_connections_than_the_stage_was_checked_for(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		total := 10 // for RDS and for people
		for path, concurrency := range map[string]int{
			"Processor": p.settings.Functions.Processor.MaximumConcurrency, "Query": p.settings.Functions.Query.ReservedConcurrency, "Migrate": 1, "Maintain": 1,
		} {
			variables := p.stacks[pipeline].at(t, path+"/Function").plain("Environment", "Variables").(object)
			if path == "Migrate" { // has no pool
				total += stage.MigrateConnections
				continue
			}
			var each int
			if _, err := fmt.Sscan(fmt.Sprint(variables["DB_MAX_CONNS"]), &each); err != nil || each < 1 {
				t.Errorf("%s of %s may open %v connections (%v)", path, p.settings.Name, variables["DB_MAX_CONNS"], err)
			}
			if !strings.Contains(variables["DB_HOST"].(string), "Proxy") {
				total += each * concurrency
			}
		}
		if total != p.settings.Connections() {
			t.Errorf("%s: the functions may open %d connections, and its settings were checked for %d", p.settings.Name, total, p.settings.Connections())
		}
	}
}

func TestOutputs_are_what_scripts_look_for(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		want := map[string][]string{
			network:       {"OperatorSecurityGroupId"},
			data:          {"DbEndpoint", "DbSecretArn", "DbUsername", "PayloadBucket"},
			pipeline:      {"ApiEndpoint", "DlqUrl", "IngestFunction", "MaintainFunction", "MigrateFunction", "ProcessorFunction", "QueryFunction", "QueueUrl", "TopicArn"},
			observability: {"AlarmTopicArn", "DashboardUrl"},
		}
		if p.settings.API.Authorization == "api_key" {
			want[pipeline] = append(want[pipeline], "ApiKeyId")
		}
		if p.settings.API.Domain.Name != "" {
			want[pipeline] = append(want[pipeline], "ApiDomainEndpoint", "ApiDomainTarget", "ApiDomainTargetZone")
		}
		for name, stack := range p.stacks {
			got := slices.DeleteFunc(slices.Sorted(maps.Keys(stack.outputs)), func(key string) bool {
				return strings.HasPrefix(key, "ExportsOutput")
			})
			slices.Sort(want[name])
			if !slices.Equal(got, want[name]) {
				t.Errorf("%s/%s tells %q, want %q", p.settings.Name, name, got, want[name])
			}
		}
	}
}
