package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// testURLVariable hands a server to tests.
const testURLVariable = "FLUXA_TEST_DATABASE_URL"

const (
	commandGrace = 10 * time.Second
	stopTimeout  = 30 * time.Second
)

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

// Run starts an ephemeral server, runs a command with its URL in
// FLUXA_TEST_DATABASE_URL and this process's standard streams, and stops the
// server. When the context ends the command gets SIGTERM, and SIGKILL 10 s later.
// The error of a command that failed is an *exec.ExitError.
func Run(ctx context.Context, cfg Config, argv []string) error {
	if len(argv) == 0 {
		return errors.New("no command to run with PostgreSQL: name one")
	}
	return lend(ctx, cfg, func(server *Server) error {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.Env = append(os.Environ(), testURLVariable+"="+server.URL())
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = commandGrace
		cmd.SysProcAttr = &syscall.SysProcAttr{}
		endWithParent(cmd.SysProcAttr, syscall.SIGTERM)
		ended := make(chan error, 1)
		go onThread(func() { ended <- cmd.Run() })
		if err := <-ended; err != nil {
			return fmt.Errorf("%s: %w", argv[0], err)
		}
		return nil
	})
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
