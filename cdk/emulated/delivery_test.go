package emulated_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/fluxa/fluxa/cdk/delivery"
)

// checkDelivery makes the roles of the pipeline, and runs the scripts of its jobs
// with the real command line. It cannot look for drift: moto has no drift detection.
func checkDelivery(t *testing.T, c cli, deployed *cloud, assembly string) {
	ctx := t.Context()
	template, err := os.ReadFile(filepath.Join(c.root, delivery.AccessTemplate))
	if err != nil {
		t.Fatal(err)
	}
	// moto's CloudFormation makes no OIDC provider: the account has one already.
	provider, err := deployed.roles.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://token.actions.githubusercontent.com"), ClientIDList: []string{"sts.amazonaws.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deployed.stacks.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String("fluxa-github-dev"), TemplateBody: aws.String(string(template)),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		Parameters: []types.Parameter{
			{ParameterKey: aws.String("Stage"), ParameterValue: aws.String("dev")},
			{ParameterKey: aws.String("Subject"), ParameterValue: aws.String("repo:octo-org/fluxa")},
			{ParameterKey: aws.String("ProviderArn"), ParameterValue: provider.OpenIDConnectProviderArn},
		},
	}); err != nil {
		t.Fatal(err)
	}
	for role, subject := range map[string]string{"deploy": "environment:dev", "drift": "ref:refs/heads/main", "diff": "pull_request"} {
		got, err := deployed.roles.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("fluxa-github-" + role + "-dev")})
		if err != nil {
			t.Fatal(err)
		}
		trust, err := url.QueryUnescape(*got.Role.AssumeRolePolicyDocument)
		if err != nil {
			t.Fatal(err)
		}
		for _, must := range []string{"repo:octo-org/fluxa:" + subject, *provider.OpenIDConnectProviderArn} {
			if !strings.Contains(trust, must) {
				t.Errorf("the role %s does not trust %s: %s", role, must, trust)
			}
		}
	}
	workflows, err := delivery.Workflows(c.root)
	if err != nil {
		t.Fatal(err)
	}
	run := func(file, job, says string) {
		folder := t.TempDir() // npx finds the command line from here
		if err := os.Symlink(filepath.Join(c.root, "node_modules"), filepath.Join(folder, "node_modules")); err != nil {
			t.Fatal(err)
		}
		var printed strings.Builder
		for _, script := range workflows[file].Jobs[job].Scripts() {
			// moto answers no change set of a stack that is there already.
			script = strings.Replace(script, "cdk deploy ", "cdk deploy --method direct ", 1)
			cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
			cmd.Dir = folder
			cmd.Env = append(environment(c.emulator.address), "STAGE=dev", "CDK_APP="+assembly, "GITHUB_STEP_SUMMARY="+filepath.Join(folder, "summary"))
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %s: %v\n%s", file, script, err, out)
			}
			printed.Write(out)
		}
		if !strings.Contains(printed.String(), says) {
			t.Errorf("%s: %s does not say %q:\n%s", file, job, says, printed.String())
		}
	}
	run("deploy.yml", "diff", "Number of stacks with differences: 0")
	run("deploy-stage.yml", "deploy", "(no changes)")
}
