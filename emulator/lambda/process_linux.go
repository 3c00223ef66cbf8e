package lambda

import "syscall"

// childAttributes puts the child into a process group of its own, out of reach of
// the terminal's Ctrl-C, and has the kernel kill it when this process dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
