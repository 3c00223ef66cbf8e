package lambda

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// outputDrain is how long the output of an ended process is waited for, which
// matters only when something that it started still holds its stdout.
const outputDrain = time.Second

// process is a child process and all that is in its process group.
type process struct {
	pid    int
	exited chan struct{} // closed when the process is reaped and its output was read

	mu     sync.Mutex
	reaped bool
	status string // what the process ended with, such as "signal: killed"
}

// startProcess starts cmd in a process group of its own. One goroutine, locked to
// its thread, starts and awaits the child: the kernel sends the parent-death signal
// when the starting thread ends, and a locked thread does not end before that.
func startProcess(cmd *exec.Cmd, flush func()) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = outputDrain
	p := &process{exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- fmt.Errorf("starting %s: %w", cmd.Path, err)
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		p.await(cmd)
		flush()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) await(cmd *exec.Cmd) {
	err := cmd.Wait()
	// What the process left behind in its group goes with it. The group's id cannot
	// have been given to another process within so short a time.
	killErr := syscall.Kill(-p.pid, syscall.SIGKILL)

	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	switch {
	case cmd.ProcessState != nil:
		p.status = cmd.ProcessState.String()
	default:
		p.status = fmt.Sprintf("unknown: %v", err)
	}
	if killErr != nil && !errors.Is(killErr, syscall.ESRCH) && !errors.Is(killErr, syscall.EPERM) {
		p.status += fmt.Sprintf(" (process group not ended: %v)", killErr)
	}
}

// signal sends sig to the process group. A process that has ended is no error.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return
	}
	// The group may be gone between its end and the reaping; there is nothing to
	// do about any error but to wait for the end of the process, as callers do.
	_ = syscall.Kill(-p.pid, sig)
}

func (p *process) kill() { p.signal(syscall.SIGKILL) }

// stop asks the process to end and kills it after grace, or at once when cut is
// closed. It returns when the process is gone.
func (p *process) stop(grace time.Duration, cut <-chan struct{}) {
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		return
	case <-timer.C:
	case <-cut:
	}
	p.kill()
	<-p.exited
}

// exitStatus is only meaningful after exited was closed.
func (p *process) exitStatus() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

func newCommand(cfg Config, binary string, environ []string, output *lineWriter) *exec.Cmd {
	cmd := &exec.Cmd{
		Path:   binary,
		Args:   []string{binary},
		Env:    environ,
		Dir:    cfg.taskRoot(),
		Stdout: output,
		Stderr: output,
	}
	return cmd
}
