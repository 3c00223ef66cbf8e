package postgres

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func anyBinaries(t *testing.T) binaries {
	t.Helper()
	cfg, err := Config{Ephemeral: true, Logger: quiet()}.resolve(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	found, err := findBinaries(context.Background(), cfg, 0)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Who runs the server depends on who runs the tests; each case says what is
// right for root and for everybody else.
func TestChooseIdentity(t *testing.T) {
	t.Parallel()
	bin := anyBinaries(t)
	root := os.Geteuid() == 0
	closed := func(t *testing.T) string {
		dir := openDir(t)
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		inner := filepath.Join(dir, "postgres")
		if err := os.Mkdir(inner, 0o755); err != nil {
			t.Fatal(err)
		}
		return inner
	}
	data := func(t *testing.T, dir string, id identity) string {
		path := filepath.Join(dir, "data")
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := id.own(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	require := func(t *testing.T, got identity, err error, want identityKind) {
		t.Helper()
		if !root {
			want = asSelf
		}
		if want == inNamespace && !namespacesWork(t) {
			if err == nil || !strings.Contains(err.Error(), "run as a normal user, or use a folder that every user may enter, or set DATABASE_URL") {
				t.Fatalf("without namespaces: %v, %v", got, err)
			}
			return
		}
		if err != nil || got.kind != want {
			t.Fatalf("got %q, %v; want %q", got.kind, err, want)
		}
	}

	t.Run("another user where that one can enter", func(t *testing.T) {
		t.Parallel()
		dir := openDir(t)
		got, err := chooseIdentity(context.Background(), bin, dir, filepath.Join(dir, "data"))
		require(t, got, err, asUser)
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("the trial leaves %v, %v", left, err)
		}
	})
	t.Run("a namespace below a closed folder", func(t *testing.T) {
		t.Parallel()
		dir := closed(t)
		got, err := chooseIdentity(context.Background(), bin, dir, filepath.Join(dir, "data"))
		require(t, got, err, inNamespace)
	})
	t.Run("who made the data, though others could", func(t *testing.T) {
		t.Parallel()
		dir := openDir(t)
		path := data(t, dir, identity{kind: asSelf})
		got, err := chooseIdentity(context.Background(), bin, dir, path)
		require(t, got, err, inNamespace)
	})
	t.Run("nobody else when the one who made the data cannot enter", func(t *testing.T) {
		t.Parallel()
		dir, path := closed(t), "/etc"
		want := "/etc belongs to uid 0 and you are uid " // the case for those who are not root
		if root {
			nobody, ok := lookUpUser("nobody")
			if !ok {
				t.Fatal("this system has no user nobody")
			}
			path = data(t, dir, nobody)
			want = "PostgreSQL does not run as root, and no other user can reach both " + dir + " and " + bin.dir
		}
		got, err := chooseIdentity(context.Background(), bin, dir, path)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Fatalf("got %v, %v; want error %q…", got, err, want)
		}
	})
}

func TestIdentity_names(t *testing.T) {
	t.Parallel()
	for want, id := range map[string]identity{
		"this user":                     {kind: asSelf},
		"uid 26":                        {kind: asUser, uid: 26},
		"uid 65534 in a user namespace": {kind: inNamespace, innerUID: 65534},
	} {
		if got := id.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestServer_below_a_closed_folder(t *testing.T) {
	t.Parallel()
	home := openDir(t)
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, "tree", ".fluxa", "postgres")
	if os.Geteuid() == 0 && !namespacesWork(t) {
		_, err := Start(context.Background(), Config{Dir: dir, Logger: quiet()})
		if err == nil || !strings.Contains(err.Error(), "or use a folder that every user may enter") {
			t.Fatalf("error = %v", err)
		}
		return
	}
	server := start(t, Config{Dir: dir})
	if got := query(t, server.URL(), "SELECT 'up'"); got != "up" {
		t.Fatalf("got %q", got)
	}
	owner, _, err := ownerOf(server.dataDir())
	if err != nil || owner.uid != os.Geteuid() {
		t.Errorf("the data belongs to uid %d, %v; want the owner of the tree", owner.uid, err)
	}
	if err := server.Restart(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// As root this hands a copy of the tests to a user without any right, in a
// folder of its own; otherwise whoever runs the tests is such a user already.
func TestServer_of_a_normal_user(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	data := filepath.Join(dir, "postgres")
	cmd := child(t, "lifecycle", data)
	if os.Geteuid() == 0 {
		nobody, ok := lookUpUser("nobody")
		if !ok {
			t.Fatal("this system has no user nobody")
		}
		if err := nobody.own(dir); err != nil {
			t.Fatal(err)
		}
		program := copyExecutable(t, openDir(t))
		cmd = exec.Command(program, data)
		cmd.Env = append(os.Environ(), childVariable+"=lifecycle", "HOME="+dir, "TMPDIR="+dir)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credentialOf(nobody)}
	}
	if got := firstOutput(t, cmd); got != string(asSelf) {
		t.Fatalf("the server ran as %q, want %q", got, asSelf)
	}
	if err := waitFor(t, cmd); err != nil {
		t.Fatal(err)
	}
	// A later start by root keeps to the user who made the data.
	server := start(t, Config{Dir: data})
	if os.Geteuid() == 0 && (server.id.kind != asUser || server.id.uid == 0) {
		t.Errorf("root started it as %s", server.id)
	}
	owner, _, err := ownerOf(server.dataDir())
	if err != nil || owner.uid != server.id.uid {
		t.Errorf("the data belongs to uid %d, %v; the server is %s", owner.uid, err, server.id)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	first, err := tryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if holder := lockHolder(path); holder != strconv.Itoa(os.Getpid()) {
		t.Errorf("holder = %q", holder)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := waitLock(ctx, path); err != context.Canceled {
		t.Errorf("waitLock = %v, want %v", err, context.Canceled)
	}
	acquired := make(chan error, 1)
	go func() {
		second, err := waitLock(context.Background(), path)
		if err == nil {
			second.release()
		}
		acquired <- err
	}()
	first.release()
	if err := <-acquired; err != nil {
		t.Errorf("waitLock after the release: %v", err)
	}
	if holder := lockHolder(filepath.Join(t.TempDir(), "none")); holder != "unknown" {
		t.Errorf("holder of no lock = %q", holder)
	}
}

func TestLock_release_is_not_held_up_by_a_child_being_started(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := tryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := syscall.Dup(int(lock.file.Fd())) // as a fork does
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(shared) }) // the test is over
	lock.release()
	next, err := tryLock(path)
	if err != nil {
		t.Fatalf("tryLock after the release = %v", err)
	}
	next.release()
}

func TestExplain(t *testing.T) {
	t.Parallel()
	failure := os.ErrProcessDone
	for name, test := range map[string]struct{ log, want string }{
		"a full disk": {
			"initdb: error: could not create directory: No space left on device\n",
			"the disk of /data is full: free some space and try again (os: process already finished: initdb: error: could not create directory: No space left on device)"},
		"a port below 1024": {
			"LOG: could not bind IPv4 address \"127.0.0.1\": Permission denied\nFATAL: could not create any TCP/IP sockets\n",
			"the port is below 1024, and PostgreSQL, which never runs as root, may not have it: choose others, such as PORT=8080 make up (os: process already finished: LOG: could not bind IPv4 address \"127.0.0.1\": Permission denied; FATAL: could not create any TCP/IP sockets)"},
		"a port in use": {
			"LOG: could not bind IPv4 address \"127.0.0.1\": Address already in use\nHINT: Is another postmaster already running on port 5432?\nFATAL: could not create any TCP/IP sockets\n",
			"the port is in use: stop what listens there, or choose another (os: process already finished: LOG: could not bind IPv4 address \"127.0.0.1\": Address already in use; HINT: Is another postmaster already running on port 5432?; FATAL: could not create any TCP/IP sockets)"},
		"anything else, by its last telling lines": {
			"LOG: starting\nFATAL: one\nFATAL: two\nLOG: noise\nFATAL: three\nFATAL: four\nLOG: shut down\n",
			"os: process already finished: FATAL: two; FATAL: three; FATAL: four"},
		"a program that says little":  {"Killed\n", "os: process already finished: Killed"},
		"a program that says nothing": {"\n", "os: process already finished: it wrote nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := explain(test.log, "/data", failure).Error(); got != test.want {
				t.Fatalf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestLogSince_gives_the_end_of_this_run(t *testing.T) {
	t.Parallel()
	path := writeTemp(t, []byte("before\nnow\n"))
	if got := logSince(path, 7); got != "now\n" {
		t.Errorf("got %q", got)
	}
	long := writeTemp(t, slices.Repeat([]byte("0123456\n"), 4096))
	if got := logSince(long, 0); len(got) != 8<<10 {
		t.Errorf("%d bytes of a long log, want %d", len(got), 8<<10)
	}
}
