package catalog

import (
	"fmt"

	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// ownNetwork is the variable that says whether a stage makes its VPC, and vpcSubnets the
// one with the subnets of a VPC that it does not make.
const (
	ownNetwork = "network_own"
	vpcSubnets = "network_vpc_subnet_ids"
)

// networkVariables are those of the VPC: the first ones of one that is made, which are
// null or 0 with an existing one, and then those of an existing one.
func networkVariables() []Variable {
	cidr, zones, names := hcl.Variable("network_cidr"), hcl.Variable("network_availability_zones"), hcl.Variable("network_zones")
	own := toggle(ownNetwork, "Whether the VPC is made here; else network_vpc_id is that of the existing one.", "Network/Private/VPC/Resource")
	endpoints := toggle("network_endpoints", "Whether the endpoints of the AWS services are made here; else the existing VPC has them.",
		"Network/Private/VPC/S3/*", "Network/Private/VPC/SQS/*", "Network/Private/VPC/SNS/*", "Network/Private/VPC/SecretsManager/*", "Network/Private/Endpoints/*")
	endpoints.Tacit = true
	return []Variable{
		own,
		validated("network_cidr", String, "The addresses of the VPC; null for an existing one.",
			hcl.Op(hcl.Op(cidr, "==", nil), "||", hcl.Op(hcl.Func("can", hcl.Func("cidrnetmask", cidr)), "&&", matching("/(1[6-9]|2[0-2])$", cidr))),
			"be null or an IPv4 block of the size /16 to /22, such as 10.20.0.0/16", "10.0.0.0/23", Place{"Network/Private/VPC/Resource", "CidrBlock"}),
		validated("network_availability_zones", Number, "In how many zones a subnet is made; 0 in an existing VPC.",
			hcl.Func("contains", hcl.Row{hcl.Number(0), hcl.Number(2), hcl.Number(3)}, zones),
			"be 2 or 3, or 0 in an existing VPC: the database wants two, and more than three brings nothing", hcl.Number(1)),
		validated("network_zones", Strings, "The names of the zones, such as us-east-1a, one for each; empty: the first ones of the region.",
			hcl.Func("contains", hcl.Row{hcl.Number(0), hcl.Number(2), hcl.Number(3)}, hcl.Func("length", names)),
			"be empty, or as many as network_availability_zones", hcl.Row{"us-east-1a"}),
		toggle("network_flow_logs", "Whether the VPC logs its connections.", "Network/FlowLog/*", "Network/Private/VPC/FlowLogs/*"),
		optionalText("network_vpc_id", "The existing VPC; null for one that is made here.", "^vpc-[0-9a-f]{8,17}$", "the id of a VPC, such as vpc-0a1b2c3d4e5f67890", "subnet-0a1b2c3d"),
		optionalText("network_vpc_cidr", "The IPv4 network of the existing VPC in which the subnets are; null for a VPC that is made here.",
			"^[0-9.]+/(1[6-9]|2[0-8])$", "an IPv4 block of the size /16 to /28, such as 10.8.0.0/16", "10.8.0.0"),
		ids(vpcSubnets, "The subnets of the existing VPC, each in another zone; null for a VPC that is made here.", "subnet"),
		ids("network_vpc_route_table_ids", "The route tables of these subnets, which lead to the endpoint of S3; null where it is not made in an existing VPC.", "rtb"),
		endpoints,
		{
			Name: "network_endpoint_zones", Kind: Number, Description: "In how many of the zones the interface endpoints have an address; null where they are there already.",
			Validation: within("network_endpoint_zones", "", 1, 3, 4).Validation, Leads: []Place{{"Network/Private/VPC/*/Resource", "SubnetIds"}},
		},
	}
}

// ids is a list of ids that begin with the same word, or null.
func ids(name, description, begin string) Variable {
	v := hcl.Variable(name)
	good := hcl.Func("length", hcl.Func("regexall", "(^|,)"+begin+"-", hcl.Func("join", ",", hcl.Func("coalesce", v, hcl.Row{}))))
	condition := hcl.Op(good, "==", hcl.Func("length", hcl.Func("coalesce", v, hcl.Row{})))
	return validated(name, Strings, description, condition, fmt.Sprintf("be null or ids such as %s-0a1b2c3d4e5f67890", begin), hcl.Row{"vpc-0a1b2c3d"})
}

// Instead is a property that is a variable in the stages that do not have a flag, because
// they do not make what it names.
type Instead struct {
	Place          Place
	Flag, Variable string
}

// insteads are what is of the VPC: of the one that is made, or as variables say.
func insteads() []Instead {
	return []Instead{
		{Place{"*", "VpcId"}, ownNetwork, "network_vpc_id"},
		{Place{"Network/Private/Clients/Resource", "SecurityGroupEgress[1].CidrIp"}, ownNetwork, "network_vpc_cidr"},
		{Place{"Network/Private/Operators/Resource", "SecurityGroupEgress[0].CidrIp"}, ownNetwork, "network_vpc_cidr"},
		{Place{"Network/Private/VPC/S3/Resource", "RouteTableIds"}, ownNetwork, "network_vpc_route_table_ids"},
		{Place{"Network/Private/VPC/*/Resource", "SubnetIds"}, ownNetwork, vpcSubnets},
		{Place{"Data/Database/Subnets*", "SubnetIds"}, ownNetwork, vpcSubnets},
		{Place{"Data/Database/Proxy*", "VpcSubnetIds"}, ownNetwork, vpcSubnets},
		{Place{"Pipeline/*/Function/Resource", "VpcConfig.SubnetIds"}, ownNetwork, vpcSubnets},
	}
}
