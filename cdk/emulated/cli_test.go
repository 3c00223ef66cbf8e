package emulated_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cli is the CDK command line of the repository, that speaks to the emulator only.
type cli struct {
	root     string
	stage    string
	emulator *emulator
	overlay  string // of the Go compiler, that replaces files of the repository; empty for none
}

// do runs one command and returns what it prints. It fails the test when the
// command does.
func (c cli) do(t *testing.T, step string, args ...string) string {
	t.Helper()
	out, err := c.try(t, step, args...)
	if err != nil {
		t.Fatalf("cdk %s: %v\n%s\n%s", strings.Join(args, " "), err, out, tail(c.emulator.log))
	}
	return out
}

// try runs one command and returns what it prints.
func (c cli) try(t *testing.T, step string, args ...string) (string, error) {
	t.Helper()
	program := filepath.Join(c.root, "node_modules", ".bin", "cdk")
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("the CDK's command line is not there: %v; %s", err, setUp)
	}
	const limit = 5 * time.Minute // of which a first build of the functions may take most
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append(args, "--no-notices", "--no-color")...)
	cmd.Dir, cmd.Env = c.root, environment(c.emulator.address)
	if c.overlay != "" {
		cmd.Env = append(cmd.Env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+c.overlay))
	}
	cmd.WaitDelay = 10 * time.Second // for what the command itself started
	began := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("%-18s %5.1f s", c.stage+" "+step, time.Since(began).Seconds())
	return string(out), err
}

// stacks are the stacks of the stage, as the command line selects them.
func (c cli) stacks() string { return c.stage + "/*" }

// synthesize writes the stage's templates into a new folder and returns it.
func (c cli) synthesize(t *testing.T, step string, context ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "cdk.out")
	args := []string{"synth", "--quiet", "--output", out}
	for _, setting := range append(context, "stage="+c.stage) {
		args = append(args, "--context", setting)
	}
	c.do(t, step, args...)
	return out
}

func (c cli) bootstrap(t *testing.T, assembly string) {
	t.Helper()
	c.do(t, "bootstrap", "bootstrap", "--app", assembly, "aws://"+account+"/"+region)
}

func (c cli) deploy(t *testing.T, step, assembly string) string {
	t.Helper()
	return c.do(t, step, c.deployment(assembly)...)
}

func (c cli) deployment(assembly string) []string {
	return []string{"deploy", "--app", assembly, "--method", "direct", "--require-approval", "never", c.stacks()}
}

// diff fails the test when there is a difference. It compares templates, since
// moto's change sets report no difference.
func (c cli) diff(t *testing.T, assembly string) string {
	t.Helper()
	return c.do(t, "diff", "diff", "--app", assembly, "--fail", "--method", "template", c.stacks())
}
