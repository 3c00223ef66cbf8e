//go:build unix

package background

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Running tells whether the process pid runs and, where the system tells what a
// process is, is a stack: the number may long be another's.
func Running(pid int) bool {
	if pid <= 0 || !exists(pid) {
		return false
	}
	arguments, ok := commandLine(pid)
	return !ok || isStack(arguments)
}

func isStack(arguments []string) bool {
	return strings.HasPrefix(filepath.Base(arguments[0]), "fluxa") && slices.Contains(arguments[1:], "up")
}

// exists tells whether there is such a process. One that has ended and whose
// parent has not asked for its end yet does not count.
func exists(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true // no procfs here
	}
	// The state comes after the name, which is in brackets and may hold any.
	_, rest, _ := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	return !bytes.HasPrefix(rest, []byte("Z")) && !bytes.HasPrefix(rest, []byte("X"))
}

// commandLine returns a process's arguments: exactly where the system has procfs,
// else as ps shows them.
func commandLine(pid int) ([]string, bool) {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && len(text) > 0 {
		return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"), true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	arguments := strings.Fields(string(text))
	return arguments, err == nil && len(arguments) > 0
}

func terminate(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	return nil
}

// inOwnSession lets a command outlive the terminal and the Ctrl-C of its parent.
func inOwnSession(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
