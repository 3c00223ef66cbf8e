package terraformcli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

func TestTest_runs_with_a_mocked_provider(t *testing.T) {
	t.Parallel()
	runs, err := open(t, "testdata/valid", schemaprovider.Unknown).Test(t.Context())
	if want := (TestRuns{Passed: 2}); err != nil || runs != want {
		t.Fatalf("runs = %+v, %v, want %+v", runs, err, want)
	}
}

func TestTest_names_the_run_that_fails(t *testing.T) {
	t.Parallel()
	w := open(t, edited(t, "visibility_timeout_seconds = 540", "visibility_timeout_seconds = 30"), schemaprovider.Unknown)
	runs, err := w.Test(t.Context())
	if want := (TestRuns{Passed: 1, Failed: 1}); runs != want {
		t.Errorf("runs = %+v, want %+v", runs, want)
	}
	if want := `tests/queue.tftest.hcl, run "plans_the_queue": tests/queue.tftest.hcl:11: Test assertion failed: The processor needs nine minutes.`; err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error = %v\nwant   %s", err, want)
	}
}

func TestTest_wants_a_test(t *testing.T) {
	t.Parallel()
	dir := edited(t, "540", "541")
	if err := os.RemoveAll(filepath.Join(dir, "tests")); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, dir, schemaprovider.Unknown).Test(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no run passed: the module has no tests, or skips all") {
		t.Fatalf("error = %v", err)
	}
}
