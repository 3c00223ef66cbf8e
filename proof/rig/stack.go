// Package rig runs the product for a proof, so that every part of it can be broken: the
// local stack with the real functions in a process of its own, PostgreSQL apart from it
// behind a proxy, and clients that send events at a steady rate and keep their own log.
package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/proof/inject"
)

const (
	startTimeout = 3 * time.Minute
	orderTimeout = 30 * time.Second
	stopTimeout  = time.Minute
)

// Stack is the local stack in a process of its own, which can be killed and started again
// on the same data and ports.
type Stack struct {
	config  childConfig
	program string
	log     string // of what the process writes to its standard error

	mu      sync.Mutex // an order at a time
	cmd     *exec.Cmd
	in      io.WriteCloser
	orders  *json.Encoder
	answers *json.Decoder
	info    stack.Info
}

// StackConfig says where a stack lives and what it runs.
type StackConfig struct {
	Dir, BinDir, DatabaseURL string
	// Console has the stack serve its console, and record traces for it, as `fluxa up` does.
	Console bool
	Tuning  stack.Tuning
}

// StartStack starts this program once more, as the stack.
func StartStack(ctx context.Context, c StackConfig) (*Stack, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	port, err := freePorts()
	if err != nil {
		return nil, err
	}
	s := &Stack{
		program: program, log: filepath.Join(filepath.Dir(c.Dir), "stack.err"),
		config: childConfig{Dir: c.Dir, BinDir: c.BinDir, DatabaseURL: c.DatabaseURL, Port: port, Console: c.Console, Tuning: c.Tuning},
	}
	return s, s.Start(ctx)
}

// Start starts the stack, or starts it again after Kill.
func (s *Stack) Start(ctx context.Context) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make the log of the stack: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	cmd := exec.Command(s.program, ChildCommand)
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // out of reach of the terminal's Ctrl-C
	if s.in, err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("start the stack: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the stack: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the stack: %w", err)
	}
	s.cmd, s.orders, s.answers = cmd, json.NewEncoder(s.in), json.NewDecoder(out)
	answer, err := s.send(ctx, startTimeout, order{Config: &s.config})
	if err != nil {
		return errors.Join(fmt.Errorf("start the stack (see %s): %w", s.log, err), s.kill())
	}
	s.info = answer.Info
	return nil
}

// Info says how the stack is reached. It stays the same when the stack starts again.
func (s *Stack) Info() stack.Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.info
}

// send gives an order and waits for its answer. The caller holds the lock.
func (s *Stack) send(ctx context.Context, timeout time.Duration, o order) (report, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	type answer struct {
		report
		err error
	}
	done := make(chan answer, 1)
	orders, answers := s.orders, s.answers
	go func() {
		var out answer
		if out.err = orders.Encode(o); out.err == nil {
			out.err = answers.Decode(&out.report)
		}
		done <- out
	}()
	select {
	case out := <-done:
		if out.err == nil && out.Error != "" {
			out.err = errors.New(out.Error)
		}
		return out.report, out.err
	case <-ctx.Done():
		return report{}, fmt.Errorf("the stack does not answer: %w", ctx.Err())
	}
}

func (s *Stack) order(ctx context.Context, o order) (report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.send(ctx, orderTimeout, o)
}

// Inject sets faults of AWS services in the place of the earlier ones; without any, all
// is well again.
func (s *Stack) Inject(ctx context.Context, faults ...inject.Fault) error {
	if faults == nil {
		faults = []inject.Fault{}
	}
	if _, err := s.order(ctx, order{Faults: &faults}); err != nil {
		return fmt.Errorf("set the faults: %w", err)
	}
	return nil
}

// Processes returns the ids of a function's processes.
func (s *Stack) Processes(ctx context.Context, f contract.Function) ([]int, error) {
	answer, err := s.order(ctx, order{})
	if err != nil {
		return nil, fmt.Errorf("ask for the processes of %s: %w", f, err)
	}
	return answer.Pids[f], nil
}

// Met returns how many calls each of the faults met that are set, in the order in which
// Inject got them.
func (s *Stack) Met(ctx context.Context) ([]int, error) {
	answer, err := s.order(ctx, order{})
	if err != nil {
		return nil, fmt.Errorf("ask for the calls that faults met: %w", err)
	}
	return answer.Met, nil
}

// Goroutines returns how many the stack's process has, and its id.
func (s *Stack) Goroutines(ctx context.Context) (n, pid int, err error) {
	answer, err := s.order(ctx, order{})
	if err != nil {
		return 0, 0, fmt.Errorf("ask for the goroutines: %w", err)
	}
	return answer.Goroutines, answer.Info.PID, nil
}

// Kill ends the stack's process by SIGKILL; the functions' processes end with it.
func (s *Stack) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kill()
}

func (s *Stack) kill() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the stack: %w", err)
	}
	_ = s.cmd.Wait() // it was killed: how it ended is known
	return nil
}

// Stop ends the stack in order, and kills it when it does not end in time, which is an
// error.
func (s *Stack) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil || s.cmd.ProcessState != nil {
		return nil
	}
	if err := s.in.Close(); err != nil {
		return fmt.Errorf("stop the stack: %w", err)
	}
	late := time.AfterFunc(stopTimeout, func() { _ = s.cmd.Process.Kill() }) // Wait reports it
	defer late.Stop()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("stop the stack (see %s): %w", s.log, err)
	}
	return nil
}
