package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Item is one event to send. Payload is its exact bytes; it is nil when the line
// was longer than any event may be, and then only Size is known. Line counts
// from 1.
type Item struct {
	Line    int64
	Payload []byte
	Size    int64
	equal   int // how many lines before have the same bytes, under a key of the caller's
}

// Source gives events one after the other, and io.EOF after the last. It is read
// by one goroutine.
type Source interface {
	Next() (Item, error)
}

// lineLimit is the longest line that is kept in memory.
const lineLimit = contract.BodyLimit

// Lines reads NDJSON: an event a line, its bytes as they are, without the line's
// end. Empty lines are passed over, but counted, and so is a byte order mark at
// the very beginning. One line is in memory at a time, and of a line longer than
// contract.BodyLimit none.
type Lines struct {
	reader *bufio.Reader
	line   int64
}

// NewLines returns a Source of the lines of r.
func NewLines(r io.Reader) *Lines {
	return &Lines{reader: bufio.NewReaderSize(r, 64*1024)}
}

// Next returns the next line that is not empty.
func (l *Lines) Next() (Item, error) {
	for {
		payload, size, err := l.read()
		if err != nil && !errors.Is(err, io.EOF) {
			return Item{}, fmt.Errorf("read line %d: %w", l.line+1, err)
		}
		if size == 0 && err != nil {
			return Item{}, io.EOF
		}
		l.line++
		payload = bytes.TrimSuffix(payload, []byte{'\n'})
		payload = bytes.TrimSuffix(payload, []byte{'\r'})
		if payload == nil || len(payload) > lineLimit {
			return Item{Line: l.line, Size: size}, nil
		}
		if l.line == 1 {
			payload = bytes.TrimPrefix(payload, []byte("\uFEFF"))
		}
		if len(bytes.TrimSpace(payload)) > 0 {
			return Item{Line: l.line, Payload: payload, Size: size}, nil
		}
	}
}

// read returns a line with its end and how long it is. A line that is too long is
// read to its end and not returned.
func (l *Lines) read() (line []byte, size int64, err error) {
	for {
		part, err := l.reader.ReadSlice('\n')
		size += int64(len(part))
		if size <= lineLimit+2 { // with its end
			line = append(line, part...)
		} else {
			line = nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, size, err
		}
	}
}
