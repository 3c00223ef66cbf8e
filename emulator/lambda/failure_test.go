package lambda

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestInvokeFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		in      Input
		timeout time.Duration
		kind    string
		message string
	}{
		{"a_time-out_kills_the_process", mode("wait-for-file"), time.Second,
			"Sandbox.Timedout", "RequestId: ID Error: Task timed out after 1.00 seconds"},
		{"a_killed_process", mode("kill"), waitLimit,
			"Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: signal: killed"},
		{"an_exit_with_a_status", Input{Payload: []byte(`{"mode":"exit","exit_code":3}`)}, waitLimit,
			"Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 3"},
		{"an_exit_with_status_0", mode("exit"), waitLimit,
			"Runtime.ExitError", "RequestId: ID Error: Runtime exited without providing a reason"},
		{"a_panic_is_reported_as_the_runtime_does", Input{Payload: []byte(`{"mode":"panic","text":"boom"}`)}, waitLimit,
			"string", "boom"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFunction(t, func(c *Config) { c.MaxConcurrency = 1; c.Timeout = test.timeout })
			if err := f.Warm(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := f.Pids()
			expectFault(t, invoke(t, f, test.in), test.kind, test.message)
			if processExists(before[0]) {
				t.Errorf("process %d is still there", before[0])
			}
			invokeOK(t, f, Input{})
			if after := f.Pids(); len(after) != 1 || slices.Equal(after, before) {
				t.Errorf("pids %v, want a new process after %v", after, before)
			}
		})
	}
}

func TestInvokeAfterAnIdleProcessDied(t *testing.T) {
	t.Parallel()
	f := newFunction(t, nil)
	invokeOK(t, f, Input{})
	before := f.Pids()
	if err := syscall.Kill(before[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the loss to be noticed", func() bool { return len(f.Pids()) == 0 })
	invokeOK(t, f, Input{})
	if after := f.Pids(); len(after) != 1 || after[0] == before[0] {
		t.Errorf("pids %v after %v", after, before)
	}
}

func TestAProcessThatDiesBeforeItTakesTheInvocationIsReplaced(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "left")
	f := newFunction(t, func(c *Config) { c.Env = map[string]string{"INIT_MODE": "leave-once", "MARKER": marker} })
	if err := f.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := f.Pids()[0]
	f.mu.Lock()
	warm := f.idle[0].sandbox
	f.mu.Unlock()
	eventually(t, "the end of the process's request for work", func() bool {
		warm.mu.Lock()
		defer warm.mu.Unlock()
		return !warm.polling
	})

	done := make(chan Output, 1)
	go func() {
		out, err := f.Invoke(t.Context(), mode("pid"))
		if err != nil {
			t.Error(err)
		}
		done <- out
	}()
	eventually(t, "the invocation at the first process", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.idle) == 0
	})
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	out := <-done
	if second := decode[int](t, out.Payload); out.FunctionError != "" || second == first {
		t.Errorf("%q from process %d, the first was %d", out.FunctionError, second, first)
	}
}

func TestACrashedFunctionLeavesNoChildBehind(t *testing.T) {
	t.Parallel()
	f := newFunction(t, nil)
	child := decode[int](t, invokeOK(t, f, mode("child")).Payload)
	if !runs(child) {
		t.Fatalf("the child %d is not there", child)
	}
	invoke(t, f, mode("exit"))
	eventually(t, "the end of the function's own child", func() bool { return !runs(child) })
}

func TestInvokeMemoryLimit(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Log("memory limits are enforced on Linux only")
		return
	}
	f := newFunction(t, func(c *Config) { c.MemoryMiB = 128 })
	out := invoke(t, f, event(t, map[string]any{"mode": "allocate", "size": 200 << 20}))
	expectFault(t, out, "Runtime.OutOfMemory", "RequestId: ID Error: Runtime exited with error: signal: killed")
	invokeOK(t, f, Input{})
}

func TestInitFailures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		mode    string
		kind    string
		message string
		log     []string
	}{
		{"fail", "Runtime.ExitError", "Runtime exited with error: exit status 1",
			[]string{"initializing", "the database address is not set", "cannot start: DATABASE_URL is required"}},
		{"exit0", "Runtime.ExitError", "Runtime exited without providing a reason", []string{"initializing"}},
		{"hang", "Sandbox.Timedout", "the initialization did not end within 3.00 seconds", []string{"initializing"}},
		{"report", "Config.Missing", "no table name",
			[]string{"initializing", "init error answered with 202", "cannot start: reported"}},
	}
	if runtime.GOOS == "linux" {
		tests = append(tests, struct {
			mode    string
			kind    string
			message string
			log     []string
		}{"allocate", "Runtime.OutOfMemory", "Runtime exited with error: signal: killed", []string{"initializing"}})
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			t.Parallel()
			var logged bytes.Buffer
			f := newFunction(t, func(c *Config) {
				c.Env = map[string]string{"INIT_MODE": test.mode}
				c.MemoryMiB = 128
				c.Logger = slog.New(slog.NewTextHandler(&logged, nil))
				if test.mode == "hang" {
					c.initTimeout = 3 * time.Second
				}
			})
			err := f.Warm(t.Context())
			var initErr *InitError
			if !errors.As(err, &initErr) {
				t.Fatalf("Warm got %v", err)
			}
			if initErr.Type != test.kind || initErr.Message != test.message {
				t.Errorf("got %s: %s", initErr.Type, initErr.Message)
			}
			for i, line := range test.log {
				if i >= len(initErr.Log) || !strings.HasSuffix(initErr.Log[i], line) {
					t.Fatalf("log %q, want the lines %q", initErr.Log, test.log)
				}
				if !strings.Contains(err.Error(), line) || !strings.Contains(logged.String(), line) {
					t.Errorf("line %q is missing in %q or in %q", line, err, logged.String())
				}
			}
			if pids := f.Pids(); len(pids) != 0 {
				t.Errorf("processes left: %v", pids)
			}

			out := invoke(t, f, Input{})
			expectFault(t, out, test.kind, "RequestId: ID Error: "+test.message)
			if len(out.LogTail) < len(test.log) {
				t.Errorf("log tail %q", out.LogTail)
			}
		})
	}

	t.Run("what_is_no_program_cannot_be_started", func(t *testing.T) {
		t.Parallel()
		f := newFunction(t, func(c *Config) { c.Binary = notAProgram(t) })
		var initErr *InitError
		if err := f.Warm(t.Context()); !errors.As(err, &initErr) || initErr.Type != "Runtime.InvalidEntrypoint" {
			t.Errorf("Warm got %v", err)
		}
		out := invoke(t, f, Input{})
		if got := decode[fault](t, out.Payload); got.Type != "Runtime.InvalidEntrypoint" {
			t.Errorf("Invoke got %+v", got)
		}
	})
	t.Run("a_process_that_always_dies_before_its_first_event_is_given_up", func(t *testing.T) {
		t.Parallel()
		f := newFunction(t, func(c *Config) { c.Env = map[string]string{"INIT_MODE": "poll-and-leave"} })
		for range 5 {
			out := invoke(t, f, Input{})
			expectFault(t, out, "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 7")
		}
	})
}
