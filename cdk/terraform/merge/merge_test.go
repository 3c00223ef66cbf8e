package merge

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

func TestEither_writes(t *testing.T) {
	flag := hcl.Variable("tracing")
	for name, c := range map[string]struct{ yes, no, want template.Value }{
		"one value where both are alike":   {"a", "a", "a"},
		"the flag itself":                  {true, false, flag},
		"a choice the other way round":     {false, true, template.Conditional{If: flag, Then: false, Else: true}},
		"a choice of two values":           {"a", "b", template.Conditional{If: flag, Then: "a", Else: "b"}},
		"a value that is there or not":     {"a", nil, template.Conditional{If: flag, Then: "a", Else: nil}},
		"two lists where each has its own": {template.List{"a", "b"}, template.List{"b", "c"}, template.Conditional{If: flag, Then: template.List{"a", "b"}, Else: template.List{"b", "c"}}},
		"two lists in another order":       {template.List{"a", "b"}, template.List{"b", "a"}, template.Conditional{If: flag, Then: template.List{"a", "b"}, Else: template.List{"b", "a"}}},
		"an element fewer with the flag":   {template.List{"a"}, template.List{"a", "b"}, template.Conditional{If: flag, Then: template.List{"a"}, Else: template.List{"a", "b"}}},
	} {
		if got := either(flag, c.yes, c.no); !template.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}

func TestMerge_refuses_outputs_that_differ(t *testing.T) {
	made := func(name, description string) assembly.Output {
		return assembly.Output{Stack: "Pipeline", Name: name, Description: description, Value: "x"}
	}
	for name, c := range map[string]struct {
		dev, prod []assembly.Output
		want      string
	}{
		"in being there": {[]assembly.Output{made("QueueUrl", "the queue")}, nil,
			"the output Pipeline/QueueUrl is there in the stages [dev], and the table wants it in [dev prod]"},
		"in being there without the flag": {[]assembly.Output{made("ApiKeyId", "the key")}, nil,
			"the output Pipeline/ApiKeyId is there in the stages [dev], and the table wants it in []"},
		"in what they say": {[]assembly.Output{made("QueueUrl", "the queue")}, []assembly.Output{made("QueueUrl", "a queue")},
			`the output Pipeline/QueueUrl is "the queue" in stage dev and "a queue" in stage prod`},
	} {
		_, err := Merge(catalog.New(), []*assembly.Stage{{Name: "dev", Outputs: c.dev}, {Name: "prod", Outputs: c.prod}})
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestLiteral_is_known_where_the_stage_is_fixed(t *testing.T) {
	arn := template.Join("arn:", template.Pseudo("AWS::Partition"), ":acm:", template.Pseudo("AWS::Region"), ":", template.Pseudo("AWS::AccountId"), ":certificate/", hcl.Variable("environment"))
	m := &merger{stages: map[string]*assembly.Stage{"dev": {Name: "dev"}, "prod": {Name: "prod", Region: "eu-west-1", Account: "123456789012"}}}
	if got, err := m.literal(variant{stage: "prod", value: arn}); err != nil || got != "arn:aws:acm:eu-west-1:123456789012:certificate/prod" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := m.literal(variant{stage: "dev", value: arn}); err == nil {
		t.Errorf("the region of dev is not known; got %q", got)
	}
	call := template.Join("a", template.Call{Function: "Split", Arguments: []template.Value{"-", "b"}})
	if got, err := m.literal(variant{stage: "prod", value: call}); err == nil {
		t.Errorf("a function is not computed; got %q", got)
	}
}

func TestMerge_lists_a_resource_with_its_flag(t *testing.T) {
	alarm := func(id string) template.Value {
		return template.Reference{Resource: "Observability/Alarms/" + id + "/Resource", Attribute: "Arn"}
	}
	list := func(ids ...string) (out template.List) {
		for _, id := range ids {
			out = append(out, alarm(id))
		}
		return out
	}
	m := &merger{
		catalog: catalog.New(), out: &Platform{Stages: []string{"dev", "prod"}, Values: map[string]map[string]template.Value{
			"database_credits": {"dev": true, "prod": false}, "database_proxy": {"dev": false, "prod": true}, "database_backup_copy_vault_arn": {"prod": nil},
		}},
		// Neither dev's vault nor the gateways are known yet: those properties come later.
		there: map[string]map[string]bool{"database_backup_copy_vault_arn": {"dev": true}, "otlp_transit_gateway": {"dev": true, "prod": true}},
	}
	with := func(flag, id string) template.Value {
		return template.Conditional{If: hcl.Variable(flag), Then: list(id), Else: template.List{}}
	}
	given := func(name string, item template.Value) template.Value {
		return template.Conditional{If: hcl.Op(hcl.Variable(name), "!=", nil), Then: template.List{item}, Else: template.List{}}
	}
	vault := template.Reference{Resource: "Data/BackupCopy/Vault", Attribute: "Arn"}
	gateway := template.Reference{Resource: "Network/Private/VPC/a/TransitGateway", Attribute: "Arn"}
	gateways := append(list("DLQDepth"), gateway)
	if got, is := m.flagged(location{construct: "Network/Private/VPC/b/TransitGateway"}, []variant{{stage: "dev", value: gateways}, {stage: "prod", value: gateways}}); is {
		t.Errorf("in a resource with the same flag: %v", got)
	}
	for name, c := range map[string]struct {
		dev, prod template.List
		want      template.Value
	}{
		"of each stage": {list("DLQDepth", "DatabaseCredits", "QueueAge"), list("DLQDepth", "QueueAge", "ProxyConnections"), hcl.Func("concat",
			list("DLQDepth"), with("database_credits", "DatabaseCredits"), list("QueueAge"), with("database_proxy", "ProxyConnections"))},
		"of a stage where its variable is not null": {append(template.List{vault}, list("DLQDepth")...), list("DLQDepth"), hcl.Func("concat",
			given("database_backup_copy_vault_arn", vault), list("DLQDepth"))},
		"of every stage": {gateways, gateways, hcl.Func("concat",
			list("DLQDepth"), given("otlp_transit_gateway", gateway))},
		"all of a list":         {template.List{gateway}, template.List{gateway}, nil},
		"of no stage":           {list("DLQDepth"), list("DLQDepth"), nil},
		"without a flag":        {list("DLQDepth", "QueueAge"), list("DLQDepth"), nil},
		"where its flag is off": {list("DLQDepth", "ProxyConnections"), list("DLQDepth"), nil},
		"in another order":      {list("DLQDepth", "QueueAge", "DatabaseCredits"), list("QueueAge", "DLQDepth"), nil},
	} {
		got, is := m.flagged(location{construct: "Observability/Dashboard/Resource"}, []variant{{stage: "dev", value: c.dev}, {stage: "prod", value: c.prod}})
		if is != (c.want != nil) || !template.Equal(got, c.want) {
			t.Errorf("%s: %s", name, cmp.Diff(c.want, got))
		}
	}
}
