package stage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestStage_has_its_prefix_before_every_name(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string][4]string{
		"":      {"dev", "fluxa-dev", "fluxa-ingest-dev", "fluxa/dev"},
		"acme-": {"acme-dev", "acme-fluxa-dev", "acme-fluxa-ingest-dev", "acme-fluxa/dev"},
	} {
		s := Stage{Name: "dev", NamePrefix: prefix}
		if got := [4]string{s.Environment(), s.Platform(), s.Named("ingest"), s.QueryFolder()}; got != want {
			t.Errorf("%q: got %q, want %q", prefix, got, want)
		}
	}
}

func TestParse_refuses_a_prefix_that_no_name_could_begin_with(t *testing.T) {
	t.Parallel()
	const form = "name_prefix must be empty or of a-z 0-9 -, beginning with a letter, without two - in a row and with one at the end, such as acme-, got "
	for prefix, want := range map[string]string{
		"acme": form + `"acme"`, "Acme-": form + `"Acme-"`, "acme--": form + `"acme--"`, "9-": form + `"9-"`, "-": form + `"-"`, "a.b-": form + `"a.b-"`,
		"sthree-":       `name_prefix must not begin with sthree-, with which S3 takes no bucket, got "sthree-"`,
		"amzn-s3-demo-": `name_prefix must not begin with amzn-s3-demo-, with which S3 takes no bucket, got "amzn-s3-demo-"`,
	} {
		_, err := Parse("x9", edited(t, "dev", changes{"name_prefix": prefix}))
		refused(t, err, want)
	}
	for _, prefix := range []string{"", "a-", "acme-9-"} {
		if _, err := Parse("x9", edited(t, "dev", changes{"name_prefix": prefix})); err != nil {
			t.Error(err)
		}
	}
}

// TestParse_refuses_a_prefix_with_which_a_bucket_s_name_is_too_long: in every stage a bucket's
// is the name that decides, and how much room it leaves depends on the stage.
func TestParse_refuses_a_prefix_with_which_a_bucket_s_name_is_too_long(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file    string
		changed changes
		bucket  string
	}{
		{"dev", changes{}, "fluxa-payloads-x9-000000000000-ap-southeast-1"},
		{"dev", changes{"region": "us-east-1", "account": "123456789012"}, "fluxa-payloads-x9-123456789012-us-east-1"},
		{"prod", changes{}, "fluxa-access-logs-x9-000000000000-us-east-1"},
	} {
		most := 63 - len(c.bucket)
		fits, tooLong := strings.Repeat("a", most-1)+"-", strings.Repeat("a", most)+"-"
		c.changed["name_prefix"] = fits
		if _, err := Parse("x9", edited(t, c.file, c.changed)); err != nil {
			t.Error(err)
		}
		c.changed["name_prefix"] = tooLong
		_, err := Parse("x9", edited(t, c.file, c.changed))
		refused(t, err, fmt.Sprintf("name_prefix must have at most %d characters in this stage, got %d in %q: the name of a bucket in S3 has at most 63, and %s has 64",
			most, most+1, tooLong, tooLong+c.bucket))
	}
}

// limits are those of the services, by the property that has the name.
func limits() map[string]struct {
	most int
	what string
} {
	return map[string]struct {
		most int
		what string
	}{
		"AWS::CloudFormation::Stack.StackName":                 {128, "the name of a stack in CloudFormation"},
		"AWS::S3::Bucket.BucketName":                           {63, "the name of a bucket in S3"},
		"AWS::SQS::Queue.QueueName":                            {80, "the name of a queue in SQS"},
		"AWS::Lambda::Function.FunctionName":                   {64, "the name of a function in Lambda"},
		"AWS::Scheduler::Schedule.Name":                        {64, "the name of a schedule in EventBridge Scheduler"},
		"AWS::RDS::DBInstance.DBInstanceIdentifier":            {63, "the identifier of an instance in RDS"},
		"AWS::RDS::DBCluster.DBClusterIdentifier":              {63, "the identifier of a cluster in RDS"},
		"AWS::RDS::DBProxy.DBProxyName":                        {63, "the name of a proxy in RDS"},
		"AWS::ApiGateway::Stage.StageName":                     {128, "the name of a stage in API Gateway"},
		"AWS::Backup::BackupVault.BackupVaultName":             {50, "the name of a vault in AWS Backup"},
		"AWS::XRay::Group.GroupName":                           {32, "the name of a group in X-Ray"},
		"AWS::XRay::SamplingRule.SamplingRule.RuleName":        {32, "the name of a sampling rule in X-Ray"},
		"AWS::WAFv2::WebACL.Name":                              {128, "the name of a web ACL in WAF"},
		"AWS::CodeDeploy::Application.ApplicationName":         {100, "the name of an application in CodeDeploy"},
		"AWS::CodeDeploy::DeploymentGroup.DeploymentGroupName": {100, "the name of a deployment group in CodeDeploy"},
	}
}

// fullStages have, together, every kind of name that a stage can have.
func fullStages(t *testing.T) []Stage {
	t.Helper()
	instance, err := Parse("x9", edited(t, "prod", nil))
	if err != nil {
		t.Fatal(err)
	}
	instance.Database.BackupCopy.VaultARN = "arn:aws:backup:eu-west-1:123456789012:backup-vault:central"
	cluster := instance
	cluster.Database.Engine, cluster.Database.Readers = Aurora, 11
	return []Stage{instance, cluster}
}

func TestPrefix_is_refused_at_the_limit_of_each_service(t *testing.T) {
	t.Parallel()
	want, seen := limits(), map[string]bool{}
	for _, s := range fullStages(t) {
		for i, one := range s.LongestNames() {
			limit, known := want[one.Property]
			if !known {
				t.Errorf("this test does not know the limit of %s", one.Property)
				continue
			}
			seen[one.Property] = true
			// A prefix with which this name has all characters that it may have, and one more.
			s.NamePrefix = strings.Repeat("a", limit.most-len(one.Text)-1) + "-"
			fits := s.LongestNames()[i]
			s.NamePrefix = "a" + s.NamePrefix
			tooLong := s.LongestNames()[i]
			var l faultList
			s.checkLength(&l, []Name{fits})
			if len(l.errs) > 0 {
				t.Errorf("%s: %v", one.Property, l.errs)
			}
			s.checkLength(&l, []Name{tooLong})
			sentence := fmt.Sprintf("stage : name_prefix must have at most %d characters in this stage, got %d in %q: %s has at most %d, and %s has %d",
				len(s.NamePrefix)-1, len(s.NamePrefix), s.NamePrefix, limit.what, limit.most, s.NamePrefix+one.Text, limit.most+1)
			if len(l.errs) != 1 || l.errs[0].Error() != sentence {
				t.Errorf("%s: got %q, want %q", one.Property, l.errs, sentence)
			}
			s.NamePrefix = ""
		}
	}
	for property := range want {
		if !seen[property] {
			t.Errorf("no stage has a %s", property)
		}
	}
}

// TestNames_fit_without_a_prefix shows that no stage is told to shorten a prefix that it
// does not have.
func TestNames_fit_without_a_prefix(t *testing.T) {
	t.Parallel()
	for _, s := range fullStages(t) {
		s.Name, s.Region = "sixteen-letters1", ""
		if i := slices.IndexFunc(s.LongestNames(), func(n Name) bool { return n.excess() > 0 }); i >= 0 {
			t.Errorf("%+v is too long", s.LongestNames()[i])
		}
	}
}

func TestLoad_keeps_stages_apart_that_a_prefix_would_make_one(t *testing.T) {
	t.Parallel()
	_, err := load(fstest.MapFS{
		"acme-dev.yaml": {Data: edited(t, "dev", nil)},
		"dev.yaml":      {Data: edited(t, "dev", changes{"name_prefix": "acme-"})},
	})
	const want = "stage dev: name_prefix must be another one: with it the stage is called acme-dev in metrics and tags, as the stage acme-dev is"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
