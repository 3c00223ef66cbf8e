package emulated_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func readVPC(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{r.ID}})
	if err != nil {
		return nil, err
	}
	hostnames, err := c.network.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{
		VpcId: aws.String(r.ID), Attribute: types.VpcAttributeNameEnableDnsHostnames,
	})
	if err != nil {
		return nil, err
	}
	support, err := c.network.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{
		VpcId: aws.String(r.ID), Attribute: types.VpcAttributeNameEnableDnsSupport,
	})
	if err != nil {
		return nil, err
	}
	return said(found.Vpcs[0], object{"EnableDnsHostnames": hostnames.EnableDnsHostnames.Value, "EnableDnsSupport": support.EnableDnsSupport.Value})
}

func readSubnet(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{r.ID}})
	if err != nil {
		return nil, err
	}
	return said(found.Subnets[0])
}

func readRouteTable(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{r.ID}})
	if err != nil {
		return nil, err
	}
	return said(found.RouteTables[0])
}

func readRouteTableAssociation(ctx context.Context, c *cloud, r resource) (object, error) {
	subnet := r.Properties["SubnetId"].(string)
	found, err := c.network.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{{Name: aws.String("association.subnet-id"), Values: []string{subnet}}},
	})
	if err != nil {
		return nil, err
	}
	for _, table := range found.RouteTables {
		for _, association := range table.Associations {
			if aws.ToString(association.SubnetId) == subnet {
				return said(association)
			}
		}
	}
	return nil, errNotThere
}

func readEndpoint(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{r.ID}})
	if err != nil {
		return nil, err
	}
	var groups []any
	for _, group := range found.VpcEndpoints[0].Groups {
		groups = append(groups, *group.GroupId)
	}
	return said(found.VpcEndpoints[0], object{"SecurityGroupIds": groups})
}

func readSecurityGroup(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{r.ID}})
	if err != nil {
		return nil, err
	}
	egress, err := c.egress(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return said(found.SecurityGroups[0], object{"GroupDescription": found.SecurityGroups[0].Description, "SecurityGroupEgress": egress})
}

// readIngress finds the rule of a group that lets another group in.
func readIngress(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.network.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*property(r, "GroupId")}})
	if err != nil {
		return nil, err
	}
	for _, rule := range found.SecurityGroups[0].IpPermissions {
		for _, peer := range rule.UserIdGroupPairs {
			if *peer.GroupId == *property(r, "SourceSecurityGroupId") {
				return said(rule, where(r, "GroupId"), object{"SourceSecurityGroupId": peer.GroupId, "Description": peer.Description})
			}
		}
	}
	return nil, errNotThere
}

func (c *cloud) egress(ctx context.Context, group string) ([]object, error) {
	found, err := c.network.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{group}}},
	})
	if err != nil {
		return nil, err
	}
	var out []object
	for _, rule := range found.SecurityGroupRules {
		if !aws.ToBool(rule.IsEgress) {
			continue
		}
		one, err := said(rule, object{"CidrIp": rule.CidrIpv4})
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
