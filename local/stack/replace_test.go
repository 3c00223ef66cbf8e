package stack_test

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestReplace_under_load_loses_and_doubles_nothing gives every function that events pass new
// code, again and again, while clients send and read. No request may fail, and each event is
// delivered to a processor, stored and announced once: with nothing cut off, nothing is
// repeated either.
func TestReplace_under_load_loses_and_doubles_nothing(t *testing.T) {
	t.Parallel()
	const clients, rounds = 6, 8
	ctx, end := context.WithCancel(t.Context())
	code := t.TempDir()
	copyCode(t, binaries+"/.", code)
	replaced := make(chan error, 1)
	p := start(t, func(c *stack.Config) {
		c.BinDir = code
		c.Tuning.ProcessorTimeout = time.Minute // on a busy machine, what is out of time is repeated
		c.Watch = func(watching context.Context, s *stack.Stack) error {
			defer end()
			replaced <- replaceAll(t, watching, s, code, rounds)
			return nil
		}
	})
	var sending sync.WaitGroup
	sent := make([]int, clients)
	for client := range clients {
		sending.Go(func() {
			for n := 0; ctx.Err() == nil || n == 0; n++ {
				id := fmt.Sprintf("replaced-%d-%d", client, n)
				if a, err := call(t.Context(), http.MethodPost, p.Info().APIURL+"/events", []byte(event(id))); err != nil || a.status != http.StatusAccepted {
					t.Errorf("POST %s: %v %s", id, err, a)
					return
				}
				sent[client]++
				if a, err := call(t.Context(), http.MethodGet, p.Info().APIURL+"/events/"+id, nil); err != nil || (a.status != http.StatusOK && a.status != http.StatusNotFound) {
					t.Errorf("GET %s: %v %s", id, err, a)
					return
				}
			}
		})
	}
	sending.Wait()
	if err := <-replaced; err != nil {
		t.Fatal(err)
	}
	p.drained()

	total := 0
	for _, n := range sent {
		total += n
	}
	if got := p.number(`SELECT count(*) FROM events`); got != total {
		t.Errorf("%d events are stored, %d were accepted", got, total)
	}
	if got := p.number(`SELECT coalesce(sum(attempts), 0) FROM idempotency_keys WHERE status = 'success'`); got != total {
		t.Errorf("%d deliveries of %d events", got, total)
	}
	notified := p.notified()
	for id, times := range notified {
		if times != 1 {
			t.Errorf("%s is announced %d times", id, times)
		}
	}
	if len(notified) != total {
		t.Errorf("%d events are announced, %d were accepted", len(notified), total)
	}
	if dead := p.deadLetters(); len(dead) != 0 {
		t.Errorf("the DLQ holds %v", dead)
	}
	t.Logf("%d events while each of %d functions was replaced %d times", total, len(passed), rounds)
}

// passed are the functions that events pass.
var passed = []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery}

// replaceAll gives each function new code in each round, and sees that other processes are
// there afterwards.
func replaceAll(t *testing.T, ctx context.Context, s *stack.Stack, code string, rounds int) error {
	for range rounds {
		for _, name := range passed {
			function := s.Function(name)
			before := map[int]bool{}
			for _, pid := range function.Pids() {
				before[pid] = true
			}
			next := filepath.Join(code, string(name)+".next")
			copyCode(t, filepath.Join(binaries, string(name)), next)
			if err := function.Replace(ctx, next); err != nil {
				return err
			}
			fresh := false
			for _, pid := range function.Pids() {
				fresh = fresh || !before[pid]
			}
			if !fresh {
				return fmt.Errorf("%s has no new process", name)
			}
		}
	}
	return nil
}

// copyCode copies in another process: what this one starts meanwhile would hold the file open
// for writing, and the kernel runs no such file.
func copyCode(t *testing.T, from, to string) {
	if output, err := exec.Command("cp", "-R", from, to).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
}
