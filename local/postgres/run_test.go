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

func TestRun_lends_a_server_and_returns_how_the_command_ended(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		argv []string
		want string
		code int
	}{
		"success":               {[]string{"sh", "-c", `printf %s "$FLUXA_TEST_DATABASE_URL" > "$1"`}, "", 0},
		"failure":               {[]string{"sh", "-c", `printf %s "$FLUXA_TEST_DATABASE_URL" > "$1"; exit 7`}, "sh: exit status 7", 7},
		"ended by a signal":     {[]string{"sh", "-c", `printf %s "$FLUXA_TEST_DATABASE_URL" > "$1"; kill -KILL $$`}, "sh: signal: killed", 128 + 9},
		"a program not to find": {[]string{"no-such-program"}, `run no-such-program: exec: "no-such-program": executable file not found in $PATH`, 127},
		"no program":            {nil, "no command to run with PostgreSQL: name one", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			argv, seen := test.argv, filepath.Join(t.TempDir(), "url")
			if len(argv) > 1 {
				argv = append(argv, "sh", seen)
			}
			err := Run(context.Background(), Config{Logger: quiet()}, argv)
			if (err == nil) != (test.want == "") || (err != nil && err.Error() != test.want) {
				t.Fatalf("Run = %v, want %q", err, test.want)
			}
			if failed, ok := errors.AsType[*CommandError](err); ok != (test.code != 0) || (ok && failed.ExitCode() != test.code) {
				t.Errorf("exit code of %v, want %d", err, test.code)
			}
			if len(argv) < 2 {
				return
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
		})
	}
}

func TestTestURLVariable_is_the_one_that_tests_read(t *testing.T) {
	t.Parallel()
	if testURLVariable != pgtest.URLVariable {
		t.Fatalf("%q here, %q there", testURLVariable, pgtest.URLVariable)
	}
}

func TestRun_passes_signals_on_as_they_arrive(t *testing.T) {
	t.Parallel()
	script := `trap 'exit 41' INT; trap 'exit 42' TERM; trap 'exit 43' HUP; echo "$FLUXA_TEST_DATABASE_URL"; while :; do sleep 0.05; done`
	for sent, want := range map[syscall.Signal]int{syscall.SIGINT: 41, syscall.SIGTERM: 42, syscall.SIGHUP: 43} {
		t.Run(sent.String(), func(t *testing.T) {
			t.Parallel()
			runner := child(t, "run", "sh", "-c", script)
			address := firstOutput(t, runner)
			if err := runner.Process.Signal(sent); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := waitFor(t, runner); !errors.As(err, &exit) || exit.ExitCode() != want {
				t.Fatalf("the command's %d arrives as %v", want, err)
			}
			if err := Probe(context.Background(), address); err == nil || !strings.Contains(err.Error(), "connection refused") {
				t.Errorf("the server outlives the command: %v", err)
			}
		})
	}
}

// The start may download for minutes.
func TestRun_gives_the_start_up_with_its_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Run(ctx, Config{Logger: quiet()}, []string{"true"}); err == nil {
		t.Fatal("no error")
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
