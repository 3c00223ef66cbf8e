package stacks

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// preflight is the program that makes the checks; it lies beside this one.
	preflight = "fluxa-preflight"
	// farewell bounds how long it may take to end after Ctrl-C.
	farewell = 5 * time.Second
)

type doctorCommand struct {
	console.TextFormat
	Stage    string `required:"" env:"FLUXA_STAGE" placeholder:"NAME" help:"The stage that is to be deployed."`
	Assembly string `default:"cdk.out" placeholder:"FOLDER" help:"Its synthesized templates, as make synth writes them (default ${default})."`
	Region   string `env:"AWS_REGION" placeholder:"REGION" help:"AWS region of a stage that names none."`
}

func (doctorCommand) Help() string {
	return `Compares what the stage's templates ask of AWS with what the account gives: whose credentials these are, the CDK's bootstrap stack, the zones, an existing VPC with its subnets and endpoints, the quotas of Lambda and RDS, API Gateway's role for logs, and stacks that are in the way of a deploy. It says what to raise or to change, and changes nothing. Exit code 0 when no check failed, else 1.

The checks are those of the program fluxa-preflight, beside this one; make preflight builds it, and synthesizes the templates first.

    make preflight STAGE=prod
    fluxa doctor --stage prod`
}

func (d doctorCommand) Run(ctx context.Context, c console.Console, launcher Launcher) error {
	program, err := launcher.Program()
	if err != nil {
		return fmt.Errorf("find %s: %w", preflight, err)
	}
	style := console.StyleFor(c.Out)
	report := func(contract.Check) {}
	if d.Output == "text" {
		report = func(check contract.Check) { line(c, style, check) }
	}
	checks, err := d.checks(ctx, filepath.Join(filepath.Dir(program), preflight), report)
	if err != nil {
		return err
	}
	return conclude(c, style, checks, d.Output)
}

// checks returns those that the program made, and calls report with each as it ends.
func (d doctorCommand) checks(ctx context.Context, program string, report func(contract.Check)) ([]contract.Check, error) {
	run := exec.CommandContext(ctx, program, "-assembly", d.Assembly, "-stage", d.Stage, "-region", d.Region)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	run.WaitDelay = farewell
	var said bytes.Buffer
	run.Stderr = &said
	out, err := run.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", preflight, err)
	}
	if err := run.Start(); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s: make preflight STAGE=%s builds it, and calls this command", program, d.Stage)
	} else if err != nil {
		return nil, fmt.Errorf("run %s: %w", preflight, err)
	}
	var checks []contract.Check
	lines := json.NewDecoder(out)
	var broken error
	for broken == nil {
		var check contract.Check
		if broken = lines.Decode(&check); broken == nil {
			report(check)
			checks = append(checks, check)
		}
	}
	ended := run.Wait()
	switch {
	case ended != nil:
		return nil, errors.New(cmp.Or(strings.TrimSpace(said.String()), fmt.Sprintf("run %s: %v", preflight, ended)))
	case !errors.Is(broken, io.EOF):
		return nil, fmt.Errorf("read what %s found: %w", preflight, broken)
	}
	return checks, nil
}
