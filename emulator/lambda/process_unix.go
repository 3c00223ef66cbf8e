//go:build unix && !linux

package lambda

import "syscall"

// childAttributes puts the child into a process group of its own, out of reach of
// the terminal's Ctrl-C. There is no parent-death signal here: a child that outlives
// this process exits at its next call of the Runtime API, which then fails.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
