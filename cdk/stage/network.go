package stage

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
)

// Endpoints says where the endpoints of the AWS services come from that functions in the
// network call.
type Endpoints string

// The endpoints: the stage makes them, or its VPC has them.
const (
	CreateEndpoints   Endpoints = "create"
	ExistingEndpoints Endpoints = "existing"
)

// VPC is an existing network that the stage is deployed into; all empty for none, which
// gives the stage one of its own. CIDR is the IPv4 network of it in which the subnets
// are. SubnetIDs has one subnet in each zone, for the functions and the database;
// RouteTableIDs the route table of each, in the same order, which are needed where the
// stage makes the endpoints: that of S3 is a route.
type VPC struct {
	ID            string   `yaml:"id"`
	CIDR          string   `yaml:"cidr"`
	SubnetIDs     []string `yaml:"subnet_ids"`
	RouteTableIDs []string `yaml:"route_table_ids"`
}

// Exists reports whether the stage is deployed into a VPC that is there already.
func (v VPC) Exists() bool { return v.ID != "" }

// Addresses returns the IPv4 network in which the stage's subnets are.
func (n Network) Addresses() string { return cmp.Or(n.VPC.CIDR, n.CIDR) }

var (
	vpcPattern        = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)
	subnetPattern     = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	routeTablePattern = regexp.MustCompile(`^rtb-[0-9a-f]{8,17}$`)
)

func (n Network) check(l *faultList, region string) {
	oneOf(l, n.Endpoints, "network.endpoints", CreateEndpoints, ExistingEndpoints)
	if n.VPC.Exists() {
		n.checkNoOther(l)
		n.VPC.check(l)
	} else {
		n.checkOwn(l, region)
	}
	n.checkEndpoints(l)
}

func (n Network) checkOwn(l *faultList, region string) {
	prefix, err := netip.ParsePrefix(n.CIDR)
	l.require(err == nil && prefix == prefix.Masked() && prefix.Addr().Is4() && prefix.Bits() >= 16 && prefix.Bits() <= 22,
		"network.cidr", "must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got %q", n.CIDR)
	l.between(n.AvailabilityZones, 2, 3, "network.availability_zones")
	l.require(n.AvailabilityZones == 2 || region != "", "network.availability_zones",
		"must be 2 where region is empty: not every region has %d", n.AvailabilityZones)
	n.checkZones(l, region)
	const without = "must be empty without network.vpc.id, got %q"
	l.require(n.VPC.CIDR == "", "network.vpc.cidr", without, n.VPC.CIDR)
	l.require(len(n.VPC.SubnetIDs) == 0, "network.vpc.subnet_ids", without, n.VPC.SubnetIDs)
	l.require(len(n.VPC.RouteTableIDs) == 0, "network.vpc.route_table_ids", without, n.VPC.RouteTableIDs)
	l.require(n.Endpoints != ExistingEndpoints, "network.endpoints", "must be %s without network.vpc.id: a VPC of the stage's own has none", CreateEndpoints)
}

// checkNoOther wants nothing said of a VPC of the stage's own.
func (n Network) checkNoOther(l *faultList) {
	const other = "must be %s with network.vpc.id, got %v"
	l.require(n.CIDR == "", "network.cidr", other, "empty", n.CIDR)
	l.require(n.AvailabilityZones == 0, "network.availability_zones", other, "0", n.AvailabilityZones)
	l.require(len(n.Zones) == 0, "network.zones", other, "[]", n.Zones)
	l.require(!n.FlowLogs, "network.flow_logs", other+": they are those of whoever has the VPC", "false", n.FlowLogs)
}

func (v VPC) check(l *faultList) {
	l.require(vpcPattern.MatchString(v.ID), "network.vpc.id", "must be empty or the id of a VPC such as vpc-0a1b2c3d4e5f67890, got %q", v.ID)
	prefix, err := netip.ParsePrefix(v.CIDR)
	l.require(err == nil && prefix == prefix.Masked() && prefix.Addr().Is4() && prefix.Bits() >= 16 && prefix.Bits() <= 28,
		"network.vpc.cidr", "must be the IPv4 network of the VPC in which the subnets are, of /16 to /28 such as 10.8.0.0/16, got %q", v.CIDR)
	l.require(len(v.SubnetIDs) >= 2 && len(v.SubnetIDs) <= 3 && distinct(v.SubnetIDs) && allMatch(subnetPattern, v.SubnetIDs), "network.vpc.subnet_ids",
		"must be 2 to 3 different subnets, each in another zone, such as subnet-0a1b2c3d4e5f67890, got %q", v.SubnetIDs)
}

// checkEndpoints wants zones and route tables for endpoints that the stage makes.
func (n Network) checkEndpoints(l *faultList) {
	if n.Endpoints == ExistingEndpoints {
		const exist = "must be %s where network.endpoints is %s, got %v"
		l.require(n.EndpointZones == 0, "network.endpoint_zones", exist, "0", ExistingEndpoints, n.EndpointZones)
		l.require(len(n.VPC.RouteTableIDs) == 0, "network.vpc.route_table_ids", exist, "[]", ExistingEndpoints, n.VPC.RouteTableIDs)
		return
	}
	zones := max(n.AvailabilityZones, len(n.VPC.SubnetIDs))
	l.between(n.EndpointZones, 1, zones, "network.endpoint_zones")
	if n.VPC.Exists() {
		l.require(len(n.VPC.RouteTableIDs) == zones && allMatch(routeTablePattern, n.VPC.RouteTableIDs), "network.vpc.route_table_ids",
			"must be the route table of each of network.vpc.subnet_ids (%d), in their order, such as rtb-0a1b2c3d4e5f67890, got %q", zones, n.VPC.RouteTableIDs)
	}
}

// checkZones takes availability zones only, whose names are the region's with a
// letter: RDS and the endpoints are not in Local Zones, such as us-east-1-bos-1a.
func (n Network) checkZones(l *faultList, region string) {
	if len(n.Zones) == 0 {
		return
	}
	zone := regexp.MustCompile("^" + regexp.QuoteMeta(region) + "[a-z]$")
	l.require(region != "" && len(n.Zones) == n.AvailabilityZones && distinct(n.Zones) && allMatch(zone, n.Zones),
		"network.zones", "must be empty, or network.availability_zones (%d) different zones of region, such as us-east-1a where it is us-east-1, got %q", n.AvailabilityZones, n.Zones)
}

func distinct(ids []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(ids)))) == len(ids)
}

func allMatch(pattern *regexp.Regexp, ids []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return !pattern.MatchString(id) })
}
