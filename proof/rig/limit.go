package rig

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Limit sets the soft limit of a resource of a process, such as unix.RLIMIT_AS, and leaves
// the hard one; without a limit it is unix.RLIM_INFINITY, or the hard one if that is
// lower. A process that has ended is no error.
//
// Who may set it is the process's own user, by real ids, or who has CAP_SYS_RESOURCE
// (prlimit(2), https://man7.org/linux/man-pages/man2/prlimit.2.html). Root in a container
// has not, and PostgreSQL has a user of its own: the call is made by a thread that became
// that user, and ends after it.
func Limit(pid, resource int, limit uint64) error {
	info, err := os.Stat("/proc/" + strconv.Itoa(pid))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("limit process %d: %w", pid, err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	set := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its ids
		set <- errors.Join(become(int(owner.Uid), int(owner.Gid)), limitOwn(pid, resource, limit))
	}()
	if err := <-set; err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("limit process %d: %w", pid, err)
	}
	return nil
}

// become changes the ids of this thread alone: package syscall would change those of all.
func become(uid, gid int) error {
	if uid == os.Getuid() && gid == os.Getgid() {
		return nil
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, uintptr(gid), uintptr(gid), uintptr(gid)); errno != 0 {
		return errno
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); errno != 0 {
		return errno
	}
	return nil
}

func limitOwn(pid, resource int, limit uint64) error {
	var now unix.Rlimit
	if err := unix.Prlimit(pid, resource, nil, &now); err != nil {
		return err
	}
	now.Cur = min(limit, now.Max)
	return unix.Prlimit(pid, resource, &now, nil)
}
