package lambda

import (
	"slices"
	"time"
)

// acquire returns an idle sandbox, the most recently used one, or else a new one that
// may still be starting. Returns a ThrottledError when the concurrency is used up, an
// InitError when no process can be started, ErrClosed after Close.
func (f *Function) acquire() (*sandbox, error) {
	s, generation, err := f.takeIdle()
	if s != nil || err != nil {
		return s, err
	}
	s, err = startSandbox(f.cfg, f.cfg.Binary, f.sink)

	f.mu.Lock()
	f.starting--
	if err != nil {
		f.mu.Unlock()
		return nil, err
	}
	s.generation = generation
	closed := f.closed
	if !closed {
		f.sandboxes[s] = struct{}{}
	}
	f.mu.Unlock()

	if closed {
		s.end()
		return nil, ErrClosed
	}
	go f.watch(s)
	return s, nil
}

// takeIdle returns neither a sandbox nor an error when a place for a new sandbox was
// taken. The generation is that of a new one.
func (f *Function) takeIdle() (s *sandbox, generation int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, 0, ErrClosed
	}
	for len(f.idle) > 0 {
		last := f.idle[len(f.idle)-1]
		f.idle = f.idle[:len(f.idle)-1]
		last.stopReaper()
		if last.alive() {
			return last.sandbox, 0, nil
		}
		delete(f.sandboxes, last.sandbox)
	}
	if len(f.sandboxes)+f.starting >= f.cfg.MaxConcurrency {
		return nil, 0, &ThrottledError{Function: f.cfg.Name, Limit: f.cfg.MaxConcurrency}
	}
	f.starting++
	return nil, f.generation, nil
}

// release makes the sandbox available again, if its process lives and has the code that
// the function has now.
func (f *Function) release(s *sandbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !s.alive() {
		delete(f.sandboxes, s)
		return
	}
	if f.closed {
		return // Close ends it
	}
	if s.generation != f.generation {
		f.retire(s)
		return
	}
	f.keep(s)
}

// keep puts the sandbox to the idle ones. The caller holds mu.
func (f *Function) keep(s *sandbox) {
	entry := &idleSandbox{sandbox: s}
	if f.cfg.IdleTimeout > 0 {
		entry.reaper = time.AfterFunc(f.cfg.IdleTimeout, func() { f.reap(entry) })
	}
	f.idle = append(f.idle, entry)
}

// forget frees the place of a sandbox whose process is gone.
func (f *Function) forget(s *sandbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sandboxes, s)
}

// watch drops the sandbox when its process ends, whatever the cause.
func (f *Function) watch(s *sandbox) {
	<-s.process.exited
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sandboxes, s)
	if f.dropIdle(func(entry *idleSandbox) bool { return entry.sandbox == s }) {
		s.logger.Warn("an idle execution environment has ended", "pid", s.process.pid, "status", s.process.exitStatus())
	}
}

// reap ends a sandbox that has been idle for too long, unless it was taken meanwhile.
// It is work that Close waits for.
func (f *Function) reap(entry *idleSandbox) {
	if !f.begin() {
		return
	}
	defer f.inflight.Done()
	f.mu.Lock()
	idle := f.dropIdle(func(other *idleSandbox) bool { return other == entry })
	f.mu.Unlock()
	if !idle {
		return
	}
	entry.process.stop(f.cfg.stopGrace, nil)
	f.forget(entry.sandbox)
	entry.logger.Debug("idle execution environment ended", "pid", entry.process.pid)
}

// dropIdle takes the matching entry out of the idle ones. The caller holds mu.
func (f *Function) dropIdle(match func(*idleSandbox) bool) bool {
	i := slices.IndexFunc(f.idle, match)
	if i < 0 {
		return false
	}
	f.idle[i].stopReaper()
	f.idle = slices.Delete(f.idle, i, i+1)
	return true
}

func (s *idleSandbox) stopReaper() {
	if s.reaper != nil {
		s.reaper.Stop()
	}
}
