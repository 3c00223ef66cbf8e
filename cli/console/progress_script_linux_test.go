package console

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// progressScript is what the Makefile runs long commands with.
const progressScript = "../../scripts/progress.sh"

// written is what was written until now. It is safe for concurrent use.
type written struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

// shows waits until the text was written.
func (w *written) shows(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(w.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never shown: %q; what was is %q", text, w)
		}
	}
}

// until returns a shell command that prints text and goes on until the file is there.
func until(file, text string) []string {
	return []string{"bash", "-c", `echo "$1"; until [ -e "$2" ]; do sleep 0.05; done`, "-", text, file}
}

func TestProgressScript_follows_the_command_on_a_terminal(t *testing.T) {
	t.Parallel()
	screen, terminal := openTerminal(t)
	var seen written
	go func() { _, _ = io.Copy(&seen, screen) }() // it ends with an error when the other end is closed
	file := filepath.Join(t.TempDir(), "end")
	cmd := exec.Command(progressScript, append([]string{"compiling"}, until(file, "package "+strings.Repeat("x", 300))...)...)
	cmd.Env = append(os.Environ(), "TERM=xterm")
	cmd.Stderr = terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen.shows(t, "compiling: 1 s, package x")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	seen.shows(t, " s\r\n")
	widest := 0
	for _, line := range strings.Split(strings.ReplaceAll(seen.String(), "\r\n", "\r"), "\r") {
		if line = strings.TrimPrefix(line, "\x1b[K"); strings.Contains(line, "\x1b") {
			t.Errorf("a line has more than text: %q", line)
		}
		widest = max(widest, len(line))
	}
	if widest != 99 {
		t.Errorf("the widest line has %d characters, and the terminal's have 100", widest)
	}
}

func TestProgressScript_begins_at_once_in_a_pipe(t *testing.T) {
	t.Parallel()
	var seen written
	file := filepath.Join(t.TempDir(), "end")
	cmd := exec.Command(progressScript, append([]string{"compiling"}, until(file, "a step")...)...)
	cmd.Stderr = &seen
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	seen.shows(t, "compiling\n")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if strings.Contains(seen.String(), "\r") || strings.Contains(seen.String(), "\x1b") {
		t.Errorf("a pipe got what only a terminal understands: %q", &seen)
	}
}

func TestProgressScript_shows_what_failed_and_ends_as_the_command_did(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		flags        []string
		command      string
		code         int
		stdout, last string
	}{
		"what fails is shown":                      {nil, "echo one; echo two >&2; exit 3", 3, "", "\none\ntwo\n"},
		"what succeeds is not":                     {nil, "echo one", 0, "", "working\n"},
		"but with -o, where others can read it":    {[]string{"-o"}, "echo one", 0, "one\n", "working\n"},
		"what fails with -o is on standard error":  {[]string{"-o"}, "echo one; exit 1", 1, "", "\none\n"},
		"a command that is killed ends as a shell": {nil, "kill -9 $$", 128 + 9, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			cmd := exec.Command(progressScript, append(c.flags, "working", "bash", "-c", c.command)...)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if code := cmd.ProcessState.ExitCode(); code != c.code || stdout.String() != c.stdout || !strings.HasSuffix(stderr.String(), c.last) {
				t.Errorf("exit code %d, standard output %q, standard error %q; want %d, %q, … %q", code, &stdout, &stderr, c.code, c.stdout, c.last)
			}
		})
	}
}
