package preflight

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

// fakeNetwork is a VPC as EC2's API tells of it.
type fakeNetwork struct {
	subnets   []fakeSubnet
	tables    map[string][]string // the subnets of each; none of the main one
	endpoints []fakeEndpoint
	off       string // an attribute
}

type fakeSubnet struct{ id, vpc, zone, cidr string }

type fakeEndpoint struct {
	id, service, kind string
	private           bool
	tables            []string
	stage             string // that made it
}

// joinable is a VPC with all endpoints.
func joinable() fakeNetwork {
	return fakeNetwork{
		subnets: []fakeSubnet{
			{"subnet-a", "vpc-1", "us-east-1a", "10.8.0.0/26"}, {"subnet-b", "vpc-1", "us-east-1b", "10.8.0.64/26"}, {"subnet-c", "vpc-1", "us-east-1c", "10.9.0.0/26"},
		},
		tables: map[string][]string{"rtb-main": nil, "rtb-b": {"subnet-b"}},
		endpoints: []fakeEndpoint{
			{id: "vpce-1", service: "com.amazonaws.us-east-1.secretsmanager", kind: "Interface", private: true},
			{id: "vpce-2", service: "com.amazonaws.us-east-1.sns", kind: "Interface", private: true},
			{id: "vpce-3", service: "com.amazonaws.us-east-1.sqs", kind: "Interface", private: true},
			{id: "vpce-4", service: "com.amazonaws.us-east-1.s3", kind: "Gateway", tables: []string{"rtb-main", "rtb-b"}},
		},
	}
}

// answer reports whether the action was one of the network's.
func (n fakeNetwork) answer(w http.ResponseWriter, r *http.Request, action string) bool {
	var out strings.Builder
	item := func(format string, args ...any) { fmt.Fprintf(&out, "<item>"+format+"</item>", args...) }
	set := ""
	switch action {
	case "DescribeSubnets":
		set = "subnetSet"
		for _, s := range n.subnets {
			if slices.Contains(r.Form["Filter.1.Value.1"], s.id) || slices.Contains(r.Form["Filter.1.Value.2"], s.id) {
				item("<subnetId>%s</subnetId><vpcId>%s</vpcId><availabilityZone>%s</availabilityZone><cidrBlock>%s</cidrBlock>", s.id, s.vpc, s.zone, s.cidr)
			}
		}
	case "DescribeVpcAttribute":
		name := r.FormValue("Attribute")
		fmt.Fprintf(w, "<DescribeVpcAttributeResponse><%s><value>%v</value></%[1]s></DescribeVpcAttributeResponse>", name, name != n.off)
		return true
	case "DescribeRouteTables":
		set = "routeTableSet"
		for id, subnets := range n.tables {
			associations := ""
			for _, subnet := range subnets {
				associations += "<item><subnetId>" + subnet + "</subnetId></item>"
			}
			if len(subnets) == 0 {
				associations = "<item><main>true</main></item>"
			}
			item("<routeTableId>%s</routeTableId><associationSet>%s</associationSet>", id, associations)
		}
	case "DescribeVpcEndpoints":
		set = "vpcEndpointSet"
		for _, e := range n.endpoints {
			tables, tags := "", ""
			for _, table := range e.tables {
				tables += "<item>" + table + "</item>"
			}
			if e.stage != "" {
				tags = "<item><key>application</key><value>fluxa</value></item><item><key>stage</key><value>" + e.stage + "</value></item>"
			}
			item("<vpcEndpointId>%s</vpcEndpointId><serviceName>%s</serviceName><vpcEndpointType>%s</vpcEndpointType><privateDnsEnabled>%v</privateDnsEnabled>"+
				"<routeTableIdSet>%s</routeTableIdSet><tagSet>%s</tagSet>", e.id, e.service, e.kind, e.private, tables, tags)
		}
	default:
		return false
	}
	fmt.Fprintf(w, "<%sResponse><%s>%s</%[2]s></%[1]sResponse>", action, set, out.String())
	return true
}

func TestRun_compares_an_existing_VPC_with_what_the_stage_needs(t *testing.T) {
	t.Parallel()
	const (
		subnets  = "change network.vpc in the stage's file"
		names    = "turn both on: aws ec2 modify-vpc-attribute --vpc-id vpc-1 --enable-dns-support, and --enable-dns-hostnames"
		existing = "make what is missing, or set network.endpoints to create in the stage's file"
		create   = "set network.endpoints to existing, or change network.vpc.route_table_ids in the stage's file"
	)
	makes := func(f *fakeNetwork, n *Network) {
		f.endpoints, n.MakesEndpoints, n.RouteTables = nil, true, []string{"rtb-main", "rtb-b"}
	}
	for name, c := range map[string]struct {
		change         func(*fakeNetwork, *Network)
		detail, advice string
	}{
		"endpoints that are there": {func(*fakeNetwork, *Network) {}, "vpc-1 has the 2 subnets, and the endpoints are there", ""},
		"endpoints to be made":     {makes, "vpc-1 has the 2 subnets, and the endpoints can be made", ""},
		"endpoints that this stage made": {func(f *fakeNetwork, n *Network) {
			made := f.endpoints
			makes(f, n)
			for i := range made {
				made[i].stage = "prod"
			}
			f.endpoints = made
		}, "vpc-1 has the 2 subnets, and the endpoints can be made", ""},
		"an S3 endpoint by addresses": {func(f *fakeNetwork, _ *Network) {
			f.endpoints[3] = fakeEndpoint{service: "com.amazonaws.us-east-1.s3", kind: "Interface", private: true}
		}, "vpc-1 has the 2 subnets, and the endpoints are there", ""},
		"no such subnet": {func(_ *fakeNetwork, n *Network) { n.Subnets[1] = "subnet-x" },
			"there is no subnet-x in this account and region", subnets},
		"a subnet of another VPC": {func(f *fakeNetwork, _ *Network) { f.subnets[1].vpc = "vpc-2" }, "subnet-b is in vpc-2, not in vpc-1", subnets},
		"two subnets of a zone":   {func(f *fakeNetwork, _ *Network) { f.subnets[1].zone = "us-east-1a" }, "subnet-a and subnet-b are both in us-east-1a", subnets},
		"a subnet beside the network": {func(f *fakeNetwork, _ *Network) { f.subnets[1].cidr = "10.9.0.0/26" },
			"subnet-b has the addresses 10.9.0.0/26, which are not in 10.8.0.0/24", subnets},
		"no hostnames":  {func(f *fakeNetwork, _ *Network) { f.off = "enableDnsHostnames" }, "enableDnsHostnames of vpc-1 is off", names},
		"no resolution": {func(f *fakeNetwork, _ *Network) { f.off = "enableDnsSupport" }, "enableDnsSupport of vpc-1 is off", names},
		"no endpoint": {func(f *fakeNetwork, _ *Network) { f.endpoints = nil }, "vpc-1 has no interface endpoint with a private name for secretsmanager; " +
			"vpc-1 has no interface endpoint with a private name for sns; vpc-1 has no interface endpoint with a private name for sqs; vpc-1 has no endpoint for s3", existing},
		"an endpoint without a name": {func(f *fakeNetwork, _ *Network) { f.endpoints[2].private = false },
			"vpc-1 has no interface endpoint with a private name for sqs", existing},
		"an endpoint in another route table": {func(f *fakeNetwork, _ *Network) { f.endpoints[3].tables = []string{"rtb-main"} },
			"subnet-b has the route table rtb-b, and the endpoint for s3 is in rtb-main", existing},
		"an endpoint in the way": {func(f *fakeNetwork, n *Network) {
			sqs := f.endpoints[2:3]
			makes(f, n)
			f.endpoints = sqs
		}, "vpc-1 has vpce-3 for sqs, and the stage would make another", create},
		"another stage's route in the way": {func(f *fakeNetwork, n *Network) {
			s3 := f.endpoints[3:]
			makes(f, n)
			f.endpoints = s3
			f.endpoints[0].stage = "staging"
		}, "vpce-4 leads from the same route tables to s3, and the stage would make another", create},
		"another route table than the subnet's": {func(f *fakeNetwork, n *Network) {
			makes(f, n)
			n.RouteTables = []string{"rtb-main"}
		}, "subnet-b has the route table rtb-b, and the endpoint for s3 is in rtb-main", create},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account, stage := healthy(), plan()
			account.network = joinable()
			stage.Network = Network{VPC: "vpc-1", CIDR: "10.8.0.0/24", Subnets: []string{"subnet-a", "subnet-b"}}
			c.change(&account.network, &stage.Network)
			want := contract.Check{Name: "network", Status: contract.CheckFailed, Detail: c.detail, Advice: c.advice}
			if c.advice == "" {
				want.Status = contract.CheckPassed
			}
			got := Run(t.Context(), account.serve(t), stage, func(contract.Check) {})
			if i := slices.IndexFunc(got, func(c contract.Check) bool { return c.Name == "network" }); got[i] != want {
				t.Errorf("got  %+v\nwant %+v", got[i], want)
			}
		})
	}
}

func TestRun_fails_where_AWS_does_not_tell_of_the_network(t *testing.T) {
	t.Parallel()
	for broken, want := range map[string]string{
		"DescribeSubnets": "ask EC2 for the subnets", "DescribeVpcAttribute": "ask EC2 for enableDnsSupport of vpc-1",
		"DescribeRouteTables": "ask EC2 for the route tables of vpc-1", "DescribeVpcEndpoints": "ask EC2 for the endpoints of vpc-1",
	} {
		account, stage := healthy(), plan()
		account.network, account.broken = joinable(), broken
		stage.Network = Network{VPC: "vpc-1", CIDR: "10.8.0.0/24", Subnets: []string{"subnet-a", "subnet-b"}}
		got := Run(t.Context(), account.serve(t), stage, func(contract.Check) {})
		if !slices.ContainsFunc(got, func(c contract.Check) bool {
			return c.Status == contract.CheckFailed && strings.HasPrefix(c.Detail, want)
		}) {
			t.Errorf("%s: %+v, want %q", broken, got, want)
		}
	}
}

func TestPlan_reads_an_existing_VPC_from_the_templates(t *testing.T) {
	t.Parallel()
	list := func(ids ...any) []any { return ids }
	var n Network
	n.read("AWS::EC2::SecurityGroup", networkProperties{VpcID: "vpc-1", SecurityGroupEgress: list(
		map[string]any{"CidrIp": "0.0.0.0/0", "FromPort": 443.0}, map[string]any{"CidrIp": "10.8.0.0/24", "FromPort": 5432.0})})
	n.read("AWS::EC2::VPCEndpoint", networkProperties{VpcID: "vpc-1", RouteTableIDs: list("rtb-1", "rtb-2")})
	n.read("AWS::EC2::VPCEndpoint", networkProperties{VpcID: "vpc-1", SubnetIDs: list("subnet-a")})
	n.read("AWS::RDS::DBSubnetGroup", networkProperties{SubnetIDs: list("subnet-a", "subnet-b")})
	if n.VPC != "vpc-1" || n.CIDR != "10.8.0.0/24" || !n.MakesEndpoints || !slices.Equal(n.Subnets, []string{"subnet-a", "subnet-b"}) ||
		!slices.Equal(n.RouteTables, []string{"rtb-1", "rtb-2"}) {
		t.Errorf("got %+v", n)
	}
}

func TestRun_tells_the_endpoints_of_two_installations_apart(t *testing.T) {
	t.Parallel()
	for made, want := range map[string]contract.Check{
		"acme-prod": {Name: "network", Status: contract.CheckPassed, Detail: "vpc-1 has the 2 subnets, and the endpoints can be made"},
		"prod": {Name: "network", Status: contract.CheckFailed, Detail: "vpc-1 has vpce-3 for sqs, and the stage would make another",
			Advice: "set network.endpoints to existing, or change network.vpc.route_table_ids in the stage's file"},
	} {
		account, stage := healthy(), plan()
		account.network = joinable()
		account.network.endpoints = account.network.endpoints[2:3]
		account.network.endpoints[0].stage = made
		stage.Stacks = []Stack{{Name: "acme-fluxa-data-prod"}, {Name: "acme-fluxa-pipeline-prod"}}
		stage.Network = Network{VPC: "vpc-1", CIDR: "10.8.0.0/24", Subnets: []string{"subnet-a", "subnet-b"}, MakesEndpoints: true, RouteTables: []string{"rtb-main", "rtb-b"}}
		got := Run(t.Context(), account.serve(t), stage, func(contract.Check) {})
		if i := slices.IndexFunc(got, func(c contract.Check) bool { return c.Name == "network" }); got[i] != want {
			t.Errorf("made by %s: got %+v\nwant %+v", made, got[i], want)
		}
	}
}
