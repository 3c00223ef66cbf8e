package preflight

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

// plan is what a stage like prod asks for.
func plan() Plan {
	return Plan{
		Stage: "prod", Region: "us-east-1", Bootstrap: 6,
		Stacks:       []Stack{{Name: "fluxa-data-prod"}, {Name: "fluxa-pipeline-prod"}},
		Reservations: map[string]int{"fluxa-ingest-prod": 200, "fluxa-query-prod": 100},
		Zones:        []string{"us-east-1a", "us-east-1b", "us-east-1c"}, ZoneCount: 3, Database: "fluxa-prod", StorageGiB: 100, HasAPI: true, SetsAPIRole: true,
	}
}

func TestRun_passes_an_account_that_has_room(t *testing.T) {
	t.Parallel()
	want := []contract.Check{
		{Name: "account", Status: "passed", Detail: "account 123456789012, region us-east-1"},
		{Name: "bootstrap", Status: "passed", Detail: "the CDK's bootstrap stack has version 30"},
		{Name: "zones", Status: "passed", Detail: "the account has us-east-1a, us-east-1b, us-east-1c"},
		{Name: "network", Status: "passed", Detail: "the stage makes its VPC"},
		{Name: "lambda", Status: "passed", Detail: "the stage reserves 300 of concurrency, and of the account's 1000, 1000 are free"},
		{Name: "rds", Status: "passed", Detail: "there is room for an instance with 100 GiB"},
		{Name: "api logs", Status: "passed", Detail: "the stage sets the role by which API Gateway writes logs"},
		{Name: "stacks", Status: "passed", Detail: "0 of 2 are there"},
	}
	var reported []contract.Check
	got := Run(t.Context(), healthy().serve(t), plan(), func(c contract.Check) { reported = append(reported, c) })
	if !slices.Equal(got, want) || !slices.Equal(reported, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRun_says_what_is_in_the_way_and_what_to_do(t *testing.T) {
	t.Parallel()
	const raise = "(aws service-quotas request-service-quota-increase --region us-east-1 --service-code lambda --quota-code L-B99A9384 --desired-value "
	for name, c := range map[string]struct {
		check          string
		change         func(*fakeAWS, *Plan)
		detail, advice string
	}{
		"another account": {"account", func(_ *fakeAWS, p *Plan) { p.Account = "210987654321" },
			"the credentials are those of account 123456789012, and the stage belongs to 210987654321", "use credentials of the stage's account, or change account in its file"},
		"no bootstrap": {"bootstrap", func(f *fakeAWS, _ *Plan) { f.bootstrap = "" },
			"the CDK is not bootstrapped in this account and region", "npx cdk bootstrap aws://123456789012/us-east-1"},
		"an old bootstrap": {"bootstrap", func(f *fakeAWS, _ *Plan) { f.bootstrap = "5" },
			"the CDK's bootstrap stack has version 5, and the stage needs 6", "npx cdk bootstrap aws://123456789012/us-east-1"},
		"a zone that the account has not": {"zones", func(f *fakeAWS, _ *Plan) { f.zones = []string{"us-east-1a", "us-east-1c", "us-east-1d"} },
			"there is no us-east-1b: the account has us-east-1a, us-east-1c, us-east-1d", "change network.zones in the stage's file"},
		"fewer zones than the stage wants": {"zones", func(f *fakeAWS, p *Plan) { f.zones, p.Zones = f.zones[:2], nil },
			"the stage wants 3 zones: the account has us-east-1a, us-east-1b", "lower network.availability_zones in the stage's file, or choose another region"},
		"the quota of a new account": {"lambda", func(f *fakeAWS, _ *Plan) { f.limit, f.free = 10, 10 },
			"the stage reserves 300 of concurrency and Lambda keeps 100 unreserved: of the account's 10, 10 are free", "raise the quota to 400 " + raise + "400), or lower reserved_concurrency in the stage's file"},
		"one too few": {"lambda", func(f *fakeAWS, _ *Plan) { f.free = 399 },
			"the stage reserves 300 of concurrency and Lambda keeps 100 unreserved: of the account's 1000, 399 are free", "raise the quota to 1001 " + raise + "1001), or lower reserved_concurrency in the stage's file"},
		"no instance left": {"rds", func(f *fakeAWS, _ *Plan) { f.instances = 40 },
			"DBInstances: 40 of 40 are used, and the stage needs 1", "raise the quota of Amazon RDS in the Service Quotas console, or delete what is not needed"},
		"no storage left": {"rds", func(f *fakeAWS, _ *Plan) { f.storage = 99_901 },
			"AllocatedStorage: 99901 of 100000 are used, and the stage needs 100", "raise the quota of Amazon RDS in the Service Quotas console, or delete what is not needed"},
		"another stage's role": {"api logs", func(f *fakeAWS, _ *Plan) {
			f.apiRole = "arn:aws:iam::123456789012:role/fluxa-pipeline-dev-APICloudWatchRole"
		},
			"API Gateway writes logs by arn:aws:iam::123456789012:role/fluxa-pipeline-dev-APICloudWatchRole, and the stage would put its own role in the place of that one", "set api.account_role to false in the stage's file"},
		"nobody's role": {"api logs", func(_ *fakeAWS, p *Plan) { p.SetsAPIRole = false },
			"API Gateway has no role to write logs by in this account and region, and the stage sets none", "set api.account_role to true in the stage's file"},
		"a first deploy that is protected": {"stacks", func(_ *fakeAWS, p *Plan) { p.Stacks[0].Protected = true },
			"no stack is there yet, and the templates protect them at once: a first deploy that fails could not be repeated", "make the first deploy with -c first_deploy=true, and the next one without it"},
		"a protected stack that failed its first deploy": {"stacks", func(f *fakeAWS, _ *Plan) { f.stacks["fluxa-data-prod"], f.protected = "ROLLBACK_COMPLETE", true },
			"fluxa-data-prod failed its first deploy (ROLLBACK_COMPLETE) and is protected", "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name fluxa-data-prod"},
		"a deploy under way": {"stacks", func(f *fakeAWS, _ *Plan) { f.stacks["fluxa-data-prod"] = "UPDATE_IN_PROGRESS" },
			"fluxa-data-prod is UPDATE_IN_PROGRESS", "wait until it has ended"},
		"a roll-back that failed": {"stacks", func(f *fakeAWS, _ *Plan) { f.stacks["fluxa-pipeline-prod"] = "UPDATE_ROLLBACK_FAILED" },
			"fluxa-pipeline-prod is UPDATE_ROLLBACK_FAILED", "see docs/OPERATE.md, A deploy that failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account, stage := healthy(), plan()
			c.change(&account, &stage)
			want := contract.Check{Name: c.check, Status: contract.CheckFailed, Detail: c.detail, Advice: c.advice}
			got := Run(t.Context(), account.serve(t), stage, func(contract.Check) {})
			for _, check := range got {
				if check.Name == c.check && check != want {
					t.Errorf("got  %+v\nwant %+v", check, want)
				}
				if check.Name != c.check && check.Status != contract.CheckPassed {
					t.Errorf("%+v", check)
				}
			}
			if last := got[len(got)-1]; (c.check == "account") != (last.Name == "account") {
				t.Errorf("the last check is %+v", last)
			}
		})
	}
}

func TestRun_counts_what_the_stage_has_already(t *testing.T) {
	t.Parallel()
	account := healthy()
	account.free, account.reserved = 100, map[string]int{"fluxa-ingest-prod": 200, "fluxa-query-prod": 100}
	account.database, account.instances = "fluxa-prod", 40
	account.apiRole = "arn:aws:iam::123456789012:role/fluxa-pipeline-prod-APICloudWatchRole"
	account.stacks, account.protected = map[string]string{"fluxa-data-prod": "UPDATE_ROLLBACK_COMPLETE", "fluxa-pipeline-prod": "CREATE_COMPLETE"}, true
	stage := plan()
	stage.Stacks[0].Protected, stage.Stacks[1].Protected = true, true
	for _, check := range Run(t.Context(), account.serve(t), stage, func(contract.Check) {}) {
		if check.Status != contract.CheckPassed {
			t.Errorf("%+v", check)
		}
	}
}

func TestRun_fails_where_AWS_does_not_answer(t *testing.T) {
	t.Parallel()
	for broken, want := range map[string]string{
		"DescribeStacks": "ask CloudFormation for the stack CDKToolkit", "DescribeAvailabilityZones": "ask EC2 for the zones",
		"DescribeAccountAttributes": "ask RDS for the account's quotas", "DescribeDBInstances": "ask RDS for fluxa-prod",
		"GetCallerIdentity": "ask AWS whose credentials these are", "/account": "ask API Gateway for the account's settings",
		"/2016-08-19/account-settings": "ask Lambda for the account's limits",
	} {
		account := healthy()
		account.broken = broken
		got := Run(context.Background(), account.serve(t), plan(), func(contract.Check) {})
		if !slices.ContainsFunc(got, func(c contract.Check) bool {
			return c.Status == contract.CheckFailed && strings.HasPrefix(c.Detail, want)
		}) {
			t.Errorf("%s: %+v, want %q", broken, got, want)
		}
	}
}

// TestReadPlan_reads_the_templates_of_prod takes those that were reviewed.
func TestReadPlan_reads_the_templates_of_prod(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("manifest.json", `{"artifacts":{"Tree":{"type":"cdk:tree"},"assembly-prod":{"type":"cdk:cloud-assembly","displayName":"prod","properties":{"directoryName":"assembly-prod"}}}}`)
	if err := os.Mkdir(filepath.Join(folder, "assembly-prod"), 0o700); err != nil {
		t.Fatal(err)
	}
	var artifacts []string
	for _, stack := range []string{"data", "network", "pipeline"} {
		raw, err := os.ReadFile(filepath.Join("..", "stack", "testdata", "prod-"+stack+".template.json"))
		if err != nil {
			t.Fatal(err)
		}
		write("assembly-prod/"+stack+".json", string(raw))
		artifacts = append(artifacts, `"`+stack+`":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/us-east-1","properties":{"templateFile":"`+stack+
			`.json","stackName":"fluxa-`+stack+`-prod","terminationProtection":true,"requiresBootstrapStackVersion":6}}`)
	}
	write("assembly-prod/manifest.json", `{"artifacts":{`+strings.Join(artifacts, ",")+`}}`)
	got, err := ReadPlan(folder, "prod")
	if err != nil {
		t.Fatal(err)
	}
	want := plan()
	want.Stacks = []Stack{{"fluxa-data-prod", true}, {"fluxa-network-prod", true}, {"fluxa-pipeline-prod", true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if _, err := ReadPlan(folder, "production"); err == nil || err.Error() != folder+` has no stage "production": it has prod` {
		t.Errorf("got %v", err)
	}
	if _, err := ReadPlan(t.TempDir(), "prod"); err == nil || !strings.Contains(err.Error(), "`make synth` writes them") {
		t.Errorf("got %v", err)
	}
}
