package privilege_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/privilege"
	"github.com/fluxa/fluxa/cdk/template"
)

// TestWriteTable_says_what_needs_each_grant has a role that is allowed one action
// too many and one too few.
func TestWriteTable_says_what_needs_each_grant(t *testing.T) {
	t.Parallel()
	reached := calls(t)
	raw, err := os.ReadFile(filepath.Join("testdata", "put.json"))
	if err != nil {
		t.Fatal(err)
	}
	var content tree
	if err := json.Unmarshal(raw, &content); err != nil {
		t.Fatal(err)
	}
	roles, err := privilege.Roles([]privilege.Handler{{Name: "put", Reach: reached[programs+"put"]}}, parsed(t, map[string]tree{"Pipeline": content}))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := privilege.WriteTable(&text, "dev", roles); err != nil {
		t.Fatal(err)
	}
	golden(t, "put.golden", text.String())
}

// assembly writes a cloud assembly of the stage's templates.
func assembly(t *testing.T, stacks map[string]tree) string {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, content any) {
		t.Helper()
		raw, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	artifacts := tree{"dev": tree{"type": "cdk:cloud-assembly", "properties": tree{"directoryName": ".", "displayName": "dev"}}}
	for name, content := range stacks {
		artifacts[name] = tree{
			"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "displayName": "dev/" + name,
			"properties": tree{"templateFile": name + ".json"},
		}
		write(name+".json", content)
	}
	write("manifest.json", tree{"artifacts": artifacts})
	return folder
}

func TestRun_prints_a_table_of_each_role(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args      []string
		status    int
		out, errs string
	}{
		"a stage":           {[]string{"-in", assembly(t, templates(t))}, 0, "\n## processor: AWS::IAM::Role ProcessorRole00D2607C\n", ""},
		"no cloud assembly": {[]string{"-in", "nowhere"}, 1, "", "privileges: read the cloud assembly: open nowhere"},
		"an unknown flag":   {[]string{"-out", "x"}, 2, "", "flag provided but not defined: -out"},
		"a request for use": {[]string{"-help"}, 0, "", "cloud assembly that cdk synth wrote"},
	} {
		var out, errs strings.Builder
		status := privilege.Run(t.Context(), append([]string{"-root", root}, c.args...), &out, &errs)
		if status != c.status || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.errs) || c.errs == "" && errs.Len() > 0 {
			t.Errorf("%s: status %d, %s\n%s", name, status, errs.String(), out.String())
		}
	}
}

func TestReport_fails_for_a_grant_too_many_and_one_too_few(t *testing.T) {
	t.Parallel()
	stacks := templates(t)
	statement := documents()[0].statements(t, stacks)[0].(tree)
	taken := actions(statement)[0]
	statement["Action"] = append(slices.Delete(slices.Clone(actions(statement)), 0, 1), "sqs:PurgeQueue")
	var out, errs strings.Builder
	status := privilege.Report(reached(t), []*template.Stage{parsed(t, stacks)}, &out, &errs)
	for _, want := range []string{
		fmt.Sprintf("privileges: stage dev: ingest: %v on ", taken), " and not granted\n",
		"privileges: stage dev: ingest: sqs:PurgeQueue on ", " is granted and no call needs it\n",
	} {
		if status != 1 || !strings.Contains(errs.String(), want) {
			t.Errorf("status %d, %q does not say %q", status, errs.String(), want)
		}
	}
}

func TestReport_fails_for_what_cannot_be_judged(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	status := privilege.Report(reached(t), []*template.Stage{{Name: "empty"}}, &out, &errs)
	if want := "privileges: stage empty: 0 functions of the templates are named fluxa-ingest-STAGE: it must be one, of one stage\n"; status != 1 || errs.String() != want {
		t.Errorf("status %d, %q", status, errs.String())
	}
}
