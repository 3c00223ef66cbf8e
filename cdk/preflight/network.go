package preflight

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/fluxa/fluxa/pkg/contract"
)

// networkProperties are those of a template's resources that say where they are. In an
// existing VPC they are literals.
type networkProperties struct {
	VpcID               any `json:"VpcId"`
	SubnetIDs           any `json:"SubnetIds"`
	RouteTableIDs       any `json:"RouteTableIds"`
	SecurityGroupEgress any
}

// postgresPort is that of the rule that has the addresses of the subnets.
const postgresPort = 5432

func (n *Network) read(kind string, p networkProperties) {
	switch kind {
	case "AWS::RDS::DBSubnetGroup":
		n.Subnets = texts(p.SubnetIDs)
	case "AWS::EC2::VPCEndpoint":
		n.MakesEndpoints = true
		n.RouteTables = append(n.RouteTables, texts(p.RouteTableIDs)...)
	default:
		if id, is := p.VpcID.(string); is {
			n.VPC = id
		}
		rules, _ := p.SecurityGroupEgress.([]any) // nil where it has none
		for _, rule := range rules {
			rule, _ := rule.(map[string]any)
			if cidr, is := rule["CidrIp"].(string); is && rule["FromPort"] == float64(postgresPort) {
				n.CIDR = cidr
			}
		}
	}
}

// texts are the literals of a list.
func texts(list any) []string {
	items, _ := list.([]any) // nil where there is none
	var out []string
	for _, item := range items {
		if text, is := item.(string); is {
			out = append(out, text)
		}
	}
	return out
}

// checkNetwork compares an existing VPC with what the stage needs of it.
func (r *run) checkNetwork(ctx context.Context) (finding, error) {
	n := r.plan.Network
	if n.VPC == "" {
		return finding{good: true, detail: "the stage makes its VPC"}, nil
	}
	var wrong, todo []string
	for _, check := range []func(context.Context) ([]string, string, error){r.checkSubnets, r.checkNames, r.checkEndpoints} {
		faults, advice, err := check(ctx)
		if err != nil {
			return finding{}, err
		}
		if len(faults) > 0 {
			wrong, todo = append(wrong, faults...), append(todo, advice)
		}
	}
	if len(wrong) > 0 {
		return finding{detail: strings.Join(wrong, "; "), advice: strings.Join(todo, "; ")}, nil
	}
	return finding{good: true, detail: fmt.Sprintf("%s has the %d subnets, and the endpoints %s", n.VPC, len(n.Subnets),
		map[bool]string{true: "can be made", false: "are there"}[n.MakesEndpoints])}, nil
}

// checkSubnets wants each in another zone: RDS needs two, and an endpoint has one address
// in each ("Working with a DB instance in a VPC",
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html).
func (r *run) checkSubnets(ctx context.Context) (faults []string, advice string, err error) {
	n := r.plan.Network
	got, err := r.network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: aws.String("subnet-id"), Values: n.Subnets}}})
	if err != nil {
		return nil, "", fmt.Errorf("ask EC2 for the subnets: %w", err)
	}
	zones := map[string]string{}
	for _, id := range n.Subnets {
		i := slices.IndexFunc(got.Subnets, func(s types.Subnet) bool { return aws.ToString(s.SubnetId) == id })
		if i < 0 {
			faults = append(faults, "there is no "+id+" in this account and region")
			continue
		}
		subnet := got.Subnets[i]
		vpc, zone, cidr := aws.ToString(subnet.VpcId), aws.ToString(subnet.AvailabilityZone), aws.ToString(subnet.CidrBlock)
		if vpc != n.VPC {
			faults = append(faults, id+" is in "+vpc+", not in "+n.VPC)
		}
		if other, taken := zones[zone]; taken {
			faults = append(faults, fmt.Sprintf("%s and %s are both in %s", other, id, zone))
		}
		zones[zone] = id
		if !within(cidr, n.CIDR) {
			faults = append(faults, fmt.Sprintf("%s has the addresses %s, which are not in %s", id, cidr, n.CIDR))
		}
	}
	return faults, "change network.vpc in the stage's file", nil
}

func within(inner, outer string) bool {
	a, err := netip.ParsePrefix(inner)
	b, wrong := netip.ParsePrefix(outer)
	return err == nil && wrong == nil && b.Contains(a.Addr()) && b.Bits() <= a.Bits()
}

// checkNames wants the VPC to resolve the private names of endpoints ("Interface VPC
// endpoints", https://docs.aws.amazon.com/vpc/latest/userguide/vpce-interface.html).
func (r *run) checkNames(ctx context.Context) (faults []string, advice string, err error) {
	vpc := r.plan.Network.VPC
	for _, name := range []types.VpcAttributeName{types.VpcAttributeNameEnableDnsSupport, types.VpcAttributeNameEnableDnsHostnames} {
		got, err := r.network.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: aws.String(vpc), Attribute: name})
		if err != nil {
			return nil, "", fmt.Errorf("ask EC2 for %s of %s: %w", name, vpc, err)
		}
		on := got.EnableDnsSupport
		if name == types.VpcAttributeNameEnableDnsHostnames {
			on = got.EnableDnsHostnames
		}
		if on == nil || !aws.ToBool(on.Value) {
			faults = append(faults, fmt.Sprintf("%s of %s is off", name, vpc))
		}
	}
	return faults, "turn both on: aws ec2 modify-vpc-attribute --vpc-id " + vpc + " --enable-dns-support, and --enable-dns-hostnames", nil
}

// checkEndpoints wants those that the stage does not make, and none in the way of those
// that it makes: a VPC resolves a service's name to one endpoint
// (https://github.com/hashicorp/terraform-provider-aws/issues/17535), and a route table
// has one route to S3 ("Gateway endpoints",
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpce-gateway.html).
func (r *run) checkEndpoints(ctx context.Context) (faults []string, advice string, err error) {
	n := r.plan.Network
	tables, err := r.routeTables(ctx)
	if err != nil {
		return nil, "", err
	}
	there, err := r.network.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{n.VPC}}}})
	if err != nil {
		return nil, "", fmt.Errorf("ask EC2 for the endpoints of %s: %w", n.VPC, err)
	}
	others := slices.DeleteFunc(there.VpcEndpoints, r.isOwn)
	if n.MakesEndpoints {
		return append(inTheWay(n, others), unrouted(n.Subnets, tables, n.RouteTables)...),
			"set network.endpoints to existing, or change network.vpc.route_table_ids in the stage's file", nil
	}
	for _, service := range contract.EndpointServices() {
		if find(others, service, hasName) == nil {
			faults = append(faults, n.VPC+" has no interface endpoint with a private name for "+service)
		}
	}
	if s3 := find(others, "s3", isGateway); s3 != nil {
		faults = append(faults, unrouted(n.Subnets, tables, s3.RouteTableIds)...)
	} else if find(others, "s3", hasName) == nil {
		faults = append(faults, n.VPC+" has no endpoint for s3")
	}
	return faults, "make what is missing, or set network.endpoints to create in the stage's file", nil
}

// isOwn reports whether the stage made the endpoint.
func (r *run) isOwn(e types.VpcEndpoint) bool {
	has := func(name, value string) bool {
		return slices.ContainsFunc(e.Tags, func(t types.Tag) bool { return aws.ToString(t.Key) == name && aws.ToString(t.Value) == value })
	}
	return has(contract.TagApplication, "fluxa") && has(contract.TagStage, r.plan.environment())
}

func isGateway(e types.VpcEndpoint) bool { return e.VpcEndpointType == types.VpcEndpointTypeGateway }

func hasName(e types.VpcEndpoint) bool {
	return e.VpcEndpointType == types.VpcEndpointTypeInterface && aws.ToBool(e.PrivateDnsEnabled)
}

// find returns the endpoint of a service, whose name ends with it; nil for none.
func find(endpoints []types.VpcEndpoint, service string, fits func(types.VpcEndpoint) bool) *types.VpcEndpoint {
	for i, e := range endpoints {
		if strings.HasSuffix(aws.ToString(e.ServiceName), "."+service) && fits(e) {
			return &endpoints[i]
		}
	}
	return nil
}

// inTheWay names the endpoints beside which the stage's own cannot be made.
func inTheWay(n Network, others []types.VpcEndpoint) (faults []string) {
	for _, service := range contract.EndpointServices() {
		if e := find(others, service, hasName); e != nil {
			faults = append(faults, fmt.Sprintf("%s has %s for %s, and the stage would make another", n.VPC, aws.ToString(e.VpcEndpointId), service))
		}
	}
	for _, e := range others {
		routed := slices.ContainsFunc(e.RouteTableIds, func(id string) bool { return slices.Contains(n.RouteTables, id) })
		if routed && strings.HasSuffix(aws.ToString(e.ServiceName), ".s3") {
			faults = append(faults, fmt.Sprintf("%s leads from the same route tables to s3, and the stage would make another", aws.ToString(e.VpcEndpointId)))
		}
	}
	return faults
}

// unrouted names the subnets whose route table is none of those of the endpoint of S3.
func unrouted(subnets []string, tables map[string]string, of []string) (faults []string) {
	for _, id := range subnets {
		if table := tables[id]; !slices.Contains(of, table) {
			faults = append(faults, fmt.Sprintf("%s has the route table %s, and the endpoint for s3 is in %s", id, table, strings.Join(of, ", ")))
		}
	}
	return faults
}

// routeTables returns the route table of each subnet of the VPC that is planned with: the
// main one where it has none of its own.
func (r *run) routeTables(ctx context.Context) (map[string]string, error) {
	n := r.plan.Network
	got, err := r.network.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{n.VPC}}}})
	if err != nil {
		return nil, fmt.Errorf("ask EC2 for the route tables of %s: %w", n.VPC, err)
	}
	main, out := "", map[string]string{}
	for _, table := range got.RouteTables {
		for _, a := range table.Associations {
			if aws.ToBool(a.Main) {
				main = aws.ToString(table.RouteTableId)
			}
			out[aws.ToString(a.SubnetId)] = aws.ToString(table.RouteTableId)
		}
	}
	for _, id := range n.Subnets {
		if out[id] == "" {
			out[id] = main
		}
	}
	return out, nil
}
