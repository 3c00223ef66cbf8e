package postgres

import (
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
)

// startWatchdog runs a shell that sends SIGQUIT to the process when this one is
// gone: only this one holds the other end of the shell's input, which the kernel
// closes however this one dies. Release it once the process has ended.
func startWatchdog(pid int) (release func(), err error) {
	cmd := exec.Command("/bin/sh", "-c", `read -r _; kill -QUIT "$1"`, "sh", strconv.Itoa(pid))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	hold, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe to watch over PostgreSQL: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a shell to watch over PostgreSQL: %w", err)
	}
	return func() {
		_ = cmd.Process.Kill() // it may have ended with the process it watched
		_ = cmd.Wait()         // it was killed, which is the error
		_ = hold.Close()       // Wait closed it already
	}, nil
}
