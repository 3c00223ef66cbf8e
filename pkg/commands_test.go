package pkg_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// commandsPage lists the commands of the documents that no test runs, with what they need.
const commandsPage = "../docs/COMMANDS.md"

// TestDocs_commands_are_run_by_a_test_or_listed demands of each command in a document that a
// test runs it, or that COMMANDS.md says why none does: a make target by .ci/run, a command of
// fluxa by a test of cli. What it lists has to be in a document.
func TestDocs_commands_are_run_by_a_test_or_listed(t *testing.T) {
	targets, ci := read(t, "../Makefile"), read(t, "../.ci/run")
	var tests strings.Builder
	files, err := filepath.Glob("../cli/*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of the command line: %v", err)
	}
	for _, file := range files {
		tests.WriteString(read(t, file))
	}
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(read(t, commandsPage), -1) {
		listed[row[1]] = false
	}
	found := 0
	walk(t, "..", ".md", func(path string) {
		if slices.Contains([]string{"CHANGELOG.md", filepath.Base(commandsPage)}, filepath.Base(path)) {
			return
		}
		for _, command := range commands(read(t, path)) {
			found++
			if _, is := listed[command]; is {
				listed[command] = true
				continue
			}
			program, rest, _ := strings.Cut(command, " ")
			switch program {
			case "make":
				if !regexp.MustCompile(`(?m)^` + rest + `:`).MatchString(targets) {
					t.Errorf("%s names `%s`, and the Makefile has no such target", path, command)
				} else if !regexp.MustCompile(`make\b[^\n]* ` + rest + `\b`).MatchString(ci) {
					t.Errorf("%s names `%s`, which .ci/run does not run and COMMANDS.md does not list", path, command)
				}
			case "fluxa":
				_, err := os.Stat("../cli/testdata/help_" + strings.ReplaceAll(rest, " ", "_") + ".golden")
				if last := rest[strings.LastIndex(rest, " ")+1:]; err != nil || !strings.Contains(tests.String(), `"`+last+`"`) {
					t.Errorf("%s names `%s`, which no test in cli runs and COMMANDS.md does not list", path, command)
				}
			default:
				t.Errorf("%s names `%s`, which COMMANDS.md does not list", path, command)
			}
		}
	})
	for command, named := range listed {
		if !named {
			t.Errorf("%s lists `%s`, which no document names", commandsPage, command)
		}
	}
	if found < 100 {
		t.Errorf("found %d commands only", found)
	}
}

// commands are those of a page, each as its program with the words that say what it does:
// all of its blocks for a shell, and of the programs of ours also those in a sentence.
func commands(page string) (out []string) {
	var lines []string
	for _, block := range regexp.MustCompile("(?ms)^ *```(sh|console)\n(.*?)^ *```").FindAllStringSubmatch(page, -1) {
		for line := range strings.SplitSeq(strings.ReplaceAll(block[2], "\\\n", " "), "\n") {
			line = strings.TrimSpace(line)
			if text, typed := strings.CutPrefix(line, "$ "); typed || block[1] == "sh" {
				if !typed {
					text = line
				}
				lines = append(lines, text)
			}
		}
	}
	for _, span := range regexp.MustCompile("`((?:[A-Z_]+=\\S+ )*(?:make|fluxa|npx|(?:dist/bin/)?fluxa) [^`]+)`").FindAllStringSubmatch(page, -1) {
		lines = append(lines, span[1])
	}
	word := regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	for _, line := range lines {
		words := strings.Fields(line)
		for len(words) > 0 && strings.Contains(words[0], "=") { // a variable of the command
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		program, depth := strings.TrimSuffix(strings.TrimPrefix(words[0], "dist/bin/"), "_"), 0
		switch program {
		case "make", "terraform", "aws":
			depth = 1
		case "fluxa":
			if depth = 1; len(words) > 1 && slices.Contains([]string{"dlq", "events"}, words[1]) {
				depth = 2 // they are groups
			}
		case "npx", "docker":
			depth = 2
		case "curl", "psql", "pg_dump", "pg_restore":
		default: // what a shell is made of
			continue
		}
		named := []string{program}
		for _, w := range words[1:] {
			if len(named) > depth || !word.MatchString(w) {
				break
			}
			named = append(named, w)
		}
		if len(named) == depth+1 {
			out = append(out, strings.Join(named, " "))
		}
	}
	return out
}
