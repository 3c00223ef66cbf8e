// Package logfile opens the logs of the local stack, which would otherwise grow
// from start to start.
package logfile

import (
	"fmt"
	"io/fs"
	"os"
)

// Open opens a log to append to, made with the given mode when absent. One longer
// than limit bytes is set aside, in place of the one set aside before.
func Open(path string, limit int64, mode fs.FileMode) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > limit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, fmt.Errorf("set the old log aside: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, mode)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return file, nil
}
