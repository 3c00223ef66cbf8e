package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// handlerBinary is the function in testdata/handler, built once for all tests.
var handlerBinary string

func TestMain(m *testing.M) {
	if os.Getenv(orphanVariable) != "" {
		os.Exit(runOrphanParent())
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lambda-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	handlerBinary = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", handlerBinary, "./testdata/handler")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the test function: %v\n%s", err, output)
		return 1
	}
	return m.Run()
}

// waitLimit bounds every wait of a test. It is never the thing that is measured.
const waitLimit = 30 * time.Second

// newFunction makes a function of the test binary that is closed with the test, and
// fails the test if one of its processes survives that.
func newFunction(t *testing.T, change func(*Config)) *Function {
	t.Helper()
	cfg := Config{
		Name:      "echo",
		Binary:    handlerBinary,
		Timeout:   waitLimit,
		MemoryMiB: 512,
		stopGrace: waitLimit,
	}
	if change != nil {
		change(&cfg)
	}
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pids := f.Pids()
		if err := f.Close(t.Context()); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for _, pid := range pids {
			if processExists(pid) {
				t.Errorf("process %d survived Close", pid)
			}
		}
	})
	return f
}

func processExists(pid int) bool {
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func event(t *testing.T, fields map[string]any) Input {
	t.Helper()
	payload, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return Input{Payload: payload}
}

func mode(name string) Input {
	return Input{Payload: []byte(`{"mode":"` + name + `"}`)}
}

func invoke(t *testing.T, f *Function, in Input) Output {
	t.Helper()
	out, err := f.Invoke(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func invokeOK(t *testing.T, f *Function, in Input) Output {
	t.Helper()
	out := invoke(t, f, in)
	if out.FunctionError != "" {
		t.Fatalf("function error: %s", out.Payload)
	}
	return out
}

func decode[T any](t *testing.T, payload []byte) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(payload, &value); err != nil {
		t.Fatalf("%v in %s", err, payload)
	}
	return value
}

func expectFault(t *testing.T, out Output, kind, message string) {
	t.Helper()
	want := fault{Type: kind, Message: strings.ReplaceAll(message, "ID", out.RequestID)}
	if got := decode[fault](t, out.Payload); out.FunctionError != "Unhandled" || got != want {
		t.Errorf("got %q %+v\nwant \"Unhandled\" %+v", out.FunctionError, got, want)
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(waitLimit)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// syncBuffer is a log writer that a test can read at any time.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// runs is true while the process exists and is not a zombie that waits for its parent.
func runs(pid int) bool {
	if !processExists(pid) {
		return false
	}
	var state []byte
	var err error
	if runtime.GOOS == "linux" {
		var stat []byte
		stat, err = os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		_, state, _ = bytes.Cut(stat, []byte(") "))
	} else {
		state, err = exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	}
	return err == nil && !bytes.HasPrefix(state, []byte("Z"))
}
