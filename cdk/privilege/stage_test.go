package privilege_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/privilege"
	"github.com/fluxa/fluxa/cdk/template"
)

var update = flag.Bool("update", false, "write the golden file")

// handlers loads the functions once, which takes seconds. It is not bound to
// the context of the test that comes first.
var handlers = sync.OnceValues(func() ([]privilege.Handler, error) {
	return privilege.Handlers(context.Background(), root)
})

func reached(t *testing.T) []privilege.Handler {
	t.Helper()
	out, err := handlers()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type tree = map[string]any

// templates reads a stage of three stacks as the CDK writes them, in which each
// function is allowed just what it needs.
func templates(t *testing.T) map[string]tree {
	t.Helper()
	out := map[string]tree{}
	for _, stack := range []string{"fluxa-data-dev", "fluxa-network-dev", "fluxa-pipeline-dev"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "stage", stack+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var content tree
		if err := json.Unmarshal(raw, &content); err != nil {
			t.Fatal(err)
		}
		out[stack] = content
	}
	return out
}

// parsed is the stage of the templates, by the name of their stack.
func parsed(t *testing.T, stacks map[string]tree) *template.Stage {
	t.Helper()
	var out []*template.Stack
	for _, name := range slices.Sorted(maps.Keys(stacks)) {
		raw, err := json.Marshal(stacks[name])
		if err != nil {
			t.Fatal(err)
		}
		s := &template.Stack{Name: name}
		if err := s.Decode(raw); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	stage, err := template.NewStage("dev", out...)
	if err != nil {
		t.Fatal(err)
	}
	return stage
}

// inner goes down into a template, by the keys of objects and the indexes of lists.
func inner(t *testing.T, raw any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			raw = raw.(tree)[step]
		case int:
			raw = raw.([]any)[step]
		}
	}
	if raw == nil {
		t.Fatalf("the template has nothing at %v", path)
	}
	return raw
}

func properties(t *testing.T, stacks map[string]tree, stack, id string) tree {
	t.Helper()
	return inner(t, stacks[stack], "Resources", id, "Properties").(tree)
}

func judge(t *testing.T, stacks map[string]tree) []string {
	t.Helper()
	findings, err := privilege.Judge(reached(t), parsed(t, stacks))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range findings {
		out = append(out, f.String())
	}
	return out
}

func TestHandlers_reach_what_the_functions_call(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"authorize": nil,
		"ingest":    {"s3.PutObject", "sqs.SendMessage", "sqs.SendMessageBatch"},
		"processor": {"s3.GetObject", "sns.PublishBatch",
			"sqs.ChangeMessageVisibilityBatch", "sqs.SendMessage", "sqs.SendMessageBatch"},
		"query":    {"s3.GetObject"},
		"migrate":  {"secretsmanager.GetSecretValue"},
		"maintain": {"s3.DeleteObject", "s3.GetObject", "s3.ListObjectVersions", "s3.PutObject", "sns.PublishBatch", "sqs.SendMessage", "sqs.SendMessageBatch"},
		"verify":   {"codedeploy.GetDeployment", "codedeploy.PutLifecycleEventHookExecutionStatus", "lambda.Invoke"},
	}
	got := map[string][]string{}
	for _, handler := range reached(t) {
		got[handler.Name] = handler.Operations()
		for _, call := range handler.Calls {
			file, _, _ := strings.Cut(call.Position, ":")
			raw, err := os.ReadFile(filepath.Join(root, file))
			if _, operation, _ := strings.Cut(call.Operation, "."); err != nil || !strings.Contains(string(raw), operation) {
				t.Errorf("%s calls %s at %s: %v", handler.Name, call.Operation, call.Position, err)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func TestGranted_reads_each_statement(t *testing.T) {
	t.Parallel()
	functions, err := privilege.Granted(parsed(t, templates(t)))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range functions {
		fmt.Fprintf(&text, "%s %s: traced %t, in VPC %t, fed %t\n", f.Name, f.Stage, f.Traced, f.InVPC, f.Fed)
		for _, kind := range slices.Sorted(maps.Keys(f.Targets)) {
			fmt.Fprintf(&text, "  %s is %s\n", kind, f.Targets[kind])
		}
		for _, s := range f.Allow {
			fmt.Fprintf(&text, "  allow %s on %s %s\n", s.Action, s.Resource, s.Condition)
		}
		for _, s := range f.Deny {
			fmt.Fprintf(&text, "  deny %s on %s %s\n", s.Action, s.Resource, s.Condition)
		}
		for _, problem := range f.Problems {
			fmt.Fprintf(&text, "  problem: %s\n", problem)
		}
	}
	golden(t, "granted.golden", text.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestJudge_finds_nothing_where_the_grants_are_the_needs(t *testing.T) {
	t.Parallel()
	if got := judge(t, templates(t)); len(got) != 0 {
		t.Errorf("findings\n%s", strings.Join(got, "\n"))
	}
}
