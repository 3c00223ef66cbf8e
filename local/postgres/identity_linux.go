package postgres

import "syscall"

const namespacesSupported = true

func enterNamespace(attr *syscall.SysProcAttr, id identity) {
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: id.innerUID, HostID: id.uid, Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: id.innerGID, HostID: id.gid, Size: 1}}
}
