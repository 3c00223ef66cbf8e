package stack_test

import (
	"fmt"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

// TestCollector_is_reached_by_every_function: ingest has a network only for it, and no
// rule of the others' group lets them out to where it is.
func TestCollector_is_reached_by_every_function(t *testing.T) {
	t.Parallel()
	rule := abroad(t).stacks[network].at(t, "Private/Collector")
	same(t, rule, rule.plain("GroupId"), "${Network/Private/Clients.GroupId}")
	same(t, rule, []any{rule.plain("CidrIp"), rule.plain("IpProtocol"), rule.plain("FromPort"), rule.plain("ToPort")}, []any{"10.40.0.0/16", "tcp", 4318, 4318})
	for i := range abroad(t).settings.Network.AvailabilityZones {
		route := abroad(t).stacks[network].at(t, fmt.Sprintf("Private/VPC/isolatedSubnet%d/Peering", i+1))
		same(t, route, route.plain(), object{
			"RouteTableId":         fmt.Sprintf("${Network/Private/VPC/isolatedSubnet%d/RouteTable}", i+1),
			"DestinationCidrBlock": "10.40.0.0/16", "VpcPeeringConnectionId": "pcx-0a1b2c3d4e5f67890",
		})
	}
	endpoint := abroad(t).stacks[network].at(t, "Private/VPC/S3")
	same(t, endpoint, endpoint.statements("PolicyDocument")[0].Actions, []any{"s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject"})
	for _, path := range functionPaths() {
		function := abroad(t).stacks[pipeline].at(t, path+"/Function")
		same(t, function, function.plain("Environment", "Variables", contract.VariableOTLPEndpoint), "http://collector.example.internal:4318")
		same(t, function, function.plain("VpcConfig", "SecurityGroupIds"), []string{"${Network/Private/Clients.GroupId}"})
	}
	for _, p := range both(t) {
		for _, path := range functionPaths() {
			function := p.stacks[pipeline].at(t, path+"/Function")
			same(t, function, function.plain("Environment", "Variables", contract.VariableOTLPEndpoint), nil)
		}
		same(t, "rules of their own", len(p.stacks[network].all("AWS::EC2::SecurityGroupEgress")), 0)
		same(t, "routes", len(p.stacks[network].all("AWS::EC2::Route")), 0)
	}
}
