package construct

import (
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
)

// ExistingVPC is a VPC that is there already. Its DNS hostnames and DNS resolution are on,
// without which an endpoint's private name is not resolved ("Access an AWS service using
// an interface VPC endpoint",
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html).
type ExistingVPC struct {
	ID string
	// CIDR is the IPv4 network of the VPC in which the subnets are.
	CIDR string
	// Subnets has one subnet in each zone, of 2 to 3.
	Subnets []string
	// RouteTables has that of each subnet, for the endpoint of S3; default: the VPC has
	// all endpoints, and the network makes none.
	RouteTables []string
}

// find makes the VPC known to the stack, without a look into the account: the zones of
// the subnets are in no template, so that any will do.
func (e *ExistingVPC) find(scope constructs.Construct) awsec2.IVpc {
	zones := make([]string, len(e.Subnets))
	for i := range zones {
		zones[i] = *awscdk.Fn_Select(number(i), awscdk.Fn_GetAzs(nil))
	}
	attributes := &awsec2.VpcAttributes{
		VpcId: text(e.ID), VpcCidrBlock: text(e.CIDR), AvailabilityZones: list(zones...), IsolatedSubnetIds: list(e.Subnets...),
	}
	if len(e.RouteTables) > 0 {
		attributes.IsolatedSubnetRouteTableIds = list(e.RouteTables...)
	}
	vpc := awsec2.Vpc_FromVpcAttributes(scope, text("VPC"), attributes)
	if len(e.RouteTables) == 0 {
		awscdk.Annotations_Of(vpc).AcknowledgeWarning(text("@aws-cdk/aws-ec2:noSubnetRouteTableId"), text("nothing is routed from the subnets"))
	}
	return vpc
}

func (e *ExistingVPC) check(c *check) {
	c.given(e.ID != "", "Existing.ID")
	prefix, err := netip.ParsePrefix(e.CIDR)
	c.require(err == nil && prefix == prefix.Masked() && prefix.Addr().Is4(), "Existing.CIDR", "must be an IPv4 network such as 10.8.0.0/16, got %q", e.CIDR)
	c.require(len(e.Subnets) >= 2 && len(e.Subnets) <= 3, "Existing.Subnets", "must be 2 to 3, got %v", e.Subnets)
	c.require(len(e.RouteTables) == 0 || len(e.RouteTables) == len(e.Subnets), "Existing.RouteTables", "must be none or %d (Subnets), got %v", len(e.Subnets), e.RouteTables)
}
