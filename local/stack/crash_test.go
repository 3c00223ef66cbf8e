package stack_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/endpoint/endpointtest"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// childVariable makes a run of this test binary a stack of its own, in the folder
// it names, which a test can kill.
const childVariable = "FLUXA_STACK_TEST_CHILD"

// child runs a stack until it is killed, and prints where it is.
func child() int {
	s, err := stack.Start(context.Background(), crashConfig(os.Getenv(childVariable), os.Getenv("FLUXA_STACK_TEST_BIN")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := json.NewEncoder(os.Stdout).Encode(s.Info()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {} // until it is killed
}

func crashConfig(dir, bin string) stack.Config {
	return stack.Config{
		Dir: dir, BinDir: bin, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Tuning: stack.Tuning{ProcessorTimeout: 2 * time.Second, Retry: config.Retry{BaseSeconds: 1, MaxSeconds: 2}, ThrowAway: true},
	}
}

// TestKill_processor_between_commit_and_publish kills -9 the processor at the
// moment its first publication arrives: what it stored is committed by then, and
// nothing is announced.
func TestKill_processor_between_commit_and_publish(t *testing.T) {
	t.Parallel()
	// On a busy machine two seconds are not enough to store and to announce one event: what
	// is out of time is tried and announced once more.
	p := start(t, func(c *stack.Config) { c.Tuning.ProcessorTimeout = 10 * time.Second })
	p.visibleAfter(15 * time.Second) // what the killed one had; a minute by default
	var publications atomic.Int32
	p.Endpoint().Intercept(endpoint.SNS, func(w http.ResponseWriter, r *http.Request, sns http.Handler) {
		if r.FormValue("Action") == "PublishBatch" && publications.Add(1) == 1 {
			for _, pid := range p.Function(contract.FunctionProcessor).Pids() {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Errorf("kill the processor: %v", err)
				}
			}
			endpointtest.Unreachable(w, r, sns)
		}
		sns.ServeHTTP(w, r)
	})
	if a := p.post(event("crash")); a.status != http.StatusAccepted {
		t.Fatal(a)
	}
	p.processed("crash")
	p.drained()
	if n := publications.Load(); n < 2 {
		t.Fatalf("%d publications, want the one that was cut off and another", n)
	}
	if n := p.number(`SELECT count(*) FROM events`); n != 1 {
		t.Errorf("%d rows", n)
	}
	if n := p.number(`SELECT attempts FROM idempotency_keys WHERE status = 'success'`); n != 2 {
		t.Errorf("%d attempts, want the killed one and the one that healed it", n)
	}
	if n := p.notified()["crash"]; n != 1 {
		t.Errorf("announced %d times", n)
	}
	if dead := p.deadLetters(); len(dead) != 0 {
		t.Errorf("the DLQ has %v", dead)
	}
}

// TestKill_postgres_during_load kills -9 the database's processes while events are
// stored.
func TestKill_postgres_during_load(t *testing.T) {
	t.Parallel()
	p := start(t, func(c *stack.Config) { c.DatabaseURL = ownDatabase })
	const total = 300
	var accepted ids
	var sent atomic.Int32
	killed := make(chan struct{})
	database := postmaster(t, p.dir)
	atOnce(4, func(int) {
		for {
			n := sent.Add(1)
			if n > total {
				return
			}
			if n == total/3 {
				if err := killWithChildren(database); err != nil {
					t.Errorf("kill PostgreSQL: %v", err)
				}
				close(killed)
			}
			if n == total/2 {
				<-killed
			}
			accepted.send(t, p.Info().APIURL, fmt.Sprintf("load-%d", n))
		}
	})
	if n := len(accepted.all()); n != total {
		t.Errorf("%d of %d were accepted: ingest needs no database", n, total)
	}
	p.drained()
	p.lossless(accepted.all())
}

// killWithChildren sends SIGKILL to a process and to those it started. The process
// is halted first, so that it starts no other meanwhile.
func killWithChildren(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return err
	}
	pids, err := childrenOf(pid)
	if err != nil {
		return err
	}
	for _, pid := range append(pids, pid) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// TestKill_whole_stack kills -9 everything at once during load, and starts it
// again on the same folder.
func TestKill_whole_stack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir, "FLUXA_STACK_TEST_BIN="+binaries)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // it is killed already, if all went well
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the stack did not start: %v", err)
	}
	var info stack.Info
	if err := json.Unmarshal(line, &info); err != nil {
		t.Fatal(err)
	}
	var accepted ids
	var sent atomic.Int32
	atOnce(4, func(int) {
		for {
			n := sent.Add(1)
			if n == 150 {
				if err := cmd.Process.Kill(); err != nil {
					t.Errorf("kill the stack: %v", err)
				}
			}
			if !accepted.send(t, info.APIURL, fmt.Sprintf("load-%d", n)) {
				return
			}
		}
	})
	if err := cmd.Wait(); err == nil {
		t.Error("the stack ended by itself")
	}
	before := accepted.all()
	if len(before) < 100 {
		t.Fatalf("only %d events were accepted before the kill", len(before))
	}

	cfg := crashConfig(dir, binaries)
	s, err := stack.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	p := &product{Stack: s, t: t, dir: dir}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	p.drained()
	p.lossless(before)
}

// lossless asserts that each accepted event is in the database once, and was
// announced at least once.
func (p *product) lossless(accepted []string) {
	p.t.Helper()
	// An event whose answer was lost is stored too: rows may be more, never fewer.
	rows := map[string]int{}
	result, err := p.database().Query(p.t.Context(), `SELECT event_id, count(*) FROM events JOIN idempotency_keys USING (event_id) WHERE status = 'success' GROUP BY event_id`)
	if err != nil {
		p.t.Fatal(err)
	}
	for result.Next() {
		var id string
		var n int
		if err := result.Scan(&id, &n); err != nil {
			p.t.Fatal(err)
		}
		rows[id] = n
	}
	if err := result.Err(); err != nil {
		p.t.Fatal(err)
	}
	notified := p.notified()
	for _, id := range accepted {
		if rows[id] != 1 {
			p.t.Errorf("%s is %d times in the database", id, rows[id])
		}
		if notified[id] < 1 {
			p.t.Errorf("%s was never announced", id)
		}
	}
	if dead := p.deadLetters(); len(dead) != 0 {
		p.t.Errorf("the DLQ has %v", dead)
	}
	if extra, err := filepath.Glob(filepath.Join(p.dir, "*.corrupt")); err != nil || len(extra) != 0 {
		p.t.Errorf("left behind: %v %v", extra, err)
	}
}

// ids are the events that were accepted.
type ids struct {
	mu   sync.Mutex
	list []string
}

// send posts one event, notes it when it is accepted, and tells whether the API
// answered at all.
func (i *ids) send(t *testing.T, url, id string) bool {
	a, err := call(t.Context(), http.MethodPost, url+"/events", []byte(event(id)))
	if err != nil {
		return false
	}
	if a.status != http.StatusAccepted {
		t.Errorf("%s: %s", id, a)
		return true
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.list = append(i.list, id)
	return true
}

func (i *ids) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.list...)
}
