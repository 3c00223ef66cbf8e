package stage

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
)

// prefixPattern is what every service takes at the beginning of a name. RDS takes no two
// hyphens in a row and a letter first ("CreateDBInstance",
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html), S3
// no capital letters.
var prefixPattern = regexp.MustCompile(`^([a-z][a-z0-9]*(-[a-z0-9]+)*-)?$`)

// reservedPrefixes are those with which no bucket may begin ("General purpose bucket
// naming rules", https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
func reservedPrefixes() []string { return []string{"sthree-", "amzn-s3-demo-"} }

// What stands for an account and a region that are whoever deploys's. No region's name
// outside the isolated ones is longer.
const (
	anyAccount    = "000000000000"
	longestRegion = "ap-southeast-1"
)

// Name is the longest name of one kind that a stage gives.
type Name struct {
	Property string // in CloudFormation, such as AWS::SQS::Queue.QueueName
	What     string // for people, such as "the name of a queue in SQS"
	Most     int    // how many characters the service takes
	Text     string
}

// LongestNames returns the longest name of each kind that the stage gives and of which a
// service takes at most 128 characters; others take 255 or more. Each limit is that of the
// page about the API that makes the resource, such as "CreateBucket", or of the page that
// is cited.
//
// The roles have names in Terraform alone, of which a bucket's is always the first that is
// too long: see catalog.OwnName.
func (s Stage) LongestNames() []Name {
	platform := s.Platform()
	out := []Name{
		{"AWS::CloudFormation::Stack.StackName", "the name of a stack in CloudFormation", 128, s.Named("observability")},
		{"AWS::S3::Bucket.BucketName", "the name of a bucket in S3", 63, s.longestBucket()},
		{"AWS::SQS::Queue.QueueName", "the name of a queue in SQS", 80, s.Named("events")},
		{"AWS::Lambda::Function.FunctionName", "the name of a function in Lambda", 64, s.Named(string(contract.FunctionProcessor))},
		{"AWS::Scheduler::Schedule.Name", "the name of a schedule in EventBridge Scheduler", 64, s.Named(string(contract.FunctionMaintain))},
		{"AWS::RDS::DBInstance.DBInstanceIdentifier", "the identifier of an instance in RDS", 63, s.longestInstance()},
		{"AWS::ApiGateway::Stage.StageName", "the name of a stage in API Gateway", 128, s.Environment()},
	}
	for _, some := range []struct {
		given bool
		names []Name
	}{
		{s.Database.Engine == Aurora, []Name{{"AWS::RDS::DBCluster.DBClusterIdentifier", "the identifier of a cluster in RDS", 63, platform}}},
		{s.Database.Proxy, []Name{{"AWS::RDS::DBProxy.DBProxyName", "the name of a proxy in RDS", 63, platform}}},
		// "BackupRule": https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRule.html
		{s.Database.BackupCopy.VaultARN != "", []Name{{"AWS::Backup::BackupVault.BackupVaultName", "the name of a vault in AWS Backup", 50, platform}}},
		{s.Tracing, []Name{{"AWS::XRay::Group.GroupName", "the name of a group in X-Ray", 32, platform}}},
		{s.Traces.RequestsPercent > 0, []Name{{"AWS::XRay::SamplingRule.SamplingRule.RuleName", "the name of a sampling rule in X-Ray", 32, platform}}},
		{s.API.Firewall, []Name{{"AWS::WAFv2::WebACL.Name", "the name of a web ACL in WAF", 128, platform}}},
		{s.Release == Canary, []Name{
			// "CodeDeploy quotas": https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html
			{"AWS::CodeDeploy::Application.ApplicationName", "the name of an application in CodeDeploy", 100, platform},
			{"AWS::CodeDeploy::DeploymentGroup.DeploymentGroupName", "the name of a deployment group in CodeDeploy", 100, s.Named(string(contract.FunctionProcessor))},
		}},
	} {
		if some.given {
			out = append(out, some.names...)
		}
	}
	return out
}

// longestBucket is the name of a bucket, which has what makes it unique in the world.
func (s Stage) longestBucket() string {
	what := "payloads"
	if s.Payloads.AccessLogs {
		what = "access-logs"
	}
	return s.Named(what) + "-" + cmp.Or(s.Account, anyAccount) + "-" + cmp.Or(s.Region, longestRegion)
}

// longestInstance is the name of the instance, or of the last one of a cluster.
func (s Stage) longestInstance() string {
	switch {
	case s.Database.Engine != Aurora:
		return s.Platform()
	case s.Database.Readers == 0:
		return s.Platform() + "-writer"
	default:
		return fmt.Sprintf("%s-reader%d", s.Platform(), s.Database.Readers)
	}
}

// excess is by how many characters the name is too long.
func (n Name) excess() int { return len(n.Text) - n.Most }

func (s Stage) checkPrefix(l *faultList) {
	l.require(prefixPattern.MatchString(s.NamePrefix), "name_prefix",
		"must be empty or of a-z 0-9 -, beginning with a letter, without two - in a row and with one at the end, such as acme-, got %q", s.NamePrefix)
	for _, reserved := range reservedPrefixes() {
		l.require(!strings.HasPrefix(s.NamePrefix, reserved), "name_prefix", "must not begin with %s, with which S3 takes no bucket, got %q", reserved, s.NamePrefix)
	}
	s.checkLength(l, s.LongestNames())
}

// checkLength wants a prefix with which all names fit, and tells of the one that decides.
// Without a prefix they fit: the stage's own name is short.
func (s Stage) checkLength(l *faultList, names []Name) {
	longest := slices.MaxFunc(names, func(a, b Name) int { return cmp.Compare(a.excess(), b.excess()) })
	l.require(s.NamePrefix == "" || longest.excess() <= 0, "name_prefix",
		"must have at most %d characters in this stage, got %d in %q: %s has at most %d, and %s has %d",
		len(s.NamePrefix)-longest.excess(), len(s.NamePrefix), s.NamePrefix, longest.What, longest.Most, longest.Text, len(longest.Text))
}
