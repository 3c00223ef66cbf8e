package stack_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

func TestNetwork_spans_two_zones_of_wherever_dev_is_deployed_and_three_named_ones_in_prod(t *testing.T) {
	t.Parallel()
	zones := func(p *platform) (out template.List) {
		for _, subnet := range p.stacks[network].all("AWS::EC2::Subnet") {
			out = append(out, subnet.Properties["AvailabilityZone"])
		}
		return out
	}
	first := func(i string) template.Element { return template.Element{Of: template.Zones{}, Key: json.Number(i)} }
	if got := zones(dev(t)); !template.Equal(got, template.List{first("0"), first("1")}) {
		t.Errorf("dev spans %v", got)
	}
	same(t, "prod", zones(prod(t)), []string{"us-east-1a", "us-east-1b", "us-east-1c"})
}

func TestNetwork_is_the_stage_s_own(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, network)
		a.count(t, "AWS::EC2::VPC", 1)
		a.has(t, "AWS::EC2::VPC", object{
			"CidrBlock": map[string]string{"dev": "10.20.0.0/16", "prod": "10.30.0.0/16"}[p.settings.Name],
			// Without these two an endpoint's private name is not resolved.
			"EnableDnsHostnames": true, "EnableDnsSupport": true,
			"Tags": with(object{"Key": "Name", "Value": "fluxa-" + p.settings.Name}),
		})
	})
}

func TestNetwork_has_no_way_to_the_internet(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, network)
		a.none(t, "AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment",
			"AWS::EC2::EgressOnlyInternetGateway", "AWS::EC2::Route", "AWS::EC2::EIP", "AWS::EC2::VPCPeeringConnection")
		a.eachHas(t, "AWS::EC2::Subnet", object{"MapPublicIpOnLaunch": false})
	})
}

func TestNetwork_lets_only_payloads_and_the_migration_s_answer_through_to_S3(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		endpoint := p.stacks[network].at(t, "Private/VPC/S3")
		bucket := fmt.Sprintf("arn:%s:s3:::fluxa-payloads-%s-${AWS::AccountId}-%s", p.partition(), p.settings.Name, p.region())
		same(t, endpoint, endpoint.plain("VpcEndpointType"), "Gateway")
		same(t, endpoint, endpoint.plain("ServiceName"), "com.amazonaws.${AWS::Region}.s3")
		answer := allow([]string{answers(p)}, "s3:PutObject")
		answer.Principal = object{"AWS": "*"}
		sameStatements(t, endpoint, endpoint.statements("PolicyDocument"),
			ownAccount([]string{bucket, bucket + "/raw/*"}, "s3:GetObject", "s3:ListBucket", "s3:ListBucketVersions", "s3:GetObjectVersion", "s3:DeleteObjectVersion"),
			ownAccount([]string{bucket + "/exports/*"}, "s3:GetObject", "s3:PutObject"), answer)
		var tables []any
		for _, table := range p.stacks[network].all("AWS::EC2::RouteTable") {
			tables = append(tables, "${Network/"+table.Path+"}")
		}
		same(t, "routed from every subnet", endpoint.plain("RouteTableIds"), tables)
	}
}

// answers is where CloudFormation awaits what the migration answers: the bucket that
// AWS has for the region, and in it the objects of the stage's own stack.
func answers(p *platform) string {
	account := "${AWS::AccountId}"
	if p.settings.Account != "" {
		account = p.settings.Account
	}
	return fmt.Sprintf(`arn:%s:s3:::cloudformation-custom-resource-response-${${AWS::Region} with "" for "-"}/arn:%[1]s:cloudformation:%[2]s:%[3]s:stack/%[4]s/*`,
		p.partition(), p.region(), account, p.settings.Named("pipeline"))
}

func TestNetwork_has_endpoints_for_what_the_functions_call_each_for_this_stage_alone(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		arn := func(service, resource string) string {
			return fmt.Sprintf("arn:%s:%s:%s:${AWS::AccountId}:%s", p.partition(), service, p.region(), resource)
		}
		events, dlq := arn("sqs", p.settings.Named("events")), arn("sqs", p.settings.Named("dlq"))
		want := map[string]statement{
			"sqs":            ownAccount([]string{dlq, events}, "sqs:ChangeMessageVisibility", "sqs:SendMessage"),
			"sns":            ownAccount([]string{arn("sns", p.settings.Named("notifications"))}, "sns:Publish"),
			"secretsmanager": ownAccount([]string{arn("secretsmanager", "secret:rds!*")}, "secretsmanager:GetSecretValue"),
		}
		// What an existing VPC is asked for is what this one gets.
		same(t, p.settings.Name, slices.Sorted(maps.Keys(want)), contract.EndpointServices())
		for _, endpoint := range p.stacks[network].all("AWS::EC2::VPCEndpoint") {
			if endpoint.plain("VpcEndpointType") == "Gateway" {
				continue
			}
			service := strings.TrimPrefix(endpoint.text("ServiceName"), "com.amazonaws."+p.region()+".")
			sameStatements(t, endpoint, endpoint.statements("PolicyDocument"), want[service])
			delete(want, service)
			// By its private name the AWS SDK finds it without being told.
			same(t, endpoint, endpoint.plain("PrivateDnsEnabled"), true)
			same(t, endpoint, endpoint.plain("VpcEndpointType"), "Interface")
			same(t, endpoint, endpoint.plain("SecurityGroupIds"), []string{"${Network/Private/Endpoints.GroupId}"})
		}
		if len(want) > 0 {
			t.Errorf("%s has no endpoint for %v", p.settings.Name, want)
		}
	}
}

func TestNetwork_lets_the_functions_out_to_HTTPS_and_PostgreSQL_only(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		group := p.stacks[network].at(t, "Private/Clients")
		same(t, group, group.plain("SecurityGroupEgress"), []any{
			object{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Description": "AWS endpoints; that of S3 has public addresses"},
			object{"CidrIp": "${Network/Private/VPC.CidrBlock}", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "Description": "PostgreSQL"},
		})
		same(t, group, group.plain("SecurityGroupIngress"), nil)
	}
}

func TestNetwork_lets_only_the_functions_into_the_endpoints(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		group := p.stacks[network].at(t, "Private/Endpoints")
		same(t, group, group.plain("SecurityGroupIngress"), nil)
		same(t, group, group.plain("SecurityGroupEgress"), nobody())
		rules := p.stacks[network].all("AWS::EC2::SecurityGroupIngress")
		if len(rules) != 1 {
			t.Fatalf("%s has %d rules", p.settings.Name, len(rules))
		}
		same(t, rules[0], rules[0].plain(), object{
			"GroupId": "${Network/Private/Endpoints.GroupId}", "SourceSecurityGroupId": "${Network/Private/Clients.GroupId}",
			"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Description": "Fluxa functions",
		})
	}
}

// nobody is how the CDK lets nothing out: EC2 would take an empty list for
// everything.
func nobody() []any {
	return []any{object{
		"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "Description": "Disallow all traffic",
	}}
}

func TestNetwork_keeps_flow_logs_in_prod_for_the_stage_s_days_and_none_in_dev(t *testing.T) {
	dev(t).assert(t, network).none(t, "AWS::EC2::FlowLog", "AWS::Logs::LogGroup")

	a := prod(t).assert(t, network)
	a.count(t, "AWS::EC2::FlowLog", 1)
	a.has(t, "AWS::EC2::FlowLog", object{"ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "cloud-watch-logs"})
	a.has(t, "AWS::Logs::LogGroup", object{"LogGroupName": "/aws/vpc/fluxa-flows-prod", "RetentionInDays": 90})
	flow := prod(t).stacks[network].at(t, "Private/VPC/FlowLogs/FlowLog")
	same(t, flow, flow.plain("LogGroupName"), "${Network/FlowLog}")
	same(t, flow, flow.plain("ResourceId"), "${Network/Private/VPC}")
}
