package terraformcli

import (
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

func TestValidate_accepts_what_the_schema_allows(t *testing.T) {
	t.Parallel()
	if err := open(t, "testdata/valid", schemaprovider.Unknown).Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestValidate_names_the_fault(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, replacement, want string }{
		"a misspelt attribute": {
			"visibility_timeout_seconds = 540", "visibility_timeout = 540",
			`An argument named "visibility_timeout" is not expected here.`},
		"a missing required attribute": {
			`  function_name = "${var.name}-processor"`, ``,
			`The argument "function_name" is required, but no definition was found.`},
		"a wrong type": {
			"memory_size   = 256", `memory_size = "much"`,
			`Inappropriate value for attribute "memory_size": a number is required.`},
		"a wrong type in a collection": {
			`architectures = ["arm64"]`, `architectures = "arm64"`,
			`Inappropriate value for attribute "architectures": list of string required.`},
		"a misspelt block": {
			"tracing_config {", "trace_config {",
			`Blocks of type "trace_config" are not expected here.`},
		"a block too many": {
			"  tracing_config {\n", "  tracing_config {\n    mode = \"Active\"\n  }\n\n  tracing_config {\n",
			`No more than 1 "tracing_config" blocks are allowed`},
		"a missing required attribute of a block": {
			`    mode = "Active"`, ``,
			`The argument "mode" is required, but no definition was found.`},
		"a value for what only the provider gives": {
			"memory_size   = 256", "memory_size = 256\n  invoke_arn = \"x\"",
			`"invoke_arn" cannot be set: the provider decides it in the apply`},
		"an unknown resource type": {
			`resource "aws_lambda_event_source_mapping" "processor"`, `resource "aws_lambda_mapping" "processor"`,
			`The provider hashicorp/aws does not support resource type "aws_lambda_mapping".`},
		"a reference to an attribute that does not exist": {
			"QUEUE_URL = aws_sqs_queue.events.url", "QUEUE_URL = aws_sqs_queue.events.uri",
			`This object has no argument, nested block, or exported attribute named "uri"`},
		"a reference to a resource that does not exist": {
			"QUEUE_URL = aws_sqs_queue.events.url", "QUEUE_URL = aws_sqs_queue.event.url",
			`A managed resource "aws_sqs_queue" "event" has not been declared in the root module.`},
		"a cycle": {
			`"${var.name}-dead-letters"`, `aws_sqs_queue.events.name_prefix`,
			`Cycle: aws_sqs_queue.`},
		"a document that is not JSON": {
			"jsonencode({\n    Version", "\"{\"\n  region = jsonencode({\n    Version",
			`aws_sqs_queue_policy.policy must hold a JSON document, got "{"`},
		"a value that the provider does not know": {
			`    mode = "Active"`, `    mode = "On"`,
			`aws_lambda_function.tracing_config.mode must be one of ["Active" "PassThrough"], got "On"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, edited(t, test.old, test.replacement), schemaprovider.Unknown)
			err := w.Validate(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error = %v\nwant   %s", err, test.want)
			}
			if lines := strings.Count(err.Error(), "main.tf:"); lines != 1 && name != "a cycle" {
				t.Errorf("one fault was made, %d are reported: %v", lines, err)
			}
		})
	}
}

func TestValidate_wants_the_modules_installed(t *testing.T) {
	t.Parallel()
	w, err := shared.Workspace("testdata/valid", schemaprovider.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Validate(t.Context()); err == nil || !strings.Contains(err.Error(), "Module not installed") {
		t.Fatalf("error = %v", err)
	}
}
