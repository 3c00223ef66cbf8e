package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// StageKeyProps describes the key of what a stage stores.
type StageKeyProps struct {
	// Alias, without its "alias/", has 1 to 250 of A-Z a-z 0-9 / _ -.
	Alias string
	// Removal is what happens to the key when its stack is deleted: RETAIN (the
	// default) or DESTROY, which makes unreadable whatever it encrypts, 30 days later.
	Removal awscdk.RemovalPolicy
}

// NewStageKey returns the key that encrypts what a stage stores, in place of keys of
// AWS. It rotates every year; AWS keeps the older ones to decrypt with.
//
// Roles of the account use it as far as their own policies say (see grantKey), as RDS and
// AWS Backup do in the name of whoever calls them. CloudWatch Logs uses it by itself, and
// the policy lets it for the log groups of this account ("Encrypt log data in CloudWatch
// Logs using AWS Key Management Service",
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
func NewStageKey(scope constructs.Construct, id string, props *StageKeyProps) awskms.Key {
	c := &check{part: "StageKey"}
	c.name(props.Alias, 1, 250, "A-Za-z0-9/_-", "Alias")
	c.removal(props.Removal)
	c.done()
	key := awskms.NewKey(scope, text(id), &awskms.KeyProps{
		Alias:             text(props.Alias),
		Description:       text("encrypts what this stage of Fluxa stores"),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     removal(props.Removal),
	})
	stack := awscdk.Stack_Of(key)
	groups := stack.FormatArn(&awscdk.ArnComponents{
		Service: text("logs"), Resource: text("log-group"), ResourceName: text("*"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        text("LogsMayBeEncrypted"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(text("logs."+*stack.Region()+".amazonaws.com"), nil)},
		Actions:    list("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey*", "kms:DescribeKey"),
		Resources:  list("*"), // of a key's policy, it means the key
		Conditions: &map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": groups}},
	}), jsii.Bool(true))
	return key
}

// What a caller of a service needs of the key that encrypts there. The service calls KMS
// in the caller's name, so that a network without a way to KMS is enough.
//
//   - "Key management", for senders and receivers of SQS:
//     https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
//   - "Using server-side encryption with AWS KMS keys", for objects of up to 5 GiB in one part:
//     https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
//   - "Secret encryption and decryption in AWS Secrets Manager", for readers:
//     https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
const (
	keyDecrypt  = "kms:Decrypt"
	keyGenerate = "kms:GenerateDataKey"
)

// grantKey lets a role use the key of the stage, by a policy of its own; without a key it
// grants nothing.
func grantKey(grantee awsiam.IGrantable, key awskms.IKey, actions ...string) {
	if key == nil {
		return
	}
	const id = "KeyAccess"
	role := grantee.GrantPrincipal().(awsiam.Role)
	policy, made := role.Node().TryFindChild(text(id)).(awsiam.Policy)
	if !made {
		policy = awsiam.NewPolicy(role, text(id), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{role}})
	}
	policy.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: list(actions...), Resources: list(*key.KeyArn())}))
}
