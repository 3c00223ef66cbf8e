package postgres

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func TestRunWith_lends_a_server_and_returns_the_exit_code(t *testing.T) {
	t.Parallel()
	seen := filepath.Join(t.TempDir(), "url")
	script := `printf %s "$FLUXA_TEST_DATABASE_URL" > "$1"; exit 7`
	code, err := RunWith(context.Background(), Config{Logger: quiet()}, []string{"sh", "-c", script, "sh", seen})
	if code != 7 || err != nil {
		t.Fatalf("RunWith = %d, %v; want 7", code, err)
	}
	address, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err := url.Parse(string(address)); err != nil || parsed.Path != "/fluxa" {
		t.Fatalf("the command saw %q", address)
	}
	if err := Probe(context.Background(), string(address)); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the server outlives the command: %v", err)
	}
}

func TestRunCommand_exit_codes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		argv []string
		code int
		err  string
	}{
		"success":               {[]string{"true"}, 0, ""},
		"failure":               {[]string{"sh", "-c", "exit 3"}, 3, ""},
		"ended by a signal":     {[]string{"sh", "-c", "kill -KILL $$"}, 137, ""},
		"a program not to find": {[]string{"no-such-program"}, 127, `run no-such-program: exec: "no-such-program": executable file not found in $PATH`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, err := runCommand(context.Background(), test.argv, os.Environ(), nil)
			if code != test.code || (err == nil) != (test.err == "") || (err != nil && err.Error() != test.err) {
				t.Fatalf("got %d, %v; want %d, %q", code, err, test.code, test.err)
			}
		})
	}
}

func TestTestURLVariable_is_the_one_that_tests_read(t *testing.T) {
	t.Parallel()
	if TestURLVariable != pgtest.URLVariable {
		t.Fatalf("%q here, %q there", TestURLVariable, pgtest.URLVariable)
	}
}

func TestRunWith_needs_a_command(t *testing.T) {
	t.Parallel()
	code, err := RunWith(context.Background(), Config{}, nil)
	if code != 1 || err == nil || err.Error() != "no command to run with PostgreSQL: name one" {
		t.Fatalf("RunWith = %d, %v", code, err)
	}
}

func TestRunWith_passes_signals_on(t *testing.T) {
	t.Parallel()
	script := `trap 'exit 42' TERM; echo "$FLUXA_TEST_DATABASE_URL"; while :; do sleep 0.05; done`
	runner := child(t, "run", "sh", "-c", script)
	address := firstOutput(t, runner)
	if err := runner.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := waitFor(t, runner); !errors.As(err, &exit) || exit.ExitCode() != 42 {
		t.Fatalf("the command's 42 arrives as %v", err)
	}
	if err := Probe(context.Background(), address); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the server outlives the command: %v", err)
	}
}

func TestRunWith_ends_the_command_with_its_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	ready := filepath.Join(t.TempDir(), "ready")
	if err := syscall.Mkfifo(ready, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = os.ReadFile(ready) // returns when the command has set its trap
		cancel()
	}()
	script := `trap 'exit 42' TERM; echo > "$1"; while :; do sleep 0.05; done`
	code, err := runCommand(ctx, []string{"sh", "-c", script, "sh", ready}, os.Environ(), nil)
	if code != 42 || err != nil {
		t.Fatalf("got %d, %v; want 42", code, err)
	}
}

func TestRunWith_gives_the_start_up_at_a_signal(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGTERM
	server, code, err := startUnlessSignalled(context.Background(), Config{Logger: quiet()}, signals)
	if server != nil || code != 143 || err != nil {
		t.Fatalf("got %v, %d, %v; want no server and 143", server, code, err)
	}
}

func TestServe_lasts_as_long_as_its_input(t *testing.T) {
	t.Parallel()
	in, hold := io.Pipe()
	out, printed := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Serve(context.Background(), Config{Logger: quiet()}, in, printed) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(line)
	if got := query(t, address, "SELECT 'up'"); got != "up" {
		t.Fatalf("got %q", got)
	}
	if err := hold.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := Probe(context.Background(), address); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("the server outlives its input: %v", err)
	}
}

func TestServe_ends_before_the_start_when_nobody_waits(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := Serve(context.Background(), Config{Logger: quiet()}, strings.NewReader(""), &out); err != nil {
		t.Fatal(err)
	}
}
