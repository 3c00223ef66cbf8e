package functions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/lambda"
)

const (
	invocationTimeout = time.Minute
	closeTimeout      = 10 * time.Second
)

// process is one process of a function under the emulator's Lambda runtime.
type process struct {
	function *lambda.Function
	pid      int
	init     cost
}

// cost is what something took.
type cost struct{ wall, cpu time.Duration }

// start runs an executable as the function until it asks for the first invocation.
func start(ctx context.Context, name, executable string, memoryMiB int, environ map[string]string) (_ *process, err error) {
	function, err := lambda.New(lambda.Config{
		Name: name, Binary: executable, Env: environ, Timeout: invocationTimeout, MemoryMiB: memoryMiB, MaxConcurrency: 1,
	})
	if err != nil {
		return nil, err
	}
	p := &process{function: function}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	begun := time.Now()
	if err := function.Warm(ctx); err != nil {
		return nil, err
	}
	p.init.wall = time.Since(begun)
	pids := function.Pids()
	if len(pids) != 1 {
		return nil, fmt.Errorf("%s has %d processes, want 1", name, len(pids))
	}
	p.pid = pids[0]
	p.init.cpu, err = cpuTime(p.pid)
	return p, err
}

// invoke returns the answer of the process. A thrown error is an error.
func (p *process) invoke(ctx context.Context, payload []byte) ([]byte, error) {
	out, err := p.function.Invoke(ctx, lambda.Input{Payload: payload})
	if err != nil {
		return nil, err
	}
	if out.FunctionError != "" {
		return nil, fmt.Errorf("%s: %s: %s\n%s", p.function.Name(), out.FunctionError, out.Payload, strings.Join(out.LogTail, "\n"))
	}
	return out.Payload, nil
}

// cpu returns the processor time of the process, which must be the one that was
// started: a second one would have the cost of its start in it.
func (p *process) cpu() (time.Duration, error) {
	if pids := p.function.Pids(); len(pids) != 1 || pids[0] != p.pid {
		return 0, fmt.Errorf("the process of %s was replaced", p.function.Name())
	}
	return cpuTime(p.pid)
}

func (p *process) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return p.function.Close(ctx)
}
