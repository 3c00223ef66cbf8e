package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

func TestBudgets_are_for_every_function(t *testing.T) {
	t.Parallel()
	all := budgets()
	for _, function := range contract.Packaged() {
		if all[function] <= 0 {
			t.Errorf("%s has no budget", function)
		}
	}
	if len(all) != len(contract.Packaged()) {
		t.Errorf("there are %d budgets for %d functions", len(all), len(contract.Packaged()))
	}
}

func TestWithin_names_each_zip_that_is_too_large_and_what_to_do(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, size := range map[string]int64{"ingest.zip": 1000, "query.zip": 1001, "migrate.zip": 5} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(file, size); err != nil {
			t.Fatal(err)
		}
	}
	given := map[contract.Function]int64{contract.FunctionIngest: 1000, contract.FunctionQuery: 1000, contract.FunctionMaintain: 1000}
	for _, c := range []struct {
		function contract.Function
		want     string
	}{
		{contract.FunctionIngest, ""},
		{contract.FunctionQuery, "query.zip has 1001 bytes, 1 more than its budget of 1000: see what is new in it (`go list -deps`, `go tool nm -size -sort size`) " +
			"and take out what it does not need, or raise the budget in functions/cmd/package/budget.go and say why"},
		{contract.FunctionMigrate, "migrate.zip has 5 bytes and no budget: give it one in functions/cmd/package/budget.go"},
		{contract.FunctionMaintain, "weigh maintain.zip: stat " + filepath.Join(folder, "maintain.zip") + ": no such file or directory"},
	} {
		got := ""
		if err := within(given, folder, []contract.Function{c.function}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if err := within(given, folder, contract.Packaged()); err == nil {
		t.Error("one that is within its budget hides the others")
	}
}

func TestRun_fails_when_a_zip_is_over_its_budget_and_leaves_it(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	err := run(t.Context(), io.Discard, out, []string{"ingest"}, map[contract.Function]int64{contract.FunctionIngest: 1000})
	if err == nil || !strings.HasPrefix(err.Error(), "ingest.zip has ") || !strings.Contains(err.Error(), "more than its budget of 1000") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(out, "ingest.zip")); err != nil {
		t.Error(err)
	}
}
