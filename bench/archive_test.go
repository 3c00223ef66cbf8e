package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestArchive_has_the_commit_and_not_the_working_tree(t *testing.T) {
	t.Parallel()
	clone := t.TempDir()
	git := func(arguments ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", arguments...)
		cmd.Dir = clone
		cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
	}
	write := func(text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(clone, "functions", "query"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(clone, "functions", "query", "main.go"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write("committed")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	write("changed")
	source := filepath.Join(t.TempDir(), "source")
	if err := Archive(t.Context(), clone, "HEAD", source); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(source, "functions", "query", "main.go"))
	if err != nil || string(raw) != "committed" {
		t.Errorf("the archive has %q, %v", raw, err)
	}
	if err := Archive(t.Context(), clone, "0123456", filepath.Join(t.TempDir(), "none")); err == nil || !strings.HasPrefix(err.Error(), "archive commit 0123456 (") {
		t.Errorf("error %v", err)
	}
}
