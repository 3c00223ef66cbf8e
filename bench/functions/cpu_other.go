//go:build !linux

package functions

import (
	"errors"
	"fmt"
	"time"
)

func cpuTime(pid int) (time.Duration, error) {
	return 0, fmt.Errorf("read the processor time of process %d: only Linux has a clock for it: %w", pid, errors.ErrUnsupported)
}
