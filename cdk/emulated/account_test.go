package emulated_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"

	"github.com/fluxa/fluxa/cdk/template"
)

type object = map[string]any

// resource is one of a template. ID is what the stack says it is called, empty
// when the stack does not have it.
type resource struct {
	Stack, LogicalID, Type, ID string
	Properties                 object // as the template has them, references resolved
}

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
	clock   *scheduler.Client
	secrets *secretsmanager.Client
	topics  *sns.Client
	queues  *sqs.Client
	// What only prod has.
	firewall *wafv2.Client
	releases *codedeploy.Client

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
		clock:   scheduler.NewFromConfig(cfg),
		secrets: secretsmanager.NewFromConfig(cfg), topics: sns.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg),
		firewall: wafv2.NewFromConfig(cfg), releases: codedeploy.NewFromConfig(cfg),
		exports: map[string]string{},
	}
}

// find finds out what became of the templates: the id of every resource, and its
// properties with references resolved.
func (c *cloud) find(ctx context.Context, stage *template.Stage) error {
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
	for _, s := range stage.Stacks {
		found, err := c.ids(ctx, s)
		if err != nil {
			return err
		}
		c.resources = append(c.resources, found...)
		for i := len(c.resources) - len(found); i < len(c.resources); i++ {
			r := &c.resources[i]
			resolved, err := template.Resolve(s.Resource(r.LogicalID).Properties, func(v template.Value) (template.Value, error) { return c.lookup(ctx, stage, s, v) })
			if err != nil {
				return fmt.Errorf("%s, %s: %w", r.Stack, r.LogicalID, err)
			}
			properties, err := template.Literal(resolved)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", r.Stack, r.LogicalID, err)
			}
			r.Properties = properties.(object)
		}
	}
	return nil
}

// ids returns the resources of a template, in its order.
func (c *cloud) ids(ctx context.Context, s *template.Stack) ([]resource, error) {
	stack, err := c.stacks.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: aws.String(s.StackName)})
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
	for _, r := range s.Resources {
		if made, is := kinds[r.ID]; is && made != r.Type {
			return nil, fmt.Errorf("%s has %s as a %s, and not as a %s", s.StackName, r.ID, made, r.Type)
		}
		out = append(out, resource{Stack: s.StackName, LogicalID: r.ID, Type: r.Type, ID: ids[r.ID]})
	}
	return out, nil
}

// lookup returns what the values of a stack refer to: ids once c.resources has the
// stack, and what other stacks export as it was deployed.
func (c *cloud) lookup(ctx context.Context, stage *template.Stage, in *template.Stack, v template.Value) (template.Value, error) {
	switch v := v.(type) {
	case template.Pseudo:
		known := map[template.Pseudo]string{
			"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": in.StackName,
		}
		if value, is := known[v]; is {
			return value, nil
		}
	case template.Zones:
		found, err := c.network.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
		if err != nil {
			return nil, err
		}
		var names template.List
		for _, zone := range found.AvailabilityZones {
			names = append(names, *zone.ZoneName)
		}
		return names, nil
	case template.Reference:
		if v.Stack != in.Name {
			for _, o := range stage.Stack(v.Stack).Outputs {
				if value, is := c.exports[o.Export]; is && template.Equal(o.Value, v) {
					return value, nil
				}
			}
			return nil, fmt.Errorf("no stack exports %v", v)
		}
		at := slices.IndexFunc(c.resources, func(r resource) bool { return r.Stack == in.StackName && r.LogicalID == v.Resource })
		if at < 0 || c.resources[at].ID == "" {
			return nil, fmt.Errorf("%s is not in %s", v.Resource, in.StackName)
		}
		if v.Attribute == "Ref" {
			return c.resources[at].ID, nil
		}
		return c.attribute(ctx, c.resources[at], v.Attribute)
	}
	return nil, fmt.Errorf("%v is not known here", v)
}

// attribute returns what GetAtt stands for, found by other ways than that of
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
