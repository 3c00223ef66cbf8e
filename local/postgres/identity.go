package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// identity is the user that the server runs as. PostgreSQL refuses to be root,
// so root hands it to another user where that user can reach the data and the
// binaries, and otherwise to a user namespace in which root has another
// number. All files of one data directory belong to one identity.
type identity struct {
	kind identityKind
	// uid and gid own the data, as seen from this process.
	uid, gid int
	// innerUID and innerGID are what a namespace calls uid and gid.
	innerUID, innerGID int
}

type identityKind string

const (
	asSelf      identityKind = "self"
	asUser      identityKind = "user"
	inNamespace identityKind = "namespace"
)

func (id identity) String() string {
	switch id.kind {
	case asUser:
		return fmt.Sprintf("uid %d", id.uid)
	case inNamespace:
		return fmt.Sprintf("uid %d in a user namespace", id.innerUID)
	}
	return "this user"
}

// sysProcAttr starts a program as this identity, in a process group of its own:
// a Ctrl-C at the terminal reaches only the process that is to stop the server.
func (id identity) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	switch id.kind {
	case asUser:
		attr.Credential = &syscall.Credential{Uid: uint32(id.uid), Gid: uint32(id.gid)}
	case inNamespace:
		enterNamespace(attr, id)
	}
	return attr
}

func (id identity) own(path string) error {
	if id.kind != asUser {
		return nil
	}
	if err := os.Chown(path, id.uid, id.gid); err != nil {
		return fmt.Errorf("give %s to uid %d: %w", path, id.uid, pathCause(err))
	}
	return nil
}

// chooseIdentity returns who runs the server. dataDir decides when it exists;
// otherwise the first of the candidates that can work below dir.
func chooseIdentity(ctx context.Context, bin binaries, dir, dataDir string) (identity, error) {
	owner, exists, err := ownerOf(dataDir)
	if err != nil {
		return identity{}, err
	}
	if os.Geteuid() != 0 {
		if exists && owner.uid != os.Geteuid() {
			return identity{}, fmt.Errorf("%s belongs to uid %d and you are uid %d: run as that user, or remove the folder to start afresh", dataDir, owner.uid, os.Geteuid())
		}
		return identity{kind: asSelf, uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	candidates := rootCandidates()
	if exists {
		candidates = ownerCandidates(owner)
	}
	var failures []string
	for _, candidate := range candidates {
		err := tryIdentity(ctx, candidate, bin, dir)
		if err == nil {
			return candidate, nil
		}
		if ctx.Err() != nil {
			return identity{}, fmt.Errorf("choose a user to run PostgreSQL as: %w", context.Cause(ctx))
		}
		failures = append(failures, fmt.Sprintf("%s: %v", candidate, err))
	}
	return identity{}, fmt.Errorf("PostgreSQL does not run as root, and no other user can reach both %s and %s (%s): run as a normal user, or use a folder that every user may enter, or set DATABASE_URL",
		dir, bin.dir, strings.Join(failures, "; "))
}

func ownerOf(dataDir string) (owner identity, exists bool, err error) {
	info, err := os.Stat(dataDir)
	if errors.Is(err, os.ErrNotExist) {
		return identity{}, false, nil
	}
	if err != nil {
		return identity{}, false, fmt.Errorf("look at the data of PostgreSQL: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}, false, fmt.Errorf("the owner of %s is not known on this system", dataDir)
	}
	return identity{kind: asUser, uid: int(stat.Uid), gid: int(stat.Gid)}, true, nil
}

func ownerCandidates(owner identity) []identity {
	if owner.uid == 0 {
		return namespaceCandidates()
	}
	return []identity{owner}
}

func rootCandidates() []identity {
	var candidates []identity
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		if id, ok := lookUpUser(name); ok {
			candidates = append(candidates, id)
		}
	}
	return append(candidates, namespaceCandidates()...)
}

// namespaceCandidates borrow the number of a user that the system has a name
// for, as initdb insists on one.
func namespaceCandidates() []identity {
	if !namespacesSupported {
		return nil
	}
	for _, name := range []string{"nobody", "postgres", "daemon"} {
		if named, ok := lookUpUser(name); ok {
			return []identity{{kind: inNamespace, innerUID: named.uid, innerGID: named.gid}}
		}
	}
	return nil
}

func lookUpUser(name string) (identity, bool) {
	account, err := osuser.Lookup(name)
	if err != nil {
		return identity{}, false
	}
	uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
	if uidErr != nil || gidErr != nil || uid == 0 {
		return identity{}, false
	}
	return identity{kind: asUser, uid: int(uid), gid: int(gid)}, true
}

// tryIdentity does what the server will have to do: own a folder below dir, be
// in it, and run its program from there. Permission bits alone would not tell
// (capabilities, mount options, security modules).
func tryIdentity(ctx context.Context, id identity, bin binaries, dir string) error {
	probe, err := os.MkdirTemp(dir, identityPrefix)
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w", dir, pathCause(err))
	}
	defer func() { _ = os.Remove(probe) }() // an empty folder, swept at the next start
	if err := id.own(probe); err != nil {
		return err
	}
	if owner, _, err := ownerOf(probe); err != nil || owner.uid != id.uid {
		return fmt.Errorf("%s does not keep the owner of a file", dir)
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin.postgres(), "--version")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = probe, serverEnv(os.Environ()), id.sysProcAttr()
	return cmd.Run()
}

// makeDir makes a directory with its parents. As root it opens those it makes
// to every user, whatever the umask, since the server will be another one.
func makeDir(path string) error {
	if isDir(path) {
		return nil
	}
	if err := makeParent(path); err != nil {
		return err
	}
	err := os.Mkdir(path, 0o755)
	if errors.Is(err, os.ErrExist) {
		if isDir(path) {
			return nil
		}
		return &os.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	}
	if err == nil && os.Geteuid() == 0 {
		err = os.Chmod(path, 0o755)
	}
	return err
}

func makeParent(path string) error {
	if parent := filepath.Dir(path); parent != path {
		return makeDir(parent)
	}
	return nil
}
