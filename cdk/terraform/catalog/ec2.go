package catalog

import (
	"regexp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// ec2 is the network.
func ec2() []Type {
	return []Type{
		{
			CloudFormation: "AWS::EC2::VPC", Terraform: "aws_vpc",
			Nouns:      []string{"VPC"},
			Attributes: map[string]Attribute{"Ref": {Name: "id"}, "CidrBlock": {Name: "cidr_block"}},
			Properties: []Property{
				{From: prop("CidrBlock"), To: Attr("cidr_block")},
				{From: prop("EnableDnsHostnames"), To: Attr("enable_dns_hostnames")},
				{From: prop("EnableDnsSupport"), To: Attr("enable_dns_support")},
				{From: prop("InstanceTenancy"), To: Attr("instance_tenancy")},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::EC2::Subnet", Terraform: "aws_subnet",
			Nouns:      []string{"Subnet"},
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("VpcId"), To: Attr("vpc_id")},
				{From: prop("AvailabilityZone"), To: Attr("availability_zone"), Read: asZone()},
				{From: prop("CidrBlock"), To: Attr("cidr_block")},
				{From: prop("MapPublicIpOnLaunch"), To: Attr("map_public_ip_on_launch")},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::EC2::RouteTable", Terraform: "aws_route_table",
			Nouns:      []string{"RouteTable"},
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{{From: prop("VpcId"), To: Attr("vpc_id")}, tagged()},
		},
		{
			CloudFormation: "AWS::EC2::SubnetRouteTableAssociation", Terraform: "aws_route_table_association",
			Nouns: []string{"RouteTableAssociation"},
			Properties: []Property{
				{From: prop("RouteTableId"), To: Attr("route_table_id")},
				{From: prop("SubnetId"), To: Attr("subnet_id")},
			},
		},
		{
			CloudFormation: "AWS::EC2::Route", Terraform: "aws_route",
			Properties: []Property{
				{From: prop("RouteTableId"), To: Attr("route_table_id")},
				{From: prop("DestinationCidrBlock"), To: Attr("destination_cidr_block")},
				{From: prop("VpcPeeringConnectionId"), To: Attr("vpc_peering_connection_id")},
				{From: prop("TransitGatewayId"), To: Attr("transit_gateway_id")},
			},
		},
		{
			CloudFormation: "AWS::EC2::VPCEndpoint", Terraform: "aws_vpc_endpoint",
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("VpcId"), To: Attr("vpc_id")},
				{From: prop("ServiceName"), To: Attr("service_name")},
				{From: prop("VpcEndpointType"), To: Attr("vpc_endpoint_type")},
				{From: prop("PrivateDnsEnabled"), To: Attr("private_dns_enabled")},
				{From: prop("RouteTableIds"), To: Attr("route_table_ids")},
				{From: prop("SecurityGroupIds"), To: Attr("security_group_ids")},
				{From: prop("SubnetIds"), To: Attr("subnet_ids")},
				{From: prop("PolicyDocument"), To: Attr("policy"), Read: asPolicy(), Write: asJSON()},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::EC2::FlowLog", Terraform: "aws_flow_log",
			Nouns: []string{"FlowLog"},
			Properties: []Property{
				{From: prop("ResourceId"), To: Attr("vpc_id")},
				{From: prop("ResourceType"), Omitted: "vpc_id says it", While: "VPC"},
				{From: prop("TrafficType"), To: Attr("traffic_type")},
				{From: prop("LogDestinationType"), To: Attr("log_destination_type")},
				{From: prop("LogGroupName"), To: Attr("log_destination"), Write: attributeOf("Ref", "arn")},
				{From: prop("DeliverLogsPermissionArn"), To: Attr("iam_role_arn")},
				tagged(),
			},
		},
		securityGroup(),
		securityGroupRule("AWS::EC2::SecurityGroupIngress", "aws_vpc_security_group_ingress_rule", "SourceSecurityGroupId"),
		securityGroupRule("AWS::EC2::SecurityGroupEgress", "aws_vpc_security_group_egress_rule", "DestinationSecurityGroupId"),
	}
}

func securityGroup() Type {
	rule := AtEach("aws_vpc_security_group_egress_rule")
	return Type{
		CloudFormation: "AWS::EC2::SecurityGroup", Terraform: "aws_security_group",
		Shorten:    shortGroup,
		Attributes: map[string]Attribute{"Ref": {Name: "id"}, "GroupId": {Name: "id"}},
		Properties: []Property{
			{From: prop("VpcId"), To: Attr("vpc_id")},
			{From: prop("GroupDescription"), To: Attr("description")},
			{
				From: prop("SecurityGroupEgress").each(), Omitted: "it lets nothing out; Terraform takes AWS's rule that lets everything out away itself",
				While: template.Object{
					"CidrIp": "255.255.255.255/32", "Description": "Disallow all traffic", "IpProtocol": "icmp",
					"FromPort": hcl.Number(252), "ToPort": hcl.Number(86),
				}, OrElse: true,
			},
			{From: prop("SecurityGroupEgress").each("Description"), To: rule.Attr("description")},
			{From: prop("SecurityGroupEgress").each("IpProtocol"), To: rule.Attr("ip_protocol")},
			{From: prop("SecurityGroupEgress").each("FromPort"), To: rule.Attr("from_port")},
			{From: prop("SecurityGroupEgress").each("ToPort"), To: rule.Attr("to_port")},
			{From: prop("SecurityGroupEgress").each("CidrIp"), To: rule.Attr("cidr_ipv4")},
			tagged(),
		},
		Splits: []Split{{
			Terraform: rule.Split, Parent: map[string]string{"security_group_id": "id"}, Key: prop("SecurityGroupEgress").each("ToPort"),
		}},
		Always: []Fixed{{"name", OwnName{Stage: true, Most: 255}, "CloudFormation names it by a hash"}},
	}
}

func securityGroupRule(cloudFormation, terraform, other string) Type {
	return Type{
		CloudFormation: cloudFormation, Terraform: terraform, Shorten: shortGroup,
		Properties: []Property{
			{From: prop("GroupId"), To: Attr("security_group_id")},
			{From: prop(other), To: Attr("referenced_security_group_id")},
			{From: prop("Description"), To: Attr("description")},
			{From: prop("IpProtocol"), To: Attr("ip_protocol")},
			{From: prop("CidrIp"), To: Attr("cidr_ipv4")},
			{From: prop("FromPort"), To: Attr("from_port")},
			{From: prop("ToPort"), To: Attr("to_port")},
		},
	}
}

// shortGroup names a security group, and a rule by its two groups as they are called
// themselves: the CDK's construct path of a rule has those of both.
func shortGroup(name string) string {
	for _, s := range []struct{ long, short string }{
		{`_(from|to)_(network_private|network|data|pipeline)_`, "_${1}_"},
		{`(_instance)?_access(_|$)`, "${2}"},
		{`_indirect_port$`, ""},
	} {
		name = regexp.MustCompile(s.long).ReplaceAllString(name, s.short)
	}
	return name
}

// tagged is the entry for tags that CloudFormation writes as a list.
func tagged() Property {
	return Property{From: prop("Tags"), To: Attr("tags"), Read: asTags(), Write: ownTags()}
}

// retained is the entry for what is kept when its stack is deleted.
func retained(because string) Property { return Property{From: prop(Retain), Omitted: because} }
