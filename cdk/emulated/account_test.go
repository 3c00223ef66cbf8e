package emulated_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"
)

// cloud is an account of AWS as the emulator serves it.
type cloud struct {
	api     *apigateway.Client
	stacks  *cloudformation.Client
	watch   *cloudwatch.Client
	logs    *cloudwatchlogs.Client
	network *ec2.Client
	roles   *iam.Client
	keys    *kms.Client
	lambdas *lambda.Client
	rds     *rds.Client
	s3      *s3.Client
	secrets *secretsmanager.Client
	topics  *sns.Client
	queues  *sqs.Client

	resources []resource // of every stack, also those that the stack does not have
	exports   map[string]string
}

// connect returns the account without any stack.
func connect(address string) *cloud {
	cfg := aws.Config{
		Region: region, BaseEndpoint: aws.String(address),
		Credentials: credentials.NewStaticCredentialsProvider("emulated", "emulated", ""),
	}
	return &cloud{
		api: apigateway.NewFromConfig(cfg), stacks: cloudformation.NewFromConfig(cfg),
		// moto speaks the older one of CloudWatch's protocols only.
		watch: cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Protocol = awsquery.New(schemas.GraniteServiceVersion20100801) }),
		logs:  cloudwatchlogs.NewFromConfig(cfg), network: ec2.NewFromConfig(cfg), roles: iam.NewFromConfig(cfg),
		keys: kms.NewFromConfig(cfg), lambdas: lambda.NewFromConfig(cfg), rds: rds.NewFromConfig(cfg),
		s3:      s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		secrets: secretsmanager.NewFromConfig(cfg), topics: sns.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg),
		exports: map[string]string{},
	}
}

// find finds out what became of the templates: the id of every resource, and its
// properties with references resolved.
func (c *cloud) find(ctx context.Context, templates []template) error {
	exports := cloudformation.NewListExportsPaginator(c.stacks, &cloudformation.ListExportsInput{})
	for exports.HasMorePages() {
		page, err := exports.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, export := range page.Exports {
			c.exports[*export.Name] = *export.Value
		}
	}
	for _, t := range templates {
		found, err := c.ids(ctx, t)
		if err != nil {
			return err
		}
		refs := c.references(ctx, t.Stack)
		c.resources = append(c.resources, found...)
		for i := len(c.resources) - len(found); i < len(c.resources); i++ {
			r := &c.resources[i]
			properties, err := refs.resolve(t.Resources[r.LogicalID].Properties)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", r.Stack, r.LogicalID, err)
			}
			r.Properties = properties.(object)
		}
	}
	return nil
}

// ids returns the resources of a template, in the order of their names.
func (c *cloud) ids(ctx context.Context, t template) ([]resource, error) {
	stack, err := c.stacks.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: aws.String(t.Stack)})
	if err != nil {
		return nil, err
	}
	ids, kinds := map[string]string{}, map[string]string{}
	for _, each := range stack.StackResources {
		if each.LogicalResourceId != nil { // moto lists what it could not make without a name
			ids[*each.LogicalResourceId] = aws.ToString(each.PhysicalResourceId)
			kinds[*each.LogicalResourceId] = *each.ResourceType
		}
	}
	var out []resource
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		kind := t.Resources[name].Type
		if made, is := kinds[name]; is && made != kind {
			return nil, fmt.Errorf("%s has %s as a %s, and not as a %s", t.Stack, name, made, kind)
		}
		out = append(out, resource{Stack: t.Stack, LogicalID: name, Type: kind, ID: ids[name]})
	}
	return out, nil
}

// references resolves within one stack. What it refers to may be found later than
// its own: ids are known once c.resources has the stack.
func (c *cloud) references(ctx context.Context, stack string) references {
	pseudo := map[string]string{
		"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": stack,
	}
	named := func(name string) (resource, error) {
		at := slices.IndexFunc(c.resources, func(r resource) bool { return r.Stack == stack && r.LogicalID == name })
		if at < 0 || c.resources[at].ID == "" {
			return resource{}, fmt.Errorf("%s is not in %s", name, stack)
		}
		return c.resources[at], nil
	}
	return references{
		ref: func(name string) (string, error) {
			if value, is := pseudo[name]; is {
				return value, nil
			}
			r, err := named(name)
			return r.ID, err
		},
		attribute: func(name, attribute string) (string, error) {
			r, err := named(name)
			if err != nil {
				return "", err
			}
			return c.attribute(ctx, r, attribute)
		},
		export: func(name string) (string, error) {
			value, is := c.exports[name]
			if !is {
				return "", fmt.Errorf("no stack exports %s", name)
			}
			return value, nil
		},
		zones: func() ([]any, error) {
			found, err := c.network.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
			if err != nil {
				return nil, err
			}
			var names []any
			for _, zone := range found.AvailabilityZones {
				names = append(names, *zone.ZoneName)
			}
			return names, nil
		},
	}
}

// attribute returns what Fn::GetAtt stands for, found by other ways than that of
// the emulator's CloudFormation.
func (c *cloud) attribute(ctx context.Context, r resource, attribute string) (string, error) {
	switch r.Type + "." + attribute {
	case "AWS::CloudWatch::Alarm.Arn", "AWS::CloudWatch::CompositeAlarm.Arn":
		return arn("cloudwatch", "alarm:"+r.ID), nil
	case "AWS::IAM::Role.Arn":
		return "arn:aws:iam::" + account + ":role/" + r.ID, nil
	case "AWS::KMS::Key.Arn":
		return arn("kms", "key/"+r.ID), nil
	case "AWS::Lambda::Function.Arn":
		return arn("lambda", "function:"+r.ID), nil
	case "AWS::Logs::LogGroup.Arn":
		return arn("logs", "log-group:"+r.ID+":*"), nil
	case "AWS::S3::Bucket.Arn":
		return "arn:aws:s3:::" + r.ID, nil
	case "AWS::SQS::Queue.Arn":
		return arn("sqs", r.ID[strings.LastIndex(r.ID, "/")+1:]), nil
	case "AWS::Lambda::Version.Version":
		return r.ID[strings.LastIndex(r.ID, ":")+1:], nil
	case "AWS::EC2::SecurityGroup.GroupId":
		return r.ID, nil
	}
	got, err := c.read(ctx, r)
	if err != nil {
		return "", err
	}
	var value any = got
	for name := range strings.SplitSeq(attribute, ".") {
		members, _ := value.(object)
		value, _ = member(members, name)
	}
	if value == nil {
		return "", fmt.Errorf("attribute %s of %s is not known here", attribute, r.Type)
	}
	return plain(value), nil
}

func arn(service, name string) string {
	return "arn:aws:" + service + ":" + region + ":" + account + ":" + name
}
