package stack_test

import (
	"os"
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
	same(t, "zones", zones, []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"})
	bucket := abroad(t).stacks[data].at(t, "Payloads/Bucket")
	same(t, bucket, bucket.plain("BucketName"), "fluxa-payloads-abroad-210987654321-eu-west-1")
}

func TestAddPlatforms_makes_the_one_stage_that_the_context_names(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(again(t).out, "assembly-prod")); !os.IsNotExist(err) {
		t.Errorf("with the stage dev asked for, prod: %v", err)
	}
}

func TestAddPlatforms_knows_its_stages(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), Context: &map[string]any{"stage": "production"}})
	err := stack.AddPlatforms(app, t.TempDir())
	if want := regexp.MustCompile(`^there is no stage "production": the stages are .*\bdev\b.*, .*\bprod\b`); err == nil || !want.MatchString(err.Error()) {
		t.Errorf("got %v, want %s", err, want)
	}
}
