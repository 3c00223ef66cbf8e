package lambda

import (
	"bytes"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

const (
	maxLineBytes = 1 << 20
	maxTailBytes = 4 << 10
)

// logSink writes the lines of all processes of a function to one writer.
type logSink struct {
	mu     sync.Mutex
	writer io.Writer
	logger *slog.Logger
	broken bool
}

func newLogSink(cfg Config) *logSink {
	return &logSink{writer: cfg.Logs, logger: cfg.Logger.With("function", cfg.Name)}
}

func (s *logSink) writeLine(line []byte) {
	entry := append(slices.Clip(line), '\n')

	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.writer.Write(entry)
	if err != nil && !s.broken {
		s.logger.Warn("the function's log cannot be written", "error", err)
	}
	s.broken = err != nil
}

// lineWriter cuts the output of one process into lines. A line of more than 1 MiB,
// the size of the largest CloudWatch event, is cut there.
type lineWriter struct {
	mu      sync.Mutex
	partial []byte
	sink    *logSink
	tail    *logTail
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	written := len(p)
	for {
		line, rest, found := bytes.Cut(p, []byte{'\n'})
		w.partial = append(w.partial, line...)
		for len(w.partial) > maxLineBytes {
			w.emit(w.partial[:maxLineBytes])
			w.partial = append([]byte(nil), w.partial[maxLineBytes:]...)
		}
		if !found {
			return written, nil
		}
		w.emit(w.partial)
		w.partial = w.partial[:0]
		p = rest
	}
}

// flush emits a last line that the process did not end.
func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.partial) > 0 {
		w.emit(w.partial)
		w.partial = nil
	}
}

func (w *lineWriter) emit(line []byte) {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	w.tail.add(string(line))
	w.sink.writeLine(line)
}

// logTail keeps the last lines of one process, at most 4 KiB of them.
type logTail struct {
	mu    sync.Mutex
	lines []string
	size  int
}

func (t *logTail) add(line string) {
	if len(line) >= maxTailBytes {
		line = strings.ToValidUTF8(line[len(line)-maxTailBytes+1:], "")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	t.size += len(line) + 1
	for t.size > maxTailBytes {
		t.size -= len(t.lines[0]) + 1
		t.lines = t.lines[1:]
	}
}

func (t *logTail) snapshot() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.lines...)
}
