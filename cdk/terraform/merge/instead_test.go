package merge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// twoNetworks are stages of which dev makes its VPC, and prod has been given one.
func twoNetworks() *merger {
	return &merger{catalog: catalog.New(), out: &Platform{Stages: []string{"dev", "prod"}, Values: map[string]map[string]template.Value{
		"network_own": {"dev": true, "prod": false}, "network_availability_zones": {"dev": hcl.Number(2), "prod": hcl.Number(0)},
	}}}
}

func TestMerge_takes_of_a_variable_what_a_stage_does_not_make(t *testing.T) {
	own := template.Reference{Resource: "Network/Private/VPC/Resource", Attribute: "Ref"}
	subnets := assembly.Member{Reference: template.Reference{Resource: "Network/Private/VPC/isolatedSubnet*/Subnet", Attribute: "Ref"}, Which: hcl.Every{}}
	first := template.List{assembly.Member{Reference: subnets.Reference, Which: hcl.Number(0)}}
	list := func(items ...template.Value) template.List { return items }
	vpc, group, endpoint := location{"Network/Private/Clients/Resource", "VpcId"}, location{"Data/Database/Subnets/Default", "SubnetIds"}, location{"Network/Private/VPC/SQS/Resource", "SubnetIds"}
	for name, c := range map[string]struct {
		at        location
		dev, prod template.Value // nil: the stage has no such resource
		want      string
		fault     string
	}{
		"one of each": {vpc, own, "vpc-1", "var.network_own ? aws.x : var.network_vpc_id", ""},
		"none":        {vpc, nil, "vpc-1", "var.network_vpc_id", ""},
		"all":         {vpc, own, nil, "aws.x", ""},
		"a list":      {group, subnets, list("subnet-1", "subnet-2"), "var.network_own ? aws.x[*] : var.network_vpc_subnet_ids", ""},
		"the first of each": {endpoint, first, list("subnet-1"),
			"slice(var.network_own ? aws.x[*] : var.network_vpc_subnet_ids, 0, var.network_endpoint_zones)", ""},
		"the first of a variable":   {endpoint, nil, list("subnet-1"), "slice(var.network_vpc_subnet_ids, 0, var.network_endpoint_zones)", ""},
		"others than the first":     {endpoint, nil, list("subnet-2"), "", "which are not the first of network_vpc_subnet_ids"},
		"another list than before":  {group, subnets, list("subnet-2", "subnet-1"), "", "the variable network_vpc_subnet_ids stands for properties that differ in stage prod"},
		"what is not a text at all": {group, subnets, list(own), "", "wants a list of texts"},
	} {
		m := twoNetworks()
		m.set("network_vpc_subnet_ids", "prod", hcl.Row{"subnet-1", "subnet-2"})
		var variants []variant
		for stage, value := range map[string]template.Value{"dev": c.dev, "prod": c.prod} {
			if value != nil {
				variants = append(variants, variant{stage: stage, value: value})
			}
		}
		got := m.value(c.at, variants)
		m.followed()
		if c.fault != "" {
			if len(m.errs) != 1 || !strings.Contains(m.errs[0].Error(), c.fault) {
				t.Errorf("%s: got %v, want it to say %q", name, m.errs, c.fault)
			}
			continue
		}
		written := hcl.Source(template.Rewrite(got, func(v template.Value) template.Value {
			switch v.(type) {
			case template.Reference:
				return hcl.Keyword("aws.x")
			case assembly.Member:
				return hcl.Keyword("aws.x[*]")
			}
			return v
		}))
		if len(m.errs) > 0 || written != c.want {
			t.Errorf("%s: %v %s", name, m.errs, cmp.Diff(c.want, written))
		}
	}
	if m := twoNetworks(); m.value(vpc, []variant{{stage: "prod", value: "vpc-1"}}) == nil || m.out.Values["network_vpc_id"]["prod"] != "vpc-1" {
		t.Errorf("the values are %v", m.out.Values)
	}
}
