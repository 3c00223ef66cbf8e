// Package terraformcli runs real Terraform over a configuration, with the
// schema-only provider in the place of hashicorp/aws. Nothing is downloaded and
// no `terraform init` is needed: a CLI configuration of its own names the folder
// of the provider, which is built from this repository.
//
// Nothing is written into the folder of the configuration. What Terraform keeps,
// the state included, is in a temporary folder of each Workspace. A configuration
// with a backend block cannot be run: that does need init.
package terraformcli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

const (
	// recommended is the version that the checks were written with, and minimum
	// the first that knows write-only attributes.
	recommended = "1.11.4"
	minimum     = "1.11.0"
	wanted      = "version " + recommended + " or another 1.x from " + minimum + " on"

	providerPackage = "github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider/cmd/terraform-provider-aws"

	// commandTimeout is for each command; on a machine that does nothing else, none
	// takes a tenth of it.
	commandTimeout = 5 * time.Minute

	// grace is how long an interrupted Terraform may take to end.
	grace = 10 * time.Second
)

// Terraform is one program with one build of the provider. It may be used
// concurrently.
type Terraform struct {
	program string
	timeout time.Duration
	root    string // temporary: the provider, the CLI configuration, the workspaces
}

// New finds the program, which is Terraform's name or path, and builds the provider,
// which takes a second once its parts are in Go's build cache and a minute before.
// It must run inside the repository. Call Close at the end. Returns an error that
// tells what to install when there is no Terraform or one that is too old.
func New(ctx context.Context, program string) (*Terraform, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("find Terraform: %w: the Terraform export is checked with the real program, %s: put it on PATH or name its path in TERRAFORM", err, wanted)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("find Terraform: %w", err)
	}
	root, err := os.MkdirTemp("", "fluxa-terraform-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Terraform: %w", err)
	}
	t := &Terraform{program: path, timeout: commandTimeout, root: root}
	for _, step := range []func(context.Context) error{t.writeConfiguration, t.checkVersion, t.build} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, t.Close())
		}
	}
	return t, nil
}

// Close deletes the provider and every state.
func (t *Terraform) Close() error {
	if err := os.RemoveAll(t.root); err != nil {
		return fmt.Errorf("delete what Terraform left: %w", err)
	}
	return nil
}

func (t *Terraform) checkVersion(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	command, err := t.command(t.root, nil)
	if err != nil {
		return err
	}
	found, _, err := command.Version(ctx, true)
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", t.program, err)
	}
	if least := version.Must(version.NewVersion(minimum)); found.Core().LessThan(least) || found.Segments()[0] != least.Segments()[0] {
		return fmt.Errorf("%s is Terraform %s: the checks need %s: install it, or name its path in TERRAFORM", t.program, found, wanted)
	}
	return nil
}

func (t *Terraform) providerDir() string { return filepath.Join(t.root, "provider") }

func (t *Terraform) configurationFile() string { return filepath.Join(t.root, "terraform.rc") }

func (t *Terraform) build(ctx context.Context) error {
	target := filepath.Join(t.providerDir(), "terraform-provider-aws")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", target, providerPackage)
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the schema-only provider: %w\n%s", err, out)
	}
	return nil
}

func (t *Terraform) writeConfiguration(context.Context) error {
	content := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n",
		schemaprovider.Address, filepath.ToSlash(t.providerDir()))
	if err := os.WriteFile(t.configurationFile(), []byte(content), 0o600); err != nil {
		return fmt.Errorf("write the CLI configuration: %w", err)
	}
	return nil
}

// command prepares Terraform in a folder. Its environment is not the caller's, so
// that no variable of a developer's machine changes what a check finds.
func (t *Terraform) command(dir string, environment map[string]string) (*tfexec.Terraform, error) {
	all := map[string]string{
		"TF_CLI_CONFIG_FILE": t.configurationFile(),
		"CHECKPOINT_DISABLE": "1",
		"PATH":               os.Getenv("PATH"),
		"HOME":               t.root,
		"TMPDIR":             os.TempDir(),
		"GOGC":               "400", // a command is short, and may keep its garbage
	}
	maps.Copy(all, environment)
	command, err := tfexec.NewTerraform(dir, t.program)
	if err == nil {
		err = errors.Join(command.SetWaitDelay(grace), command.SetEnv(all))
	}
	if err != nil {
		return nil, fmt.Errorf("prepare Terraform for %s: %w", dir, err)
	}
	return command, nil
}

// Format returns the files in the folder, and below it, that `terraform fmt` would
// change.
func (t *Terraform) Format(ctx context.Context, dir string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	command, err := t.command(dir, nil)
	if err != nil {
		return nil, err
	}
	_, files, err := command.FormatCheck(ctx, tfexec.Recursive(true))
	if err != nil {
		return nil, fmt.Errorf("terraform fmt -check in %s: %w", dir, err)
	}
	return files, nil
}
