package delivery_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/fluxa/fluxa/cdk/delivery"
)

const root = "../.."

func workflows(t *testing.T) map[string]delivery.Workflow {
	t.Helper()
	all, err := delivery.Workflows(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// An action that is named by a tag is whatever its owner says it is tomorrow.
func TestActions_are_pinned_to_commits(t *testing.T) {
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (\S+)(.*)$`)
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)
	files, err := filepath.Glob(filepath.Join(root, ".github", "*", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	actions, err := filepath.Glob(filepath.Join(root, ".github", "actions", "*", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	commits, seen := map[string]string{}, 0
	for _, file := range slices.Concat(files, actions) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range uses.FindAllStringSubmatch(string(raw), -1) {
			if strings.HasPrefix(match[1], "./") {
				continue
			}
			seen++
			if !pinned.MatchString(match[1]) || !strings.HasPrefix(match[2], " # v") {
				t.Errorf("%s: %s%s: must be a full commit, with the version as a comment", file, match[1], match[2])
			}
			name, commit, _ := strings.Cut(match[1], "@")
			if before, is := commits[name]; is && before != commit {
				t.Errorf("%s: %s has the commit %s elsewhere", file, match[1], before)
			}
			commits[name] = commit
		}
	}
	if seen < 10 {
		t.Errorf("found %d actions: the test looks in the wrong place", seen)
	}
}

func TestPermissions_are_the_least(t *testing.T) {
	var tokens []string
	for file, w := range workflows(t) {
		for name, access := range w.Permissions {
			if name != "contents" || access != "read" {
				t.Errorf("%s: every job has %s: %s", file, name, access)
			}
		}
		if w.Permissions == nil {
			t.Errorf("%s: says nothing of permissions, so that its jobs have the repository's default", file)
		}
		for name, job := range w.Jobs {
			if job.Permissions == nil {
				continue
			}
			if diff := cmp.Diff(map[string]string{"contents": "read", "id-token": "write"}, job.Permissions); diff != "" {
				t.Errorf("%s: %s: %s", file, name, diff)
			}
			tokens = append(tokens, file+" "+name)
		}
	}
	slices.Sort(tokens)
	want := []string{"deploy-stage.yml deploy", "deploy.yml dev", "deploy.yml diff", "deploy.yml prod", "drift.yml drift"}
	if diff := cmp.Diff(want, tokens); diff != "" {
		t.Errorf("jobs that may ask for a token: %s", diff)
	}
}

// What a pull request is called must never be a part of a script.
func TestScripts_hold_no_expression(t *testing.T) {
	for file, w := range workflows(t) {
		for name, job := range w.Jobs {
			for _, script := range job.Scripts() {
				if strings.Contains(script, "${{") {
					t.Errorf("%s: %s: pass it by the environment: %s", file, name, script)
				}
			}
		}
	}
}

func TestRoles_trust_the_jobs_that_take_them_and_no_others(t *testing.T) {
	roles, err := delivery.Roles(root)
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[string]string{}
	for _, role := range roles {
		subjects[role.Name] = role.Subject
		if role.Audience != "sts.amazonaws.com" {
			t.Errorf("%s: takes a token for %q", role.Name, role.Audience)
		}
	}
	if diff := cmp.Diff(map[string]string{
		"${NamePrefix}fluxa-github-deploy-${Stage}": "${Subject}:environment:${Stage}",
		"${NamePrefix}fluxa-github-drift-${Stage}":  "${Subject}:ref:refs/heads/main",
		"${NamePrefix}fluxa-github-diff-${Stage}":   "${Subject}:pull_request",
	}, subjects); diff != "" {
		t.Error(diff)
	}
	all := workflows(t)
	takes := map[string]string{}
	for file, w := range all {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if step.Uses == "./.github/actions/cdk" {
					takes[file+" "+name] = step.With["role"]
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]string{
		"deploy-stage.yml deploy": "deploy-${{ inputs.stage }}", "deploy.yml diff": "diff-${{ matrix.stage }}", "drift.yml drift": "drift-${{ matrix.stage }}",
	}, takes); diff != "" {
		t.Errorf("the roles that jobs take: %s", diff)
	}
	if job := all["deploy-stage.yml"].Jobs["deploy"]; job.Environment != "${{ inputs.stage }}" {
		t.Errorf("the job that deploys is of the environment %q: nobody is asked", job.Environment)
	}
	if job := all["drift.yml"].Jobs["drift"]; !strings.Contains(job.If, "github.ref == 'refs/heads/main'") {
		t.Errorf("drift runs if %s", job.If)
	}
	diff := all["deploy.yml"].Jobs["diff"].If
	for _, must := range []string{"github.event_name == 'pull_request'", "github.event.pull_request.head.repo.full_name == github.repository"} {
		if !strings.Contains(diff, must) {
			t.Errorf("the diff runs if %s, which lacks %s", diff, must)
		}
	}
}

func TestRoles_may_assume_roles_of_the_bootstrap_stack_and_read_templates(t *testing.T) {
	roles, err := delivery.Roles(root)
	if err != nil {
		t.Fatal(err)
	}
	bootstrap := func(role string) string {
		return "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-${Qualifier}-" + role + "-role-${AWS::AccountId}-${AWS::Region}"
	}
	want := map[string][]delivery.Statement{
		"Deploy": {{"Allow", delivery.Texts{"sts:AssumeRole"}, delivery.Texts{bootstrap("deploy"), bootstrap("file-publishing"), bootstrap("lookup")}}},
		"Drift":  {{"Allow", delivery.Texts{"sts:AssumeRole"}, delivery.Texts{bootstrap("lookup")}}},
		"Diff": {{
			"Allow", delivery.Texts{"cloudformation:DescribeStacks", "cloudformation:GetTemplate"},
			delivery.Texts{"arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/${NamePrefix}fluxa-*-${Stage}/*"},
		}},
	}
	got := map[string][]delivery.Statement{}
	for id, role := range roles {
		got[id] = role.Policies
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMerged_code_is_checked_then_deployed_to_dev_then_to_prod(t *testing.T) {
	jobs := workflows(t)["deploy.yml"].Jobs
	if ci := jobs["ci"]; ci.Uses != "./.github/workflows/ci.yml" || ci.If != "github.event_name == 'push'" {
		t.Errorf("ci is %+v", ci)
	}
	for stage, after := range map[string]string{"dev": "ci", "prod": "dev"} {
		job := jobs[stage]
		if job.Needs != after || job.Uses != "./.github/workflows/deploy-stage.yml" || job.With["stage"] != stage {
			t.Errorf("%s must be deployed after %s, got %+v", stage, after, job)
		}
	}
}

// A dry run: every script of the jobs that come to AWS, in the order of the steps,
// with a cdk that writes down how it was called.
func TestDryRun_calls_the_cdk_as_each_job_should(t *testing.T) {
	calls := map[string][]string{}
	for file, w := range workflows(t) {
		for name, job := range w.Jobs {
			if scripts := job.Scripts(); job.Permissions["id-token"] != "" && len(scripts) > 0 {
				calls[file+" "+name] = dryRun(t, scripts)
			}
		}
	}
	want := map[string][]string{
		"deploy-stage.yml deploy": {"--no-install cdk deploy --require-approval never --context stage=dev dev/*"},
		"deploy.yml diff":         {"--no-install cdk diff --method template --no-color --context stage=dev dev/*"},
		"drift.yml drift":         {"--no-install cdk drift --fail --context stage=dev dev/*"},
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
}

// A job fails when its cdk does.
func TestDryRun_fails_with_the_cdk(t *testing.T) {
	for file, w := range workflows(t) {
		for name, job := range w.Jobs {
			if scripts := job.Scripts(); job.Permissions["id-token"] != "" && len(scripts) > 0 {
				if _, err := script(t, t.TempDir(), scripts[0], "exit 1"); err == nil {
					t.Errorf("%s: %s: goes on after its cdk failed", file, name)
				}
			}
		}
	}
}

func dryRun(t *testing.T, scripts []string) []string {
	t.Helper()
	folder := t.TempDir()
	for _, one := range scripts {
		if out, err := script(t, folder, one, `echo "$*" >>calls; echo "Resources: no changes"`); err != nil {
			t.Fatalf("%s: %v\n%s", one, err, out)
		}
	}
	if summary, err := os.ReadFile(filepath.Join(folder, "summary")); err == nil && !strings.Contains(string(summary), "no changes") {
		t.Errorf("the summary does not show the diff: %s", summary)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
}

// script runs one as GitHub runs a step whose shell is bash, with npx as given.
func script(t *testing.T, folder, source, npx string) ([]byte, error) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "npx"), []byte("#!/bin/bash\n"+npx+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", source)
	cmd.Dir = folder
	cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "STAGE=dev", "GITHUB_STEP_SUMMARY=" + filepath.Join(folder, "summary")}
	return cmd.CombinedOutput()
}

// Every script of those jobs names its shell: without it GitHub runs bash without
// pipefail, and a failed diff would pass.
func TestScripts_name_their_shell(t *testing.T) {
	for _, file := range slices.Sorted(maps.Keys(workflows(t))) {
		raw, err := os.ReadFile(filepath.Join(root, ".github", "workflows", file))
		if err != nil {
			t.Fatal(err)
		}
		if file != "ci.yml" && strings.Count(string(raw), "- run:") != strings.Count(string(raw), "shell: bash\n") {
			t.Errorf("%s: has a script without shell: bash", file)
		}
	}
}

// The name of a role begins with the name_prefix of its stage, as the roles' template has
// it by a parameter.
func TestAction_takes_the_role_of_the_stage_s_prefix(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, ".github", "actions", "cdk", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct {
		Runs struct {
			Steps []struct {
				ID   string            `yaml:"id"`
				Run  string            `yaml:"run"`
				With map[string]string `yaml:"with"`
			} `yaml:"steps"`
		} `yaml:"runs"`
	}
	if err := yaml.Unmarshal(raw, &action); err != nil {
		t.Fatal(err)
	}
	source, role := "", ""
	for _, step := range action.Runs.Steps {
		if step.ID == "stage" {
			source = step.Run
		}
		role += step.With["role-to-assume"]
	}
	if want := "arn:aws:iam::${{ inputs.account }}:role/${{ steps.stage.outputs.prefix }}fluxa-github-${{ inputs.role }}"; role != want {
		t.Errorf("the role is %q, want %q", role, want)
	}
	for line, want := range map[string]string{
		`name_prefix: "" # of every name, such as acme-`: "", "name_prefix: acme-": "acme-", `name_prefix: "acme-9-" # ours`: "acme-9-", "name_prefix: 'team-'": "team-",
	} {
		folder := t.TempDir()
		if err := os.MkdirAll(filepath.Join(folder, "cdk", "stage"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "cdk", "stage", "load-test.yaml"), []byte("region: eu-west-1\n"+line+"\ntags: {}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", source)
		cmd.Dir, cmd.Env = folder, []string{"PATH=" + os.Getenv("PATH"), "ROLE=deploy-load-test", "GITHUB_OUTPUT=" + filepath.Join(folder, "output")}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got, err := os.ReadFile(filepath.Join(folder, "output")); err != nil || string(got) != "prefix="+want+"\n" {
			t.Errorf("%s: got %q, %v, want the prefix %q", line, got, err, want)
		}
	}
}
