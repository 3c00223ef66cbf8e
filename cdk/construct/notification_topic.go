package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stage"
)

// TopicKeyProps describes the key of a stage's topics. All fields are required.
type TopicKeyProps struct {
	Alias   string // without its "alias/"
	Removal stage.Removal
}

// NewTopicKey returns the key that encrypts the stage's topics. It is the stage's
// own, and not the one that AWS keeps for SNS, because CloudWatch can publish
// alarms only under a key whose policy lets it.
func NewTopicKey(scope constructs.Construct, id string, props *TopicKeyProps) awskms.Key {
	key := awskms.NewKey(scope, text(id), &awskms.KeyProps{
		Alias:             text(props.Alias),
		Description:       text("encrypts the SNS topics of this stage of Fluxa"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     policy(props.Removal),
	})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        text("AlarmsMayBePublished"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(text("cloudwatch.amazonaws.com"), nil)},
		Actions:    list("kms:Decrypt", "kms:GenerateDataKey*"),
		Resources:  list("*"), // of a key's policy, it means the key
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}), jsii.Bool(true))
	return key
}

// NotificationTopicProps describes a topic. All fields are required.
type NotificationTopicProps struct {
	TopicName   string
	DisplayName string
	Key         awskms.IKey
}

// NotificationTopic is an encrypted SNS topic that refuses publishers without TLS.
type NotificationTopic struct {
	Construct constructs.Construct
	Topic     awssns.Topic
	key       awskms.IKey
}

// NewNotificationTopic makes the topic.
func NewNotificationTopic(scope constructs.Construct, id string, props *NotificationTopicProps) *NotificationTopic {
	this := constructs.NewConstruct(scope, text(id))
	topic := awssns.NewTopic(this, text("Topic"), &awssns.TopicProps{
		TopicName: text(props.TopicName), DisplayName: text(props.DisplayName), MasterKey: props.Key, EnforceSSL: jsii.Bool(true),
	})
	return &NotificationTopic{Construct: this, Topic: topic, key: props.Key}
}

// GrantPublish lets the grantee publish: sns:Publish on the topic, and on its key
// kms:Decrypt and kms:GenerateDataKey*, which SNS demands of a publisher.
func (t *NotificationTopic) GrantPublish(grantee awsiam.IGrantable) {
	grant(grantee, []string{*t.Topic.TopicArn()}, "sns:Publish")
	grant(grantee, []string{*t.key.KeyArn()}, "kms:Decrypt", "kms:GenerateDataKey*")
	acceptPolicy(grantee, "SNS asks for GenerateDataKey with and without plaintext, of this one key", "Action::kms:GenerateDataKey*")
}
