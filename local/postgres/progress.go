package postgres

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const mebibyte = 1 << 20

// progress shows how much of a download has arrived: as a bar on a terminal,
// elsewhere as a line for each tenth, or for each MiB when the total is unknown
// (-1). What arrives is written to it.
type progress struct {
	out         io.Writer
	done, total int64
	shown       int64 // tenths or MiB
	container   *mpb.Progress
	bar         *mpb.Bar
}

func newProgress(out io.Writer, total int64) *progress {
	if cupwriter.New(out, false).IsTerminal() {
		return newBar(out, total)
	}
	return &progress{out: out, total: total, shown: -1}
}

func newBar(out io.Writer, total int64) *progress {
	container := mpb.New(mpb.WithOutput(out), mpb.WithWidth(48), mpb.WithRefreshRate(100*time.Millisecond))
	return &progress{container: container, bar: container.AddBar(max(total, 0),
		mpb.PrependDecorators(decor.Name("downloading PostgreSQL ")),
		mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))}
}

func (p *progress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if p.bar != nil {
		p.bar.SetCurrent(p.done)
		return len(b), nil
	}
	arrived, line := p.done/mebibyte, fmt.Sprintf("%d MiB", p.done/mebibyte)
	if p.total > 0 {
		arrived = p.done * 10 / p.total
		line = fmt.Sprintf("%d %% of %.1f MiB", arrived*10, float64(p.total)/mebibyte)
	}
	if arrived != p.shown {
		p.shown = arrived
		fmt.Fprintln(p.out, "downloading PostgreSQL:", line)
	}
	return len(b), nil
}

// end leaves the bar as it is, so that what is written next begins on a line of
// its own.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(false)
		p.container.Wait()
	}
}
