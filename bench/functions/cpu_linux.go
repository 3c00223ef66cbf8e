package functions

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the processor time that a process has used in all its threads, of the
// user and of the kernel for it, from the process's own clock: clock_getcpuclockid(3).
// It is exact where /proc counts in hundredths of a second.
func cpuTime(pid int) (time.Duration, error) {
	const scheduled = 2 // as the scheduler counts it
	var spent unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &spent); err != nil {
		return 0, fmt.Errorf("read the processor time of process %d: %w", pid, err)
	}
	return time.Duration(spent.Nano()), nil
}
