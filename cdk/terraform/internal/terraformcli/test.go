package terraformcli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	tfjson "github.com/hashicorp/terraform-json"
)

// TestRuns counts the run blocks of `terraform test`.
type TestRuns struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Errored int `json:"errored"`
	Skipped int `json:"skipped"`
}

// event is one line of `terraform test -json`.
type event struct {
	File       string             `json:"@testfile"`
	Run        string             `json:"@testrun"`
	Diagnostic *tfjson.Diagnostic `json:"diagnostic"`
	Summary    *TestRuns          `json:"test_summary"`
}

// Test runs the *.tftest.hcl files of the module and of its folder tests. Mocked
// providers work. Returns an error with each fault, and when no run passed.
func (w *Workspace) Test(ctx context.Context) (TestRuns, error) {
	var runs TestRuns
	err := w.run(ctx, "test", func(ctx context.Context) error {
		var out bytes.Buffer
		defer w.command.SetStdout(io.Discard)
		failure := w.command.Test(ctx, &out)
		found, faults, err := readEvents(out.Bytes())
		if err != nil {
			return errors.Join(failure, err)
		}
		runs = found
		switch {
		case failure != nil || faults != nil:
			return errors.Join(failure, faults)
		case runs.Passed == 0:
			return errors.New("no run passed: the module has no tests, or skips all")
		default:
			return nil
		}
	})
	return runs, err
}

// readEvents returns the last summary and the errors that were reported.
func readEvents(lines []byte) (runs TestRuns, faults, err error) {
	var found []error
	for line := range bytes.Lines(lines) {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return runs, nil, fmt.Errorf("read the report: %w: %q", err, line)
		}
		if e.Summary != nil {
			runs = *e.Summary
		}
		if e.Diagnostic != nil && e.Diagnostic.Severity == tfjson.DiagnosticSeverityError {
			found = append(found, fmt.Errorf("%s, run %q: %w", e.File, e.Run, fault(*e.Diagnostic)))
		}
	}
	return runs, errors.Join(found...), nil
}
