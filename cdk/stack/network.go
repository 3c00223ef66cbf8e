package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Network is the stack of the VPC.
type Network struct {
	Stack   awscdk.Stack
	Private *construct.PrivateNetwork
}

// NewNetwork makes the stack.
func NewNetwork(scope constructs.Construct, s stage.Stage) *Network {
	description := "the VPC, without a way to the internet"
	if s.Network.VPC.Exists() {
		description = "what Fluxa has in a VPC that is there already"
	}
	this := newStack(scope, s, "Network", "network", description)
	props := &construct.PrivateNetworkProps{
		Name: s.Platform(), CIDR: s.Network.CIDR, Zones: s.Network.AvailabilityZones, ZoneNames: s.Network.Zones,
		EndpointZones: s.Network.EndpointZones,
		Endpoints:     endpoints(this, s), Objects: objects(this, s),
	}
	if vpc := s.Network.VPC; vpc.Exists() {
		props.Existing = &construct.ExistingVPC{ID: vpc.ID, CIDR: vpc.CIDR, Subnets: vpc.SubnetIDs, RouteTables: vpc.RouteTableIDs}
	}
	if s.OTLP.Endpoint != "" {
		props.Collector = &construct.Collector{CIDR: s.OTLP.Network, Port: s.OTLP.Port(), Peering: s.OTLP.Peering, TransitGateway: s.OTLP.TransitGateway}
	}
	if s.Network.FlowLogs {
		props.FlowLogs = construct.NewLogGroup(this, "FlowLog", &construct.LogGroupProps{
			Name: "/aws/vpc/" + s.Named("flows"), RetentionDays: s.Logs.RetentionDays, Removal: removal(s),
		})
	}
	n := &Network{Stack: this, Private: construct.NewPrivateNetwork(this, "Private", props)}
	output(this, "OperatorSecurityGroupId", "The security group for people who look into the database", n.Private.Operators.SecurityGroupId())
	return n
}

// endpoints are those of contract.EndpointServices, each with what functions do there.
func endpoints(scope awscdk.Stack, s stage.Stage) []construct.Endpoint {
	arn := func(service, resource string) string {
		return *scope.FormatArn(&awscdk.ArnComponents{Service: jsii.String(service), Resource: jsii.String(resource)})
	}
	return []construct.Endpoint{
		{
			ID: "SQS", Service: awsec2.InterfaceVpcEndpointAwsService_SQS(),
			Actions:   []string{"sqs:SendMessage", "sqs:ChangeMessageVisibility"},
			Resources: []string{arn("sqs", s.Named("events")), arn("sqs", s.Named("dlq"))},
		},
		{
			ID: "SNS", Service: awsec2.InterfaceVpcEndpointAwsService_SNS(),
			Actions: []string{"sns:Publish"}, Resources: []string{arn("sns", s.Named("notifications"))},
		},
		{
			// RDS chooses the secret's name, which begins with rds!.
			ID: "SecretsManager", Service: awsec2.InterfaceVpcEndpointAwsService_SECRETS_MANAGER(),
			Actions: []string{"secretsmanager:GetSecretValue"}, Resources: []string{arn("secretsmanager", "secret:rds!*")},
		},
	}
}

// objects is what passes the S3 endpoint: the payloads, read, and written where ingest is
// in the network, the files of exports, and the answer of the migration to CloudFormation. The answer goes to a
// pre-signed address, which AWS's own account has signed, so its principal says nothing. What keeps others out
// is where it leads: into the bucket that AWS names for the region, and there to the
// stack's ARN, which has this account. Otherwise whoever took a function over could
// write into any bucket of that prefix, or answer a custom resource of their own.
//
// The bucket: "Access CloudFormation using an interface endpoint",
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html
// The object: the example of "Using AWS Lambda with AWS CloudFormation",
// https://docs.aws.amazon.com/lambda/latest/dg/services-cloudformation.html
func objects(scope awscdk.Stack, s stage.Stage) []awsiam.PolicyStatement {
	bucket := "arn:" + *scope.Partition() + ":s3:::" + payloadBucketName(scope, s)
	// The region is without dashes, such as uswest2.
	region := *awscdk.Fn_Join(jsii.String(""), awscdk.Fn_Split(jsii.String("-"), awscdk.Aws_REGION(), nil))
	answers := "arn:" + *scope.Partition() + ":s3:::cloudformation-custom-resource-response-" + region
	stack := *scope.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("cloudformation"), Resource: jsii.String("stack"), ResourceName: jsii.String(s.Named(contract.StackPipeline)),
	})
	actions := []string{"s3:GetObject", "s3:ListBucket", "s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:ListBucketVersions"}
	if s.OTLP.Endpoint != "" {
		actions = append(actions, "s3:PutObject")
	}
	return []awsiam.PolicyStatement{
		construct.OwnAccount(actions, []string{bucket, bucket + "/" + contract.ObjectPrefix + "*"}),
		construct.OwnAccount([]string{"s3:GetObject", "s3:PutObject"}, []string{bucket + "/" + contract.ExportPrefix + "*"}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
			Actions:    jsii.Strings("s3:PutObject"),
			Resources:  jsii.Strings(answers + "/" + stack + "/*"),
		}),
	}
}

// payloadBucketName is unique in the world, as a bucket's name must be.
func payloadBucketName(scope awscdk.Stack, s stage.Stage) string {
	return bucketName(scope, s, "payloads")
}

func bucketName(scope awscdk.Stack, s stage.Stage, what string) string {
	return s.Named(what) + "-" + *scope.Account() + "-" + *scope.Region()
}
