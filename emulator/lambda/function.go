package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const maxHandovers = 3

// Function runs the invocations of one function. All methods may be called
// concurrently. It is made by New and must be closed, or processes remain.
type Function struct {
	cfg  Config
	sink *logSink

	mu       sync.Mutex
	closed   bool
	starting int
	// generation counts the binaries that the function has had.
	generation int
	sandboxes  map[*sandbox]struct{}
	idle       []*idleSandbox // the most recently used last
	inflight   sync.WaitGroup // Add under mu, and not once closed
}

type idleSandbox struct {
	*sandbox
	reaper *time.Timer
}

// New checks the configuration and returns the function. No process is started
// before the first Invoke or Warm. Errors name the field, its limit and the value.
func New(cfg Config) (*Function, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	binary, err := filepath.Abs(cfg.Binary)
	if err != nil {
		return nil, fmt.Errorf("lambda: Binary of %s: %w", cfg.Name, err)
	}
	cfg.Binary = binary
	return &Function{
		cfg:       cfg,
		sink:      newLogSink(cfg),
		sandboxes: map[*sandbox]struct{}{},
	}, nil
}

// Name returns the function's name.
func (f *Function) Name() string { return f.cfg.Name }

// Timeout returns the time that one invocation may take, which a queue's visibility
// time-out has to be measured by.
func (f *Function) Timeout() time.Duration { return f.cfg.Timeout }

// Call is Invoke with plain values: the answer of the function, and the kind of
// function error, empty when there was none. Consumers that declare their own
// one-method interface need no adapter with it. Errors are those of Invoke.
func (f *Function) Call(ctx context.Context, payload []byte, traceID string) (answer []byte, functionError string, err error) {
	out, err := f.Invoke(ctx, Input{Payload: payload, TraceID: traceID})
	return out.Payload, out.FunctionError, err
}

// Invoke runs the function once and waits for its answer. What goes wrong inside the
// function, its start included, is reported by Output.FunctionError, as on AWS; the error
// is for invocations that have not reached it: ThrottledError, RequestTooLargeError,
// InvalidRequestError, ErrClosed, or a wrapped context error. When ctx ends, Invoke
// returns, but an invocation under way goes on to its end, as it does on AWS, and its
// process is used again after.
func (f *Function) Invoke(ctx context.Context, in Input) (Output, error) {
	if err := ctx.Err(); err != nil {
		return Output{}, fmt.Errorf("lambda: invoking %s: %w", f.cfg.Name, err)
	}
	inv, err := f.cfg.newInvocation(in)
	if err != nil {
		return Output{}, err
	}
	if !f.begin() {
		return Output{}, fmt.Errorf("invoking %s: %w", f.cfg.Name, ErrClosed)
	}
	type result struct {
		output Output
		err    error
	}
	done := make(chan result, 1)
	go func() {
		defer f.inflight.Done()
		output, err := f.run(inv)
		done <- result{output, err}
	}()
	select {
	case r := <-done:
		return r.output, r.err
	case <-ctx.Done():
		return Output{}, fmt.Errorf("lambda: invoking %s: %w", f.cfg.Name, ctx.Err())
	}
}

// Warm makes sure that one process is running and initialized, so that a function
// that cannot start shows it now: the error is then an InitError with the last lines
// of its log. It does nothing when a process is there already. When ctx ends, Warm
// returns, and the process it started goes on initializing.
func (f *Function) Warm(ctx context.Context) error {
	if !f.begin() {
		return fmt.Errorf("warming %s: %w", f.cfg.Name, ErrClosed)
	}
	done := make(chan error, 1)
	go func() {
		defer f.inflight.Done()
		done <- f.warm()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("lambda: warming %s: %w", f.cfg.Name, ctx.Err())
	}
}

func (f *Function) warm() error {
	s, err := f.acquire()
	if throttled := (*ThrottledError)(nil); errors.As(err, &throttled) {
		return nil // as many processes as there may be are at work
	}
	if err != nil {
		return err
	}
	<-s.booted
	if s.failed != nil {
		f.forget(s)
		return s.failed
	}
	f.release(s)
	return nil
}

// Pids returns the ids of the function's processes, in ascending order. It is meant
// for tests that inject faults and for diagnostics; a process may be gone already.
func (f *Function) Pids() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	pids := make([]int, 0, len(f.sandboxes))
	for s := range f.sandboxes {
		pids = append(pids, s.process.pid)
	}
	slices.Sort(pids)
	return pids
}

// Close refuses new invocations, lets those under way come to their end as long as
// ctx lasts, and then ends the processes: with SIGTERM, and with SIGKILL when that
// has not helped within two seconds or ctx has ended. No process is left when it
// returns. The error says that ctx ended before the invocations did. A second Close
// waits likewise and is harmless.
func (f *Function) Close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()

	finished := make(chan struct{})
	go func() {
		f.inflight.Wait()
		close(finished)
	}()
	var err error
	select {
	case <-finished:
	case <-ctx.Done():
		err = fmt.Errorf("lambda: closing %s: invocations were cut off: %w", f.cfg.Name, ctx.Err())
	}
	f.stopAll(ctx.Done())
	<-finished
	return err
}

func (f *Function) stopAll(cut <-chan struct{}) {
	f.mu.Lock()
	for _, s := range f.idle {
		s.stopReaper()
	}
	f.idle = nil
	var stopping sync.WaitGroup
	for s := range f.sandboxes {
		stopping.Go(func() {
			s.process.stop(f.cfg.stopGrace, cut)
			f.forget(s)
		})
	}
	f.mu.Unlock()
	stopping.Wait()
}

// begin counts a piece of work that Close has to wait for.
func (f *Function) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.inflight.Add(1)
	return true
}

// run finds a sandbox for the invocation. One that dies before it takes the invocation
// is replaced, but not for ever: a process that always exits then is broken.
func (f *Function) run(inv *invocation) (Output, error) {
	for attempt := 1; ; attempt++ {
		s, err := f.acquire()
		if initErr := (*InitError)(nil); errors.As(err, &initErr) {
			return f.output(inv, inv.notInitialized(initErr), nil), nil
		}
		if err != nil {
			return Output{}, err
		}
		<-s.booted
		if s.failed != nil {
			f.forget(s)
			return f.output(inv, inv.notInitialized(s.failed), s), nil
		}
		begun := time.Now()
		result, handed := s.serve(inv)
		if !handed {
			f.forget(s)
			if attempt < maxHandovers {
				continue
			}
			result = inv.exited(s.process.exitStatus())
		}
		s.report(inv, result, time.Since(begun))
		output := f.output(inv, result, s)
		f.release(s)
		return output, nil
	}
}

func (f *Function) output(inv *invocation, result answer, s *sandbox) Output {
	output := Output{
		Payload:   result.payload,
		RequestID: inv.id,
		TraceID:   inv.trace,
	}
	if result.fault {
		output.FunctionError = unhandledError
	}
	if s != nil {
		output.LogTail = s.tail.snapshot()
	}
	return output
}

// report is what the REPORT line of a function's log says on AWS.
func (s *sandbox) report(inv *invocation, result answer, took time.Duration) {
	if !s.logger.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	attributes := []any{
		"request_id", inv.id, "duration_ms", milliseconds(took),
		"memory_mib", s.cfg.MemoryMiB, "failed", result.fault, "trace_id", inv.trace,
	}
	if peak, known := peakMemory(s.process.pid); known {
		attributes = append(attributes, "max_memory_mib", peak>>20)
	}
	s.logger.Debug("invocation finished", attributes...)
}
