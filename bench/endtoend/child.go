package endtoend

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	startTimeout = 3 * time.Minute
	readyPause   = 50 * time.Millisecond
	probeTimeout = 5 * time.Second
	stopGrace    = 45 * time.Second // before a process that was asked to end is killed
	lastWords    = 2 << 10          // bytes of a log that an error repeats
)

// child is a process of a contender, with its output in a file.
type child struct {
	name  string
	log   string
	cmd   *exec.Cmd
	end   context.CancelFunc
	ended chan struct{}
	err   error // how it ended; set before ended is closed
}

// command is what a child runs.
type command struct {
	name    string // of the log, and in errors
	path    string
	args    []string
	environ []string
	dir     string // of the log
	files   []*os.File
}

// start starts the command in a process group of its own, out of reach of the terminal's
// Ctrl-C: this process ends it in order. It ends with ctx, too.
func start(ctx context.Context, c command) (*child, error) {
	log, err := os.Create(filepath.Join(c.dir, c.name+".log"))
	if err != nil {
		return nil, fmt.Errorf("make the log of %s: %w", c.name, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = c.environ, log, log, c.files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopGrace
	if err := errors.Join(cmd.Start(), log.Close()); err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	out := &child{name: c.name, log: log.Name(), cmd: cmd, end: cancel, ended: make(chan struct{})}
	go func() {
		out.err = cmd.Wait()
		close(out.ended)
	}()
	return out, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// await asks whether the child is ready until it is, has ended, or the time is over.
func (c *child) await(ctx context.Context, ready func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.ended:
			return c.failed(errors.Join(errors.New("it ended"), c.err))
		case <-ctx.Done():
			return c.failed(fmt.Errorf("it is not ready: %w: %w", ctx.Err(), err))
		case <-time.After(readyPause):
		}
	}
}

// failed adds the end of the child's log to an error.
func (c *child) failed(err error) error { return withLogs(fmt.Errorf("%s: %w", c.name, err), c.log) }

// withLogs adds the ends of logs to an error.
func withLogs(err error, logs ...string) error {
	for _, path := range logs {
		text, readErr := os.ReadFile(path)
		if readErr != nil {
			err = errors.Join(err, readErr)
			continue
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			err = fmt.Errorf("%w\nthe end of %s: %s", err, filepath.Base(path), text[max(0, len(text)-lastWords):])
		}
	}
	return err
}

// stop asks the child to end, and kills it when it does not, which is an error. With which
// status it ends when it was asked to does not matter.
func (c *child) stop() error {
	c.end()
	<-c.ended
	status, isUnix := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if isUnix && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return c.failed(fmt.Errorf("it did not end within %s and was killed", stopGrace))
	}
	return nil
}

// answers returns a probe: the URL answers with 200.
func answers(url string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		status, _, err := get(ctx, url)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%s answers %d", url, status)
		}
		return err
	}
}

// get returns what a URL answers, of which it reads so much as a probe needs.
func get(ctx context.Context, url string) (status int, body []byte, err error) {
	const limit = 64 << 10
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, limit))
	return response.StatusCode, body, errors.Join(err, response.Body.Close())
}

// environ is this process's environment without the variables that would change what a
// child does, and with others.
func environ(with ...string) []string {
	var out []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		switch {
		case strings.HasPrefix(name, "FLUXA_"), strings.HasPrefix(name, "AWS_"), strings.HasPrefix(name, "OTEL_"), strings.HasPrefix(name, "MAKE"):
		case name == "MFLAGS", name == "PORT", name == "DATABASE_URL", name == "GOWORK":
		default:
			out = append(out, variable)
		}
	}
	return append(out, with...)
}
