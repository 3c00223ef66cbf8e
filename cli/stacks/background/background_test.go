package background

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cli/process"
	"github.com/fluxa/fluxa/local/stack"
)

// childVariable makes the test binary play a stack, as its value says.
const childVariable = "FLUXA_BACKGROUND_CHILD"

func TestMain(m *testing.M) {
	if how := os.Getenv(childVariable); how != "" {
		os.Exit(play(how, os.Args[len(os.Args)-1]))
	}
	os.Exit(m.Run())
}

// play is a stack under dir that comes up, or dies, or hangs, or does not end.
func play(how, dir string) int {
	ended := make(chan os.Signal, 1)
	if how == "stubborn" {
		signal.Ignore(syscall.SIGTERM)
	} else {
		signal.Notify(ended, syscall.SIGTERM)
	}
	fmt.Println("first line")
	for i := range 30 {
		fmt.Println("line", i)
	}
	switch how {
	case "dies":
		fmt.Fprintln(os.Stderr, "port 8080 is in use")
		return 3
	case "quits":
		return 0
	case "silent":
		if err := os.Truncate(filepath.Join(dir, LogFile), 0); err != nil {
			return 4
		}
		return 3
	case "hangs":
	default:
		if err := stack.WriteInfo(dir, stack.Info{PID: os.Getpid(), APIURL: "http://" + os.Getenv("FLUXA_TEST_HOST")}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 4
		}
	}
	select {
	case <-ended:
		fmt.Println("stopped in good order")
		return 0
	case <-time.After(time.Minute): // should the test be killed
		return 5
	}
}

// program is the test binary under a name that a stack has.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "fluxa")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func config(t *testing.T, how string) Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	return Config{
		Command: []string{program(t), "up", dir}, Dir: dir, Timeout: 30 * time.Second,
		Env:     []string{childVariable + "=" + how, "FLUXA_TEST_HOST=api.test"},
		Healthy: func(context.Context, string) error { return nil }, Out: io.Discard,
	}
}

func TestStart_and_Stop(t *testing.T) {
	t.Parallel()
	cfg := config(t, "good")
	asked := 0
	cfg.Healthy = func(_ context.Context, url string) error {
		if asked++; asked < 3 || url != "http://api.test" {
			return errors.New("not yet")
		}
		return nil
	}
	info, err := Start(t.Context(), cfg)
	if err != nil || info.APIURL != "http://api.test" || asked != 3 {
		t.Fatalf("%+v, %v after %d questions", info, err, asked)
	}
	if !process.IsStack(info.PID) {
		t.Error("it does not run")
	}
	if session, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", info.PID)); err == nil {
		if fields := strings.Fields(string(session)); fields[5] != strconv.Itoa(info.PID) {
			t.Errorf("it is in session %s, not in its own", fields[5])
		}
	}
	log, err := os.Stat(filepath.Join(cfg.Dir, LogFile))
	if err != nil || log.Mode().Perm() != 0o600 {
		t.Errorf("the log: %v, %v", log, err)
	}
	if _, err := Start(t.Context(), cfg); !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), fmt.Sprintf("process %d under %s, http://api.test", info.PID, cfg.Dir)) {
		t.Errorf("a second start: %v", err)
	}

	stopped, err := Stop(t.Context(), cfg.Dir, stopTimeout)
	if err != nil || stopped.PID != info.PID || process.IsStack(info.PID) {
		t.Fatalf("%+v, %v", stopped, err)
	}
	if text := lastLines(filepath.Join(cfg.Dir, LogFile), 1); text != "stopped in good order" {
		t.Errorf("its last line is %q", text)
	}
	if _, err := Stop(t.Context(), cfg.Dir, stopTimeout); !errors.Is(err, ErrNotRunning) {
		t.Errorf("a second stop: %v", err)
	}
}

func TestStart_says_why_the_stack_did_not_come_up(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		how  string
		want string
	}{
		"it died, with the end of its log": {"dies", "the stack did not come up: exit status 3; the end of its log LOG:\n" +
			strings.Join(lines(11, 29), "\n") + "\nport 8080 is in use"},
		"it ended without a word on why": {"quits", "the stack did not come up: the process ended; the end of its log LOG:\n" + strings.Join(lines(10, 29), "\n")},
		"it died in silence":             {"silent", "the stack did not come up: exit status 3; its log LOG is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t, test.how)
			_, err := Start(t.Context(), cfg)
			want := strings.ReplaceAll(test.want, "LOG", filepath.Join(cfg.Dir, LogFile))
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func lines(from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprint("line ", i))
	}
	return out
}

func TestStart_leaves_no_process_behind(t *testing.T) {
	t.Parallel()
	t.Run("when the time is up", func(t *testing.T) {
		t.Parallel()
		cfg := config(t, "hangs")
		cfg.Timeout = 3 * time.Second
		// What another stack left must not count as this one's.
		if err := errors.Join(Claim(cfg.Dir), stack.WriteInfo(cfg.Dir, stack.Info{PID: os.Getpid(), APIURL: "http://api.test"})); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), cfg)
		if err == nil || !strings.HasPrefix(err.Error(), "the stack did not come up: it was not ready within 3s; the end of its log ") {
			t.Fatalf("got %v", err)
		}
		wantEnded(t, cfg)
	})
	t.Run("when the person interrupts", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cfg := config(t, "good")
		cfg.Healthy = func(context.Context, string) error { cancel(); return errors.New("not yet") }
		if _, err := Start(ctx, cfg); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		wantEnded(t, cfg)
	})
}

func wantEnded(t *testing.T, cfg Config) {
	t.Helper()
	if text := lastLines(filepath.Join(cfg.Dir, LogFile), 1); text != "stopped in good order" {
		t.Errorf("its last line is %q", text)
	}
}

func TestStart_names_what_cannot_be_used(t *testing.T) {
	t.Parallel()
	t.Run("a program that is not there", func(t *testing.T) {
		t.Parallel()
		cfg := config(t, "good")
		cfg.Command = []string{filepath.Join(t.TempDir(), "no"), "up"}
		if _, err := Start(t.Context(), cfg); err == nil || !strings.HasPrefix(err.Error(), "start the stack: ") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a folder that cannot be one", func(t *testing.T) {
		t.Parallel()
		cfg := config(t, "good")
		if err := os.WriteFile(cfg.Dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), cfg); err == nil || !strings.HasPrefix(err.Error(), "the data folder cannot be made (choose another with --dir): ") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a log that cannot be one", func(t *testing.T) {
		t.Parallel()
		cfg := config(t, "good")
		if err := os.MkdirAll(filepath.Join(cfg.Dir, LogFile), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), cfg); err == nil || !strings.HasPrefix(err.Error(), "the data folder cannot be written (choose another with --dir): ") {
			t.Errorf("got %v", err)
		}
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("where nothing was started", func(t *testing.T) {
		t.Parallel()
		if _, err := Stop(t.Context(), t.TempDir(), stopTimeout); !errors.Is(err, ErrNotRunning) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a description that cannot be read", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "stack.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Stop(t.Context(), dir, stopTimeout); err == nil || errors.Is(err, ErrNotRunning) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("never ends another process that has the number by now", func(t *testing.T) {
		t.Parallel()
		sleep := exec.Command("sleep", "60")
		if err := sleep.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := sleep.Process.Kill(); err != nil {
				t.Errorf("the other process had ended: %v", err)
			}
			if err := sleep.Wait(); err == nil || err.Error() != "signal: killed" {
				t.Errorf("the other process ended by %v", err)
			}
		}()
		dir := t.TempDir()
		if err := stack.WriteInfo(dir, stack.Info{PID: sleep.Process.Pid}); err != nil {
			t.Fatal(err)
		}
		if _, err := Stop(t.Context(), dir, stopTimeout); !errors.Is(err, ErrNotRunning) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a process that does not end is named", func(t *testing.T) {
		t.Parallel()
		cfg := config(t, "stubborn")
		info, err := Start(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("process %d was asked to stop and still runs; `kill -9 %d` ends it, and loses no accepted event", info.PID, info.PID)
		if _, err := Stop(t.Context(), cfg.Dir, 300*time.Millisecond); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if err := syscall.Kill(info.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	})
}

func TestStart_reports_its_progress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	cfg := config(t, "good")
	cfg.Out = io.Writer(&out)
	var began time.Time
	cfg.Healthy = func(context.Context, string) error {
		if began.IsZero() {
			began = time.Now()
		}
		if time.Since(began) < wordInterval+time.Second {
			return errors.New("not yet")
		}
		return nil
	}
	if _, err := Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := Stop(t.Context(), cfg.Dir, stopTimeout); err != nil {
		t.Fatal(err)
	}
	if out.String() != "starting: line 29\n" {
		t.Errorf("told %q", out.String())
	}
}
