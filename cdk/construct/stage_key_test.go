package construct

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
)

func TestStageKey_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = StageKeyProps
	stack := newStack(t)
	refuses(t, "StageKey", func() p { return p{Alias: "data"} }, func(props *p) { NewStageKey(stack, "Key", props) },
		wrong[p]{func(p *p) { p.Alias = "the data" }, `Alias must have 1 to 250 characters of A-Za-z0-9/_-, got "the data"`},
		wrong[p]{func(p *p) { p.Removal = "keep" }, "Removal must be one of [RETAIN DESTROY], got keep"})
}

// TestStageKey_is_granted_once_for_all_that_a_role_does: what two grants have in common is
// in one policy, and a grant of what has no key makes none.
func TestStageKey_is_granted_once_for_all_that_a_role_does(t *testing.T) {
	stack := newStack(t)
	key := NewStageKey(stack, "Key", &StageKeyProps{Alias: "data"})
	props, plain := queueProps(), queueProps()
	props.Key = key
	plain.QueueName, plain.DeadLetterQueueName = "plain", "plain-dlq"
	encrypted, other := NewEventQueue(stack, "Queue", &props), NewEventQueue(stack, "Plain", &plain)
	for id, grants := range map[string][]func(awsiam.IGrantable){
		"Uses": {encrypted.GrantSend, encrypted.GrantProcess, encrypted.GrantDeadLetter}, "Has": {other.GrantSend, other.GrantProcess},
	} {
		role := awsiam.NewRole(stack, text(id), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(text("lambda.amazonaws.com"), nil)})
		for _, grant := range grants {
			grant(role)
		}
	}
	made := templateOf(stack)
	made.count(t, "AWS::IAM::Policy", 3) // a default policy each, and one for the key
	made.has(t, "AWS::IAM::Policy", map[string]any{"PolicyDocument": map[string]any{"Statement": []any{map[string]any{
		"Effect": "Allow", "Action": []any{"kms:Decrypt", "kms:GenerateDataKey"}, "Resource": stack.Resolve(key.KeyArn()),
	}}}})
}

func TestEventCluster_is_encrypted_with_its_key(t *testing.T) {
	stack := newStack(t)
	key := NewStageKey(stack, "Key", &StageKeyProps{Alias: "data"})
	NewEventCluster(stack, "Cluster", &EventClusterProps{
		Name: "cluster", EngineVersion: "17", MinimumACU: 2, MaximumACU: 2, BackupDays: 1, LogRetentionDays: 1, Key: key, Removal: awscdk.RemovalPolicy_DESTROY,
		Network: NewPrivateNetwork(stack, "Network", &PrivateNetworkProps{Name: "net", CIDR: "10.0.0.0/16", Zones: 2, EndpointZones: 1}),
	})
	arn, made := stack.Resolve(key.KeyArn()), templateOf(stack)
	made.has(t, "AWS::RDS::DBCluster", map[string]any{"KmsKeyId": arn, "MasterUserSecret": map[string]any{"KmsKeyId": arn}})
	made.has(t, "AWS::RDS::DBInstance", map[string]any{"PerformanceInsightsKMSKeyId": arn})
}
