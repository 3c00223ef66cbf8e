package usage

import (
	"context"
	"sync"
	"time"
)

// every is how often a meter looks. The kernel keeps the peak of a process that runs; the
// meter only has to see each before it ends.
const every = 500 * time.Millisecond

// Meter watches the memory of processes and their descendants.
type Meter struct {
	reader Reader
	roots  []int
	end    context.CancelFunc
	ended  sync.WaitGroup

	mu   sync.Mutex
	peak int64
	err  error
}

// Watch begins to watch the processes, until Stop or the end of ctx.
func Watch(ctx context.Context, reader Reader, roots ...int) *Meter {
	ctx, cancel := context.WithCancel(ctx)
	m := &Meter{reader: reader, roots: roots, end: cancel}
	m.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for m.look() {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return m
}

// look reports whether it could.
func (m *Meter) look() bool {
	now, err := m.reader.Of(m.roots...)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.peak = max(m.peak, now.Memory)
	if m.err == nil {
		m.err = err
	}
	return m.err == nil
}

// Stop ends the watch, after a last look, and returns the highest memory that was seen. The
// error is of the first look that failed, such as for a process that died.
func (m *Meter) Stop() (bytes int64, err error) {
	m.end()
	m.ended.Wait()
	m.look()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.peak, m.err
}
