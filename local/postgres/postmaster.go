package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// The server gives its own processes 5 s after SIGQUIT before it kills them.
	quitGrace = 7 * time.Second
	killGrace = 10 * time.Second
	poll      = 20 * time.Millisecond
)

// postmaster is one run of the server's main process.
type postmaster struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; read after done
}

// startPostmaster starts the server so that it ends with this process. The
// signal for that is SIGQUIT, the shutdown without farewell: whoever was killed
// comes back at once and wants the port and the data, and what was committed is
// in the log that the next start replays.
func startPostmaster(cmd *exec.Cmd) (*postmaster, error) {
	p := &postmaster{cmd: cmd, done: make(chan struct{})}
	endWithParent(cmd.SysProcAttr, syscall.SIGQUIT)
	started := make(chan error, 1)
	go onThread(func() {
		err := cmd.Start()
		if err != nil {
			started <- err
			return
		}
		release, err := guard(cmd.Process.Pid)
		if err != nil {
			err = errors.Join(err, cmd.Process.Kill())
		}
		started <- err
		p.err = cmd.Wait()
		if release != nil {
			release()
		}
		close(p.done)
	})
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// onThread runs f on a thread that lives as long as f: the kernel takes the end
// of the thread that started a child for the death of the parent.
func onThread(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	f()
}

func (p *postmaster) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop asks with ever more force and returns when no process is left. A context
// that ends makes it insist sooner; it is never a reason to leave one behind.
func (p *postmaster) stop(ctx context.Context, first syscall.Signal, grace time.Duration) error {
	if first == syscall.SIGINT {
		if err := p.signal(syscall.SIGINT); err != nil {
			return err
		}
		if p.await(ctx, grace) {
			return nil
		}
	}
	if err := p.signal(syscall.SIGQUIT); err != nil {
		return err
	}
	if p.await(context.WithoutCancel(ctx), quitGrace) {
		return nil
	}
	return p.kill()
}

func (p *postmaster) signal(signal syscall.Signal) error {
	err := p.cmd.Process.Signal(signal)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s to PostgreSQL (pid %d): %w", signal, p.cmd.Process.Pid, err)
	}
	return nil
}

func (p *postmaster) await(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return p.ended()
}

// kill ends the server and each of its processes with SIGKILL, as a power cut
// would. The main process is halted first: it can then neither start another
// process nor let the number of an ended one be given to a stranger.
func (p *postmaster) kill() error {
	if p.ended() {
		return nil
	}
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	children, err := childrenOf(p.cmd.Process.Pid)
	if err != nil {
		return errors.Join(err, p.signal(syscall.SIGKILL))
	}
	for _, child := range children {
		if err := syscall.Kill(child, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return errors.Join(fmt.Errorf("kill PostgreSQL's process %d: %w", child, err), p.signal(syscall.SIGKILL))
		}
	}
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	for _, pid := range children {
		if !awaitExit(context.Background(), pid, killGrace) {
			return fmt.Errorf("PostgreSQL's process %d did not end %s after SIGKILL", pid, killGrace)
		}
	}
	if !p.await(context.Background(), killGrace) {
		return fmt.Errorf("PostgreSQL (pid %d) did not end %s after SIGKILL", p.cmd.Process.Pid, killGrace)
	}
	return nil
}

// awaitExit polls a process that is not a child of this one.
func awaitExit(ctx context.Context, pid int, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	_, err := every(ctx, poll, func() (struct{}, error) {
		if alive(pid) {
			return struct{}{}, errors.New("it still runs")
		}
		return struct{}{}, nil
	})
	return err == nil
}
