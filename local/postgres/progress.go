package postgres

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const mebibyte = 1 << 20

// ProgressBar returns a function for Config.Progress that shows a download on w,
// and one that ends the showing early: call finish before writing about a start
// that failed; after a complete download it does nothing. On a terminal it is a
// bar; elsewhere a plain line for each tenth of the whole. Both functions may be
// called from any goroutine, and finish more than once.
func ProgressBar(w io.Writer) (progress func(done, total int64), finish func()) {
	if cupwriter.New(w, false).IsTerminal() {
		bar := &terminalBar{out: w}
		return bar.progress, bar.finish
	}
	lines := &plainLines{out: w, tenth: -1}
	return lines.progress, func() {}
}

type terminalBar struct {
	out       io.Writer
	mu        sync.Mutex
	container *mpb.Progress
	bar       *mpb.Bar
}

func (b *terminalBar) progress(done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.container == nil {
		b.container = mpb.New(mpb.WithOutput(b.out), mpb.WithWidth(48), mpb.WithRefreshRate(100*time.Millisecond))
		b.bar = b.container.AddBar(max(total, 0),
			mpb.PrependDecorators(decor.Name("downloading PostgreSQL ")),
			mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))
	}
	b.bar.SetCurrent(done)
	if done == total {
		b.end()
	}
}

func (b *terminalBar) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
}

func (b *terminalBar) end() {
	if b.container == nil {
		return
	}
	b.bar.Abort(false)
	b.container.Wait()
	b.container = nil
}

type plainLines struct {
	mu    sync.Mutex
	out   io.Writer
	tenth int64
}

func (p *plainLines) progress(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tenth := done / mebibyte
	if total > 0 {
		tenth = done * 10 / total
	}
	if tenth == p.tenth {
		return
	}
	p.tenth = tenth
	if total > 0 {
		fmt.Fprintf(p.out, "downloading PostgreSQL: %d %% of %.1f MiB\n", tenth*10, float64(total)/mebibyte)
		return
	}
	fmt.Fprintf(p.out, "downloading PostgreSQL: %d MiB\n", tenth)
}
