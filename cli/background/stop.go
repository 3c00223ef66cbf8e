package background

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/fluxa/fluxa/local/stack"
)

// ErrNotRunning answers the stop of a stack where none runs.
var ErrNotRunning = errors.New("no stack runs there")

// Stop asks the stack under dir to end and waits until its process is gone, at
// most limit (a minute when it is zero). Returns ErrNotRunning.
func Stop(ctx context.Context, dir string, limit time.Duration) (stack.Info, error) {
	if limit == 0 {
		limit = stopTimeout
	}
	info, err := stack.ReadInfo(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return info, ErrNotRunning
	}
	if err != nil {
		return info, err
	}
	if !Running(info.PID) {
		return info, ErrNotRunning // killed, it left its description
	}
	if err := terminate(info.PID); err != nil {
		return info, err
	}
	return info, awaitEnd(ctx, info.PID, limit)
}

func awaitEnd(ctx context.Context, pid int, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for exists(pid) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("process %d was asked to stop and still runs; `kill -9 %d` ends it, and loses no accepted event", pid, pid)
		}
	}
	return nil
}
