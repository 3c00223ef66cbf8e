package terraform

// ec2 is the network.
func ec2() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::EC2::VPC", terraform: "aws_vpc",
			nouns:      []string{"VPC"},
			attributes: map[string]string{"Ref": "id", "CidrBlock": "cidr_block"},
			properties: []property{
				{from: "CidrBlock", to: "cidr_block"},
				{from: "EnableDnsHostnames", to: "enable_dns_hostnames"},
				{from: "EnableDnsSupport", to: "enable_dns_support"},
				{from: "InstanceTenancy", to: "instance_tenancy"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::EC2::Subnet", terraform: "aws_subnet",
			nouns:      []string{"Subnet"},
			attributes: map[string]string{"Ref": "id"},
			properties: []property{
				{from: "VpcId", to: "vpc_id"},
				{from: "AvailabilityZone", to: "availability_zone", read: "zone"},
				{from: "CidrBlock", to: "cidr_block"},
				{from: "MapPublicIpOnLaunch", to: "map_public_ip_on_launch"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::EC2::RouteTable", terraform: "aws_route_table",
			nouns:      []string{"RouteTable"},
			attributes: map[string]string{"Ref": "id"},
			properties: []property{{from: "VpcId", to: "vpc_id"}, tagged()},
		},
		{
			cloudformation: "AWS::EC2::SubnetRouteTableAssociation", terraform: "aws_route_table_association",
			nouns: []string{"RouteTableAssociation"},
			properties: []property{
				{from: "RouteTableId", to: "route_table_id"},
				{from: "SubnetId", to: "subnet_id"},
			},
		},
		{
			cloudformation: "AWS::EC2::VPCEndpoint", terraform: "aws_vpc_endpoint",
			attributes: map[string]string{"Ref": "id"},
			properties: []property{
				{from: "VpcId", to: "vpc_id"},
				{from: "ServiceName", to: "service_name"},
				{from: "VpcEndpointType", to: "vpc_endpoint_type"},
				{from: "PrivateDnsEnabled", to: "private_dns_enabled"},
				{from: "RouteTableIds", to: "route_table_ids"},
				{from: "SecurityGroupIds", to: "security_group_ids"},
				{from: "SubnetIds", to: "subnet_ids"},
				{from: "PolicyDocument", to: "policy", read: "policy", write: "json"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::EC2::FlowLog", terraform: "aws_flow_log",
			nouns: []string{"FlowLog"},
			properties: []property{
				{from: "ResourceId", to: "vpc_id"},
				{from: "ResourceType", left: "vpc_id says it", while: "VPC"},
				{from: "TrafficType", to: "traffic_type"},
				{from: "LogDestinationType", to: "log_destination_type"},
				{from: "LogGroupName", to: "log_destination", write: "log_group_arn"},
				{from: "DeliverLogsPermissionArn", to: "iam_role_arn"},
				tagged(),
			},
		},
		securityGroup(),
		securityGroupRule("AWS::EC2::SecurityGroupIngress", "aws_vpc_security_group_ingress_rule", "SourceSecurityGroupId"),
		securityGroupRule("AWS::EC2::SecurityGroupEgress", "aws_vpc_security_group_egress_rule", "DestinationSecurityGroupId"),
	}
}

func securityGroup() mapping {
	const rule = "aws_vpc_security_group_egress_rule[]:"
	return mapping{
		cloudformation: "AWS::EC2::SecurityGroup", terraform: "aws_security_group",
		attributes: map[string]string{"Ref": "id", "GroupId": "id"},
		properties: []property{
			{from: "VpcId", to: "vpc_id"},
			{from: "GroupDescription", to: "description"},
			{
				from: "SecurityGroupEgress[]", left: "it lets nothing out; Terraform takes AWS's rule that lets everything out away itself",
				while: "map[CidrIp:255.255.255.255/32 Description:Disallow all traffic FromPort:252 IpProtocol:icmp ToPort:86]", orElse: true,
			},
			{from: "SecurityGroupEgress[].Description", to: rule + "description"},
			{from: "SecurityGroupEgress[].IpProtocol", to: rule + "ip_protocol"},
			{from: "SecurityGroupEgress[].FromPort", to: rule + "from_port"},
			{from: "SecurityGroupEgress[].ToPort", to: rule + "to_port"},
			{from: "SecurityGroupEgress[].CidrIp", to: rule + "cidr_ipv4"},
			tagged(),
		},
		splits: []split{{
			terraform: "aws_vpc_security_group_egress_rule", parent: map[string]string{"security_group_id": "id"}, key: "SecurityGroupEgress[].ToPort",
		}},
	}
}

func securityGroupRule(kind, terraform, other string) mapping {
	return mapping{
		cloudformation: kind, terraform: terraform,
		properties: []property{
			{from: "GroupId", to: "security_group_id"},
			{from: other, to: "referenced_security_group_id"},
			{from: "Description", to: "description"},
			{from: "IpProtocol", to: "ip_protocol"},
			{from: "FromPort", to: "from_port"},
			{from: "ToPort", to: "to_port"},
		},
	}
}

// tagged is the entry for tags that CloudFormation writes as a list.
func tagged() property { return property{from: "Tags", to: "tags", read: "tags", write: "tags"} }

// retained is the entry for what is kept when its stack is deleted.
func retained(because string) property { return property{from: "@Retain", left: because} }
