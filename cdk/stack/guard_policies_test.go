package stack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/template"
)

// policies returns every statement that a stage writes, of roles and of
// resources, and from where.
func policies(p *platform) map[*resource][]statement {
	out := map[*resource][]statement{}
	for _, name := range []string{network, data, pipeline, observability} {
		for _, r := range p.stacks[name].resources {
			for property, value := range r.Properties {
				if template.At(value, "Statement") == nil {
					continue
				}
				out[r] = append(out[r], r.statements(property)...)
			}
			inline, _ := r.plain("Policies").([]any)
			for i := range inline {
				out[r] = append(out[r], statement{Effect: "Allow", Actions: []string{"an inline policy, which this test does not read"}, Resources: []string{"*"}, Condition: i})
			}
		}
	}
	return out
}

func TestEveryPolicy_names_its_actions(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		seen := 0
		for r, statements := range policies(p) {
			for _, s := range statements {
				if s.Effect == "Deny" {
					continue
				}
				seen++
				for _, action := range s.Actions {
					_, name, _ := strings.Cut(action, ":")
					switch {
					case !strings.Contains(action, "*") && name != "":
					case action == "kms:GenerateDataKey*": // with and without plaintext, as SNS asks
					case r.Type == "AWS::KMS::Key" && action == "kms:*" && isAccount(s.Principal): // else nobody could keep the key
					default:
						t.Errorf("%s allows %s on %q", r, action, s.Resources)
					}
				}
				if len(s.Actions) == 0 {
					t.Errorf("%s allows all but some: %+v", r, s)
				}
			}
		}
		if seen < 20 {
			t.Errorf("%s: only %d statements were found", p.settings.Name, seen)
		}
	}
}

func isAccount(principal any) bool {
	who, _ := principal.(object)
	arn, _ := who["AWS"].(string)
	return len(who) == 1 && strings.HasPrefix(arn, "arn:") && strings.HasSuffix(arn, ":root")
}

func TestEveryPolicy_names_its_resources_save_where_AWS_knows_none(t *testing.T) {
	t.Parallel()
	// Lambda's interfaces are not there yet when it asks; X-Ray has no resources.
	nameless := []string{
		"ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
		"ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
	}
	for _, p := range append(both(t), abroad(t)) {
		for r, statements := range policies(p) {
			for _, s := range statements {
				if s.Effect == "Deny" || !slices.Contains(s.Resources, "*") || r.Type == "AWS::KMS::Key" { // of a key's policy, it means the key
					continue
				}
				for _, action := range s.Actions {
					if r.Type != "AWS::IAM::Policy" || !slices.Contains(nameless, action) {
						t.Errorf("%s allows %s on everything", r, action)
					}
				}
			}
		}
	}
}

func TestEveryPolicy_is_for_somebody(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		for r, statements := range policies(p) {
			for _, s := range statements {
				if s.Effect == "Deny" || s.Principal == nil {
					continue
				}
				// Anybody, without a condition: only to where CloudFormation awaits
				// the answers of this account's own stack.
				anybody := s.Principal == "*" || s.Principal.(object)["AWS"] == "*"
				if anybody && s.Condition == nil && !slices.Equal(s.Resources, []string{answers(p)}) {
					t.Errorf("%s allows anybody %q on %q", r, s.Actions, s.Resources)
				}
			}
		}
	}
}

func TestEveryManagedPolicy_is_one_that_AWS_itself_needs(t *testing.T) {
	t.Parallel()
	known := []string{
		"arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
		"arn:${AWS::Partition}:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
		"arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited",
	}
	for _, p := range append(both(t), abroad(t)) {
		for _, role := range p.all("AWS::IAM::Role") {
			for _, policy := range texts(role.plain("ManagedPolicyArns")) {
				if !slices.Contains(known, policy) {
					t.Errorf("%s has %s", role, policy)
				}
			}
		}
	}
}
