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
	"github.com/fluxa/fluxa/pkg/contract"
)

var update = flag.Bool("update", false, "write the golden file")

// handlers loads the four functions once, which takes seconds. It is not bound to
// the context of the test that comes first.
var handlers = sync.OnceValues(func() (map[contract.Function]privilege.Reach, error) {
	return privilege.Handlers(context.Background(), root)
})

func reached(t *testing.T) map[contract.Function]privilege.Reach {
	t.Helper()
	out, err := handlers()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type tree = map[string]any

// templates reads a stage of two stacks as the CDK writes them, in which each
// function is allowed just what it needs.
func templates(t *testing.T) map[string]tree {
	t.Helper()
	out := map[string]tree{}
	for _, stack := range []string{"fluxa-data-dev", "fluxa-pipeline-dev"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "stage", stack+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var template tree
		if err := json.Unmarshal(raw, &template); err != nil {
			t.Fatal(err)
		}
		out[stack] = template
	}
	return out
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
	findings, err := privilege.Judge(reached(t), stacks)
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
	want := map[contract.Function][]string{
		contract.FunctionIngest: {"s3.PutObject", "sqs.SendMessage", "sqs.SendMessageBatch"},
		contract.FunctionProcessor: {"s3.GetObject", "secretsmanager.GetSecretValue", "sns.PublishBatch",
			"sqs.ChangeMessageVisibilityBatch", "sqs.SendMessage", "sqs.SendMessageBatch"},
		contract.FunctionQuery:   {"s3.GetObject", "secretsmanager.GetSecretValue"},
		contract.FunctionMigrate: {"secretsmanager.GetSecretValue"},
	}
	got := map[contract.Function][]string{}
	for function, reach := range reached(t) {
		got[function] = reach.Operations()
		for _, call := range reach.Calls {
			file, _, _ := strings.Cut(call.Position, ":")
			raw, err := os.ReadFile(filepath.Join(root, file))
			if _, operation, _ := strings.Cut(call.Operation, "."); err != nil || !strings.Contains(string(raw), operation) {
				t.Errorf("%s calls %s at %s: %v", function, call.Operation, call.Position, err)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func TestGranted_reads_each_statement(t *testing.T) {
	t.Parallel()
	functions, err := privilege.Granted(templates(t))
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
	golden := filepath.Join("testdata", "granted.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("granted (-want +got):\n%s", diff)
	}
}

func TestJudge_finds_nothing_where_the_grants_are_the_needs(t *testing.T) {
	t.Parallel()
	if got := judge(t, templates(t)); len(got) != 0 {
		t.Errorf("findings\n%s", strings.Join(got, "\n"))
	}
}
