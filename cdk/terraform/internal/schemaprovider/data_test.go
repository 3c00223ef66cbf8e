package schemaprovider

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func readData(t *testing.T, s *Server, name, config string) map[string]any {
	t.Helper()
	k := s.catalogue.data[name]
	answer, err := s.ReadDataSource(t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: sent(t, k, config)})
	if err != nil {
		t.Fatal(err)
	}
	return received(t, k, answer.State)
}

func TestRead_gives_what_an_account_usually_has(t *testing.T) {
	t.Parallel()
	s := started(t, Unknown)
	for source, want := range map[string]map[string]any{
		"aws_caller_identity":    {"account_id": "123456789012"},
		"aws_region":             {"region": "eu-west-1"},
		"aws_partition":          {"partition": "aws", "dns_suffix": "amazonaws.com"},
		"aws_availability_zones": {"names": []any{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
	} {
		got := readData(t, s, source, `{}`)
		for name, value := range want {
			if diff := cmp.Diff(value, got[name]); diff != "" {
				t.Errorf("%s.%s (-want +got): %s", source, name, diff)
			}
		}
	}
}

func TestRead_of_anything_else_gives_placeholders(t *testing.T) {
	t.Parallel()
	got := readData(t, started(t, Unknown), "aws_vpc", `{"default":true}`)
	arn, ok := got["arn"].(string)
	if !ok || !strings.HasPrefix(arn, "arn:aws:vpc:eu-west-1:123456789012:placeholder:data.aws_vpc/") || !strings.HasSuffix(arn, "/arn") {
		t.Errorf("arn = %v", got["arn"])
	}
	if got["default"] != true {
		t.Errorf("default = %v, want the configured value", got["default"])
	}
}
