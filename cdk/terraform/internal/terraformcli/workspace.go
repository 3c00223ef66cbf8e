package terraformcli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// Workspace is one root module with a state of its own, empty at first. Two
// workspaces of the same folder do not disturb each other; the commands of one
// must not run concurrently.
type Workspace struct {
	command *tfexec.Terraform
	timeout time.Duration
	dir     string
	kept    string // modules, state and plan
}

// Variables are the values of input variables of a root module, each what
// encoding/json writes in the variable's type. Terraform reads terraform.tfvars in
// the folder either way.
type Variables map[string]any

// Workspace opens the root module in a folder. Computed says what its plans show
// for a value that only AWS can give.
func (t *Terraform) Workspace(dir string, computed schemaprovider.Computed) (*Workspace, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open a workspace: %w", err)
	}
	kept, err := os.MkdirTemp(t.root, "workspace-")
	if err != nil {
		return nil, fmt.Errorf("open a workspace: %w", err)
	}
	command, err := t.command(dir, map[string]string{
		"TF_DATA_DIR":              filepath.Join(kept, "data"),
		schemaprovider.Environment: string(computed),
	})
	if err != nil {
		return nil, err
	}
	return &Workspace{command: command, timeout: t.timeout, dir: dir, kept: kept}, nil
}

func (w *Workspace) stateFile() string { return filepath.Join(w.kept, "terraform.tfstate") }

func (w *Workspace) state() *tfexec.StateOption {
	//lint:ignore SA1019 a local backend would have to be written into the folder of the configuration
	return tfexec.State(w.stateFile())
}

// run gives f the time-out of one command, and its error what Terraform wrote.
func (w *Workspace) run(ctx context.Context, what string, f func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	var stderr strings.Builder
	w.command.SetStderr(&stderr)
	switch err := f(limited); {
	case limited.Err() != nil:
		return fmt.Errorf("terraform %s in %s was ended, at the latest after %s: %w\n%s", what, w.dir, w.timeout, limited.Err(), stderr.String())
	case err != nil:
		return fmt.Errorf("terraform %s in %s: %w", what, w.dir, err)
	default:
		return nil
	}
}

// Get installs the local modules, which must precede every other command where
// there are any.
func (w *Workspace) Get(ctx context.Context) error {
	return w.run(ctx, "get", func(ctx context.Context) error {
		return w.command.Get(ctx)
	})
}

// Validate checks the configuration without variables and state. Returns an error
// with each fault, its file and line.
func (w *Workspace) Validate(ctx context.Context) error {
	return w.run(ctx, "validate", func(ctx context.Context) error {
		result, err := w.command.Validate(ctx)
		if err != nil {
			return err
		}
		var errs []error
		for _, d := range result.Diagnostics {
			if d.Severity == tfjson.DiagnosticSeverityError {
				errs = append(errs, fault(d))
			}
		}
		if !result.Valid && len(errs) == 0 {
			errs = append(errs, errors.New("the configuration is invalid, Terraform does not say why"))
		}
		return errors.Join(errs...)
	})
}

func fault(d tfjson.Diagnostic) error {
	where := ""
	if d.Range != nil {
		where = fmt.Sprintf("%s:%d: ", d.Range.Filename, d.Range.Start.Line)
	}
	return fmt.Errorf("%s%s: %s", where, d.Summary, d.Detail)
}

// Plan returns what an apply would do, as `terraform show -json` has it, numbers
// as json.Number. A data source that refers to a resource which is still to be
// created is read by the apply, also where the plan knows all its arguments: what
// follows from it is unknown in the plan, and in the state that Apply returns.
func (w *Workspace) Plan(ctx context.Context, v Variables) (*tfjson.Plan, error) {
	var plan *tfjson.Plan
	err := w.run(ctx, "plan", func(ctx context.Context) error {
		variables, err := w.variables(v)
		if err != nil {
			return err
		}
		file := filepath.Join(w.kept, "plan")
		if _, err := w.command.Plan(ctx, tfexec.Out(file), w.state(), variables); err != nil {
			return err
		}
		plan, err = w.command.ShowPlanFile(ctx, file, tfexec.JSONNumber(true))
		return err
	})
	return plan, err
}

// Changes returns the addresses of the resources and the outputs that the plan
// changes, each with what happens to it.
func Changes(plan *tfjson.Plan) []string {
	var changed []string
	for _, r := range plan.ResourceChanges {
		if r.Change != nil && !r.Change.Actions.NoOp() {
			changed = append(changed, fmt.Sprintf("%s %v", r.Address, r.Change.Actions))
		}
	}
	for name, change := range plan.OutputChanges {
		if !change.Actions.NoOp() {
			changed = append(changed, fmt.Sprintf("output.%s %v", name, change.Actions))
		}
	}
	return changed
}

// Apply applies without asking and returns the state, numbers as json.Number.
func (w *Workspace) Apply(ctx context.Context, v Variables) (*tfjson.State, error) {
	var state *tfjson.State
	err := w.run(ctx, "apply", func(ctx context.Context) error {
		variables, err := w.variables(v)
		if err != nil {
			return err
		}
		if err := w.command.Apply(ctx, w.state(), variables); err != nil {
			return err
		}
		state, err = w.command.ShowStateFile(ctx, w.stateFile(), tfexec.JSONNumber(true))
		return err
	})
	return state, err
}

// variables writes the values into a file.
func (w *Workspace) variables(v Variables) (*tfexec.VarFileOption, error) {
	if v == nil {
		v = Variables{}
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write the variables: %w", err)
	}
	path := filepath.Join(w.kept, "values.tfvars.json")
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		return nil, fmt.Errorf("write the variables: %w", err)
	}
	return tfexec.VarFile(path), nil
}
