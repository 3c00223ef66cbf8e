package simulation

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	allMistakes = flag.Bool("mistakes", false, "try every seeded mistake, not only those of CI")
	update      = flag.Bool("update", false, "write what was found into docs/proof/simulation.md")
)

// edit replaces a text that a file of the repository has exactly once.
type edit struct{ file, old, new string }

// mistake is one that a programmer could make, in a copy of the code.
type mistake struct {
	name  string
	edits []edit
	inCI  bool
}

// TestSeededMistakes_are_found runs the schedules on copies of the code with a mistake
// each. The simulation must find all of them.
func TestSeededMistakes_are_found(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	for _, m := range mistakes() {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			overlay := m.overlay(t, root)
			if !m.inCI && !*allMistakes {
				return // that its edits fit is checked all the same
			}
			n, broken := findMistake(t, root, overlay)
			t.Logf("found with schedule %d: %s", n, broken)
			fmt.Fprintf(&table, "| %s | %d | %s |\n", m.name, n, broken)
		})
	}
	if *update && !t.Failed() {
		writeTable(t, filepath.Join(root, "docs/proof/simulation.md"), table.String())
	}
}

// overlay writes the files with the mistake and the list that has the go command use them.
func (m mistake) overlay(t *testing.T, root string) string {
	t.Helper()
	folder := t.TempDir()
	contents := map[string]string{}
	for _, e := range m.edits {
		path := filepath.Join(root, e.file)
		if _, edited := contents[path]; !edited {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			contents[path] = string(text)
		}
		if n := strings.Count(contents[path], e.old); n != 1 {
			t.Fatalf("%s has %d times, want once:\n%s", e.file, n, e.old)
		}
		contents[path] = strings.Replace(contents[path], e.old, e.new, 1)
	}
	replace := map[string]string{}
	for path, text := range contents {
		replace[path] = filepath.Join(folder, strconv.Itoa(len(replace))+"_"+filepath.Base(path))
		if err := os.WriteFile(replace[path], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(path, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
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

const (
	tableBegins = "| mistake | found with schedule | the promise that it broke |\n|---|---|---|\n"
	tableEnds   = "\n<!-- end of the table -->"
)

// writeTable replaces the table in the page.
func writeTable(t *testing.T, page, table string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no table of mistakes", page)
	}
	if err := os.WriteFile(page, []byte(before+tableBegins+table+tableEnds+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
