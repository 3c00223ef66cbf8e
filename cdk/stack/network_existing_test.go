package stack_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/fluxa/fluxa/cdk/stack"
	"github.com/fluxa/fluxa/cdk/stage"
)

const existingVPC = "vpc-0a1b2c3d4e5f67890"

// existingSubnets returns the first subnets of the VPC.
func existingSubnets(n int) []string {
	return []string{"subnet-0a1b2c3d4e5f67890", "subnet-0a1b2c3d4e5f67891", "subnet-0a1b2c3d4e5f67892"}[:n]
}

// addJoining adds the deployed stages in an existing VPC: dev makes the endpoints, in the
// first two of three zones, and prod calls those that are there.
func addJoining(app awscdk.App, zips string) ([]stage.Stage, error) {
	stages, err := stage.All()
	if err != nil {
		return nil, err
	}
	for i, s := range stages {
		s.Network = stage.Network{Endpoints: stage.ExistingEndpoints, VPC: stage.VPC{ID: existingVPC, CIDR: "10.8.0.0/24", SubnetIDs: existingSubnets(2)}}
		if s.Name == "dev" {
			s.Network.Endpoints, s.Network.EndpointZones = stage.CreateEndpoints, 2
			s.Network.VPC.SubnetIDs, s.Network.VPC.RouteTableIDs = existingSubnets(3), []string{"rtb-0a1b2c3d", "rtb-0a1b2c3e", "rtb-0a1b2c3d"}
			s.OTLP = stage.OTLP{Endpoint: "http://collector.example.internal:4318", Network: "10.40.0.0/16"}
		}
		if stages[i], err = checked(s.Name, s); err != nil {
			return nil, err
		}
	}
	return stages, stack.AddStages(app, stages, zips)
}

// joined are the stages in an existing VPC.
func joined(t *testing.T) []*platform {
	return []*platform{one(t, joining, "dev"), one(t, joining, "prod")}
}

func TestExistingNetwork_keeps_its_routes_subnets_and_flow_logs_and_none_is_made(t *testing.T) {
	t.Parallel()
	for _, p := range joined(t) {
		for _, kind := range []string{
			"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::RouteTable", "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::Route", "AWS::EC2::NetworkAcl",
			"AWS::EC2::FlowLog", "AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP",
		} {
			if made := p.all(kind); len(made) > 0 {
				t.Errorf("%s makes %v", p.settings.Name, made)
			}
		}
	}
}

// The account is not asked for anything: a review of the templates needs no credentials.
func TestExistingNetwork_is_synthesized_without_a_look_into_the_account(t *testing.T) {
	t.Parallel()
	for _, p := range joined(t) {
		if len(p.missing) > 0 {
			t.Errorf("%s misses %v", p.settings.Name, p.missing)
		}
	}
}

func TestExistingNetwork_has_all_that_is_in_a_network(t *testing.T) {
	t.Parallel()
	for _, p := range joined(t) {
		subnets := p.settings.Network.VPC.SubnetIDs
		for _, group := range p.all("AWS::EC2::SecurityGroup") {
			same(t, group, group.plain("VpcId"), existingVPC)
		}
		for _, group := range p.all("AWS::RDS::DBSubnetGroup") {
			same(t, group, group.plain("SubnetIds"), subnets)
		}
		for _, proxy := range p.all("AWS::RDS::DBProxy") {
			same(t, proxy, proxy.plain("VpcSubnetIds"), subnets)
		}
		for name := range map[string]bool{"Processor": true, "Query": true, "Migrate": true, "Maintain": true} {
			function := p.stacks[pipeline].at(t, name+"/Function")
			same(t, function, function.plain("VpcConfig", "SubnetIds"), subnets)
		}
		for _, name := range []string{"Clients", "Operators"} {
			group := p.stacks[network].at(t, "Private/"+name)
			rules := group.plain("SecurityGroupEgress").([]any)
			same(t, group, rules[len(rules)-1], object{"CidrIp": "10.8.0.0/24", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "Description": "PostgreSQL"})
		}
	}
}

func TestExistingNetwork_gets_the_endpoints_that_it_lacks(t *testing.T) {
	t.Parallel()
	p := joined(t)[0]
	interfaces := 0
	for _, endpoint := range p.stacks[network].all("AWS::EC2::VPCEndpoint") {
		same(t, endpoint, endpoint.plain("VpcId"), existingVPC)
		same(t, endpoint, endpoint.plain("Tags"), []any{
			object{"Key": "application", "Value": "fluxa"}, object{"Key": "Name", "Value": "fluxa-dev"}, object{"Key": "stage", "Value": "dev"},
		})
		if endpoint.plain("VpcEndpointType") == "Interface" {
			interfaces++
			same(t, endpoint, endpoint.plain("SubnetIds"), existingSubnets(2))
		} else {
			same(t, endpoint, endpoint.plain("RouteTableIds"), []string{"rtb-0a1b2c3d", "rtb-0a1b2c3e"}) // once each
		}
	}
	if interfaces != 3 {
		t.Errorf("there are %d interface endpoints", interfaces)
	}
}

func TestExistingNetwork_that_has_the_endpoints_gets_none(t *testing.T) {
	t.Parallel()
	p := joined(t)[1]
	for _, kind := range []string{"AWS::EC2::VPCEndpoint", "AWS::EC2::SecurityGroupIngress"} {
		if made := p.stacks[network].all(kind); len(made) > 0 {
			t.Errorf("it makes %v", made)
		}
	}
	for _, group := range p.stacks[network].all("AWS::EC2::SecurityGroup") {
		if strings.Contains(group.Path, "Endpoints") {
			t.Errorf("it makes %s", group)
		}
	}
}
