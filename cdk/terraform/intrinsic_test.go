package terraform

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// names of a template that has a queue, a condition, a mapping and an export.
type sampleScope struct{}

func (sampleScope) reference(name string) (Value, error) {
	return Reference{Resource: name, Attribute: "Ref"}, nil
}

func (sampleScope) attribute(name, attribute string) (Value, error) {
	return Reference{Resource: name, Attribute: attribute}, nil
}

func (sampleScope) imported(name string) (Value, error) {
	if name != "network:Vpc" {
		return nil, errors.New("nothing is exported as " + name)
	}
	return Reference{Resource: "Vpc", Attribute: "Ref"}, nil
}

func (sampleScope) condition(name string) (any, error) {
	if name == "IsProd" {
		return map[string]any{"Fn::Equals": []any{map[string]any{"Ref": "AWS::Region"}, "us-east-1"}}, nil
	}
	return map[string]any{"Fn::And": []any{map[string]any{"Condition": "IsProd"}, map[string]any{"Fn::Not": []any{map[string]any{"Condition": "IsProd"}}}}}, nil
}

func (sampleScope) mapping(string) (map[string]any, error) {
	return map[string]any{"us-east-1": map[string]any{"size": "large"}, "eu-west-1": map[string]any{"size": "small"}}, nil
}

func TestIntrinsic_becomes(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"Ref", `{"Ref": "Queue"}`, `Queue.Ref`},
		{"Ref_of_the_account", `{"Ref": "AWS::AccountId"}`, `local.account_id`},
		{"Ref_of_the_region", `{"Ref": "AWS::Region"}`, `local.region`},
		{"Ref_of_the_partition", `{"Ref": "AWS::Partition"}`, `local.partition`},
		{"Ref_of_the_suffix", `{"Ref": "AWS::URLSuffix"}`, `data.aws_partition.current.dns_suffix`},
		{"Ref_of_no_value", `{"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}]}`, "{\nb = []\n}"},
		{"GetAtt", `{"Fn::GetAtt": ["Queue", "Arn"]}`, `Queue.Arn`},
		{"GetAtt_in_one_word", `{"Fn::GetAtt": "Queue.Arn"}`, `Queue.Arn`},
		{"Join", `{"Fn::Join": ["", ["https://", {"Ref": "Api"}, ".", {"Ref": "AWS::Region"}, "/"]]}`, `"https://${Api.Ref}.${local.region}/"`},
		{"Join_with_a_delimiter", `{"Fn::Join": ["-", ["a", {"Ref": "Queue"}]]}`, `"a-${Queue.Ref}"`},
		{"Join_of_a_list_that_is_computed", `{"Fn::Join": [",", {"Fn::Split": [":", {"Ref": "Queue"}]}]}`, `join(",", split(":", Queue.Ref))`},
		{"Join_of_one_reference", `{"Fn::Join": ["", [{"Ref": "Queue"}]]}`, `Queue.Ref`},
		{"Join_of_what_looks_like_a_template", `{"Fn::Join": ["", ["${x} %{y} \"z\""]]}`, `"$${x} %%{y} \"z\""`},
		{"Sub", `{"Fn::Sub": "arn:${AWS::Partition}:x:${Queue.Arn}/${Queue}/${!literal}"}`, `"arn:${local.partition}:x:${Queue.Arn}/${Queue.Ref}/$${literal}"`},
		{"Sub_with_its_own_names", `{"Fn::Sub": ["${a}!", {"a": {"Ref": "Queue"}}]}`, `"${Queue.Ref}!"`},
		{"Select", `{"Fn::Select": [1, ["a", "b"]]}`, `"b"`},
		{"Select_of_a_split", `{"Fn::Select": ["6", {"Fn::Split": [":", {"Ref": "Alias"}]}]}`, `split(":", Alias.Ref)[6]`},
		{"Select_of_the_zones", `{"Fn::Select": [2, {"Fn::GetAZs": ""}]}`, `data.aws_availability_zones.available.names[2]`},
		{"Split", `{"Fn::Split": [",", {"Ref": "Queue"}]}`, `split(",", Queue.Ref)`},
		{"GetAZs", `{"Fn::GetAZs": {"Ref": "AWS::Region"}}`, `data.aws_availability_zones.available.names`},
		{"FindInMap", `{"Fn::FindInMap": ["Sizes", "us-east-1", "size"]}`, `"large"`},
		{"FindInMap_of_the_region", `{"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "size"]}`,
			"{\neu-west-1 = {\nsize = \"small\"\n}\nus-east-1 = {\nsize = \"large\"\n}\n}[local.region][\"size\"]"},
		{"ImportValue", `{"Fn::ImportValue": "network:Vpc"}`, `Vpc.Ref`},
		{"If", `{"Fn::If": ["IsProd", "a", {"Ref": "AWS::NoValue"}]}`, `(local.region == "us-east-1") ? "a" : null`},
		{"If_of_And_and_Not", `{"Fn::If": ["Both", 1, 2]}`, `((local.region == "us-east-1") && !(local.region == "us-east-1")) ? 1 : 2`},
	} {
		t.Run(c.name, func(t *testing.T) {
			value, err := understand(sampleScope{}, decoded(t, c.in))
			if err != nil {
				t.Fatal(err)
			}
			got := source(value, func(r Reference) string { return r.Resource + "." + r.Attribute })
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if _, err := tokens(got); err != nil {
				t.Errorf("it is no expression of HCL: %v", err)
			}
		})
	}
}

func TestIntrinsic_is_refused(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"an_unknown_function", `{"a": {"Fn::Cidr": ["x", 1, 2]}}`, "a: Fn::Cidr: the export does not know this function"},
		{"an_export_that_nothing_has", `{"Fn::ImportValue": "nothing"}`, "Fn::ImportValue: nothing is exported as nothing"},
		{"an_element_that_the_list_lacks", `{"Fn::Select": [2, ["a"]]}`, "Fn::Select: the list has no element 2"},
		{"an_index_that_is_none", `{"Fn::Select": ["x", ["a"]]}`, "Fn::Select: the index must be a number"},
		{"the_zones_of_another_region", `{"Fn::GetAZs": "eu-west-1"}`, "Fn::GetAZs: the zones of a region other than the stack's own"},
		{"a_key_that_the_map_lacks", `{"Fn::FindInMap": ["Sizes", "mars", "size"]}`, `Fn::FindInMap: the map Sizes has no key "mars"`},
		{"a_reference_to_no_name", `{"Ref": 1}`, "Ref: must name something by a string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := understand(sampleScope{}, decoded(t, c.in))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to say %q", err, c.want)
			}
		})
	}
}

func decoded(t *testing.T, raw string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(raw))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
