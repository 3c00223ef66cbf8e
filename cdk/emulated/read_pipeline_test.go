package emulated_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func readQueue(ctx context.Context, c *cloud, r resource) (object, error) {
	attributes, err := c.queueAttributes(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	tags, err := c.queues.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(attributes, object{
		"MessageRetentionPeriod": attributes[string(types.QueueAttributeNameMessageRetentionPeriod)],
		"QueueName":              r.ID[strings.LastIndex(r.ID, "/")+1:], "Tags": tags.Tags,
	})
}

func (c *cloud) queueAttributes(ctx context.Context, url string) (map[string]string, error) {
	found, err := c.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(url), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	return found.Attributes, nil
}

// readQueuePolicy and readTopicPolicy report the one queue or topic that a policy
// of Fluxa is for.
func readQueuePolicy(ctx context.Context, c *cloud, r resource) (object, error) {
	queues := r.Properties["Queues"].([]any)
	attributes, err := c.queueAttributes(ctx, queues[0].(string))
	if err != nil {
		return nil, err
	}
	return said(object{"Queues": queues[:1], "PolicyDocument": attributes[string(types.QueueAttributeNamePolicy)]})
}

func readSchedule(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.clock.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(found)
}

func readTopic(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.topics.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	tags, err := c.topics.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(found.Attributes, object{"TopicName": r.ID[strings.LastIndex(r.ID, ":")+1:], "Tags": tags.Tags})
}

func readTopicPolicy(ctx context.Context, c *cloud, r resource) (object, error) {
	topics := r.Properties["Topics"].([]any)
	found, err := c.topics.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(topics[0].(string))})
	if err != nil {
		return nil, err
	}
	return said(object{"Topics": topics[:1], "PolicyDocument": found.Attributes["Policy"]})
}

func readRole(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.roles.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	attached, err := c.roles.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	arns := []any{}
	for _, policy := range attached.AttachedPolicies {
		arns = append(arns, *policy.PolicyArn)
	}
	trust, err := url.QueryUnescape(*found.Role.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	return said(found.Role, object{"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": arns})
}

// readRolePolicy reports the one role that a policy of Fluxa is for.
func readRolePolicy(ctx context.Context, c *cloud, r resource) (object, error) {
	roles := r.Properties["Roles"].([]any)
	found, err := c.roles.GetRolePolicy(ctx, &iam.GetRolePolicyInput{
		RoleName: aws.String(roles[0].(string)), PolicyName: aws.String(r.Properties["PolicyName"].(string)),
	})
	if err != nil {
		return nil, err
	}
	policy, err := url.QueryUnescape(*found.PolicyDocument)
	if err != nil {
		return nil, err
	}
	return said(found, object{"Roles": roles[:1], "PolicyDocument": policy})
}

func readFunction(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.lambdas.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	about := object{"Tags": found.Tags, "Code": object{}}
	if found.Concurrency != nil {
		about["ReservedConcurrentExecutions"] = found.Concurrency.ReservedConcurrentExecutions
	}
	// AWS says no more of the code than where its copy lies, named as the asset is.
	code, _ := r.Properties["Code"].(object)
	if key, is := code["S3Key"].(string); is && strings.HasSuffix(aws.ToString(found.Code.Location), key) {
		about["Code"] = code
	}
	return said(found.Configuration, about)
}

func readVersion(ctx context.Context, c *cloud, r resource) (object, error) {
	name, version, _ := strings.Cut(strings.TrimPrefix(r.ID, arn("lambda", "function:")), ":")
	found, err := c.lambdas.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{
		FunctionName: aws.String(name), Qualifier: aws.String(version),
	})
	if err != nil {
		return nil, err
	}
	return said(found)
}

func readAlias(ctx context.Context, c *cloud, r resource) (object, error) {
	function, alias, _ := strings.Cut(strings.TrimPrefix(r.ID, arn("lambda", "function:")), ":")
	found, err := c.lambdas.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: aws.String(function), Name: aws.String(alias)})
	if err != nil {
		return nil, err
	}
	return said(found, object{"FunctionName": strings.TrimSuffix(strings.TrimPrefix(*found.AliasArn, arn("lambda", "function:")), ":"+alias)})
}

func readMapping(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.lambdas.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	tags, err := c.lambdas.ListTags(ctx, &lambda.ListTagsInput{Resource: found.EventSourceMappingArn})
	if err != nil {
		return nil, err
	}
	return said(found, object{"FunctionName": strings.TrimPrefix(*found.FunctionArn, arn("lambda", "function:")), "Tags": tags.Tags})
}

// readPermission finds the statement that lets a caller in by the alias.
func readPermission(ctx context.Context, c *cloud, r resource) (object, error) {
	alias := r.Properties["FunctionName"].(string)
	function, qualifier, _ := strings.Cut(strings.TrimPrefix(alias, arn("lambda", "function:")), ":")
	found, err := c.lambdas.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: aws.String(function), Qualifier: aws.String(qualifier)})
	if err != nil {
		return nil, err
	}
	var policy struct {
		Statement []struct {
			Sid, Action, Resource string
			Principal             struct{ Service string }
			Condition             struct{ ArnLike map[string]string }
		}
	}
	if err := json.Unmarshal([]byte(*found.Policy), &policy); err != nil {
		return nil, err
	}
	for _, s := range policy.Statement {
		if s.Sid == r.ID {
			return said(object{
				"Action": s.Action, "FunctionName": s.Resource, "Principal": s.Principal.Service, "SourceArn": s.Condition.ArnLike["AWS:SourceArn"],
			})
		}
	}
	return nil, errNotThere
}
