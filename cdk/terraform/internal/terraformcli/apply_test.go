package terraformcli

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// values returns the planned or applied attributes of a resource of any module.
func values(t *testing.T, module *tfjson.StateModule, address string) map[string]any {
	t.Helper()
	for _, r := range module.Resources {
		if r.Address == address {
			return r.AttributeValues
		}
	}
	for _, child := range module.ChildModules {
		if strings.HasPrefix(address, child.Address+".") {
			return values(t, child, address)
		}
	}
	t.Fatalf("there is no %s", address)
	return nil
}

func text(t *testing.T, of map[string]any, name string) string {
	t.Helper()
	value, ok := of[name].(string)
	if !ok {
		t.Fatalf("%s is %v, want a string", name, of[name])
	}
	return value
}

// set drops what is null, and so not configured.
func set(all map[string]any) map[string]any {
	given := maps.Clone(all)
	maps.DeleteFunc(given, func(_ string, value any) bool { return value == nil })
	return given
}

func TestPlan_has_the_configured_values_and_no_others(t *testing.T) {
	t.Parallel()
	plan, err := open(t, "testdata/valid", schemaprovider.Unknown).Plan(t.Context(), named("events"))
	if err != nil {
		t.Fatal(err)
	}
	root := plan.PlannedValues.RootModule
	for address, want := range map[string]map[string]any{
		"aws_sqs_queue.dead_letters": {
			"name": "events-dead-letters", "message_retention_seconds": json.Number("1209600"),
		},
		"aws_sqs_queue.events": {
			"name": "events", "visibility_timeout_seconds": json.Number("540"), "sqs_managed_sse_enabled": true,
			"tags": map[string]any{"Name": "events"},
		},
		"aws_lambda_function.processor": {
			"function_name": "events-processor", "role": "arn:aws:iam::123456789012:role/processor", "runtime": "provided.al2023",
			"handler": "bootstrap", "filename": "processor.zip", "architectures": []any{"arm64"},
			"memory_size": json.Number("256"), "timeout": json.Number("90"), "environment": []any{map[string]any{"variables": map[string]any{}}},
			"tracing_config": []any{map[string]any{"mode": "Active"}},
		},
		"module.topic.aws_sns_topic.this": {"name": "events"},
	} {
		got := set(values(t, root, address))
		for name, value := range got { // blocks that are not there are empty lists
			if list, ok := value.([]any); ok && len(list) == 0 {
				delete(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got): %s", address, diff)
		}
	}
	for _, r := range plan.ResourceChanges {
		if r.Address == "aws_sqs_queue.events" {
			unknown, ok := r.Change.AfterUnknown.(map[string]any)
			if !ok || unknown["arn"] != true || unknown["url"] != true || unknown["redrive_policy"] != true {
				t.Errorf("arn, url and what refers to one must be unknown, got %v", r.Change.AfterUnknown)
			}
		}
	}
}

func TestPlan_with_placeholders_shows_what_is_built_from_them(t *testing.T) {
	t.Parallel()
	plan, err := open(t, "testdata/valid", schemaprovider.Placeholder).Plan(t.Context(), named("events"))
	if err != nil {
		t.Fatal(err)
	}
	root := plan.PlannedValues.RootModule
	deadLetters, events := values(t, root, "aws_sqs_queue.dead_letters"), values(t, root, "aws_sqs_queue.events")
	arn := text(t, deadLetters, "arn")
	if !regexp.MustCompile(`^arn:aws:sqs:eu-west-1:123456789012:placeholder:aws_sqs_queue/events-dead-letters-[0-9a-f]{8}/arn$`).MatchString(arn) {
		t.Errorf("arn = %s", arn)
	}
	if arn == text(t, events, "arn") {
		t.Error("two queues have the same arn")
	}
	if got, want := text(t, events, "redrive_policy"), `{"deadLetterTargetArn":"`+arn+`","maxReceiveCount":10}`; got != want {
		t.Errorf("redrive_policy = %s, want %s", got, want)
	}
	function := values(t, root, "aws_lambda_function.processor")
	environment := []any{map[string]any{"variables": map[string]any{"QUEUE_URL": text(t, events, "url")}}}
	if diff := cmp.Diff(environment, function["environment"]); diff != "" {
		t.Errorf("environment (-want +got): %s", diff)
	}
	if got, want := values(t, root, "aws_lambda_event_source_mapping.processor")["event_source_arn"], text(t, events, "arn"); got != want {
		t.Errorf("event_source_arn = %v, want %s", got, want)
	}
	if got, want := plan.PlannedValues.Outputs["topic_arn"].Value, text(t, values(t, root, "module.topic.aws_sns_topic.this"), "arn"); got != want {
		t.Errorf("topic_arn = %v, want that of the module's topic, %s", got, want)
	}
}

func TestPlan_with_placeholders_is_the_same_each_time(t *testing.T) {
	t.Parallel()
	var plans [2]*tfjson.StateValues
	for i := range plans {
		plan, err := open(t, "testdata/valid", schemaprovider.Placeholder).Plan(t.Context(), named("events"))
		if err != nil {
			t.Fatal(err)
		}
		plans[i] = plan.PlannedValues
	}
	if diff := cmp.Diff(plans[0], plans[1], cmp.Comparer(cty.Type.Equals)); diff != "" {
		t.Error(diff)
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	for _, computed := range []schemaprovider.Computed{schemaprovider.Unknown, schemaprovider.Placeholder} {
		t.Run(string(computed), func(t *testing.T) {
			t.Parallel()
			w := open(t, "testdata/valid", computed)
			variables := named("events", "arn:aws:iam::123456789012:role/reader")
			state, err := w.Apply(t.Context(), variables)
			if err != nil {
				t.Fatal(err)
			}
			root := state.Values.RootModule
			queue, topic := values(t, root, "aws_sqs_queue.events"), values(t, root, "module.topic.aws_sns_topic.this")
			want := `{"Statement":[` +
				`{"Action":"sqs:SendMessage","Condition":{"ArnEquals":{"aws:SourceArn":"` + text(t, topic, "arn") + `"}},"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Resource":"` + text(t, queue, "arn") + `"},` +
				`{"Action":["sqs:ReceiveMessage","sqs:DeleteMessage"],"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"},"Resource":"` + text(t, queue, "arn") + `"}],"Version":"2012-10-17"}`
			if got := values(t, root, "aws_sqs_queue_policy.events")["policy"]; got != want {
				t.Errorf("the policy is\n%s\nwant\n%s", got, want)
			}

			again, err := w.Plan(t.Context(), variables)
			if err != nil {
				t.Fatal(err)
			}
			if changed := Changes(again); len(changed) != 0 {
				t.Errorf("a second plan changes %q", changed)
			}

			fewer, err := w.Plan(t.Context(), named("events"))
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"aws_sqs_queue_policy.events [update]"}; !slices.Equal(Changes(fewer), want) {
				t.Errorf("without the reader a plan changes %q, want %q", Changes(fewer), want)
			}
		})
	}
}

func TestApply_stops_where_a_value_is_wrong_only_then(t *testing.T) {
	t.Parallel()
	dir := edited(t, "jsonencode({\n    Version", "format(\"{%s\", aws_sqs_queue.events.arn)\n  region = jsonencode({\n    Version")
	w := open(t, dir, schemaprovider.Unknown)
	if err := w.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := w.Apply(t.Context(), named("events"))
	if want := "aws_sqs_queue_policy.policy must hold a JSON document"; err == nil || !strings.Contains(strings.Join(strings.Fields(err.Error()), " "), want) {
		t.Fatalf("error = %v, want %q in it", err, want)
	}
}

func TestWorkspace_leaves_the_folder_as_it_was(t *testing.T) {
	t.Parallel()
	dir := edited(t, "540", "541")
	w := open(t, dir, schemaprovider.Unknown)
	if _, err := w.Apply(t.Context(), named("events")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"main.tf", "tests", "topic"}; !slices.Equal(names, want) {
		t.Errorf("the folder has %q, want %q", names, want)
	}
}

func TestPlan_needs_a_region_in_the_provider_block(t *testing.T) {
	t.Parallel()
	w := open(t, edited(t, "  region = var.region\n", ""), schemaprovider.Unknown)
	_, err := w.Plan(t.Context(), named("events"))
	if err == nil || !strings.Contains(err.Error(), "region must be set in the provider block") {
		t.Fatalf("error = %v", err)
	}
}
