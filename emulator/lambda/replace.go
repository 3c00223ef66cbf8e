package lambda

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// Replace gives the function new code while it is in use: it starts one process of the
// binary at path, and when that is ready moves the file to Config.Binary, from where
// later processes are started. path has to be on the same file system, and is gone then.
// Invocations under way end in the processes of the code before, which end after them, so
// none is cut off or refused; later ones get the new code. For a moment the process that
// is started and those that end come on top of Config.MaxConcurrency.
//
// Code that does not start replaces nothing: the error is then an InitError with the last
// lines of its log, and the file stays where it is. So it does when ctx ends before.
//
// AWS lets a function be invoked while it is updated; how it ends the processes of the
// code before is not documented.
// https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
func (f *Function) Replace(ctx context.Context, path string) error {
	if !f.begin() {
		return fmt.Errorf("replacing the code of %s: %w", f.cfg.Name, ErrClosed)
	}
	defer f.inflight.Done()
	next := f.cfg
	var err error
	if next.Binary, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("lambda: Binary of %s: %w", f.cfg.Name, err)
	}
	if err := next.validateBinary(); err != nil {
		return err
	}
	s, err := startSandbox(f.cfg, next.Binary, f.sink)
	if err != nil {
		return err
	}
	select {
	case <-s.booted:
	case <-ctx.Done():
		s.end()
		return fmt.Errorf("lambda: replacing the code of %s: %w", f.cfg.Name, ctx.Err())
	}
	if s.failed != nil {
		return s.failed
	}
	if err := f.promote(s, next.Binary); err != nil {
		s.end()
		return err
	}
	return nil
}

// promote makes the binary the function's, and the sandbox that runs it the only idle one.
func (f *Function) promote(s *sandbox, binary string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fmt.Errorf("replacing the code of %s: %w", f.cfg.Name, ErrClosed)
	}
	if err := os.Rename(binary, f.cfg.Binary); err != nil {
		return fmt.Errorf("lambda: replacing the code of %s: %w", f.cfg.Name, err)
	}
	for _, before := range f.idle {
		before.stopReaper()
		f.retire(before.sandbox)
	}
	f.idle = nil
	f.generation++
	s.generation = f.generation
	f.sandboxes[s] = struct{}{}
	f.keep(s)
	go f.watch(s)
	return nil
}

// retire ends a sandbox that serves no invocation, and frees its place at once. It is work
// that Close waits for. The caller holds mu, and the function is not closed.
func (f *Function) retire(s *sandbox) {
	delete(f.sandboxes, s)
	f.inflight.Go(func() { s.process.stop(f.cfg.stopGrace, nil) })
}
