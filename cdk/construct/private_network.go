package construct

import (
	"fmt"
	"net/netip"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Endpoint is an AWS service that functions in the network may call, and with it
// the actions and resources that pass.
type Endpoint struct {
	ID        string // of the construct
	Service   awsec2.InterfaceVpcEndpointAwsService
	Actions   []string
	Resources []string // ARNs, made of names: what they name may not exist yet
}

// PrivateNetworkProps describes the network.
type PrivateNetworkProps struct {
	// Name of the VPC has 1 to 255 characters.
	Name string
	// CIDR is an IPv4 network of /16 to /22 such as 10.20.0.0/16, in which each zone
	// has a subnet of /24.
	CIDR string
	// Zones is 2 to 4: RDS wants two, and a /22 has room for four.
	Zones int
	// ZoneNames are the zones; default: the first ones that the account has where it
	// is deployed, by Fn::GetAZs, which leaves Local Zones out.
	ZoneNames []string

	// Existing is the VPC to use; default: one is made of the props above. With it CIDR,
	// Zones, ZoneNames and FlowLogs are left out.
	Existing *ExistingVPC

	// EndpointZones is in how many of the zones the endpoints have an address: 1 to
	// Zones, and 0 where Existing has all endpoints. Functions in the others call across zones, and cannot call when those fail.
	EndpointZones int
	// Endpoints are the services that can be called; default none. Objects is what
	// passes the endpoint of S3; default anything.
	Endpoints []Endpoint
	Objects   []awsiam.PolicyStatement
	// Collector is what functions may reach outside of the network; default nothing.
	Collector *Collector
	// FlowLogs gets a line for each connection; default none.
	FlowLogs awslogs.ILogGroup
}

// Collector takes OpenTelemetry spans, in an IPv4 network such as 10.40.0.0/16. A
// peering (pcx-) or a transit gateway (tgw-) joins it to the private one, and is there
// before the route to it. An existing VPC has its own routes ("AWS::EC2::Route",
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html).
type Collector struct {
	CIDR string
	Port int
	// One of the two is required, and neither in an existing VPC.
	Peering, TransitGateway string
}

// PrivateNetwork is a VPC without a way to the internet: isolated subnets, no NAT.
// What its functions call is reached through endpoints, each with a policy. Whether an
// existing VPC has such a way, and which policies its endpoints have, is up to whoever
// has it.
type PrivateNetwork struct {
	Construct constructs.Construct
	VPC       awsec2.IVpc
	// Clients is the security group of the functions: it may call the endpoints
	// and PostgreSQL inside of the network, nothing else.
	Clients awsec2.SecurityGroup
	// Operators is the security group for people, such as a CloudShell in the network:
	// it may call PostgreSQL inside of the network, nothing else.
	Operators awsec2.SecurityGroup
}

const (
	portHTTPS    = 443
	portPostgres = 5432
)

// NewPrivateNetwork makes the network.
func NewPrivateNetwork(scope constructs.Construct, id string, props *PrivateNetworkProps) *PrivateNetwork {
	props.check()
	this := constructs.NewConstruct(scope, text(id))
	vpc := props.vpc(this)
	clients := awsec2.NewSecurityGroup(this, text("Clients"), &awsec2.SecurityGroupProps{
		Vpc: vpc, Description: text("Fluxa functions"), AllowAllOutbound: jsii.Bool(false),
	})
	clients.AddEgressRule(awsec2.Peer_AnyIpv4(), awsec2.Port_Tcp(number(portHTTPS)),
		text("AWS endpoints; that of S3 has public addresses"), nil)
	clients.AddEgressRule(awsec2.Peer_Ipv4(vpc.VpcCidrBlock()), awsec2.Port_Tcp(number(portPostgres)), text("PostgreSQL"), nil)

	operators := awsec2.NewSecurityGroup(this, text("Operators"), &awsec2.SecurityGroupProps{
		Vpc: vpc, Description: text("People who operate Fluxa"), AllowAllOutbound: jsii.Bool(false),
	})
	operators.AddEgressRule(awsec2.Peer_Ipv4(vpc.VpcCidrBlock()), awsec2.Port_Tcp(number(portPostgres)), text("PostgreSQL"), nil)

	if props.Collector != nil {
		awsec2.NewCfnSecurityGroupEgress(this, text("Collector"), &awsec2.CfnSecurityGroupEgressProps{
			GroupId: clients.SecurityGroupId(), Description: text("the collector of spans"), IpProtocol: text("tcp"),
			CidrIp: text(props.Collector.CIDR), FromPort: number(props.Collector.Port), ToPort: number(props.Collector.Port),
		})
		if props.Existing == nil {
			for _, subnet := range *vpc.IsolatedSubnets() {
				props.Collector.route(subnet)
			}
		}
	}

	n := &PrivateNetwork{Construct: this, VPC: vpc, Clients: clients, Operators: operators}
	if props.makesEndpoints() {
		n.addEndpoints(props)
	}
	return n
}

// makesEndpoints reports whether the VPC does not have the endpoints already.
func (p *PrivateNetworkProps) makesEndpoints() bool {
	return p.Existing == nil || len(p.Existing.RouteTables) > 0
}

// vpc makes the VPC, or finds the one that is there.
func (p *PrivateNetworkProps) vpc(this constructs.Construct) awsec2.IVpc {
	if p.Existing != nil {
		vpc := p.Existing.find(this)
		called(vpc, p.Name) // its endpoints, as in a VPC that is made
		return vpc
	}
	vpcProps := &awsec2.VpcProps{
		VpcName:           text(p.Name),
		IpAddresses:       awsec2.IpAddresses_Cidr(text(p.CIDR)),
		AvailabilityZones: list(p.zones()...),
		NatGateways:       number(0),
		// Emptying the default group needs a function of its own in the account;
		// nothing here is a member of that group.
		RestrictDefaultSecurityGroup: jsii.Bool(false),
		SubnetConfiguration: &[]*awsec2.SubnetConfiguration{{
			Name: text("isolated"), SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED, CidrMask: number(24),
		}},
	}
	vpc := awsec2.NewVpc(this, text("VPC"), vpcProps)
	for i, subnet := range *vpc.IsolatedSubnets() {
		called(subnet, fmt.Sprintf("%s-isolated-%d", p.Name, i+1))
	}
	if p.FlowLogs != nil {
		called(vpc.AddFlowLog(text("FlowLogs"), &awsec2.FlowLogOptions{
			Destination: awsec2.FlowLogDestination_ToCloudWatchLogs(p.FlowLogs, nil), TrafficType: awsec2.FlowLogTrafficType_ALL,
		}), p.Name+"-flow-logs")
	} else {
		Accept(vpc, "AwsSolutions-VPC7", "the stage keeps no flow logs: its network has no way out, and its data is that of tests")
	}
	return vpc
}

// route leads from a subnet to the collector. What the collector answers needs a route
// of its network's own.
func (c *Collector) route(subnet awsec2.ISubnet) {
	route := func(id string, props awsec2.CfnRouteProps) {
		props.RouteTableId, props.DestinationCidrBlock = subnet.RouteTable().RouteTableId(), text(c.CIDR)
		awsec2.NewCfnRoute(subnet.(constructs.Construct), text(id), &props)
	}
	if c.Peering != "" {
		route("Peering", awsec2.CfnRouteProps{VpcPeeringConnectionId: text(c.Peering)})
	} else {
		route("TransitGateway", awsec2.CfnRouteProps{TransitGatewayId: text(c.TransitGateway)})
	}
}

// zones returns the names, or where there are none what CloudFormation makes of them.
// A region's zones do not always begin at a, and an account may not have all ("Fn::GetAZs",
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html).
func (p *PrivateNetworkProps) zones() []string {
	if len(p.ZoneNames) > 0 {
		return p.ZoneNames
	}
	names := make([]string, p.Zones)
	for i := range names {
		names[i] = *awscdk.Fn_Select(number(i), awscdk.Fn_GetAzs(nil))
	}
	return names
}

// called gives a part of the network, and what is in it, the tag by which the console
// names it: the CDK's is the construct path.
func called(part constructs.IConstruct, name string) {
	awscdk.Tags_Of(part).Add(text("Name"), text(name), nil)
}

func (p *PrivateNetworkProps) check() {
	c := &check{part: "PrivateNetwork"}
	c.name(p.Name, 1, 255, "", "Name")
	if p.Existing != nil {
		p.Existing.check(c)
		c.require(p.CIDR == "" && p.Zones == 0 && len(p.ZoneNames) == 0 && p.FlowLogs == nil, "Existing", "leaves no CIDR, Zones, ZoneNames and FlowLogs to choose")
		least, most := 0, 0
		if p.makesEndpoints() {
			least, most = 1, len(p.Existing.Subnets)
		}
		c.between(p.EndpointZones, least, most, "EndpointZones")
	} else {
		p.checkOwn(c)
	}
	if p.Collector != nil {
		prefix, err := netip.ParsePrefix(p.Collector.CIDR)
		c.require(err == nil && prefix == prefix.Masked() && prefix.Addr().Is4(), "Collector.CIDR", "must be an IPv4 network such as 10.40.0.0/16, got %q", p.Collector.CIDR)
		c.between(p.Collector.Port, 1, 65_535, "Collector.Port")
		routes := (p.Collector.Peering == "") != (p.Collector.TransitGateway == "")
		c.require(p.Existing == nil || p.Collector.Peering+p.Collector.TransitGateway == "", "Collector", "must have neither Peering nor TransitGateway in an existing VPC, got %q and %q", p.Collector.Peering, p.Collector.TransitGateway)
		c.require(p.Existing != nil || routes, "Collector", "must have one of Peering and TransitGateway, got %q and %q", p.Collector.Peering, p.Collector.TransitGateway)
	}
	for i, e := range p.Endpoints {
		c.given(e.ID != "" && e.Service != nil && len(e.Actions) > 0 && len(e.Resources) > 0, fmt.Sprintf("Endpoints[%d]: each of ID, Service, Actions and Resources", i))
	}
	c.done()
}

func (p *PrivateNetworkProps) checkOwn(c *check) {
	prefix, err := netip.ParsePrefix(p.CIDR)
	c.require(err == nil && prefix == prefix.Masked() && prefix.Addr().Is4() && prefix.Bits() >= 16 && prefix.Bits() <= 22,
		"CIDR", "must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got %q", p.CIDR)
	c.between(p.Zones, 2, 4, "Zones")
	c.between(p.EndpointZones, 1, p.Zones, "EndpointZones")
	c.require(len(p.ZoneNames) == 0 || len(p.ZoneNames) == p.Zones, "ZoneNames", "must be none or %d (Zones), got %v", p.Zones, p.ZoneNames)
}

func (n *PrivateNetwork) addEndpoints(props *PrivateNetworkProps) {
	objects := n.VPC.AddGatewayEndpoint(text("S3"), &awsec2.GatewayVpcEndpointOptions{Service: awsec2.GatewayVpcEndpointAwsService_S3()})
	for _, statement := range props.Objects {
		objects.AddToPolicy(statement)
	}
	group := awsec2.NewSecurityGroup(n.Construct, text("Endpoints"), &awsec2.SecurityGroupProps{
		Vpc: n.VPC, Description: text("AWS endpoints of Fluxa"), AllowAllOutbound: jsii.Bool(false),
	})
	group.AddIngressRule(n.Clients, awsec2.Port_Tcp(number(portHTTPS)), text("Fluxa functions"), nil)
	subnets := (*n.VPC.IsolatedSubnets())[:props.EndpointZones]
	for _, e := range props.Endpoints {
		endpoint := n.VPC.AddInterfaceEndpoint(text(e.ID), &awsec2.InterfaceVpcEndpointOptions{
			Service: e.Service, SecurityGroups: &[]awsec2.ISecurityGroup{group}, Open: jsii.Bool(false), PrivateDnsEnabled: jsii.Bool(true),
			Subnets: &awsec2.SubnetSelection{Subnets: &subnets},
		})
		endpoint.AddToPolicy(OwnAccount(e.Actions, e.Resources))
	}
}

// OwnAccount returns the statement of an endpoint's policy that lets the
// account's own principals use the actions on the resources. What each principal
// may do is said by its own policy; this one keeps somebody else's credentials
// from carrying data out.
func OwnAccount(actions, resources []string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Actions:    list(actions...),
		Resources:  list(resources...),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": awscdk.Aws_ACCOUNT_ID()}},
	})
}
