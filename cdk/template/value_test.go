package template_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/template"
)

type (
	list    = template.List
	object  = template.Object
	text    = template.Text
	call    = template.Call
	element = template.Element
)

const (
	account = template.Pseudo("AWS::AccountId")
	region  = template.Pseudo("AWS::Region")
)

func ref(attribute string) template.Value {
	return template.Reference{Resource: "Queue", Attribute: attribute}
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

func TestParse_understands(t *testing.T) {
	t.Parallel()
	arnPart := element{call{"Split", list{":", ref("Arn")}}, json.Number("5")}
	for name, c := range map[string]struct {
		in   string
		want template.Value
	}{
		"literals":                         {`{"a": [1, 1.50, true, "x"]}`, object{"a": list{json.Number("1"), json.Number("1.50"), true, "x"}}},
		"an object with the key of a Ref":  {`{"Ref": "a", "Other": "b"}`, object{"Ref": "a", "Other": "b"}},
		"Ref":                              {`{"Ref": "Queue"}`, ref("Ref")},
		"Ref of a pseudo parameter":        {`{"Ref": "AWS::AccountId"}`, account},
		"Ref of no value":                  {`{"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}]}`, object{"b": list{}}},
		"Ref of no value alone":            {`{"Ref": "AWS::NoValue"}`, nil},
		"GetAtt":                           {`{"Fn::GetAtt": ["Queue", "Arn"]}`, ref("Arn")},
		"GetAtt in one word":               {`{"Fn::GetAtt": "Queue.Endpoint.Port"}`, ref("Endpoint.Port")},
		"Join":                             {`{"Fn::Join": ["", ["https://", {"Ref": "Queue"}, ".", "x", {"Ref": "AWS::Region"}, 1, true, ""]]}`, text{"https://", ref("Ref"), ".x", region, "1true"}},
		"Join with a delimiter":            {`{"Fn::Join": ["-", ["a", {"Ref": "Queue"}]]}`, text{"a-", ref("Ref")}},
		"Join of a Join":                   {`{"Fn::Join": ["-", ["a", {"Fn::Join": ["", [{"Ref": "Queue"}, "b"]]}, "c"]]}`, text{"a-", ref("Ref"), "b-c"}},
		"Join of literals":                 {`{"Fn::Join": ["-", ["a", 1]]}`, "a-1"},
		"Join of nothing":                  {`{"Fn::Join": ["-", []]}`, ""},
		"Join of one reference":            {`{"Fn::Join": ["", [{"Ref": "Queue"}]]}`, text{ref("Ref")}},
		"Join of a list that is computed":  {`{"Fn::Join": [",", {"Fn::Split": [":", {"Ref": "Queue"}]}]}`, call{"Join", list{",", call{"Split", list{":", ref("Ref")}}}}},
		"Sub":                              {`{"Fn::Sub": "arn:${AWS::Region}:x:${Queue.Arn}/${Queue}/${!literal}"}`, text{"arn:", region, ":x:", ref("Arn"), "/", ref("Ref"), "/${literal}"}},
		"Sub with its own names":           {`{"Fn::Sub": ["${a}${b}!", {"a": {"Ref": "Queue"}, "b": 1}]}`, text{ref("Ref"), "1!"}},
		"Sub without an end":               {`{"Fn::Sub": "a${Queue"}`, "a${Queue"},
		"Select":                           {`{"Fn::Select": [1, ["a", "b"]]}`, "b"},
		"Select of a Split":                {`{"Fn::Select": ["5", {"Fn::Split": [":", {"Fn::GetAtt": ["Queue", "Arn"]}]}]}`, arnPart},
		"Select of a Split of a literal":   {`{"Fn::Select": [1, {"Fn::Split": [":", "a:b"]}]}`, "b"},
		"Select of the zones":              {`{"Fn::Select": [2, {"Fn::GetAZs": ""}]}`, element{template.Zones{}, json.Number("2")}},
		"GetAZs":                           {`{"Fn::GetAZs": {"Ref": "AWS::Region"}}`, template.Zones{}},
		"ImportValue":                      {`{"Fn::ImportValue": "network:Vpc"}`, template.Import("network:Vpc")},
		"ImportValue of a Sub":             {`{"Fn::ImportValue": {"Fn::Sub": "network:Vpc"}}`, template.Import("network:Vpc")},
		"a property of the name Condition": {`{"Condition": "IsProd"}`, object{"Condition": "IsProd"}},
		"functions in what functions get":  {`{"Fn::Select": [0, [{"Fn::Join": ["", ["a", {"Ref": "Queue"}]]}]]}`, text{"a", ref("Ref")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := template.Parse(decoded(t, c.in))
			if err != nil || !template.Equal(got, c.want) {
				t.Errorf("error %v, got %#v\nwant %#v", err, got, c.want)
			}
		})
	}
}

func TestParse_refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"a condition":                   {`{"a": {"Fn::If": ["C", 1, 2]}}`, "a: Fn::If: this function is not supported"},
		"an unknown function":           {`{"a": [{"Fn::Cidr": ["x", 1, 2]}]}`, "a: [0]: Fn::Cidr: this function is not supported"},
		"an index that the list lacks":  {`{"Fn::Select": [2, ["a"]]}`, "Fn::Select: the list has no element 2"},
		"an index that is no number":    {`{"Fn::Select": ["x", ["a"]]}`, "Fn::Select: the index must be a number, got x"},
		"the zones of another region":   {`{"Fn::GetAZs": "eu-west-1"}`, "Fn::GetAZs: the zones of a region other than the stack's own are not supported, got eu-west-1"},
		"a reference to no name":        {`{"Ref": 1}`, "Ref: must name something by a string, got 1"},
		"an attribute of nothing":       {`{"Fn::GetAtt": ["Queue"]}`, "Fn::GetAtt: must name a resource and an attribute, got [Queue]"},
		"a Join without its list":       {`{"Fn::Join": [""]}`, "Fn::Join: has the wrong number of arguments, got []"},
		"an import of a computed name":  {`{"Fn::ImportValue": {"Ref": "Name"}}`, "Fn::ImportValue: must name something by a string, got"},
		"what is wrong within Sub":      {`{"Fn::Sub": ["${a}", {"a": {"Fn::Base64": "x"}}]}`, "Fn::Sub: Fn::Base64: this function is not supported"},
		"what is wrong within a Select": {`{"Fn::Select": [0, [{"b": {"Ref": []}}]]}`, "Fn::Select: [1]: [0]: b: Ref: must name something by a string, got []"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := template.Parse(decoded(t, c.in)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error %v\nwant %s", err, c.want)
			}
		})
	}
	if _, err := template.Parse(1.0); err == nil || err.Error() != "the number 1 must be decoded as json.Number" {
		t.Errorf("error %v", err)
	}
}

// known is a lookup that knows all but what has Unknown for a name.
func known(v template.Value) (template.Value, error) {
	switch v := v.(type) {
	case template.Reference:
		if v.Resource == "Unknown" {
			return nil, errors.New("the stack has no Unknown")
		}
		return v.Resource + ":" + v.Attribute, nil
	case template.Pseudo:
		return "eu-west-1", nil
	case template.Zones:
		return list{"a", "b"}, nil
	}
	return v, nil
}

func TestResolve_computes_what_is_known(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   string
		want any
	}{
		"literals":                 {`{"A": [1, true, "x"]}`, map[string]any{"A": []any{json.Number("1"), true, "x"}}},
		"a reference":              {`{"A": {"Ref": "B"}}`, map[string]any{"A": "B:Ref"}},
		"a Join":                   {`{"Fn::Join": ["-", ["a", {"Ref": "B"}, 1]]}`, "a-B:Ref-1"},
		"a Join of a Split":        {`{"Fn::Join": ["-", {"Fn::Split": [":", {"Ref": "B"}]}]}`, "B-Ref"},
		"a Sub":                    {`{"Fn::Sub": "a-${AWS::Region}-${B.Arn}"}`, "a-eu-west-1-B:Arn"},
		"a Select of a Split":      {`{"Fn::Select": [1, {"Fn::Split": [":", {"Fn::GetAtt": ["B", "x"]}]}]}`, "x"},
		"a zone":                   {`{"Fn::Select": [0, {"Fn::GetAZs": ""}]}`, "a"},
		"an element of an element": {`{"Fn::Select": [1, {"Fn::Split": ["-", {"Fn::Select": [0, {"Fn::Split": [":", {"Ref": "a-b"}]}]}]}]}`, "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, err := template.Parse(decoded(t, c.in))
			if err != nil {
				t.Fatal(err)
			}
			printed := fmt.Sprintf("%#v", before)
			resolved, err := template.Resolve(before, known)
			if err != nil {
				t.Fatal(err)
			}
			got, err := template.Literal(resolved)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("error %v (-want +got)\n%s", err, diff)
			}
			if after := fmt.Sprintf("%#v", before); after != printed {
				t.Errorf("the value became %s, and was %s", after, printed)
			}
		})
	}
}

func TestResolve_says_where_it_fails(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"A": [1, {"Fn::Sub": "${Unknown}"}]}`:          "A: [1]: the stack has no Unknown",
		`{"A": {"Fn::Select": [2, {"Fn::GetAZs": ""}]}}`: "A: the list has no element 2",
	} {
		v, err := template.Parse(decoded(t, in))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := template.Resolve(v, known); err == nil || err.Error() != want {
			t.Errorf("%s: error %v\nwant %s", in, err, want)
		}
	}
}

func TestLiteral_is_nothing_that_depends(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]template.Value{
		"A: [0]: template.Pseudo AWS::Region is not known":    object{"A": list{region}},
		"A: template.Conditional {C yes <nil>} is not known":  object{"A": template.Conditional{If: "C", Then: "yes"}},
		"template.Text [a {Pipeline Queue Arn}] is not known": text{"a", template.Reference{Stack: "Pipeline", Resource: "Queue", Attribute: "Arn"}},
		"template.Element {{} 1} is not known":                element{template.Zones{}, json.Number("1")},
	} {
		if _, err := template.Literal(v); err == nil || err.Error() != want {
			t.Errorf("error %v\nwant %s", err, want)
		}
	}
}

// values differ from each other in one thing each.
func values() []template.Value {
	return []template.Value{
		nil, "", "a", true, json.Number("1"), json.Number("1.0"), ref("Ref"), ref("Arn"), template.Reference{Stack: "S", Resource: "Queue", Attribute: "Ref"},
		account, template.Import("a"), template.Zones{},
		list{}, list{nil}, list{"a"}, list{"a", "b"}, list{"b", "a"}, list{list{"a"}}, text{"a", ref("Ref")}, list{"a", ref("Ref")},
		object{}, object{"a": nil}, object{"a": "b"}, object{"b": "a"}, object{"a": "b", "b": "a"},
		call{"Join", list{"a", "b"}}, call{"Split", list{"a", "b"}}, call{"Split", list{"a"}}, element{"a", "b"},
		template.Conditional{If: "a"}, template.Conditional{Then: "a"}, template.Conditional{Else: "a"},
	}
}

func TestEqual_compares_values(t *testing.T) {
	t.Parallel()
	again := values()
	for i, a := range values() {
		for j, b := range again {
			if got := template.Equal(a, b); got != (i == j) {
				t.Errorf("Equal(%#v, %#v) is %t", a, b, got)
			}
		}
	}
	if !template.Equal(call{"And", nil}, call{"And", list{}}) || !template.Equal(list(nil), list{}) {
		t.Error("no parts are not the same as none")
	}
}

func TestRewrite_changes_every_part_and_not_the_value(t *testing.T) {
	t.Parallel()
	in := object{"a": list{"x", text{"x", ref("Ref")}}, "b": template.Conditional{If: region, Then: "x"}, "c": element{call{"Split", list{"x", ref("Arn")}}, "x"}}
	before := fmt.Sprintf("%#v", in)
	got := template.Rewrite(in, func(v template.Value) template.Value {
		switch v.(type) {
		case string:
			return "y"
		case template.Reference:
			return "z"
		}
		return v
	})
	want := object{"a": list{"y", "y"}, "b": template.Conditional{If: region, Then: "y"}, "c": element{call{"Split", list{"y", "z"}}, "y"}}
	if !template.Equal(got, want) {
		t.Errorf("got %#v\nwant %#v", got, want)
	}
	if after := fmt.Sprintf("%#v", in); after != before {
		t.Errorf("the value became %s", after)
	}
	seen := 0
	template.Visit(in, func(template.Value) { seen++ })
	if seen != 15 {
		t.Errorf("%d parts are visited, want 15", seen)
	}
}
