package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/vbauerster/cupwriter"
)

// testURLVariable hands a server to tests.
const testURLVariable = "FLUXA_TEST_DATABASE_URL"

const stopTimeout = 30 * time.Second

// lend starts an ephemeral server, hands its URL to use, and stops it when use
// returns. The error of a server that died meanwhile has its last words.
func lend(ctx context.Context, cfg Config, use func(*Server) error) error {
	cfg.Ephemeral = true
	server, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	err = use(server)
	died := server.Err()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(err, died, server.Stop(stopping))
}

// CommandError says how the command of Run failed.
type CommandError struct {
	code int
	err  error
}

// Error names the command and says how it ended.
func (e *CommandError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *CommandError) Unwrap() error { return e.err }

// ExitCode is what a shell would make of it: the command's own exit code, 128 plus
// the signal that ended it, or 127 for one that could not be started.
func (e *CommandError) ExitCode() int { return e.code }

// Run starts an ephemeral server, runs a command with its URL in
// FLUXA_TEST_DATABASE_URL and this process's standard streams, and stops the
// server. The context bounds the start. Once the command runs, SIGINT, SIGTERM,
// SIGHUP and SIGQUIT are passed on to it as they arrive, and it ends as it likes;
// those that a terminal sends to both are not sent twice. A command that failed is
// a *CommandError.
func Run(ctx context.Context, cfg Config, argv []string) error {
	if len(argv) == 0 {
		return errors.New("no command to run with PostgreSQL: name one")
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	return lend(ctx, cfg, func(server *Server) error {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.Env = append(os.Environ(), testURLVariable+"="+server.URL())
		cmd.SysProcAttr = &syscall.SysProcAttr{}
		endWithParent(cmd.SysProcAttr, syscall.SIGTERM)
		started, ended := make(chan error, 1), make(chan error, 1)
		go onThread(func() {
			err := cmd.Start()
			if started <- err; err == nil {
				ended <- cmd.Wait()
			}
		})
		if err := <-started; err != nil {
			return &CommandError{127, fmt.Errorf("run %s: %w", argv[0], err)}
		}
		if err := passOn(signals, cmd.Process, ended); err != nil {
			return &CommandError{exitCode(cmd.ProcessState), fmt.Errorf("%s: %w", argv[0], err)}
		}
		return nil
	})
}

// passOn gives a process the signals that arrive until it has ended.
func passOn(signals <-chan os.Signal, process *os.Process, ended <-chan error) error {
	terminal := cupwriter.New(os.Stdin, false).IsTerminal()
	for {
		select {
		case received := <-signals:
			if !terminal || (received != syscall.SIGINT && received != syscall.SIGQUIT) {
				_ = process.Signal(received) // one that has ended needs no signal
			}
		case err := <-ended:
			return err
		}
	}
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// Serve starts an ephemeral server, writes its URL to out as one line, and keeps
// it up until in reaches its end or the context ends; neither is an error. A
// parent that holds the other end of in thereby never leaves a server behind,
// even when it is killed. When the context ends first, one goroutine stays
// blocked in a read of in.
func Serve(ctx context.Context, cfg Config, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in) // an input that fails has ended too
		cancel()
	}()
	up := false
	err := lend(ctx, cfg, func(server *Server) error {
		up = true
		if _, err := fmt.Fprintln(out, server.URL()); err != nil {
			return fmt.Errorf("write the URL of PostgreSQL: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-server.Done():
		}
		return nil
	})
	if !up && ctx.Err() != nil {
		return nil // nobody waits for it any more
	}
	return err
}
