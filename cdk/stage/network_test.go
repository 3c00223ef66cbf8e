package stage

import (
	"slices"
	"strings"
	"testing"
)

func existingNetwork() Network {
	return Network{Endpoints: CreateEndpoints, EndpointZones: 2, VPC: VPC{
		ID: "vpc-0a1b2c3d4e5f67890", CIDR: "10.8.0.0/26", SubnetIDs: []string{"subnet-0a1b2c3d", "subnet-0a1b2c3e"}, RouteTableIDs: []string{"rtb-0a1b2c3d", "rtb-0a1b2c3d"},
	}}
}

func TestNetwork_is_one_of_the_stage_s_own_or_an_existing_VPC(t *testing.T) {
	t.Parallel()
	const (
		network = "network.vpc.cidr must be the IPv4 network of the VPC in which the subnets are, of /16 to /28 such as 10.8.0.0/16, got "
		subnets = "network.vpc.subnet_ids must be 2 to 3 different subnets, each in another zone, such as subnet-0a1b2c3d4e5f67890, got "
		tables  = "network.vpc.route_table_ids must be the route table of each of network.vpc.subnet_ids (2), in their order, such as rtb-0a1b2c3d4e5f67890, got "
	)
	for what, c := range map[string]struct {
		change func(*Network)
		want   []string
	}{
		"an existing VPC": {func(*Network) {}, nil},
		"its endpoints": {func(n *Network) {
			n.Endpoints, n.EndpointZones, n.VPC.RouteTableIDs = ExistingEndpoints, 0, nil
		}, nil},
		"three subnets": {func(n *Network) {
			n.VPC.SubnetIDs, n.VPC.RouteTableIDs = append(n.VPC.SubnetIDs, "subnet-0a1b2c3f"), append(n.VPC.RouteTableIDs, "rtb-0a1b2c3e")
			n.EndpointZones = 3
		}, nil},
		"another id": {func(n *Network) { n.VPC.ID = "subnet-0a1b2c3d" }, []string{
			`network.vpc.id must be empty or the id of a VPC such as vpc-0a1b2c3d4e5f67890, got "subnet-0a1b2c3d"`}},
		"no addresses":        {func(n *Network) { n.VPC.CIDR = "" }, []string{network + `""`}},
		"an address":          {func(n *Network) { n.VPC.CIDR = "10.8.0.1/26" }, []string{network + `"10.8.0.1/26"`}},
		"too large a network": {func(n *Network) { n.VPC.CIDR = "10.0.0.0/15" }, []string{network + `"10.0.0.0/15"`}},
		"too small a network": {func(n *Network) { n.VPC.CIDR = "10.8.0.0/29" }, []string{network + `"10.8.0.0/29"`}},
		"IPv6":                {func(n *Network) { n.VPC.CIDR = "fd00::/16" }, []string{network + `"fd00::/16"`}},
		"one subnet": {func(n *Network) {
			n.VPC.SubnetIDs, n.VPC.RouteTableIDs, n.EndpointZones = n.VPC.SubnetIDs[:1], n.VPC.RouteTableIDs[:1], 1
		},
			[]string{subnets + `["subnet-0a1b2c3d"]`}},
		"a subnet twice":   {func(n *Network) { n.VPC.SubnetIDs[1] = "subnet-0a1b2c3d" }, []string{subnets + `["subnet-0a1b2c3d" "subnet-0a1b2c3d"]`}},
		"no subnet at all": {func(n *Network) { n.VPC.SubnetIDs[1] = "rtb-0a1b2c3d" }, []string{subnets + `["subnet-0a1b2c3d" "rtb-0a1b2c3d"]`}},
		"a route table too few": {func(n *Network) { n.VPC.RouteTableIDs = n.VPC.RouteTableIDs[:1] },
			[]string{tables + `["rtb-0a1b2c3d"]`}},
		"no route table at all":                          {func(n *Network) { n.VPC.RouteTableIDs[1] = "subnet-0a1b2c3d" }, []string{tables + `["rtb-0a1b2c3d" "subnet-0a1b2c3d"]`}},
		"endpoints in no zone":                           {func(n *Network) { n.EndpointZones = 0 }, []string{"network.endpoint_zones must be 1 to 2, got 0"}},
		"endpoints in more zones than there are subnets": {func(n *Network) { n.EndpointZones = 3 }, []string{"network.endpoint_zones must be 1 to 2, got 3"}},
		"another word for the endpoints":                 {func(n *Network) { n.Endpoints = "none" }, []string{`network.endpoints must be one of ["create" "existing"], got "none"`}},
		"zones of endpoints that are there": {func(n *Network) { n.Endpoints = ExistingEndpoints }, []string{
			"network.endpoint_zones must be 0 where network.endpoints is existing, got 2",
			"network.vpc.route_table_ids must be [] where network.endpoints is existing, got [rtb-0a1b2c3d rtb-0a1b2c3d]"}},
		"a network of its own as well": {func(n *Network) {
			n.CIDR, n.AvailabilityZones, n.Zones, n.FlowLogs = "10.20.0.0/16", 2, []string{"us-east-1a"}, true
		}, []string{
			"network.cidr must be empty with network.vpc.id, got 10.20.0.0/16", "network.availability_zones must be 0 with network.vpc.id, got 2",
			"network.zones must be [] with network.vpc.id, got [us-east-1a]",
			"network.flow_logs must be false with network.vpc.id, got true: they are those of whoever has the VPC"}},
		"a part of a VPC": {func(n *Network) { n.VPC.ID, n.CIDR, n.AvailabilityZones = "", "10.20.0.0/16", 2 }, []string{
			`network.vpc.cidr must be empty without network.vpc.id, got "10.8.0.0/26"`,
			`network.vpc.subnet_ids must be empty without network.vpc.id, got ["subnet-0a1b2c3d" "subnet-0a1b2c3e"]`,
			`network.vpc.route_table_ids must be empty without network.vpc.id, got ["rtb-0a1b2c3d" "rtb-0a1b2c3d"]`}},
		"endpoints of a VPC that is not there yet": {func(n *Network) {
			*n = Network{CIDR: "10.20.0.0/16", AvailabilityZones: 2, Endpoints: ExistingEndpoints}
		}, []string{"network.endpoints must be create without network.vpc.id: a VPC of the stage's own has none"}},
	} {
		n := existingNetwork()
		c.change(&n)
		var l faultList
		n.check(&l, "us-east-1")
		if got := faults(l); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

func TestOTLP_reaches_the_collector_by_the_routes_of_an_existing_VPC(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		otlp OTLP
		want []string
	}{
		"in another network": {OTLP{Endpoint: "http://collector:4318", Network: "10.40.0.0/16"}, nil},
		"in the VPC":         {OTLP{Endpoint: "http://collector:4318", Network: "10.8.0.0/28"}, nil},
		"by routes of ours": {OTLP{Endpoint: "http://collector:4318", Network: "10.40.0.0/16", Peering: "pcx-0a1b2c3d", TransitGateway: "tgw-0a1b2c3d"}, []string{
			`otlp.peering must be empty with network.vpc.id, by whose own route tables otlp.network is reached, got "pcx-0a1b2c3d"`,
			`otlp.transit_gateway must be empty with network.vpc.id, by whose own route tables otlp.network is reached, got "tgw-0a1b2c3d"`}},
	} {
		var l faultList
		c.otlp.check(&l, existingNetwork())
		if got := faults(l); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

// faults are what is wrong, without the stage.
func faults(l faultList) []string {
	var out []string
	for _, err := range l.errs {
		out = append(out, strings.TrimPrefix(err.Error(), "stage : "))
	}
	return out
}
