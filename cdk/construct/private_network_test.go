package construct

import (
	"fmt"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
)

func networkProps() PrivateNetworkProps {
	return PrivateNetworkProps{
		Name: "net", CIDR: "10.0.0.0/16", Zones: 2, ZoneNames: []string{"eu-west-1a", "eu-west-1c"}, EndpointZones: 2,
		Endpoints: []Endpoint{{
			ID: "SNS", Service: awsec2.InterfaceVpcEndpointAwsService_SNS(), Actions: []string{"sns:Publish"}, Resources: []string{"arn:aws:sns:::stored"},
		}},
	}
}

func TestPrivateNetwork_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = PrivateNetworkProps
	stack := newStack(t)
	const cidr = "CIDR must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got "
	refuses(t, "PrivateNetwork", networkProps, func(props *p) { NewPrivateNetwork(stack, "Network", props) },
		wrong[p]{func(p *p) { p.Name = "" }, `Name must have 1 to 255 characters, got ""`},
		wrong[p]{func(p *p) { p.CIDR = "10.0.0.0/23" }, cidr + `"10.0.0.0/23"`},
		wrong[p]{func(p *p) { p.CIDR = "10.0.0.1/16" }, cidr + `"10.0.0.1/16"`},
		wrong[p]{func(p *p) { p.CIDR = "fd00::/16" }, cidr + `"fd00::/16"`},
		wrong[p]{func(p *p) { p.Zones, p.ZoneNames = 5, nil }, "Zones must be 2 to 4, got 5"},
		wrong[p]{func(p *p) { p.EndpointZones = 0 }, "EndpointZones must be 1 to 2, got 0"},
		wrong[p]{func(p *p) { p.EndpointZones = 3 }, "EndpointZones must be 1 to 2, got 3"},
		wrong[p]{func(p *p) { p.ZoneNames = []string{"a"} }, "ZoneNames must be none or 2 (Zones), got [a]"},
		wrong[p]{func(p *p) { p.Collector = &Collector{CIDR: "10.40.0.1/16", Peering: "pcx-1"} },
			`Collector.CIDR must be an IPv4 network such as 10.40.0.0/16, got "10.40.0.1/16"` + "\nPrivateNetwork: Collector.Port must be 1 to 65535, got 0"},
		wrong[p]{func(p *p) { p.Collector = &Collector{CIDR: "10.40.0.0/16", Port: 4318} }, `Collector must have one of Peering and TransitGateway, got "" and ""`},
		wrong[p]{func(p *p) { p.Endpoints[0].Actions = nil }, "Endpoints[0]: each of ID, Service, Actions and Resources is required"})
}

func existingProps() PrivateNetworkProps {
	props := networkProps()
	props.CIDR, props.Zones, props.ZoneNames = "", 0, nil
	props.Existing = &ExistingVPC{ID: "vpc-1", CIDR: "10.8.0.0/24", Subnets: []string{"subnet-1", "subnet-2"}, RouteTables: []string{"rtb-1", "rtb-1"}}
	return props
}

func TestPrivateNetwork_names_each_wrong_prop_of_an_existing_VPC(t *testing.T) {
	type p = PrivateNetworkProps
	stack := newStack(t)
	refuses(t, "PrivateNetwork", existingProps, func(props *p) { NewPrivateNetwork(stack, "Network", props) },
		wrong[p]{func(p *p) { p.Existing.ID = "" }, "Existing.ID is required"},
		wrong[p]{func(p *p) { p.Existing.CIDR = "10.8.0.1/24" }, `Existing.CIDR must be an IPv4 network such as 10.8.0.0/16, got "10.8.0.1/24"`},
		wrong[p]{func(p *p) {
			p.Existing.Subnets, p.Existing.RouteTables, p.EndpointZones = []string{"subnet-1"}, []string{"rtb-1"}, 1
		},
			"Existing.Subnets must be 2 to 3, got [subnet-1]"},
		wrong[p]{func(p *p) { p.Existing.RouteTables = []string{"rtb-1"} }, "Existing.RouteTables must be none or 2 (Subnets), got [rtb-1]"},
		wrong[p]{func(p *p) { p.Zones = 2 }, "Existing leaves no CIDR, Zones, ZoneNames and FlowLogs to choose"},
		wrong[p]{func(p *p) { p.EndpointZones = 3 }, "EndpointZones must be 1 to 2, got 3"},
		wrong[p]{func(p *p) { p.Existing.RouteTables = nil }, "EndpointZones must be 0 to 0, got 2"},
		wrong[p]{func(p *p) { p.Collector = &Collector{CIDR: "10.40.0.0/16", Port: 4318, Peering: "pcx-1"} },
			`Collector must have neither Peering nor TransitGateway in an existing VPC, got "pcx-1" and ""`})
}

func TestPrivateNetwork_has_no_way_out_but_its_endpoints(t *testing.T) {
	stack := newStack(t)
	props := networkProps()
	NewPrivateNetwork(stack, "Network", &props)
	made := templateOf(stack)
	made.count(t, "AWS::EC2::InternetGateway", 0)
	made.count(t, "AWS::EC2::NatGateway", 0)
	made.count(t, "AWS::EC2::Subnet", 2)
	for i := range 2 {
		made.has(t, "AWS::EC2::Subnet", map[string]any{"Tags": []any{
			map[string]any{"Key": "aws-cdk:subnet-name", "Value": "isolated"},
			map[string]any{"Key": "aws-cdk:subnet-type", "Value": "Isolated"},
			map[string]any{"Key": "Name", "Value": fmt.Sprintf("net-isolated-%d", i+1)},
		}})
	}
	made.count(t, "AWS::EC2::VPCEndpoint", 2) // S3 and SNS
	made.has(t, "AWS::EC2::VPCEndpoint", map[string]any{"VpcEndpointType": "Interface", "PolicyDocument": map[string]any{"Statement": []any{map[string]any{
		"Action": "sns:Publish", "Resource": "arn:aws:sns:::stored", "Effect": "Allow", "Principal": map[string]any{"AWS": "*"},
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": map[string]any{"Ref": "AWS::AccountId"}}},
	}}}})
}

// Not every region has a zone a, nor every account each zone of its region.
func TestPrivateNetwork_takes_the_first_zones_there_are_where_none_is_named(t *testing.T) {
	stack := newStack(t)
	props := networkProps()
	props.Zones, props.ZoneNames = 3, nil
	NewPrivateNetwork(stack, "Network", &props)
	made := templateOf(stack)
	made.count(t, "AWS::EC2::Subnet", 3)
	for i := range 3 {
		made.has(t, "AWS::EC2::Subnet", map[string]any{"AvailabilityZone": map[string]any{"Fn::Select": []any{i, map[string]any{"Fn::GetAZs": ""}}}})
	}
}

func TestPrivateNetwork_has_its_interface_endpoints_in_as_many_zones_as_are_asked_for(t *testing.T) {
	for zones, want := range map[int]int{1: 1, 2: 2} {
		stack := newStack(t)
		props := networkProps()
		props.EndpointZones = zones
		NewPrivateNetwork(stack, "Network", &props)
		interfaces := map[string]any{"Properties": map[string]any{"VpcEndpointType": "Interface"}}
		for id, endpoint := range *templateOf(stack).FindResources(text("AWS::EC2::VPCEndpoint"), interfaces) {
			if subnets := (*endpoint)["Properties"].(map[string]any)["SubnetIds"].([]any); len(subnets) != want {
				t.Errorf("%s is in %v, want %d subnets", id, subnets, want)
			}
		}
	}
}
