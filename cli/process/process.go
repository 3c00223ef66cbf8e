//go:build unix

// Package process finds and ends the processes of stacks in the background.
package process

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

// IsStack reports whether the process pid runs and is a stack: the number may by
// now be another process's.
func IsStack(pid int) bool {
	if pid <= 0 || !Exists(pid) {
		return false
	}
	arguments, ok := commandLine(pid)
	return !ok || runsStack(arguments)
}

func runsStack(arguments []string) bool {
	return strings.HasPrefix(filepath.Base(arguments[0]), "fluxa") && slices.Contains(arguments[1:], "up")
}

// Exists reports whether there is such a process. A zombie does not count.
func Exists(pid int) bool {
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

// Terminate asks a process to end. One that has ended already is no error.
func Terminate(pid int) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop process %d: %w", pid, err)
	}
	return nil
}

// InOwnSession lets a command outlive the terminal and the Ctrl-C of its parent.
func InOwnSession(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
