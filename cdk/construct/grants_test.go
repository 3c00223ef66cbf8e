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

	"github.com/fluxa/fluxa/cdk/template"
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
	network := NewPrivateNetwork(stack, "Network", &PrivateNetworkProps{Name: "net", CIDR: "10.0.0.0/16", Zones: 2, EndpointZones: 1})
	database := NewEventDatabase(stack, "Database", &EventDatabaseProps{
		Name: "db", Network: network, EngineVersion: "17", InstanceClass: "t4g.micro", StorageGiB: 20, MaxStorageGiB: 40, BackupDays: 1, Proxy: true,
		LogRetentionDays: 1, Removal: awscdk.RemovalPolicy_DESTROY,
	})
	cluster := NewEventCluster(stack, "Cluster", &EventClusterProps{
		Name: "cluster", Network: network, EngineVersion: "17", MinimumACU: 1, MaximumACU: 2, Readers: 1, BackupDays: 1, Proxy: true,
		LogRetentionDays: 1, Removal: awscdk.RemovalPolicy_DESTROY,
	})
	reader := func(id template.Value) template.Value {
		return template.Join(
			"arn:", template.Pseudo("AWS::Partition"), ":rds-db:", template.Pseudo("AWS::Region"), ":", template.Pseudo("AWS::AccountId"), ":dbuser:", id, "/reader",
		)
	}
	proxyID := template.Element{Of: template.Call{Function: "Split", Arguments: []template.Value{":", "DatabaseProxy.DBProxyArn"}}, Key: json.Number("6")}
	grants := map[string]struct {
		grant func(awsiam.IGrantable)
		want  []granted
	}{
		"GrantSend":       {queue.GrantSend, []granted{{"Allow", "sqs:SendMessage", "Queue.Arn"}}},
		"GrantProcess":    {queue.GrantProcess, []granted{{"Allow", []any{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, "Queue.Arn"}}},
		"GrantDeadLetter": {queue.GrantDeadLetter, []granted{{"Allow", "sqs:SendMessage", "QueueDeadLetters.Arn"}}},
		"GrantPut":        {bucket.GrantPut, []granted{{"Allow", "s3:PutObject", "Bucket.Arn/raw/*"}}},
		"GrantGet":        {bucket.GrantGet, []granted{{"Allow", "s3:GetObject", "Bucket.Arn/raw/*"}, {"Allow", "s3:ListBucket", "Bucket.Arn"}}},
		"GrantExport":     {bucket.GrantExport, []granted{{"Allow", []any{"s3:GetObject", "s3:PutObject"}, "Bucket.Arn/exports/*"}}},
		"GrantPublish": {topic.GrantPublish, []granted{
			{"Allow", "sns:Publish", "Topic"}, {"Allow", []any{"kms:Decrypt", "kms:GenerateDataKey*"}, "Key.Arn"},
		}},
		"GrantConnect": {
			func(g awsiam.IGrantable) { database.GrantConnect(g, "reader") }, []granted{{"Allow", "rds-db:connect", reader(proxyID)}},
		},
		"GrantConnectDirectly": {
			func(g awsiam.IGrantable) { database.GrantConnectDirectly(g, "reader") }, []granted{{"Allow", "rds-db:connect", reader("DatabaseInstance.DbiResourceId")}},
		},
		"GrantRead": { // by the proxy, where nothing else has the readers
			func(g awsiam.IGrantable) { database.GrantRead(g, "reader") }, []granted{{"Allow", "rds-db:connect", reader(proxyID)}},
		},
		"GrantReadOnAurora": {
			func(g awsiam.IGrantable) { cluster.GrantRead(g, "reader") }, []granted{{"Allow", "rds-db:connect", reader("Cluster.DBClusterResourceId")}},
		},
		"GrantAdminister": {database.GrantAdminister, []granted{{"Allow", "secretsmanager:GetSecretValue", "DatabaseInstance.MasterUserSecret.SecretArn"}}},
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
		policy, err := template.Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		var out []granted
		for _, one := range template.At(policy, "Properties", "PolicyDocument", "Statement").(template.List) {
			s := one.(template.Object)
			if len(s) != 3 {
				t.Errorf("%s has more than effect, action and resource: %v", role, s)
			}
			action, err := template.Literal(s["Action"])
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, granted{fmt.Sprint(s["Effect"]), action, written(s["Resource"])})
		}
		return out
	}
	t.Errorf("%s has no policy", role)
	return nil
}

// written writes a reference down by the id of the resource, without the hash at
// its end.
func written(value template.Value) any {
	return template.Rewrite(value, func(part template.Value) template.Value {
		ref, is := part.(template.Reference)
		if !is {
			return part
		}
		name := strings.TrimSuffix(ref.Resource[:len(ref.Resource)-8], "Resource")
		if ref.Attribute == "Ref" {
			return name
		}
		return name + "." + ref.Attribute
	})
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
	if hidden := queues["orders"]["VisibilityTimeout"]; hidden != json.Number("90") {
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
