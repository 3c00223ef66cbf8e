package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/cenkalti/backoff/v5"
)

var errLocked = errors.New("locked by another process")

// fileLock is held by this process until release, or until the kernel ends the
// process: a killed owner never leaves one behind. The file itself stays.
type fileLock struct{ file *os.File }

// tryLock takes the lock at once or returns an error that wraps errLocked.
func tryLock(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	lock := &fileLock{file: file}
	if err := lock.sign(); err != nil {
		lock.release()
		return nil, fmt.Errorf("write %s: %w", path, err)
	}
	return lock, nil
}

// waitLock takes the lock as soon as its holder lets go, or fails with ctx's cause.
func waitLock(ctx context.Context, path string) (*fileLock, error) {
	return every(ctx, poll, func() (*fileLock, error) {
		lock, err := tryLock(path)
		if err != nil && !errors.Is(err, errLocked) {
			err = backoff.Permanent(err)
		}
		return lock, err
	})
}

func (l *fileLock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// release lets go of the lock at once. Closing alone would not: a child that is
// between its fork and its exec shares the open file, and the lock with it.
func (l *fileLock) release() {
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN) // closing does it a little later
	_ = l.file.Close()                                   // it was only read and written to
}

// lockHolder returns the process id written by the holder, or "unknown".
func lockHolder(path string) string {
	content, err := os.ReadFile(path)
	if pid := strings.TrimSpace(string(content)); err == nil && pid != "" {
		return pid
	}
	return "unknown"
}
