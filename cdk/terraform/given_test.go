package terraform

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"
)

// TestGiven_leaves_out_what_only_AWS_can_have_chosen: an argument that a condition may leave
// out, and of which the plan does not tell whether it did.
func TestGiven_leaves_out_what_only_AWS_can_have_chosen(t *testing.T) {
	t.Parallel()
	const kind, placeholder = "aws_rds_cluster", "aws_rds_cluster/a1b2c3d4/argument"
	for name, c := range map[string]struct {
		typ        cty.Type
		value      any
		references []any
		given      bool
	}{
		"the placeholder, by a variable":                          {cty.String, placeholder, []any{"var.key"}, false},
		"the placeholder, by a variable and another resource":     {cty.String, placeholder, []any{"var.flag", "aws_kms_key.data[0].arn", "aws_kms_key.data[0]", "aws_kms_key.data"}, false},
		"another text, by a variable and another resource":        {cty.String, "arn:aws:kms:placeholder:aws_kms_key/a1b2c3d4/arn", []any{"var.flag", "aws_kms_key.data.arn"}, true},
		"the placeholder, by another resource alone":              {cty.String, placeholder, []any{"aws_kms_key.data.arn", "aws_kms_key.data"}, true},
		"the placeholder, by a variable and one of the same type": {cty.String, placeholder, []any{"var.flag", "aws_rds_cluster.other.argument"}, true},
		"the placeholder, by a variable and a local value":        {cty.String, placeholder, []any{"var.flag", "local.key"}, true},
		"the placeholder, as it stands":                           {cty.String, placeholder, nil, true},
		"an unknown boolean":                                      {cty.Bool, nil, []any{"var.flag"}, false},
		"a boolean that is false":                                 {cty.Bool, false, []any{"var.flag"}, true},
	} {
		block := &tfjson.SchemaBlock{Attributes: map[string]*tfjson.SchemaAttribute{"argument": {AttributeType: c.typ, Optional: true, Computed: true}}}
		got := given(kind, block, object{"argument": c.value}, object{"argument": object{"references": c.references}}, false)
		want := object{}
		if c.given {
			want["argument"] = c.value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got): %s", name, diff)
		}
	}
}

func TestGiven_takes_a_false_of_one_of_several_blocks_for_what_it_is(t *testing.T) {
	t.Parallel()
	block := &tfjson.SchemaBlock{Attributes: map[string]*tfjson.SchemaAttribute{"argument": {AttributeType: cty.Bool, Optional: true, Computed: true}}}
	want := object{"argument": false}
	if diff := cmp.Diff(want, given("aws_lambda_function", block, want, object{"argument": object{}}, true)); diff != "" {
		t.Errorf("-want +got: %s", diff)
	}
}
