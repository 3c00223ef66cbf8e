package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// patience bounds every wait: it is no expectation, only the end of hope.
const patience = 2 * time.Minute

func TestMain(m *testing.M) {
	// The Go command would ask a proxy for what the test's repository does not have yet.
	if err := os.Setenv("GOPROXY", "off"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// files are a repository with two functions that have a package in common, of which one
// embeds a file.
var files = map[string]string{
	"go.work":                      "go 1.26.0\n\nuse (\n\t./functions\n\t./pkg\n)\n",
	"functions/go.mod":             "module example.com/functions\n\ngo 1.26.0\n\nrequire example.com/pkg v0.0.0\n",
	"functions/ingest/main.go":     "package main\n\nimport \"example.com/pkg/both\"\n\nfunc main() { print(both.Name) }\n",
	"functions/query/main.go":      "package main\n\nimport (\n\t\"example.com/pkg/both\"\n\t\"example.com/pkg/own\"\n)\n\nfunc main() { print(both.Name, own.Text) }\n",
	"functions/query/main_test.go": "package main\n",
	"pkg/go.mod":                   "module example.com/pkg\n\ngo 1.26.0\n",
	"pkg/both/both.go":             "package both\n\nconst Name = \"first\"\n",
	"pkg/own/own.go":               "package own\n\nimport _ \"embed\"\n\n//go:embed text/own.sql\nvar Text string\n",
	"pkg/own/text/own.sql":         "first\n",
	"pkg/unused/unused.go":         "package unused\n",
}

// stand is a watched repository, and a stack that says which functions it was given.
type stand struct {
	t    *testing.T
	root string

	mu       sync.Mutex
	out      strings.Builder
	said     []string
	replaced []string // function and what its new code prints
	broken   bool     // new code does not start
}

func (s *stand) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *stand) say(news string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, news)
}

func (s *stand) replace(ctx context.Context, function contract.Function, path string) error {
	text, err := exec.CommandContext(ctx, path).CombinedOutput()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errors.New("it exits with 1")
	}
	s.replaced = append(s.replaced, string(function)+" "+strings.TrimSpace(string(text)))
	return os.Rename(path, filepath.Join(s.root, "bin", string(function)))
}

func (s *stand) write(path, text string) {
	s.t.Helper()
	path = filepath.Join(s.root, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		s.t.Fatal(err)
	}
}

// until waits for a condition, which sees the stand locked.
func (s *stand) until(what string, condition func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		met := condition()
		text := fmt.Sprintf("%q, said %q, replaced %q", s.out.String(), s.said, s.replaced)
		s.mu.Unlock()
		if met {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("never happened: %s; it wrote %s", what, text)
		}
	}
}

// gets waits until the functions were given new code since the last call.
func (s *stand) gets(want ...string) {
	s.t.Helper()
	s.until(fmt.Sprint("new code of ", want), func() bool { return len(s.replaced) >= len(want) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.replaced, want) {
		s.t.Errorf("replaced %q, want %q", s.replaced, want)
	}
	s.replaced = nil
}

// start watches a repository whose binaries are made.
func start(t *testing.T) *stand {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{t: t, root: root}
	for path, text := range files {
		s.write(path, text)
	}
	functions := []contract.Function{contract.FunctionIngest, contract.FunctionQuery}
	bin := filepath.Join(root, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	first, err := builder{root, bin}.build(t.Context(), functions)
	if err != nil {
		t.Fatal(err)
	}
	for _, function := range functions {
		if err := os.Rename(filepath.Join(first.folder, string(function)), filepath.Join(bin, string(function))); err != nil {
			t.Fatal(err)
		}
	}
	first.remove()
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Config{Root: root, Bin: bin, Functions: functions, Replace: s.replace, Out: s, Say: s.say}.Run(ctx)
	}()
	t.Cleanup(func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if left, err := filepath.Glob(filepath.Join(bin, ".next-*")); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	s.until("the watch", func() bool { return strings.HasPrefix(s.out.String(), "watching the sources of ingest, query") })
	return s
}

func TestWatch_replaces_the_functions_that_a_change_affects(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.write("functions/ingest/main.go", strings.Replace(files["functions/ingest/main.go"], "both.Name", `both.Name, " again"`, 1))
	s.gets("ingest first again")
	s.write("pkg/both/both.go", strings.Replace(files["pkg/both/both.go"], "first", "second", 1))
	s.gets("ingest second again", "query secondfirst")
	s.write("pkg/own/text/own.sql", "third\n")
	s.gets("query secondthird")
	s.until("the line of each", func() bool {
		return strings.Contains(s.out.String(), "\ningest replaced in ") && strings.Contains(s.out.String(), "\ningest, query replaced in ") &&
			slices.Contains(s.said, "compiling query …")
	})
}

func TestWatch_replaces_nothing_when_no_code_differs(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.write("functions/query/main_test.go", "package main\n\nvar _ = 1\n")
	s.write("pkg/unused/unused.go", "package unused\n\nvar X = 1\n")
	s.write("pkg/both/both.go", files["pkg/both/both.go"]+"\n// A comment.\n")
	s.until("the comparison", func() bool { return slices.Contains(s.said, "compiled, no function differs") })
	s.gets()
}

func TestWatch_says_what_does_not_compile_and_goes_on(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.write("functions/query/main.go", "package main\n\nfunc main() { wrong }\n")
	s.until("the compiler's words", func() bool {
		return strings.Contains(s.out.String(), "not compiled; the code before goes on:\n  functions/query/main.go:3:15: undefined: wrong\n")
	})
	s.write("functions/query/main.go", "package main\n\nimport \"example.com/pkg/added\"\n\nfunc main() { print(added.Text) }\n")
	s.until("what is missing", func() bool { return strings.Contains(s.out.String(), "\n  functions/query/main.go:3:8: ") })
	s.write("pkg/added/added.go", "package added\n\nconst Text = \"added\"\n")
	s.write("functions/query/main.go", "package main\n\nimport \"example.com/pkg/added\"\n\nfunc main() { print(added.Text, 1) }\n")
	s.gets("query added1")
	s.write("pkg/added/added.go", "package added\n\nconst Text = \"more\"\n")
	s.gets("query more1")
}

func TestWatch_keeps_a_function_whose_new_code_does_not_start(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mu.Lock()
	s.broken = true
	s.mu.Unlock()
	s.write("pkg/own/text/own.sql", "second\n")
	s.until("the reason", func() bool {
		return strings.Contains(s.out.String(), "query is not replaced; the code before goes on:\n  it exits with 1\n")
	})
	s.mu.Lock()
	s.broken = false
	s.mu.Unlock()
	s.write("pkg/own/text/own.sql", "third\n")
	s.gets("query firstthird")
}

func TestRepository_is_found_from_a_folder_inside(t *testing.T) {
	t.Parallel()
	inside, err := Repository(".")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(inside, "functions", "ingest", "main.go")); err != nil {
		t.Error(err)
	}
	outside := t.TempDir()
	if _, err := Repository(outside); err == nil || !strings.HasPrefix(err.Error(), outside+" is not in Fluxa's repository") {
		t.Errorf("got %v", err)
	}
}

func TestShortened_shows_the_first_lines_without_the_names_of_packages(t *testing.T) {
	t.Parallel()
	text := "# example.com/pkg\n" + strings.Repeat("pkg/a.go:1:1: wrong\n", 10)
	if got, want := shortened(text), strings.Repeat("  pkg/a.go:1:1: wrong\n", 8)+"  … and 2 more lines"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
