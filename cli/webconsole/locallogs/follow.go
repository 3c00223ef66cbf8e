// Package locallogs reads the log files of a local stack's functions: what is new, and
// what concerns one event.
package locallogs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	// chunk is how much of a file is read at once.
	chunk = 256 << 10
	// longest is the longest line that the local Lambda runtime writes. What is longer is
	// passed over.
	longest = 1 << 20
	// history is how much of a file's end is read at first.
	history = 4 << 20
)

// Folder is the folder of the logs, one file a function. Next is called by one goroutine;
// Search may be called by others at the same time.
type Folder struct {
	dir   string
	files []*follower
}

// New returns the Folder at a path.
func New(dir string) *Folder {
	f := &Folder{dir: dir}
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain} {
		f.files = append(f.files, &follower{function: function, path: f.path(function)})
	}
	return f
}

func (f *Folder) path(function contract.Function) string {
	return filepath.Join(f.dir, string(function)+".log")
}

// Next hands over the lines that were written since it was called last; the first time,
// those of the last 4 MiB of each file. take must not keep a line.
func (f *Folder) Next(ctx context.Context, take func(contract.Function, []byte)) error {
	var errs []error
	for _, file := range f.files {
		if err := file.next(ctx, func(line []byte) { take(file.function, line) }); err != nil {
			errs = append(errs, fmt.Errorf("read %s: %w", file.path, err))
		}
	}
	return errors.Join(errs...)
}

// Close closes the files.
func (f *Folder) Close() error {
	var errs []error
	for _, file := range f.files {
		errs = append(errs, file.close())
	}
	return errors.Join(errs...)
}

// follower reads one file, and the next of the same name once it is set aside.
type follower struct {
	function contract.Function
	path     string

	file    *os.File
	begun   bool
	partial []byte // of a line whose end is not written yet
	skip    bool   // until the end of a line that is too long, or was begun before we were
	buffer  []byte
}

func (f *follower) next(ctx context.Context, take func([]byte)) error {
	if f.file == nil {
		if err := f.open(); err != nil || f.file == nil {
			return err
		}
	}
	for {
		if err := f.drain(ctx, take); err != nil {
			return err
		}
		replaced, err := f.replaced()
		if err != nil || !replaced {
			return err
		}
		// What was written between the last read and the replacement.
		if err := f.drain(ctx, take); err != nil {
			return err
		}
		if err := f.close(); err != nil {
			return err
		}
		if err := f.open(); err != nil || f.file == nil {
			return err
		}
	}
}

func (f *follower) open() error {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.begun = true // what it holds, once it is there, is new
		return nil
	}
	if err != nil {
		return err
	}
	f.file, f.partial, f.skip = file, nil, false
	if f.begun {
		return nil
	}
	f.begun = true
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() > history {
		_, err = file.Seek(-history, io.SeekEnd)
		f.skip = true
	}
	return err
}

func (f *follower) replaced() (bool, error) {
	now, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // it is being replaced
	}
	if err != nil {
		return false, err
	}
	ours, err := f.file.Stat()
	if err != nil {
		return false, err
	}
	return !os.SameFile(now, ours), nil
}

func (f *follower) drain(ctx context.Context, take func([]byte)) error {
	if f.buffer == nil {
		f.buffer = make([]byte, chunk)
	}
	for ctx.Err() == nil {
		n, err := f.file.Read(f.buffer)
		f.cut(f.buffer[:n], take)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// cut hands over the lines that p ends, and keeps the rest.
func (f *follower) cut(p []byte, take func([]byte)) {
	for {
		line, rest, found := bytes.Cut(p, []byte{'\n'})
		if !found {
			break
		}
		p = rest
		switch {
		case f.skip:
			f.skip = false
		case len(f.partial) > 0:
			take(append(f.partial, line...))
		default:
			take(line)
		}
		f.partial = f.partial[:0]
	}
	if f.skip {
		return
	}
	if f.partial = append(f.partial, p...); len(f.partial) > longest {
		f.partial, f.skip = nil, true
	}
}

func (f *follower) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}
