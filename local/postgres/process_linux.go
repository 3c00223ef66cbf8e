package postgres

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// endWithParent has the kernel send the signal when this process dies, however
// it dies. It holds for the thread that starts the child: see onThread.
func endWithParent(attr *syscall.SysProcAttr, signal syscall.Signal) { attr.Pdeathsig = signal }

// guard needs nothing here: endWithParent does it.
func guard(int) (release func(), err error) { return func() {}, nil }

// alive says whether a process runs; one that ended and was not yet reaped by
// its parent (in containers whose first process reaps nobody) does not.
func alive(pid int) bool {
	state, _, err := processStat(pid)
	return err == nil && state != 'Z' && state != 'X'
}

func childrenOf(parent int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var children []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if _, ppid, err := processStat(pid); err == nil && ppid == parent {
			children = append(children, pid)
		}
	}
	return children, nil
}

// processStat reads the state and the parent from /proc/PID/stat, whose second
// field is a name in brackets that may hold anything.
func processStat(pid int) (state byte, parent int, err error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	if len(fields) < 2 {
		return 0, 0, fmt.Errorf("process %d: unexpected form of its state", pid)
	}
	parent, err = strconv.Atoi(string(fields[1]))
	return fields[0][0], parent, err
}

// isPostmaster says whether the process is a running server on this data
// directory; a server's working directory always is its data.
func isPostmaster(pid int, dataDir string) bool {
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil || !alive(pid) || !strings.HasPrefix(filepath.Base(program), "postgres") {
		return false
	}
	there, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	here, err := os.Stat(dataDir)
	return err == nil && os.SameFile(here, there)
}
