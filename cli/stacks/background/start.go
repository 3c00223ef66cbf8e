// Package background starts a local stack as a process of its own and stops it
// again.
package background

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/process"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/client/poll"
)

const (
	interval     = 100 * time.Millisecond
	wordInterval = 5 * time.Second
	stopTimeout  = 60 * time.Second
	tailLines    = 20
)

// LogFile is where a stack in the background writes, below its data folder. It
// holds the database's URL and is for its owner only.
const LogFile = "up.log"

// Config says what to start. Every field is required.
type Config struct {
	// Command is the program with its arguments, which runs a stack under Dir.
	Command []string
	// Env is added to this process's environment.
	Env []string
	Dir string
	// Timeout is how long the stack may take until its API answers; the first
	// start may download PostgreSQL.
	Timeout time.Duration
	// Out gets the last line of the log every few seconds.
	Out io.Writer
	// Healthy asks the API at a URL whether it answers.
	Healthy func(ctx context.Context, url string) error
}

// ErrRunning answers the start of a stack where one runs.
var ErrRunning = errors.New("a stack runs there already")

// Start starts the command in a session of its own and waits until its API
// answers. When the process ends before that, or ctx or the time does, the error
// has the last lines of its log, and no process is left.
func Start(ctx context.Context, cfg Config) (stack.Info, error) {
	if info, err := stack.ReadInfo(cfg.Dir); err == nil && process.IsStack(info.PID) {
		return info, fmt.Errorf("%w: process %d under %s, %s", ErrRunning, info.PID, cfg.Dir, info.APIURL)
	}
	if err := Claim(cfg.Dir); err != nil {
		return stack.Info{}, err
	}
	path := filepath.Join(cfg.Dir, LogFile)
	log, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return stack.Info{}, fmt.Errorf("the data folder cannot be written (choose another with --dir): %w", err)
	}
	command := exec.Command(cfg.Command[0], cfg.Command[1:]...)
	command.Env = append(os.Environ(), cfg.Env...)
	command.Stdout, command.Stderr = log, log
	process.InOwnSession(command)
	startErr := command.Start()
	if err := errors.Join(startErr, log.Close()); err != nil {
		return stack.Info{}, fmt.Errorf("start the stack: %w", err)
	}
	alive, ended := context.WithCancelCause(ctx)
	gone := make(chan struct{})
	go func() {
		err := command.Wait()
		if err == nil {
			err = errors.New("the process ended")
		}
		close(gone)
		ended(err)
	}()
	return awaitReady(alive, cfg, command.Process.Pid, path, gone)
}

// awaitReady waits until the stack of process pid answers. alive ends with the
// process, and gone is closed then.
func awaitReady(alive context.Context, cfg Config, pid int, log string, gone <-chan struct{}) (info stack.Info, err error) {
	word := time.Now().Add(wordInterval)
	err = poll.Until(alive, interval, cfg.Timeout, func() error {
		info, err = stack.ReadInfo(cfg.Dir)
		if err == nil && info.PID == pid {
			if err = cfg.Healthy(alive, info.APIURL); err == nil {
				return nil
			}
		}
		if now := time.Now(); now.After(word) {
			word = now.Add(wordInterval)
			fmt.Fprintf(cfg.Out, "starting: %s\n", strings.TrimSpace(lastLines(log, 1)))
		}
		return fmt.Errorf("it was not ready within %s", cfg.Timeout)
	})
	if err == nil {
		return info, nil
	}
	tail := "; the end of its log " + log + ":\n" + lastLines(log, tailLines)
	if lastLines(log, 1) == "" {
		tail = "; its log " + log + " is empty"
	}
	err = fmt.Errorf("the stack did not come up: %w%s", err, tail)
	select {
	case <-gone:
		return stack.Info{}, err
	default:
		return stack.Info{}, errors.Join(err, end(pid, gone))
	}
}

// end stops the process and waits for its end.
func end(pid int, gone <-chan struct{}) error {
	if err := process.Terminate(pid); err != nil {
		return err
	}
	select {
	case <-gone:
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("process %d does not end: `kill -9 %d` ends it", pid, pid)
	}
}

// ErrNotRunning answers the stop of a stack where none runs.
var ErrNotRunning = errors.New("no stack runs there")

// Stop asks the stack under dir to end and waits until its process is gone, at
// most limit. Returns ErrNotRunning.
func Stop(ctx context.Context, dir string, limit time.Duration) (stack.Info, error) {
	info, err := stack.ReadInfo(dir)
	if errors.Is(err, os.ErrNotExist) || (err == nil && !process.IsStack(info.PID)) {
		return info, ErrNotRunning // a stack that was killed leaves its description
	}
	if err != nil {
		return info, err
	}
	if err := process.Terminate(info.PID); err != nil {
		return info, err
	}
	return info, poll.Until(ctx, interval, limit, func() error {
		if process.Exists(info.PID) {
			return fmt.Errorf("process %d was asked to stop and still runs; `kill -9 %d` ends it, and loses no accepted event", info.PID, info.PID)
		}
		return nil
	})
}

// lastLines returns the end of a file, at most n lines of it, or why it cannot be
// read.
func lastLines(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
