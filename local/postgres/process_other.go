//go:build unix && !linux

package postgres

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// endWithParent is left to guard: only Linux has a signal for it.
func endWithParent(*syscall.SysProcAttr, syscall.Signal) {}

func guard(pid int) (release func(), err error) { return startWatchdog(pid) }

// alive says whether a process runs; one that ended and was not yet reaped by
// its parent does not.
func alive(pid int) bool {
	out, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(pid)).Output()
	state := strings.TrimSpace(string(out))
	return err == nil && state != "" && !strings.HasPrefix(state, "Z")
}

func childrenOf(parent int) ([]int, error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var children []int
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(fields[0]); err == nil {
			children = append(children, pid)
		}
	}
	return children, nil
}

// isPostmaster says whether the process is a running server on this data
// directory, which Start always names in the command line.
func isPostmaster(pid int, dataDir string) bool {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	command := string(out)
	return err == nil && alive(pid) && strings.Contains(command, "postgres") && strings.Contains(command, dataDir)
}
