package lambda

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestClose(t *testing.T) {
	t.Parallel()
	t.Run("ends_the_processes_and_refuses_new_work", func(t *testing.T) {
		t.Parallel()
		f := newFunction(t, nil)
		invokeOK(t, f, Input{})
		pids := f.Pids()
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if processExists(pids[0]) || len(f.Pids()) != 0 {
			t.Errorf("process %d is still there; pids %v", pids[0], f.Pids())
		}
		if _, err := f.Invoke(t.Context(), Input{}); !errors.Is(err, ErrClosed) {
			t.Errorf("Invoke got %v", err)
		}
		if err := f.Warm(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("Warm got %v", err)
		}
		if err := f.Close(t.Context()); err != nil {
			t.Errorf("the second Close got %v", err)
		}
	})
	t.Run("sends_SIGTERM_to_a_function_that_asked_for_it", func(t *testing.T) {
		t.Parallel()
		var logs syncBuffer
		f := newFunction(t, func(c *Config) {
			c.Logs = &logs
			c.Env = map[string]string{"ENABLE_SIGTERM": "1"}
		})
		invokeOK(t, f, Input{})
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := logs.String(); !strings.Contains(got, "shutting down\n") || strings.Contains(got, "WARNING! Failed") {
			t.Errorf("log %q", got)
		}
	})
	t.Run("kills_what_ignores_SIGTERM", func(t *testing.T) {
		t.Parallel()
		f := newFunction(t, func(c *Config) {
			c.Env = map[string]string{"INIT_MODE": "ignore-sigterm"}
			c.stopGrace = 50 * time.Millisecond
		})
		invokeOK(t, f, Input{})
		pids := f.Pids()
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if processExists(pids[0]) {
			t.Errorf("process %d is still there", pids[0])
		}
	})
	t.Run("lets_an_invocation_end", func(t *testing.T) {
		t.Parallel()
		f, gate, result := heldInvocation(t)
		closed := make(chan error, 1)
		go func() { closed <- f.Close(t.Context()) }()
		eventually(t, "the refusal of new work", func() bool {
			_, err := f.Invoke(t.Context(), Input{})
			return errors.Is(err, ErrClosed)
		})
		if err := os.WriteFile(gate, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if out := <-result; out.FunctionError != "" {
			t.Errorf("the invocation got %s", out.Payload)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
	t.Run("cuts_an_invocation_off_when_the_context_ends", func(t *testing.T) {
		t.Parallel()
		f, _, result := heldInvocation(t)
		pids := f.Pids()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Close(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Close got %v", err)
		}
		if processExists(pids[0]) {
			t.Errorf("process %d is still there", pids[0])
		}
		if got := decode[fault](t, (<-result).Payload); got.Type != "Runtime.ExitError" {
			t.Errorf("the invocation got %+v", got)
		}
	})
	t.Run("takes_what_the_function_started_with_it", func(t *testing.T) {
		t.Parallel()
		f := newFunction(t, nil)
		child := decode[int](t, invokeOK(t, f, mode("child")).Payload)
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end of the function's own child", func() bool { return !runs(child) })
	})
}

func TestIdleProcessesAreReaped(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.IdleTimeout = 20 * time.Millisecond })
	out := invokeOK(t, f, mode("pid"))
	eventually(t, "the end of the idle process", func() bool { return len(f.Pids()) == 0 })
	if pid := decode[int](t, out.Payload); processExists(pid) {
		t.Errorf("process %d is still there", pid)
	}
	invokeOK(t, f, Input{})
}

func TestWarm(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *Config) { c.MaxConcurrency = 1 })
	for range 3 {
		if err := f.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if pids := f.Pids(); len(pids) != 1 {
			t.Fatalf("pids %v, want one", pids)
		}
	}
	warm := f.Pids()[0]
	if used := decode[int](t, invokeOK(t, f, mode("pid")).Payload); used != warm {
		t.Errorf("used process %d, want the warm one %d", used, warm)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cold := newFunction(t, func(c *Config) { c.Env = map[string]string{"INIT_MODE": "hang"}; c.stopGrace = time.Millisecond })
	if err := cold.Warm(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if err := cold.Close(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// heldInvocation starts an invocation that ends when the file gate appears.
func heldInvocation(t *testing.T) (f *Function, gate string, result <-chan Output) {
	t.Helper()
	var logs syncBuffer
	f = newFunction(t, func(c *Config) { c.Logs = &logs })
	gate = filepath.Join(t.TempDir(), "open")
	in := event(t, map[string]any{"mode": "wait-for-file", "path": gate})
	out := make(chan Output, 1)
	go func() {
		output, err := f.Invoke(t.Context(), in)
		if err != nil {
			t.Error(err)
		}
		out <- output
	}()
	eventually(t, "the handler at work", func() bool { return strings.Contains(logs.String(), "waiting") })
	return f, gate, out
}
