package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// TopicKeyProps describes the key of the topics.
type TopicKeyProps struct {
	// Alias, without its "alias/", has 1 to 250 of A-Z a-z 0-9 / _ -.
	Alias string
	// Removal is what happens to the key when its stack is deleted: RETAIN (the
	// default) or DESTROY.
	Removal awscdk.RemovalPolicy
}

// NewTopicKey returns the key that encrypts the topics. It is not the one that AWS
// keeps for SNS, because CloudWatch can publish alarms only under a key whose
// policy lets it, and RDS its events.
func NewTopicKey(scope constructs.Construct, id string, props *TopicKeyProps) awskms.Key {
	c := &check{part: "TopicKey"}
	c.name(props.Alias, 1, 250, "A-Za-z0-9/_-", "Alias")
	c.removal(props.Removal)
	c.done()
	key := awskms.NewKey(scope, text(id), &awskms.KeyProps{
		Alias:             text(props.Alias),
		Description:       text("encrypts the SNS topics of this stage of Fluxa"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     removal(props.Removal),
	})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: text("AlarmsMayBePublished"),
		Principals: &[]awsiam.IPrincipal{
			awsiam.NewServicePrincipal(text("cloudwatch.amazonaws.com"), nil), awsiam.NewServicePrincipal(text(databaseEventsPrincipal), nil),
		},
		Actions:    list("kms:Decrypt", "kms:GenerateDataKey*"),
		Resources:  list("*"), // of a key's policy, it means the key
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}), jsii.Bool(true))
	return key
}

// NotificationTopicProps describes a topic.
type NotificationTopicProps struct {
	// TopicName has 1 to 256 of A-Z a-z 0-9 _ -.
	TopicName string
	// DisplayName is how an e-mail names its sender: 1 to 100 characters.
	DisplayName string
	// Key encrypts what is published, see NewTopicKey.
	Key awskms.IKey
}

// NotificationTopic is an encrypted SNS topic that refuses publishers without TLS.
type NotificationTopic struct {
	Construct constructs.Construct
	Topic     awssns.Topic
	key       awskms.IKey
}

// NewNotificationTopic makes the topic.
func NewNotificationTopic(scope constructs.Construct, id string, props *NotificationTopicProps) *NotificationTopic {
	c := &check{part: "NotificationTopic"}
	c.name(props.TopicName, 1, 256, "A-Za-z0-9_-", "TopicName")
	c.name(props.DisplayName, 1, 100, "", "DisplayName")
	c.given(props.Key != nil, "Key")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	topic := awssns.NewTopic(this, text("Topic"), &awssns.TopicProps{
		TopicName: text(props.TopicName), DisplayName: text(props.DisplayName), MasterKey: props.Key, EnforceSSL: jsii.Bool(true),
	})
	return &NotificationTopic{Construct: this, Topic: topic, key: props.Key}
}

// MetricFailed is how many deliveries to subscribers failed: one for each notification
// that SNS gave up, but one for each try of an HTTP endpoint ("Monitoring Amazon SNS
// topics using CloudWatch", https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html).
func (t *NotificationTopic) MetricFailed() awscloudwatch.Metric {
	return t.Topic.MetricNumberOfNotificationsFailed(perMinute("Sum", "not delivered"))
}

// GrantPublish lets the grantee publish: sns:Publish on the topic, and on its key
// kms:Decrypt and kms:GenerateDataKey*, which SNS demands of a publisher.
func (t *NotificationTopic) GrantPublish(grantee awsiam.IGrantable) {
	grant(grantee, []string{*t.Topic.TopicArn()}, "sns:Publish")
	grant(grantee, []string{*t.key.KeyArn()}, "kms:Decrypt", "kms:GenerateDataKey*")
	acceptPolicy(grantee, "SNS asks for GenerateDataKey with and without plaintext, of this one key", "Action::kms:GenerateDataKey*")
}
