package merge

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// three stages: dev is traced but for its processor and is on Aurora, as load is.
func threeStages() *merger {
	return &merger{catalog: catalog.New(), out: &Platform{Stages: []string{"dev", "load", "prod"}, Values: map[string]map[string]template.Value{
		"tracing":           {"dev": true, "load": true, "prod": false},
		"traces_processor":  {"dev": false, "load": true, "prod": false},
		"database_instance": {"dev": false, "load": false, "prod": true},
		"database_readers":  {"dev": hcl.Number(0), "load": hcl.Number(2), "prod": hcl.Number(0)},
	}}}
}

func TestMerge_has_an_item_of_a_list_with_its_flags(t *testing.T) {
	statement := func(action, resource string) template.Value {
		return template.Object{"Action": action, "Resource": template.Reference{Resource: resource, Attribute: "Arn"}}
	}
	with := func(condition, item template.Value) template.Value {
		return template.Conditional{If: condition, Then: template.List{item}, Else: template.List{}}
	}
	tracing, processor := hcl.Variable("tracing"), hcl.Variable("traces_processor")
	for name, c := range map[string]struct {
		dev, load, prod template.List
		want            template.Value
	}{
		"at the end": {template.List{"a", "b"}, template.List{"a", "b"}, template.List{"a"}, hcl.Func("concat", template.List{"a"}, with(tracing, "b"))},
		"all over": {template.List{"x", "a", "y", "b"}, template.List{"x", "a", "y", "b"}, template.List{"a", "b"},
			hcl.Func("concat", with(tracing, "x"), template.List{"a"}, with(tracing, "y"), template.List{"b"})},
		"with two flags": {template.List{"a"}, template.List{"a", "b"}, template.List{"a"},
			hcl.Func("concat", template.List{"a"}, with(hcl.Op(tracing, "&&", processor), "b"))},
		"beside one that differs by another flag": {
			template.List{statement("connect", "Cluster")}, template.List{statement("trace", "Traces"), statement("connect", "Cluster")}, template.List{statement("connect", "Instance")},
			hcl.Func("concat", with(hcl.Op(tracing, "&&", processor), statement("trace", "Traces")), template.List{template.Object{
				"Action": "connect",
				"Resource": template.Conditional{
					If:   hcl.Variable("database_instance"),
					Then: template.Reference{Resource: "Instance", Attribute: "Arn"}, Else: template.Reference{Resource: "Cluster", Attribute: "Arn"},
				},
			}}),
		},
		"which no flag explains": {template.List{"a"}, template.List{"a"}, template.List{"a", "b"}, nil},
		"in another order":       {template.List{"a", "b"}, template.List{"a", "b"}, template.List{"b", "a", "c"}, nil},
		"of equal lists":         {template.List{"a"}, template.List{"a"}, template.List{"a"}, nil},
	} {
		m := threeStages()
		at := location{"Pipeline/Processor/Role/DefaultPolicy/Resource", "PolicyDocument.Statement"}
		got, is := m.aligned([]string{"tracing", "traces_processor"}, at, []variant{
			{stage: "dev", value: c.dev}, {stage: "load", value: c.load}, {stage: "prod", value: c.prod},
		})
		if is != (c.want != nil) || !template.Equal(got, c.want) || len(m.errs) > 0 {
			t.Errorf("%s: %v %s", name, m.errs, cmp.Diff(c.want, got))
		}
	}
}

// A stage without readers has those of nobody: the list of all is that of its writer.
func TestMerge_joins_a_list_with_all_members_of_a_family(t *testing.T) {
	writer := template.List{template.Reference{Resource: "Data/Database/Cluster/Writer/Resource", Attribute: "Ref"}}
	every := assembly.Member{Reference: template.Reference{Resource: "Data/Database/Cluster/Reader*/Resource", Attribute: "Ref"}, Which: hcl.Every{}}
	all := hcl.Func("concat", writer, every)
	for name, c := range map[string]struct {
		dev   template.Value
		fault bool
	}{
		"that it has none of": {writer, false},
		"that it has too":     {all, false},
		"of other members":    {template.List{"else"}, true},
	} {
		m := threeStages()
		got := m.agreed(location{"Observability/Alarms/MemberEvents", "SourceIds"}, []variant{{stage: "load", value: all}, {stage: "dev", value: c.dev}})
		if (len(m.errs) > 0) != c.fault || (!c.fault && !template.Equal(got, all)) {
			t.Errorf("%s: %v %s", name, m.errs, cmp.Diff(all, got))
		}
	}
}

func TestVariable_is_whole_hundredths(t *testing.T) {
	v := catalog.Variable{Name: "traces_requests_percent", Kind: catalog.Number, Hundredths: true}
	for share, want := range map[string]string{"0.01": "1", "0.07": "7", "1": "100", "0.005": ""} {
		m := &merger{out: &Platform{Values: map[string]map[string]template.Value{}}}
		got := m.variable(v, location{construct: "Rule", property: "FixedRate"}, []variant{{stage: "dev", value: json.Number(share)}})
		if want == "" {
			if len(m.errs) != 1 {
				t.Errorf("%s: %v", share, m.errs)
			}
			continue
		}
		if source := hcl.Source(got); source != "var.traces_requests_percent / 100" || m.out.Values[v.Name]["dev"] != json.Number(want) {
			t.Errorf("%s is %s of %v", share, source, m.out.Values)
		}
	}
}
