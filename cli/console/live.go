package console

import (
	"errors"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// liveInterval is how often the line is drawn again.
const liveInterval = 500 * time.Millisecond

// Live is Out with a line below what is written to it, on a terminal; elsewhere it is Out.
// It may be used concurrently.
type Live struct {
	out       io.Writer
	container *mpb.Progress
	bar       *mpb.Bar
}

// Live keeps a line at the end of the terminal, which text says anew each time. text must
// be quick.
func (c Console) Live(text func() string) *Live {
	l := &Live{out: c.Out}
	if !IsTerminal(c.Out) {
		return l
	}
	l.container = mpb.New(mpb.WithOutput(c.Out), mpb.WithRefreshRate(liveInterval))
	l.bar = l.container.New(0, mpb.NopStyle(), mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return text() })))
	return l
}

// Write writes whole lines above the live one.
func (l *Live) Write(p []byte) (int, error) {
	if l.container == nil {
		return l.out.Write(p)
	}
	n, err := l.container.Write(p)
	if _, ended := errors.AsType[mpb.ErrDone[*mpb.Progress]](err); ended {
		return l.out.Write(p)
	}
	return n, err
}

// Close removes the line. What is written then goes to Out.
func (l *Live) Close() {
	if l.container == nil {
		return
	}
	l.bar.Abort(true)
	l.container.Wait()
}
