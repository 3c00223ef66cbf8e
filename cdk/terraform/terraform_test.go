package terraform

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
	"github.com/fluxa/fluxa/cdk/terraform/internal/terraformcli"
)

var region = terraformcli.Variables{"aws_region": "us-east-1"}

func workspace(t *testing.T, dir string, computed schemaprovider.Computed) *terraformcli.Workspace {
	t.Helper()
	w, err := openWorkspace(t.Context(), dir, computed)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func openWorkspace(ctx context.Context, dir string, computed schemaprovider.Computed) (*terraformcli.Workspace, error) {
	tf, err := terraform()
	if err != nil {
		return nil, err
	}
	w, err := tf.Workspace(dir, computed)
	if err != nil {
		return nil, err
	}
	return w, w.Get(ctx)
}

func environmentFolder(repository, stage string) string {
	return filepath.Join(repository, "infra", "terraform", "envs", stage)
}

func TestEnvironment(t *testing.T) {
	for _, stage := range []string{"dev", "prod"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			dir := environmentFolder(repository(t), stage)
			t.Run("applies,_and_then_has_nothing_to_change", func(t *testing.T) {
				w := workspace(t, dir, schemaprovider.Unknown)
				if _, err := w.Apply(t.Context(), region); err != nil {
					t.Fatal(err)
				}
				plan, err := w.Plan(t.Context(), region)
				if err != nil {
					t.Fatal(err)
				}
				if changed := terraformcli.Changes(plan); len(changed) > 0 {
					t.Errorf("a second plan changes %v", changed)
				}
			})
			t.Run("tells_every_value_that_its_users_call", func(t *testing.T) {
				outputs, told := planned(t, dir).PlannedValues.Outputs, outputsOf(t, stage)
				for _, o := range catalog.New().Outputs {
					if value := outputs[o.Name]; told[o.From] != (value != nil && value.Value != nil && value.Value != "") {
						t.Errorf("the output %s is %v, and the templates have it: %v", o.Name, value, told[o.From])
					}
				}
			})
		})
	}
}

// plans are those that planned has made, by folder: tests read them only.
var plans sync.Map

// planned is the plan of an environment in which AWS's answers are placeholders.
func planned(t *testing.T, dir string) *tfjson.Plan {
	t.Helper()
	once, _ := plans.LoadOrStore(dir, sync.OnceValues(func() (*tfjson.Plan, error) {
		ctx := context.Background() // other tests wait for it too
		w, err := openWorkspace(ctx, dir, schemaprovider.Placeholder)
		if err != nil {
			return nil, err
		}
		return w.Plan(ctx, region)
	}))
	plan, err := once.(func() (*tfjson.Plan, error))()
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestFiles_are_formatted(t *testing.T) {
	tf, err := terraform()
	if err != nil {
		t.Fatal(err)
	}
	files, err := tf.Format(t.Context(), filepath.Join(repository(t), "infra", "terraform"))
	if err != nil || len(files) > 0 {
		t.Fatalf("terraform fmt would change %v, %v", files, err)
	}
}

// TestValidate_refuses_a_misspelt_argument shows that Terraform looks at the
// provider's schema: each of the words is misspelt in a copy.
func TestValidate_refuses_a_misspelt_argument(t *testing.T) {
	for _, c := range []struct{ file, word, misspelt string }{
		{"modules/stateful/database.tf", "deletion_protection ", "deletion_protektion "},
		{"modules/stateless/events.tf", "visibility_timeout_seconds ", "visibility_timeout "},
		{"modules/stateless/firewall.tf", "rate_based_statement ", "rate_statement "},
		{"modules/stateless/processor.tf", "aws_lambda_alias.processor.arn", "aws_lambda_alias.processor.qualified_arn"},
	} {
		t.Run(c.misspelt, func(t *testing.T) {
			t.Parallel()
			copied := filepath.Join(t.TempDir(), "terraform")
			if err := os.CopyFS(copied, os.DirFS(filepath.Join(repository(t), "infra", "terraform"))); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(copied, c.file)
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(raw), c.word) {
				t.Fatalf("%s has no %q", c.file, c.word)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(string(raw), c.word, c.misspelt, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			err = workspace(t, filepath.Join(copied, "envs", "dev"), schemaprovider.Unknown).Validate(t.Context())
			misspelt := strings.TrimSpace(c.misspelt)
			if err == nil || !strings.Contains(err.Error(), misspelt[strings.LastIndex(misspelt, ".")+1:]) {
				t.Fatalf("got %v, want an error that names %s", err, misspelt)
			}
		})
	}
}

// TestPlan_refuses_a_part_of_an_adopted_instance gives three of the four variables, of
// which each alone is good.
func TestPlan_refuses_a_part_of_an_adopted_instance(t *testing.T) {
	t.Parallel()
	copied := filepath.Join(t.TempDir(), "repository")
	if err := os.CopyFS(copied, os.DirFS(repository(t))); err != nil {
		t.Fatal(err)
	}
	dir := environmentFolder(copied, "prod")
	raw, err := os.ReadFile(filepath.Join(dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, name := range []string{"database_adopted_name", "database_adopted_host", "database_adopted_resource_id"} {
		null := regexp.MustCompile(name + `( +)= null`)
		if !null.MatchString(text) {
			t.Fatalf("the environment does not set %s to null:\n%s", name, text)
		}
		text = null.ReplaceAllString(text, fmt.Sprintf("%s$1= %q", name, catalog.New().Variable(name).Sample))
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = workspace(t, dir, schemaprovider.Placeholder).Plan(t.Context(), region)
	const want = "database_adopted_host, database_adopted_name, database_adopted_resource_id and database_adopted_secret_arn must all be given or all be null"
	if err == nil || !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "│", "")), " "), want) {
		t.Errorf("got %v, want an error that says %s", err, want)
	}
}

// TestModule_passes_its_own_tests runs the .tftest.hcl files of a module, with the
// provider mocked.
func TestModule_passes_its_own_tests(t *testing.T) { passOwnTests(t, repository(t)) }

func passOwnTests(t *testing.T, repository string) {
	for _, m := range catalog.New().Modules {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			runs, err := workspace(t, filepath.Join(repository, "infra", "terraform", "modules", m.Name), schemaprovider.Unknown).Test(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := terraformcli.TestRuns{Passed: 3} // two stages, and what is refused
			if m.Name == "stateful" {
				want.Passed++ // a part of another database
			}
			if runs != want {
				t.Errorf("%+v, want %+v", runs, want)
			}
		})
	}
}

// TestRepository_has_what_the_export_writes is what CI checks: infra/terraform is
// never edited by hand, nor forgotten.
func TestRepository_has_what_the_export_writes(t *testing.T) {
	files, err := Generate(assemblyFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	stale, err := files.Differ(filepath.Join("..", "..", "infra", "terraform"))
	if err != nil || len(stale) > 0 {
		t.Fatalf("infra/terraform is not what the export writes now: %v, %v; run make terraform-export", stale, err)
	}
}

func TestFiles_Write_leaves_what_is_not_its_own(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{"old.tf": "x", "terraform.tfvars": "mine", "envs/dev/main.tf": "changed"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := Files{"envs/dev/main.tf": []byte("new"), "envs/dev/outputs.tf": []byte("new")}
	stale, err := files.Differ(folder)
	if want := []string{"envs/dev/main.tf", "envs/dev/outputs.tf", "old.tf"}; err != nil || !slices.Equal(stale, want) {
		t.Errorf("got %v, %v, want %v", stale, err, want)
	}
	if err := files.Write(folder); err != nil {
		t.Fatal(err)
	}
	if stale, err = files.Differ(folder); err != nil || len(stale) > 0 {
		t.Errorf("got %v, %v after writing", stale, err)
	}
	if kept, err := os.ReadFile(filepath.Join(folder, "terraform.tfvars")); err != nil || string(kept) != "mine" {
		t.Errorf("terraform.tfvars is %q, %v", kept, err)
	}
}

// outputsOf are the outputs that the templates of a deployed stage have, by stack and
// name.
func outputsOf(t *testing.T, stage string) map[string]bool {
	t.Helper()
	folder, err := deployed.assembly()
	if err != nil {
		t.Fatal(err)
	}
	stages, err := assembly.Read(catalog.New(), folder)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, s := range stages {
		for _, o := range s.Outputs {
			if s.Name == stage {
				out[o.Stack+"/"+o.Name] = true
			}
		}
	}
	return out
}
