package emulated_test

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// These read what prod has and dev does not.

func readProxy(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.rds.DescribeDBProxies(ctx, &rds.DescribeDBProxiesInput{DBProxyName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	tags, err := c.rds.ListTagsForResource(ctx, &rds.ListTagsForResourceInput{ResourceName: found.DBProxies[0].DBProxyArn})
	if err != nil {
		return nil, err
	}
	return said(found.DBProxies[0], object{"Tags": tags.TagList})
}

func readProxyTargets(ctx context.Context, c *cloud, r resource) (object, error) {
	proxy := property(r, "DBProxyName")
	groups, err := c.rds.DescribeDBProxyTargetGroups(ctx, &rds.DescribeDBProxyTargetGroupsInput{DBProxyName: proxy})
	if err != nil {
		return nil, err
	}
	targets, err := c.rds.DescribeDBProxyTargets(ctx, &rds.DescribeDBProxyTargetsInput{DBProxyName: proxy})
	if err != nil {
		return nil, err
	}
	var instances []any
	for _, target := range targets.Targets {
		instances = append(instances, *target.RdsResourceId)
	}
	return said(groups.TargetGroups[0], object{
		"DBInstanceIdentifiers": instances, "ConnectionPoolConfigurationInfo": groups.TargetGroups[0].ConnectionPoolConfig,
	})
}

func readWebACL(ctx context.Context, c *cloud, r resource) (object, error) {
	name, rest, _ := strings.Cut(r.ID, "|")
	id, scope, _ := strings.Cut(rest, "|")
	found, err := c.firewall.GetWebACL(ctx, &wafv2.GetWebACLInput{Name: &name, Id: &id, Scope: types.Scope(scope)})
	if err != nil {
		return nil, err
	}
	tags, err := c.firewall.ListTagsForResource(ctx, &wafv2.ListTagsForResourceInput{ResourceARN: found.WebACL.ARN})
	if err != nil {
		return nil, err
	}
	return said(found.WebACL, object{"Arn": found.WebACL.ARN, "Scope": scope, "Tags": tags.TagInfoForResource.TagList})
}

func readWebACLAssociation(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.firewall.GetWebACLForResource(ctx, &wafv2.GetWebACLForResourceInput{ResourceArn: property(r, "ResourceArn")})
	if err != nil {
		return nil, err
	}
	if found.WebACL == nil {
		return nil, errNotThere
	}
	return said(where(r, "ResourceArn"), object{"WebACLArn": found.WebACL.ARN})
}

func readWebACLLogging(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.firewall.GetLoggingConfiguration(ctx, &wafv2.GetLoggingConfigurationInput{ResourceArn: property(r, "ResourceArn")})
	if err != nil {
		return nil, err
	}
	return said(found.LoggingConfiguration)
}

func readApplication(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.releases.GetApplication(ctx, &codedeploy.GetApplicationInput{ApplicationName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return c.releaseTags(ctx, found.Application, "application:"+r.ID)
}

func readDeploymentGroup(ctx context.Context, c *cloud, r resource) (object, error) {
	application := property(r, "ApplicationName")
	found, err := c.releases.GetDeploymentGroup(ctx, &codedeploy.GetDeploymentGroupInput{
		ApplicationName: application, DeploymentGroupName: aws.String(r.ID),
	})
	if err != nil {
		return nil, err
	}
	return c.releaseTags(ctx, found.DeploymentGroupInfo, "deploymentgroup:"+*application+"/"+r.ID)
}

func (c *cloud) releaseTags(ctx context.Context, about any, name string) (object, error) {
	tags, err := c.releases.ListTagsForResource(ctx, &codedeploy.ListTagsForResourceInput{ResourceArn: aws.String(arn("codedeploy", name))})
	if err != nil {
		return nil, err
	}
	return said(about, object{"Tags": tags.Tags})
}

// readEgress finds the rule of a group that lets it out to another group.
func readEgress(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*property(r, "GroupId")}})
	if err != nil {
		return nil, err
	}
	for _, rule := range found.SecurityGroups[0].IpPermissionsEgress {
		for _, peer := range rule.UserIdGroupPairs {
			if *peer.GroupId == *property(r, "DestinationSecurityGroupId") {
				return said(rule, where(r, "GroupId"), object{"DestinationSecurityGroupId": peer.GroupId, "Description": peer.Description})
			}
		}
	}
	return nil, errNotThere
}

func readFlowLog(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{FlowLogIds: []string{r.ID}})
	if err != nil {
		return nil, err
	}
	if len(found.FlowLogs) == 0 {
		return nil, errNotThere
	}
	return said(found.FlowLogs[0])
}
