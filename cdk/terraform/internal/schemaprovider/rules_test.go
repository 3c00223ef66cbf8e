package schemaprovider

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// find returns the attribute at a path from its type on, or nil.
func (c catalogue) find(path string) *tfprotov6.SchemaAttribute {
	kinds, rest := c.resources, path
	if inside, ok := strings.CutPrefix(path, "data."); ok {
		kinds, rest = c.data, inside
	}
	steps := strings.Split(rest, ".")
	at := tftypes.NewAttributePath()
	for _, step := range steps[1:] {
		at = at.WithAttributeName(step)
	}
	k, ok := kinds[steps[0]]
	if !ok {
		return nil
	}
	return k.attribute(at)
}

func TestRules_are_of_attributes_that_the_schema_has(t *testing.T) {
	t.Parallel()
	s := unconfigured(t, Unknown)
	if !slices.IsSorted(s.rules.JSON) {
		t.Error("the JSON attributes must be sorted")
	}
	for _, path := range s.rules.JSON {
		if s.catalogue.find(path) == nil {
			t.Errorf("there is no %s", path)
		}
	}
	for path, choices := range s.rules.OneOf {
		if s.catalogue.find(path) == nil {
			t.Errorf("there is no %s", path)
		}
		if len(choices) == 0 {
			t.Errorf("%s may take no value", path)
		}
	}
	for _, name := range s.rules.Names {
		if !slices.ContainsFunc(slices.Collect(maps.Values(s.catalogue.resources)), func(k kind) bool { return k.attribute(tftypes.NewAttributePath().WithAttributeName(name)) != nil }) {
			t.Errorf("no type has an attribute %s", name)
		}
	}
}

func TestValidate_finds_each_value_that_breaks_a_rule(t *testing.T) {
	t.Parallel()
	s := unconfigured(t, Unknown)
	for name, test := range map[string]struct {
		resource, config string
		want             []string
	}{
		"nothing": {"aws_sqs_queue", `{"name":"q","redrive_policy":"{}"}`, nil},
		"what is not known yet": {
			"aws_lambda_function", `{"tracing_config":[{"mode":"?"}]}`, nil},
		"an empty document, which is none": {
			"aws_sqs_queue", `{"policy":""}`, nil},
		"a document": {
			"aws_sqs_queue", `{"redrive_policy":"{"}`,
			[]string{`AttributeName("redrive_policy"): aws_sqs_queue.redrive_policy must hold a JSON document, got "{"`}},
		"a number": {
			"aws_cloudwatch_log_group", `{"retention_in_days":31}`,
			[]string{`AttributeName("retention_in_days"): aws_cloudwatch_log_group.retention_in_days must be one of ["0" "1" "3" "5" "7" "14" "30" "60" "90" "120" "150" "180" "365" "400" "545" "731" "1096" "1827" "2192" "2557" "2922" "3288" "3653"], got "31"`}},
		"an item of a list": {
			"aws_lambda_function", `{"architectures":["arm64","arm"]}`,
			[]string{`AttributeName("architectures").ElementKeyInt(1): aws_lambda_function.architectures must be one of ["arm64" "x86_64"], got "arm"`}},
		"a block of several": {
			"aws_s3_bucket_lifecycle_configuration", `{"rule":[{"id":"a","status":"Enabled"},{"id":"b","status":"On"}]}`,
			[]string{`AttributeName("rule").ElementKeyInt(1).AttributeName("status"): aws_s3_bucket_lifecycle_configuration.rule.status must be one of ["Disabled" "Enabled"], got "On"`}},
		"what only the provider gives": {
			"aws_lambda_function", `{"arn":"a","vpc_config":[{"vpc_id":"?"}]}`,
			[]string{
				`AttributeName("arn"): "arn" cannot be set: the provider decides it in the apply`,
				`AttributeName("vpc_config").ElementKeyInt(0).AttributeName("vpc_id"): "vpc_id" cannot be set: the provider decides it in the apply`,
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := s.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
				TypeName: test.resource, Config: sent(t, s.catalogue.resources[test.resource], test.config),
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range answer.Diagnostics {
				got = append(got, d.Attribute.String()+": "+d.Detail)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got: %s", diff)
			}
		})
	}
}

func TestLoadRules_refuses_an_unknown_section(t *testing.T) {
	t.Parallel()
	_, err := loadRules([]byte(`{"conflicts":{}}`))
	if want := `read rules.json: json: unknown field "conflicts"`; err == nil || err.Error() != want {
		t.Fatalf("error = %v, want %s", err, want)
	}
}
