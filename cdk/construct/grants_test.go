package construct

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/google/go-cmp/cmp"
)

// granted is one statement of a role's policy.
type granted struct {
	Effect           string
	Action, Resource any
}

// Each grant is to a role of its own, whose policy must then be exactly this.
func TestGrants_are_the_documented_actions_on_the_named_resource(t *testing.T) {
	stack := newStack(t)
	queue := NewEventQueue(stack, "Queue", &EventQueueProps{QueueName: "events", DeadLetterQueueName: "dlq", VisibilityTimeout: time.Minute})
	bucket := NewPayloadBucket(stack, "Bucket", &PayloadBucketProps{BucketName: "payloads", GlacierDays: 1, OldVersionDays: 1, Removal: awscdk.RemovalPolicy_DESTROY})
	key := NewTopicKey(stack, "Key", &TopicKeyProps{Alias: "topics", Removal: awscdk.RemovalPolicy_DESTROY})
	topic := NewNotificationTopic(stack, "Topic", &NotificationTopicProps{TopicName: "notifications", DisplayName: "Notifications", Key: key})
	network := NewPrivateNetwork(stack, "Network", &PrivateNetworkProps{Name: "net", CIDR: "10.0.0.0/16", Zones: 2})
	database := NewEventDatabase(stack, "Database", &EventDatabaseProps{
		Name: "db", Network: network, InstanceClass: "t4g.micro", StorageGiB: 20, MaxStorageGiB: 40, BackupDays: 1, Proxy: true,
		LogRetentionDays: 1, Removal: awscdk.RemovalPolicy_DESTROY,
	})
	grants := map[string]struct {
		grant func(awsiam.IGrantable)
		want  []granted
	}{
		"GrantSend":       {queue.GrantSend, []granted{{"Allow", "sqs:SendMessage", "Queue.Arn"}}},
		"GrantProcess":    {queue.GrantProcess, []granted{{"Allow", []any{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, "Queue.Arn"}}},
		"GrantDeadLetter": {queue.GrantDeadLetter, []granted{{"Allow", "sqs:SendMessage", "QueueDeadLetters.Arn"}}},
		"GrantPut":        {bucket.GrantPut, []granted{{"Allow", "s3:PutObject", "Bucket.Arn/raw/*"}}},
		"GrantGet":        {bucket.GrantGet, []granted{{"Allow", "s3:GetObject", "Bucket.Arn/raw/*"}, {"Allow", "s3:ListBucket", "Bucket.Arn"}}},
		"GrantPublish": {topic.GrantPublish, []granted{
			{"Allow", "sns:Publish", "Topic"}, {"Allow", []any{"kms:Decrypt", "kms:GenerateDataKey*"}, "Key.Arn"},
		}},
		"GrantConnect": {database.GrantConnect, []granted{{"Allow", "secretsmanager:GetSecretValue", "DatabaseInstance.MasterUserSecret.SecretArn"}}},
	}
	for name, one := range grants {
		one.grant(awsiam.NewRole(stack, text("Role"+name), &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(text("lambda.amazonaws.com"), nil)}))
	}
	made := resources(stack)
	for name, one := range grants {
		if diff := cmp.Diff(one.want, policyOf(t, made, "Role"+name)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func policyOf(t *testing.T, resources map[string]any, role string) []granted {
	t.Helper()
	for id, r := range resources {
		if !strings.HasPrefix(id, role+"DefaultPolicy") {
			continue
		}
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var policy struct {
			Properties struct {
				PolicyDocument struct{ Statement []map[string]any }
			}
		}
		if err := json.Unmarshal(raw, &policy); err != nil {
			t.Fatal(err)
		}
		var out []granted
		for _, s := range policy.Properties.PolicyDocument.Statement {
			if len(s) != 3 {
				t.Errorf("%s has more than effect, action and resource: %v", role, s)
			}
			out = append(out, granted{fmt.Sprint(s["Effect"]), s["Action"], written(s["Resource"])})
		}
		return out
	}
	t.Errorf("%s has no policy", role)
	return nil
}

// written writes a reference down by the id of the resource, without the hash at
// its end.
func written(value any) string {
	name := func(id any) string { return strings.TrimSuffix(id.(string)[:len(id.(string))-8], "Resource") }
	switch reference := value.(type) {
	case map[string]any:
		if id, is := reference["Ref"]; is {
			return name(id)
		}
		if attribute, is := reference["Fn::GetAtt"].([]any); is {
			return fmt.Sprintf("%s.%v", name(attribute[0]), attribute[1])
		}
		if join, is := reference["Fn::Join"].([]any); is {
			var text string
			for _, part := range join[1].([]any) {
				text += written(part)
			}
			return text
		}
	case string:
		return reference
	}
	return fmt.Sprint(value)
}

// Queues are named by their ARN's form where they name each other, which must be
// that of the queue that is made.
func TestEventQueue_is_the_one_that_its_dead_letters_come_from(t *testing.T) {
	stack := newStack(t)
	NewEventQueue(stack, "Queue", &EventQueueProps{QueueName: "orders", DeadLetterQueueName: "gone", VisibilityTimeout: 90 * time.Second})
	queues := map[any]map[string]any{}
	for _, r := range resources(stack) {
		properties := r.(map[string]any)["Properties"].(map[string]any)
		queues[properties["QueueName"]] = properties
	}
	if hidden := queues["orders"]["VisibilityTimeout"]; hidden != 90.0 {
		t.Errorf("a message is hidden for %v s, want 90", hidden)
	}
	raw, err := json.Marshal(queues["gone"]["RedriveAllowPolicy"])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), `":orders"`) || !strings.Contains(string(raw), `"byQueue"`) {
		t.Errorf("the dead letters are taken from %s", raw)
	}
}

func TestPayloadBucket_without_access_logs_makes_one_bucket(t *testing.T) {
	for name, want := range map[string]int{"": 1, "logs": 2} {
		stack := newStack(t)
		NewPayloadBucket(stack, "Bucket", &PayloadBucketProps{
			BucketName: "payloads", GlacierDays: 1, OldVersionDays: 1, Removal: awscdk.RemovalPolicy_RETAIN, AccessLogsName: name, AccessLogDays: 3,
		})
		buckets := 0
		for _, r := range resources(stack) {
			if r.(map[string]any)["Type"] == "AWS::S3::Bucket" {
				buckets++
			}
		}
		if buckets != want {
			t.Errorf("with the log %q there are %d buckets, want %d", name, buckets, want)
		}
	}
}
