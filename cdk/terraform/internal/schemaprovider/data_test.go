package schemaprovider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func readData(t *testing.T, s *Server, name, config string) (map[string]any, []*tfprotov6.Diagnostic) {
	t.Helper()
	k := s.catalogue.data[name]
	answer, err := s.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: sent(t, k, config)})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Diagnostics != nil {
		return nil, answer.Diagnostics
	}
	return received(t, k, answer.State), nil
}

func TestRead_gives_what_an_account_usually_has(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		provider, source, config string
		want                     map[string]any
	}{
		"the caller": {
			"eu-west-1", "aws_caller_identity", `{}`,
			map[string]any{"account_id": "123456789012", "arn": "arn:aws:iam::123456789012:user/terraform", "id": "123456789012", "user_id": "AIDA00000000000000000"}},
		"the region": {
			"eu-west-1", "aws_region", `{}`,
			map[string]any{"description": "Region eu-west-1", "endpoint": "ec2.eu-west-1.amazonaws.com", "id": "eu-west-1", "name": "eu-west-1", "region": "eu-west-1"}},
		"another region": {
			"eu-west-1", "aws_region", `{"region":"us-east-1"}`,
			map[string]any{"description": "Region us-east-1", "endpoint": "ec2.us-east-1.amazonaws.com", "id": "us-east-1", "name": "us-east-1", "region": "us-east-1"}},
		"the partition": {
			"eu-west-1", "aws_partition", `{}`,
			map[string]any{"dns_suffix": "amazonaws.com", "id": "aws", "partition": "aws", "reverse_dns_prefix": "com.amazonaws"}},
		"the partition of China": {
			"cn-north-1", "aws_partition", `{}`,
			map[string]any{"dns_suffix": "amazonaws.com.cn", "id": "aws-cn", "partition": "aws-cn", "reverse_dns_prefix": "cn.com.amazonaws"}},
		"the zones": {
			"ap-southeast-2", "aws_availability_zones", `{"state":"available"}`,
			map[string]any{
				"group_names": []any{"ap-southeast-2"}, "id": "ap-southeast-2", "region": "ap-southeast-2", "state": "available",
				"names":    []any{"ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"},
				"zone_ids": []any{"apse2-az1", "apse2-az2", "apse2-az3"},
			}},
		"the zones but one": {
			"us-east-1", "aws_availability_zones", `{"exclude_names":["us-east-1b"]}`,
			map[string]any{
				"group_names": []any{"us-east-1"}, "id": "us-east-1", "region": "us-east-1", "exclude_names": []any{"us-east-1b"},
				"names": []any{"us-east-1a", "us-east-1c"}, "zone_ids": []any{"use1-az1", "use1-az3"},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := unconfigured(t, Unknown)
			configure(t, s, `{"region":"`+test.provider+`"}`)
			got, diagnostics := readData(t, s, test.source, test.config)
			fine(t, diagnostics, nil)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got: %s", diff)
			}
		})
	}
}

func TestRead_names_an_endpoint_service(t *testing.T) {
	t.Parallel()
	got, diagnostics := readData(t, started(t, Unknown), "aws_vpc_endpoint_service", `{"service":"sqs"}`)
	fine(t, diagnostics, nil)
	if got["service_name"] != "com.amazonaws.eu-west-1.sqs" {
		t.Errorf("service_name = %v", got["service_name"])
	}
}

func TestRead_of_anything_else_gives_placeholders(t *testing.T) {
	t.Parallel()
	got, diagnostics := readData(t, started(t, Unknown), "aws_vpc", `{"default":true}`)
	fine(t, diagnostics, nil)
	arn, ok := got["arn"].(string)
	if !ok || !strings.HasPrefix(arn, "arn:aws:vpc:eu-west-1:123456789012:data.aws_vpc/") || !strings.HasSuffix(arn, "/arn") {
		t.Errorf("arn = %v", got["arn"])
	}
	if got["default"] != true {
		t.Errorf("default = %v, want the configured value", got["default"])
	}
}
