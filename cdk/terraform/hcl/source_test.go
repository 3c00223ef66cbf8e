package hcl_test

import (
	"fmt"
	"strings"
	"testing"

	syntax "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// parsed is the value of a template beside which another stack exports its network.
func parsed(t *testing.T, value string) template.Value {
	t.Helper()
	network, queue := &template.Stack{Name: "Network"}, &template.Stack{Name: "Queue"}
	for stack, raw := range map[*template.Stack]string{
		network: `{"Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "network:Vpc"}}}}`,
		queue:   fmt.Sprintf(`{"Outputs": {"Value": {"Value": %s}}}`, value),
	} {
		if err := stack.Decode([]byte(raw)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := template.NewStage("dev", network, queue); err != nil {
		t.Fatal(err)
	}
	return queue.Outputs[0].Value
}

func TestSource_of_an_intrinsic(t *testing.T) {
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
		{"ImportValue", `{"Fn::ImportValue": "network:Vpc"}`, `Vpc.Ref`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := hcl.Source(parsed(t, c.in))
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if _, problems := hclsyntax.ParseExpression([]byte(got), "source", syntax.InitialPos); problems.HasErrors() {
				t.Errorf("it is no expression of HCL: %v", problems)
			}
		})
	}
}

func TestSource_of_an_operator_has_the_brackets_it_needs(t *testing.T) {
	a, b, c := hcl.Variable("a"), hcl.Variable("b"), hcl.Variable("c")
	for want, v := range map[string]hcl.Value{
		"var.a - var.b * var.c":             hcl.Op(a, "-", hcl.Op(b, "*", c)),
		"(var.a - var.b) * var.c":           hcl.Op(hcl.Op(a, "-", b), "*", c),
		"var.a - (var.b - var.c)":           hcl.Op(a, "-", hcl.Op(b, "-", c)),
		"var.a / var.b / var.c":             hcl.Op(hcl.Op(a, "/", b), "/", c),
		"var.a || var.b && var.c":           hcl.Op(a, "||", hcl.Op(b, "&&", c)),
		"(var.a || var.b) && var.c":         hcl.Op(hcl.Op(a, "||", b), "&&", c),
		"!(var.a == var.b)":                 hcl.Not(hcl.Op(a, "==", b)),
		"length(var.b) == (var.a ? 1 : 0)":  hcl.Op(hcl.Func("length", b), "==", template.Conditional{If: a, Then: hcl.Number(1), Else: hcl.Number(0)}),
		"var.a != null ? var.b : var.c":     template.Conditional{If: hcl.Op(a, "!=", nil), Then: b, Else: c},
		"(var.a ? var.b : var.c)[0]":        template.Element{Of: template.Conditional{If: a, Then: b, Else: c}, Key: hcl.Number(0)},
		"one(aws_a.b[*].c)":                 hcl.Func("one", hcl.Attribute{Of: template.Element{Of: hcl.Address{Type: "aws_a", Name: "b"}, Key: hcl.Every{}}, Name: "c"}),
		`"${var.a + 1}-${module.m.output}"`: template.Join(hcl.Op(a, "+", hcl.Number(1)), "-", hcl.ModuleOutput{Module: "m", Name: "output"}),
	} {
		if got := hcl.Source(v); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSource_of_a_for_expression(t *testing.T) {
	key, value := hcl.Keyword("key"), hcl.Keyword("value")
	for want, v := range map[string]hcl.Value{
		"[for value in var.a : value]": hcl.ForEach{Names: "value", In: hcl.Variable("a"), Value: value}.Expression(),
		`{ for key, value in local.a : "${key}-b" => value.c if value.d == 1 }`: hcl.ForEach{
			Names: "key, value", In: hcl.Local("a"), Key: template.Join(key, "-b"), Value: hcl.Attribute{Of: value, Name: "c"},
			If: hcl.Op(hcl.Attribute{Of: value, Name: "d"}, "==", hcl.Number(1)),
		}.Expression(),
		"merge([for key in var.a : { for value in key : value => key }]...)": hcl.Func("merge", hcl.Spread(hcl.ForEach{
			Names: "key", In: hcl.Variable("a"), Value: hcl.ForEach{Names: "value", In: key, Key: value, Value: key}.Expression(),
		}.Expression())),
	} {
		got := hcl.Source(v)
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if _, problems := hclsyntax.ParseExpression([]byte(got), "source", syntax.InitialPos); problems.HasErrors() {
			t.Errorf("it is no expression of HCL: %v", problems)
		}
	}
}

func TestDocument_knows_what_it_uses(t *testing.T) {
	d := hcl.NewDocument("A comment with var.none in it.")
	d.Set("text", template.Join("var.quoted ", hcl.Variable("a")))
	d.Apart("block").Set("zones", template.List{template.Zones{}, hcl.Local("tags"), template.Pseudo("AWS::URLSuffix")})
	content, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	uses := hcl.UsesOf(map[string]*hcl.Document{"d": d})
	if len(uses.Variables) != 1 || !uses.Variables["a"] || len(uses.Locals) != 1 || !uses.Locals["tags"] || len(uses.Data) != 2 {
		t.Errorf("got %+v of\n%s", uses, content)
	}
}

func TestDocument_refuses_what_has_no_form_in_Terraform(t *testing.T) {
	d := hcl.NewDocument()
	d.Set("queue", template.Join("arn of ", template.Reference{Resource: "Queue", Attribute: "Arn"}))
	if _, err := d.Bytes(); err == nil || !strings.Contains(err.Error(), "Queue Arn} has no form in Terraform") {
		t.Errorf("got %v", err)
	}
}
