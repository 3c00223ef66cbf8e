package console

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Progress shows how far a piece of work is. It may be used concurrently.
type Progress struct {
	mu    sync.Mutex
	out   io.Writer
	verb  string
	noun  string
	total int64
	done  int64
	count int64
	began time.Time
	next  time.Time

	container *mpb.Progress // on a terminal
	bar       *mpb.Bar
}

// lineInterval is how often a line is written where there is no terminal.
const lineInterval = 5 * time.Second

// NewProgress shows work on w: a bar on a terminal, else a line every five
// seconds. total is the size of the work in any unit, 0 when it is not known; verb
// and noun say what is done to what: "sent" and "events".
func NewProgress(w io.Writer, verb, noun string, total int64) *Progress {
	p := &Progress{out: w, verb: verb, noun: noun, total: total, began: time.Now()}
	p.next = p.began.Add(lineInterval)
	if !IsTerminal(w) {
		return p
	}
	p.container = mpb.New(mpb.WithOutput(w), mpb.WithWidth(48), mpb.WithRefreshRate(100*time.Millisecond))
	count := decor.Any(func(decor.Statistics) string {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.line()
	})
	if total > 0 {
		p.bar = p.container.AddBar(total, mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Percentage(decor.WC{W: 5})), mpb.AppendDecorators(count))
	} else {
		p.bar = p.container.AddSpinner(0, mpb.BarRemoveOnComplete(), mpb.AppendDecorators(count))
	}
	return p
}

// Since sets when the work began, if that was not when it was first shown.
func (p *Progress) Since(began time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = began
}

// line says how many were done so far, and how fast. The caller holds mu.
func (p *Progress) line() string {
	text := fmt.Sprintf("%s %s %s", p.verb, Number(p.count), p.noun)
	if seconds := time.Since(p.began).Seconds(); seconds >= 1 {
		text += fmt.Sprintf(", %s a second", Number(int64(float64(p.count)/seconds)))
	}
	return text
}

// Add counts count more things done, which are the part `of` of the total.
func (p *Progress) Add(count int, of int64) {
	p.mu.Lock()
	p.count += int64(count)
	p.done += of
	done, bar := p.done, p.bar
	if now := time.Now(); bar == nil && !now.Before(p.next) {
		p.next = now.Add(lineInterval)
		text := p.line()
		if p.total > 0 {
			text = fmt.Sprintf("%3d %%  %s", min(100, p.done*100/p.total), text)
		}
		fmt.Fprintln(p.out, text)
	}
	p.mu.Unlock()
	if bar != nil {
		// One below the total: only Done ends the bar, whatever was counted.
		bar.SetCurrent(min(done, max(p.total-1, 0)))
	}
}

// Done removes the bar, so that what is written next begins on a new line.
func (p *Progress) Done() {
	if p.bar == nil {
		return
	}
	p.bar.Abort(true)
	p.container.Wait()
}
