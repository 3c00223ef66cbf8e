package lambdatest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/buildflags"
	"github.com/fluxa/fluxa/pkg/contract"
)

// asFunction is set in the environment of a test binary that is to be the function.
const asFunction = "FLUXA_TEST_AS_FUNCTION"

// patience bounds every wait for a process; it is not how long one takes.
const patience = 60 * time.Second

// Main is the TestMain of a function's package: it runs the tests, or, in a
// process that Start began, the function's own main.
func Main(m *testing.M, main func()) {
	if os.Getenv(asFunction) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Process is a function that runs as on Lambda: a process of its own, with an
// environment of its own, which asks a Runtime API for work.
type Process struct {
	Output *Log // stdout and stderr, complete once the process has ended

	t      testing.TB
	cmd    *exec.Cmd
	work   chan []byte
	asked  chan struct{}
	done   chan outcome
	exited chan error
}

type outcome struct {
	answer []byte
	thrown bool
}

// Start starts the function with exactly the given environment and that of an AWS
// account that does not exist. The process ends with the test.
func Start(t testing.TB, environment map[string]string) *Process {
	t.Helper()
	return start(t, environment, os.Args[0])
}

// StartWithin is Start with a memory of so many MiB, of which the kernel gives no more
// (RLIMIT_DATA, which Linux alone keeps to). It builds the function, since a test's own
// binary may have the race detector in it, which takes several times as much.
func StartWithin(t testing.TB, environment map[string]string, memoryMiB int) *Process {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bootstrap")
	build := exec.Command("go", slices.Concat([]string{"build"}, buildflags.All(), []string{"-o", program, "."})...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the function: %v\n%s", err, output)
	}
	limited := maps.Clone(environment)
	limited["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = strconv.Itoa(memoryMiB)
	return start(t, limited, "sh", "-c", `ulimit -d "$1" && exec "$0"`, program, strconv.Itoa(memoryMiB<<10))
}

func start(t testing.TB, environment map[string]string, program string, args ...string) *Process {
	t.Helper()
	p := &Process{
		Output: &Log{}, t: t, work: make(chan []byte), asked: make(chan struct{}, 1000),
		done: make(chan outcome, 1), exited: make(chan error, 1),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", p.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", p.finish(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", p.finish(true))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	ctx, cancel := context.WithCancel(context.Background())
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Stdout, p.cmd.Stderr = p.Output, p.Output
	p.cmd.Env = []string{
		asFunction + "=1", "AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(server.URL, "http://"),
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=AKIDTEST", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true", "HOME=/nonexistent",
		"GOCOVERDIR=" + t.TempDir(), // else a binary with coverage warns in plain text
	}
	for name, value := range environment {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	if err := p.cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		p.exited <- p.cmd.Wait()
	}()
	t.Cleanup(func() { cancel(); <-gone })
	return p
}

func (p *Process) next(w http.ResponseWriter, r *http.Request) {
	p.asked <- struct{}{}
	select {
	case event := <-p.work:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", RequestID)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(30*time.Second).UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
		if _, err := w.Write(event); err != nil {
			p.t.Errorf("hand over the event: %v", err)
		}
	case <-r.Context().Done():
	}
}

func (p *Process) finish(thrown bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := io.ReadAll(r.Body)
		if err != nil {
			p.t.Errorf("read the answer: %v", err)
		}
		w.WriteHeader(http.StatusAccepted)
		p.done <- outcome{answer, thrown}
	}
}

// Ready waits until the function has initialised and asks for work.
func (p *Process) Ready() {
	p.t.Helper()
	select {
	case <-p.asked:
	case err := <-p.exited:
		p.t.Fatalf("the function ended: %v\n%s", err, p.Output)
	case <-time.After(patience):
		p.t.Fatalf("the function does not ask for work\n%s", p.Output)
	}
}

// Invoke hands over an event and returns the answer, or what was thrown as an
// error.
func (p *Process) Invoke(event []byte) ([]byte, error) {
	p.t.Helper()
	select {
	case p.work <- event:
	case err := <-p.exited:
		return nil, fmt.Errorf("the function ended before it took the event: %w", err)
	case <-time.After(patience):
		return nil, errors.New("the function does not take the event")
	}
	select {
	case got := <-p.done:
		if got.thrown {
			return nil, errors.New(string(bytes.TrimSpace(got.answer)))
		}
		return got.answer, nil
	case err := <-p.exited:
		return nil, fmt.Errorf("the function ended: %w", err)
	case <-time.After(patience):
		return nil, errors.New("the function does not answer")
	}
}

// Signal sends a signal to the process.
func (p *Process) Signal(signal syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
}

// Stop ends the process and waits for it; Output then has everything it wrote.
func (p *Process) Stop() {
	p.t.Helper()
	p.Signal(syscall.SIGTERM)
	p.Ended()
}

// Ended waits for the end of the process and returns how it ended, such as "exit
// status 1".
func (p *Process) Ended() string {
	p.t.Helper()
	select {
	case err := <-p.exited:
		if err == nil {
			return "exit status 0"
		}
		return err.Error()
	case <-time.After(patience):
		p.t.Fatalf("the function does not end\n%s", p.Output)
		return ""
	}
}

// Check asks the function whether it can work, and returns the names of the checks that
// failed, in their order.
func (p *Process) Check() (failed []string) {
	p.t.Helper()
	raw, err := p.Invoke([]byte(contract.CheckEvent))
	if err != nil {
		p.t.Fatal(err)
	}
	var answer contract.CheckAnswer
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Checks) == 0 {
		p.t.Fatalf("%v: %s", err, raw)
	}
	for _, check := range answer.Checks {
		if check.Error != "" {
			failed = append(failed, check.Name)
		}
	}
	return failed
}
