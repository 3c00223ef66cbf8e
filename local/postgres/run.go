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

// TestURLVariable names the environment variable that hands a server to tests.
const TestURLVariable = "FLUXA_TEST_DATABASE_URL"

const (
	commandGrace = 10 * time.Second
	stopTimeout  = 30 * time.Second
)

// RunWith starts an ephemeral server, runs a command with its URL in
// FLUXA_TEST_DATABASE_URL and this process's standard streams, stops the server
// and returns the command's exit code (128 plus the signal for one that a signal
// ended). SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on; those that a
// terminal sends to both are not sent twice. When the context ends the command
// gets SIGTERM, and SIGKILL 10 s later. An error says that the command could not
// be run, or that the server died under it; the exit code is then never 0.
func RunWith(ctx context.Context, cfg Config, argv []string) (exitCode int, err error) {
	if len(argv) == 0 {
		return 1, errors.New("no command to run with PostgreSQL: name one")
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)

	server, interrupted, err := startUnlessSignalled(ctx, cfg, signals)
	if err != nil || interrupted != 0 {
		return max(1, interrupted), err
	}
	defer func() {
		if stopErr := stopServer(server); stopErr != nil {
			exitCode, err = max(1, exitCode), errors.Join(err, stopErr)
		}
	}()
	exitCode, err = runCommand(ctx, argv, append(os.Environ(), TestURLVariable+"="+server.URL()), signals)
	if died := server.Err(); died != nil {
		return max(1, exitCode), errors.Join(err, died)
	}
	return exitCode, err
}

// startUnlessSignalled gives up the start, which may download for minutes, at
// the first signal, whose exit code it then returns.
func startUnlessSignalled(ctx context.Context, cfg Config, signals <-chan os.Signal) (server *Server, exitCode int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	started := make(chan struct{})
	caught := make(chan int, 1)
	go func() {
		select {
		case received := <-signals:
			caught <- signalCode(received)
			cancel()
		case <-started:
			caught <- 0
		}
	}()
	cfg.Ephemeral = true
	server, err = Start(ctx, cfg)
	close(started)
	exitCode = <-caught
	if exitCode == 0 {
		return server, 0, err
	}
	if err == nil {
		return nil, exitCode, stopServer(server)
	}
	return nil, exitCode, nil
}

func signalCode(received os.Signal) int {
	if number, ok := received.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return 1
}

func stopServer(server *Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return server.Stop(ctx)
}

func runCommand(ctx context.Context, argv, env []string, signals <-chan os.Signal) (int, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = commandGrace
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(cmd.SysProcAttr, syscall.SIGTERM)

	started := make(chan error, 1)
	finished := make(chan error, 1)
	go onThread(func() {
		err := cmd.Start()
		started <- err
		if err == nil {
			finished <- cmd.Wait()
		}
	})
	if err := <-started; err != nil {
		return 127, fmt.Errorf("run %s: %w", argv[0], err)
	}
	terminal := cupwriter.New(os.Stdin, false).IsTerminal()
	for {
		select {
		case received := <-signals:
			if terminal && (received == syscall.SIGINT || received == syscall.SIGQUIT) {
				continue
			}
			if err := cmd.Process.Signal(received); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return 1, fmt.Errorf("pass %s on to %s: %w", received, argv[0], err)
			}
		case err := <-finished:
			return exitCodeOf(cmd, err)
		}
	}
}

func exitCodeOf(cmd *exec.Cmd, err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 1, fmt.Errorf("run %s: %w", cmd.Path, err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// Serve starts an ephemeral server, writes its URL to out as one line, and keeps
// it up until in reaches its end or the context ends; both are a wanted end and
// no error. A parent that holds the other end of in thereby never leaves a
// server behind, even when it is killed. The error of a server that died names
// its last words. When the context ends first, one goroutine stays in a read of
// in, as a read cannot be taken back.
func Serve(ctx context.Context, cfg Config, in io.Reader, out io.Writer) error {
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in) // an input that fails has ended too
		close(ended)
	}()
	starting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-ended:
			cancel()
		case <-starting.Done():
		}
	}()
	cfg.Ephemeral = true
	server, err := Start(starting, cfg)
	if err != nil {
		if starting.Err() != nil {
			return nil
		}
		return err
	}
	if _, err := fmt.Fprintln(out, server.URL()); err != nil {
		return errors.Join(fmt.Errorf("write the URL of PostgreSQL: %w", err), stopServer(server))
	}
	select {
	case <-ended:
	case <-ctx.Done():
	case <-server.Done():
	}
	return errors.Join(server.Err(), stopServer(server))
}
