package emulated_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func readBucket(ctx context.Context, c *cloud, r resource) (object, error) {
	name := aws.String(r.ID)
	versioning, err := c.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
	if err != nil {
		return nil, err
	}
	encryption, err := c.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: name})
	if err != nil {
		return nil, err
	}
	public, err := c.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: name})
	if err != nil {
		return nil, err
	}
	ownership, err := c.s3.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: name})
	if err != nil {
		return nil, err
	}
	tags, err := c.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name})
	if err != nil {
		return nil, err
	}
	lifecycle, err := c.s3.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	if err != nil {
		return nil, err
	}
	logging, err := c.s3.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: name})
	if err != nil {
		return nil, err
	}
	logs := object{}
	if on := logging.LoggingEnabled; on != nil {
		logs["DestinationBucketName"], logs["LogFilePrefix"] = on.TargetBucket, on.TargetPrefix
	}
	var rules []any
	for _, rule := range lifecycle.Rules {
		about := object{}
		if rule.Filter != nil {
			about["Prefix"] = rule.Filter.Prefix
		}
		if rule.Expiration != nil {
			about["ExpirationInDays"], about["ExpiredObjectDeleteMarker"] = rule.Expiration.Days, rule.Expiration.ExpiredObjectDeleteMarker
		}
		var transitions []any
		for _, each := range rule.Transitions {
			transitions = append(transitions, object{"StorageClass": each.StorageClass, "TransitionInDays": each.Days})
		}
		about["Transitions"] = transitions
		one, err := said(rule, about)
		if err != nil {
			return nil, err
		}
		rules = append(rules, one)
	}
	var ciphers []any
	for _, rule := range encryption.ServerSideEncryptionConfiguration.Rules {
		ciphers = append(ciphers, object{"ServerSideEncryptionByDefault": rule.ApplyServerSideEncryptionByDefault})
	}
	return said(public, ownership, object{
		"BucketName": r.ID, "VersioningConfiguration": object{"Status": versioning.Status},
		"BucketEncryption":       object{"ServerSideEncryptionConfiguration": ciphers},
		"LifecycleConfiguration": object{"Rules": rules}, "LoggingConfiguration": logs, "Tags": tags.TagSet,
	})
}

func readBucketPolicy(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(object{"Bucket": r.ID, "PolicyDocument": found.Policy})
}

func readDatabase(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	instance := found.DBInstances[0]
	about := object{
		"EnableCloudwatchLogsExports": instance.EnabledCloudwatchLogsExports, "EnableIAMDatabaseAuthentication": instance.IAMDatabaseAuthenticationEnabled,
		"EnablePerformanceInsights": instance.PerformanceInsightsEnabled, "ManageMasterUserPassword": instance.MasterUserSecret != nil,
		"Tags": instance.TagList,
	}
	if instance.Endpoint != nil {
		about["Port"] = instance.Endpoint.Port
	}
	if instance.DBSubnetGroup != nil {
		about["DBSubnetGroupName"] = instance.DBSubnetGroup.DBSubnetGroupName
	}
	for _, group := range instance.DBParameterGroups {
		about["DBParameterGroupName"] = group.DBParameterGroupName
	}
	var groups []any
	for _, group := range instance.VpcSecurityGroups {
		groups = append(groups, *group.VpcSecurityGroupId)
	}
	about["VPCSecurityGroups"] = groups
	return said(instance, about)
}

func readParameterGroup(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.rds.DescribeDBParameterGroups(ctx, &rds.DescribeDBParameterGroupsInput{DBParameterGroupName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	group := found.DBParameterGroups[0]
	values := object{}
	pages := rds.NewDescribeDBParametersPaginator(c.rds, &rds.DescribeDBParametersInput{DBParameterGroupName: aws.String(r.ID)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.Parameters {
			values[*each.ParameterName] = aws.ToString(each.ParameterValue)
		}
	}
	tags, err := c.rdsTags(ctx, group.DBParameterGroupArn)
	if err != nil {
		return nil, err
	}
	return said(group, object{"Family": group.DBParameterGroupFamily, "Parameters": values, "Tags": tags})
}

func readSubnetGroup(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.rds.DescribeDBSubnetGroups(ctx, &rds.DescribeDBSubnetGroupsInput{DBSubnetGroupName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	group := found.DBSubnetGroups[0]
	var subnets []any
	for _, each := range group.Subnets {
		subnets = append(subnets, *each.SubnetIdentifier)
	}
	tags, err := c.rdsTags(ctx, group.DBSubnetGroupArn)
	if err != nil {
		return nil, err
	}
	return said(group, object{"SubnetIds": subnets, "Tags": tags})
}

func (c *cloud) rdsTags(ctx context.Context, arn *string) (any, error) {
	found, err := c.rds.ListTagsForResource(ctx, &rds.ListTagsForResourceInput{ResourceName: arn})
	if err != nil {
		return nil, err
	}
	return found.TagList, nil
}

func readLogGroup(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	for _, group := range found.LogGroups {
		if *group.LogGroupName != r.ID {
			continue
		}
		tags, err := c.logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{
			ResourceArn: aws.String(arn("logs", "log-group:"+r.ID)),
		})
		if err != nil {
			return nil, err
		}
		return said(group, object{"Tags": tags.Tags})
	}
	return nil, errNotThere
}

func readKey(ctx context.Context, c *cloud, r resource) (object, error) {
	id := aws.String(r.ID)
	found, err := c.keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: id})
	if err != nil {
		return nil, err
	}
	policy, err := c.keys.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: id, PolicyName: aws.String("default")})
	if err != nil {
		return nil, err
	}
	rotation, err := c.keys.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: id})
	if err != nil {
		return nil, err
	}
	tags, err := c.keys.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: id})
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, tag := range tags.Tags {
		list = append(list, object{"Key": tag.TagKey, "Value": tag.TagValue})
	}
	return said(found.KeyMetadata, object{"KeyPolicy": policy.Policy, "EnableKeyRotation": rotation.KeyRotationEnabled, "Tags": list})
}

func readKeyAlias(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.keys.ListAliases(ctx, &kms.ListAliasesInput{})
	if err != nil {
		return nil, err
	}
	for _, alias := range found.Aliases {
		if *alias.AliasName == r.ID {
			return said(alias, object{"TargetKeyId": arn("kms", "key/"+aws.ToString(alias.TargetKeyId))})
		}
	}
	return nil, errNotThere
}
