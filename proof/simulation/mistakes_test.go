package simulation

import (
	"bytes"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/proof/mistake"
)

var (
	allMistakes = flag.Bool("mistakes", false, "try every seeded mistake, not only those of CI")
	update      = flag.Bool("update", false, "write what was found into docs/proof/simulation.md")
)

// TestSeededMistakes_are_found runs the schedules on copies of the code with a mistake
// each. The simulation must find all of them.
func TestSeededMistakes_are_found(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range inCI() {
		if !slices.ContainsFunc(mistakes(), func(m mistake.Mistake) bool { return m.Name == name }) {
			t.Errorf("CI is to find the mistake %q, and there is none of the name", name)
		}
	}
	var table strings.Builder
	for _, m := range mistakes() {
		t.Run(strings.ReplaceAll(m.Name, " ", "_"), func(t *testing.T) {
			overlay, err := m.Overlay(root, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(inCI(), m.Name) && !*allMistakes {
				return // that its edits fit is checked all the same
			}
			n, broken := findMistake(t, root, overlay)
			t.Logf("found with schedule %d: %s", n, broken)
			fmt.Fprintf(&table, "| %s | %d | %s |\n", m.Name, n, broken)
		})
	}
	if *update && !t.Failed() {
		if err := mistake.WriteTable(filepath.Join(root, "docs/proof/simulation.md"), tableBegins, table.String()); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	foundLine  = regexp.MustCompile(foundWith + `(\d+), of seed (\d+)`)
	brokenLine = `seed %s: (.*)`
)

// findMistake runs 10,000 schedules at most on the code of an overlay, and returns the
// number of the one that breaks a promise, and the promise.
func findMistake(t *testing.T, root, overlay string) (n int, broken string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-count=1", "-v", "-run", "^TestSchedules_break_no_promise$",
		"./proof/simulation", "-schedules", "10000", "-shrink=false")
	cmd.Dir = root
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	found := foundLine.FindStringSubmatch(out.String())
	if err == nil || found == nil {
		t.Fatalf("10,000 schedules do not show it, or it does not compile: %v\n%s", err, out.String())
	}
	if n, err = strconv.Atoi(found[1]); err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(fmt.Sprintf(brokenLine, found[2])).FindStringSubmatch(out.String())
	if line == nil {
		t.Fatalf("no promise is named:\n%s", out.String())
	}
	return n, line[1]
}

const tableBegins = "| mistake | found with schedule | the promise that it broke |\n|---|---|---|\n"
