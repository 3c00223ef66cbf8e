package stack_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stack"
)

// What would have to be looked up needs an account, which a review has not.
func TestStages_need_no_look_up_in_an_account(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		if len(p.missing) > 0 {
			t.Errorf("%s would look up %v", p.settings.Name, p.missing)
		}
	}
}

func TestStages_go_where_their_settings_say(t *testing.T) {
	t.Parallel()
	for p, want := range map[*platform]string{
		dev(t): "aws://unknown-account/unknown-region", prod(t): "aws://unknown-account/us-east-1", abroad(t): "aws://210987654321/eu-west-1",
	} {
		for name, stack := range p.stacks {
			if stack.environment != want {
				t.Errorf("%s/%s goes to %s, want %s", p.settings.Name, name, stack.environment, want)
			}
		}
	}
}

func TestStages_with_account_and_region_have_the_region_s_zones_and_names(t *testing.T) {
	t.Parallel()
	var zones []any
	for _, subnet := range abroad(t).stacks[network].all("AWS::EC2::Subnet") {
		zones = append(zones, subnet.plain("AvailabilityZone"))
	}
	same(t, "zones", zones, []string{"eu-west-1b", "eu-west-1c", "eu-west-1a"})
	bucket := abroad(t).stacks[data].at(t, "Payloads/Bucket")
	same(t, bucket, bucket.plain("BucketName"), "acme-fluxa-payloads-abroad-210987654321-eu-west-1")
}

// TestStages_bound_every_role_by_the_policy_of_their_settings: a team that may only make
// bounded roles could not deploy a stage in which one is not.
func TestStages_bound_every_role_by_the_policy_of_their_settings(t *testing.T) {
	t.Parallel()
	roles := abroad(t).all("AWS::IAM::Role")
	if len(roles) == 0 {
		t.Error("abroad has no role")
	}
	for _, role := range roles {
		same(t, role, role.plain("PermissionsBoundary"), "arn:"+abroad(t).partition()+":iam::210987654321:policy/team/boundary")
	}
	for _, p := range both(t) {
		for _, role := range p.all("AWS::IAM::Role") {
			same(t, role, role.plain("PermissionsBoundary"), nil)
		}
	}
}

func TestAddPlatforms_makes_the_one_stage_that_the_context_names_unprotected_on_its_first_deploy(t *testing.T) {
	folder := filepath.Join(filepath.Dir(again(t).out), "zips")
	context, err := flags()
	if err != nil {
		t.Fatal(err)
	}
	context["stage"], context["first_deploy"] = "prod", "true"
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), Context: &context})
	if err := stack.AddPlatforms(app, folder); err != nil {
		t.Fatal(err)
	}
	if found := app.Node().TryFindChild(jsii.String("dev")); found != nil {
		t.Error("with the stage prod asked for, dev is there")
	}
	stacks := 0
	for _, child := range *app.Node().FindChild(jsii.String("prod")).Node().Children() {
		if made, is := child.(awscdk.Stack); is {
			if stacks++; made.TerminationProtection() != nil && *made.TerminationProtection() {
				t.Errorf("%s is protected", *made.StackName())
			}
		}
	}
	if stacks != 4 {
		t.Errorf("prod has %d stacks", stacks)
	}
}

// A first deploy that fails is rolled back and repeated: protection from deletion
// would stop both. The next deploy turns it on.
func TestFirstDeploy_protects_nothing_from_deletion(t *testing.T) {
	t.Parallel()
	for name, stack := range first(t).stacks {
		if protected, _ := stack.properties["terminationProtection"].(bool); protected {
			t.Errorf("%s is protected", name)
		}
	}
	instance := first(t).stacks[data].at(t, "Database/Instance")
	same(t, instance, instance.plain("DeletionProtection"), false)
	same(t, instance, []string{instance.DeletionPolicy, instance.UpdateReplacePolicy}, []string{"RetainExceptOnCreate", "Retain"})
}

func TestFirstDeploy_is_told_by_true_or_false(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), Context: &map[string]any{"first_deploy": "yes"}})
	err := stack.AddPlatforms(app, t.TempDir())
	if want := "the context value first_deploy must be true or false, got yes"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAddPlatforms_knows_its_stages(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), Context: &map[string]any{"stage": "production"}})
	err := stack.AddPlatforms(app, t.TempDir())
	if want := regexp.MustCompile(`^there is no stage "production": the stages are .*\bdev\b.*, .*\bprod\b`); err == nil || !want.MatchString(err.Error()) {
		t.Errorf("got %v, want %s", err, want)
	}
}
