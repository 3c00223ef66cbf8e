package lambda

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// copied puts a copy of the test function into a folder. Another process writes it: one
// that this process starts meanwhile would hold it open for writing, and the kernel runs no
// such file.
func copied(t *testing.T, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if output, err := exec.CommandContext(t.Context(), "cp", handlerBinary, path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return path
}

func TestReplace(t *testing.T) {
	t.Parallel()
	t.Run("lets_an_invocation_end_and_serves_the_next_one_with_the_new_code", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		f := newFunction(t, func(c *Config) { c.Binary = copied(t, folder, "bootstrap"); c.MaxConcurrency = 2 })
		idle := decode[int](t, invokeOK(t, f, mode("pid")).Payload)
		gate := filepath.Join(folder, "open")
		result := make(chan Output, 1)
		waiting := event(t, map[string]any{"mode": "wait-for-file", "path": gate})
		go func() {
			out, err := f.Invoke(t.Context(), waiting)
			if err != nil {
				t.Error(err)
			}
			result <- out
		}()
		eventually(t, "the handler at work", func() bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			return len(f.idle) == 0
		})

		next := copied(t, folder, "next")
		if err := f.Replace(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(next); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file was not moved: %v", err)
		}
		busy := idle // the one process that there was
		replaced := decode[int](t, invokeOK(t, f, mode("pid")).Payload)
		if replaced == busy || !processExists(busy) {
			t.Errorf("process %d serves, %d was at work", replaced, busy)
		}
		if err := os.WriteFile(gate, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if out := <-result; out.FunctionError != "" {
			t.Errorf("the invocation got %s", out.Payload)
		}
		eventually(t, "the end of the process with the code before", func() bool { return !processExists(busy) })
		if again := decode[int](t, invokeOK(t, f, mode("pid")).Payload); again != replaced {
			t.Errorf("process %d serves, want %d", again, replaced)
		}
	})
	t.Run("ends_idle_processes_and_keeps_the_one_that_it_started", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		f := newFunction(t, func(c *Config) { c.Binary = copied(t, folder, "bootstrap"); c.MaxConcurrency = 1 })
		for range 3 {
			before := decode[int](t, invokeOK(t, f, mode("pid")).Payload)
			if err := f.Replace(t.Context(), copied(t, folder, "next")); err != nil {
				t.Fatal(err)
			}
			pids := f.Pids()
			if used := decode[int](t, invokeOK(t, f, mode("pid")).Payload); len(pids) != 1 || pids[0] == before || used != pids[0] {
				t.Errorf("pids %v after %d, and %d serves", pids, before, used)
			}
			eventually(t, "the end of the idle process", func() bool { return !processExists(before) })
		}
	})
	t.Run("keeps_the_code_when_the_new_one_does_not_start", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		f := newFunction(t, func(c *Config) { c.Binary = copied(t, folder, "bootstrap") })
		before := decode[int](t, invokeOK(t, f, mode("pid")).Payload)
		for name, script := range map[string]string{"exits": "#!/bin/sh\necho no address >&2\nexit 3\n", "garbage": "\x7fELF"} {
			broken := filepath.Join(folder, name)
			if err := os.WriteFile(broken, []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			if err, failed := errors.AsType[*InitError](f.Replace(t.Context(), broken)); !failed {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if err := f.Replace(t.Context(), filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("without a file: %v", err)
		}
		if after := decode[int](t, invokeOK(t, f, mode("pid")).Payload); after != before {
			t.Errorf("process %d serves, want still %d", after, before)
		}
	})
	t.Run("leaves_no_process_when_its_context_or_the_function_has_ended", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		f := newFunction(t, func(c *Config) {
			c.Binary = copied(t, folder, "bootstrap")
			c.Env = map[string]string{"INIT_MODE": "hang"}
		})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Replace(ctx, copied(t, folder, "next")); !errors.Is(err, context.Canceled) || len(f.Pids()) != 0 {
			t.Errorf("with a context that has ended: %v; pids %v", err, f.Pids())
		}
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := f.Replace(t.Context(), copied(t, folder, "next")); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

// TestReplace_under_load_cuts_off_and_refuses_nothing replaces the code again and again
// while as many callers as there may be processes invoke the function.
func TestReplace_under_load_cuts_off_and_refuses_nothing(t *testing.T) {
	t.Parallel()
	const callers, replacements = 4, 15
	folder := t.TempDir()
	f := newFunction(t, func(c *Config) { c.Binary = copied(t, folder, "bootstrap"); c.MaxConcurrency = callers })
	ctx, end := context.WithCancel(t.Context())
	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			for ctx.Err() == nil {
				if out, err := f.Invoke(t.Context(), Input{Payload: []byte(`{"mode":"sleep","millis":3}`)}); err != nil || out.FunctionError != "" {
					t.Errorf("got %v, %s", err, out.Payload)
				}
			}
		})
	}
	for range replacements {
		if err := f.Replace(t.Context(), copied(t, folder, "next")); err != nil {
			t.Error(err)
		}
	}
	end()
	calling.Wait()
	if pids := f.Pids(); len(pids) == 0 || len(pids) > callers {
		t.Errorf("pids %v, want 1 to %d", pids, callers)
	}
}
