package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// clearLeftover makes way for a new server on a data directory whose lock this
// process holds. A server that outlived its owner is stopped. A file that names
// a process which is no server here is removed: after a restart of a container
// the number often belongs to another process, and PostgreSQL would then refuse to
// start. Returns within some 25 s.
func clearLeftover(ctx context.Context, dataDir string, logger *slog.Logger) error {
	pidFile := filepath.Join(dataDir, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a running PostgreSQL: %w", err)
	}
	pid, err := strconv.Atoi(firstLine(string(content)))
	if err == nil && pid > 0 && isPostmaster(pid, dataDir) {
		logger.Warn("a PostgreSQL of an earlier run still uses the data, stopping it", "pid", pid, "data", dataDir)
		if err := stopStranger(ctx, pid); err != nil {
			return err
		}
	}
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the stale %s: %w", pidFile, pathCause(err))
	}
	return nil
}

func stopStranger(ctx context.Context, pid int) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, stopGrace},
		{syscall.SIGQUIT, quitGrace},
		{syscall.SIGKILL, killGrace},
	} {
		err := syscall.Kill(pid, step.signal)
		if errors.Is(err, syscall.ESRCH) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("a PostgreSQL of an earlier run (pid %d) cannot be stopped: %w: stop it by hand", pid, err)
		}
		if awaitExit(ctx, pid, step.wait) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("stop a PostgreSQL of an earlier run (pid %d): %w", pid, context.Cause(ctx))
		}
	}
	return fmt.Errorf("a PostgreSQL of an earlier run (pid %d) does not end: stop it by hand", pid)
}

const (
	ephemeralPrefix = "fluxa-postgres-"
	lockName        = "lock"
)

// sweepEphemeral removes what killed owners left in the temporary folder. A
// directory whose lock can be had has no owner any more.
func sweepEphemeral(ctx context.Context, tempDir string, logger *slog.Logger) {
	dirs, err := filepath.Glob(filepath.Join(tempDir, ephemeralPrefix+"*"))
	if err != nil {
		logger.Warn("cannot look for leftovers", "folder", tempDir, "error", err)
		return
	}
	for _, dir := range dirs {
		if err := sweep(ctx, dir, logger); err != nil {
			logger.Warn("leftover of an earlier run was not removed", "path", dir, "error", err)
		}
	}
}

func sweep(ctx context.Context, dir string, logger *slog.Logger) error {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return nil // another process was faster, or it is not one of ours
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) != os.Geteuid() {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		return nil // just being made
	}
	lock, err := tryLock(filepath.Join(dir, lockName))
	if errors.Is(err, errLocked) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.release()
	if err := clearLeftover(ctx, filepath.Join(dir, dataName), logger); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// newEphemeralDir makes a temporary directory and locks it. Between the two a
// sweep of another process may take it for a leftover: then another is made.
func newEphemeralDir(tempDir string) (string, *fileLock, error) {
	for {
		dir, err := os.MkdirTemp(tempDir, ephemeralPrefix)
		if err != nil {
			return "", nil, fmt.Errorf("make a folder for an ephemeral PostgreSQL: %w", err)
		}
		if os.Geteuid() == 0 {
			if err := os.Chmod(dir, 0o711); err != nil {
				return "", nil, fmt.Errorf("open %s to the server's user: %w", dir, err)
			}
		}
		lock, err := tryLock(filepath.Join(dir, lockName))
		switch {
		case err == nil && isDir(dir):
			return dir, lock, nil
		case err == nil:
			lock.release()
		case !errors.Is(err, errLocked) && !errors.Is(err, os.ErrNotExist):
			return "", nil, fmt.Errorf("make a folder for an ephemeral PostgreSQL: %w", err)
		}
	}
}
