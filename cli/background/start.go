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

	"github.com/fluxa/fluxa/local/stack"
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

// Config says what to start. Command and Dir are required.
type Config struct {
	// Command is the program with its arguments, which runs a stack under Dir.
	Command []string
	// Env is added to this process's environment.
	Env []string
	Dir string
	// Timeout is how long the stack may take until its API answers. Default 10
	// min: the first start may download PostgreSQL.
	Timeout time.Duration
	// Out is told every few seconds how far it is. Default: nobody is.
	Out io.Writer
	// Healthy asks the API at a URL whether it answers. Required.
	Healthy func(ctx context.Context, url string) error
}

// ErrRunning answers the start of a stack where one runs.
var ErrRunning = errors.New("a stack runs there already")

// Start starts the command in a session of its own and waits until its API
// answers. When the process ends before that, or ctx or the time does, the error
// has the last lines of its log, and no process is left.
func Start(ctx context.Context, cfg Config) (stack.Info, error) {
	if len(cfg.Command) == 0 || cfg.Dir == "" || cfg.Healthy == nil {
		return stack.Info{}, errors.New("background: Command, Dir and Healthy are required")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 10 * time.Minute
	}
	if cfg.Out == nil {
		cfg.Out = io.Discard
	}
	if info, err := stack.ReadInfo(cfg.Dir); err == nil && Running(info.PID) {
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
	inOwnSession(command)
	startErr := command.Start()
	if err := log.Close(); err != nil || startErr != nil {
		return stack.Info{}, fmt.Errorf("start the stack: %w", errors.Join(startErr, err))
	}
	child := &child{pid: command.Process.Pid, ended: make(chan error, 1), log: path}
	go func() { child.ended <- command.Wait() }()
	return child.awaitReady(ctx, cfg)
}

type child struct {
	pid   int
	ended chan error
	log   string
}

func (c *child) awaitReady(ctx context.Context, cfg Config) (stack.Info, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, cfg.Timeout, fmt.Errorf("it was not ready within %s", cfg.Timeout))
	defer cancel()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	word := time.Now().Add(wordInterval)
	for {
		select {
		case err := <-c.ended:
			if err == nil {
				err = errors.New("the process ended")
			}
			return stack.Info{}, fmt.Errorf("the stack did not come up: %w%s", err, c.tail())
		case <-waiting.Done():
			cause := context.Cause(waiting)
			return stack.Info{}, errors.Join(fmt.Errorf("the stack did not come up: %w%s", cause, c.tail()), c.end())
		case now := <-tick.C:
			info, err := stack.ReadInfo(cfg.Dir)
			if err == nil && info.PID == c.pid && cfg.Healthy(waiting, info.APIURL) == nil {
				return info, nil
			}
			if now.After(word) {
				word = now.Add(wordInterval)
				fmt.Fprintf(cfg.Out, "starting: %s\n", strings.TrimSpace(lastLines(c.log, 1)))
			}
		}
	}
}

// end stops the process and waits for its end.
func (c *child) end() error {
	if err := terminate(c.pid); err != nil {
		return err
	}
	select {
	case <-c.ended:
		return nil
	case <-time.After(stopTimeout):
		return fmt.Errorf("process %d does not end: `kill -9 %d` ends it", c.pid, c.pid)
	}
}

func (c *child) tail() string {
	lines := lastLines(c.log, tailLines)
	if lines == "" {
		return "; its log " + c.log + " is empty"
	}
	return "; the end of its log " + c.log + ":\n" + lines
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
