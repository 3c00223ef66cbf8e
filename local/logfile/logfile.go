// Package logfile bounds the logs of the local stack, which would otherwise grow for
// ever. Each log has at most one predecessor beside it, called as itself with ".1".
package logfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Open opens a log to append to, made with the given mode when absent. One longer
// than limit bytes is set aside, in place of the one set aside before. It is for a log
// that another process writes, and is not bounded after that.
func Open(path string, limit int64, mode fs.FileMode) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > limit {
		if err := setAside(path); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, mode)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return file, nil
}

func setAside(path string) error {
	if err := os.Rename(path, path+".1"); err != nil {
		return fmt.Errorf("set the old log aside: %w", err)
	}
	return nil
}

// Log is a log that is set aside whenever another write would make it longer than its
// limit. It is safe for concurrent use.
type Log struct {
	path  string
	limit int64
	mode  fs.FileMode

	mu   sync.Mutex
	file *os.File
	size int64
}

// New opens a log as Open does.
func New(path string, limit int64, mode fs.FileMode) (*Log, error) {
	file, err := Open(path, limit, mode)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("look at the log: %w", err), file.Close())
	}
	return &Log{path: path, limit: limit, mode: mode, file: file, size: info.Size()}, nil
}

// Write implements io.Writer. Where the log cannot be set aside, it grows, and the error
// says why.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rotateErr error
	if l.size > 0 && l.size+int64(len(p)) > l.limit {
		rotateErr = l.rotate()
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	return n, errors.Join(rotateErr, err)
}

func (l *Log) rotate() error {
	if err := setAside(l.path); err != nil {
		return err
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, l.mode)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	old := l.file
	l.file, l.size = file, 0
	return old.Close()
}

// Close closes the file. The log must not be written to any more.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
