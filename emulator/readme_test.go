package emulator_test

import (
	"os"
	"strings"
	"testing"
)

func TestREADME_shows_lines_of_the_example(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(readme), "```go\n")
	block, _, ended := strings.Cut(block, "```")
	if !found || !ended {
		t.Fatal("README.md has no block of Go code")
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(example)) {
		known[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(block) {
		if !known[strings.TrimSpace(line)] {
			t.Errorf("README.md shows %q, which the example does not have", strings.TrimSpace(line))
		}
	}
}
