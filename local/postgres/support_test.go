package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	childVariable = "FLUXA_POSTGRES_TEST_CHILD"
	patience      = 60 * time.Second
)

// TestMain lets the test binary play a second process, which a test can then
// kill or run as another user.
func TestMain(m *testing.M) {
	role := os.Getenv(childVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	os.Exit(playChild(role, os.Args[1:]))
}

func playChild(role string, args []string) int {
	ctx := context.Background()
	switch role {
	case "hold":
		server, err := Start(ctx, Config{Dir: args[0], Logger: quiet()})
		if err != nil {
			return complain(err)
		}
		fmt.Println(server.URL(), server.run.cmd.Process.Pid)
		select {}
	case "lifecycle":
		return playLifecycle(ctx, args[0])
	case "run":
		err := Run(ctx, Config{Logger: quiet()}, args)
		if failed, ok := errors.AsType[*CommandError](err); ok {
			return failed.ExitCode()
		}
		if err != nil {
			return complain(err)
		}
		return 0
	case "watchdog":
		sleeper := exec.Command("sleep", "300")
		if err := sleeper.Start(); err != nil {
			return complain(err)
		}
		if _, err := startWatchdog(sleeper.Process.Pid); err != nil {
			return complain(err)
		}
		fmt.Println(sleeper.Process.Pid)
		select {}
	}
	return complain(fmt.Errorf("no role %q", role))
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 99
}

// playLifecycle makes, stops and restarts a durable server, and prints who ran it.
func playLifecycle(ctx context.Context, dir string) int {
	var kind identityKind
	for range 2 {
		server, err := Start(ctx, Config{Dir: dir, Logger: quiet()})
		if err != nil {
			return complain(err)
		}
		kind = server.id.kind
		if err := server.Stop(ctx); err != nil {
			return complain(err)
		}
	}
	fmt.Println(kind)
	return 0
}

// child is the test binary in a role. It ends with this process.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), childVariable+"="+role)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	endWithParent(cmd.SysProcAttr, syscall.SIGKILL)
	return cmd
}

// waitFor returns how a command ended, and kills one that does not end.
func waitFor(t *testing.T, cmd *exec.Cmd) error {
	t.Helper()
	timer := time.AfterFunc(patience, func() {
		t.Errorf("%q still ran after %s", cmd.Args, patience)
		_ = cmd.Process.Kill() // it may have ended just now
	})
	defer timer.Stop()
	return cmd.Wait()
}

// firstOutput starts a command and returns the first line that it prints.
func firstOutput(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // most have ended by then
		_ = cmd.Wait()         // and were waited for
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process printed %q, then: %v", line, err)
	}
	return strings.TrimSpace(line)
}

// openDir is a temporary folder that every user may enter, unlike t.TempDir.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fluxa-open-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start brings a server up and has it stopped, with nothing of it left, at the
// end of the test.
func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	cfg.Logger = quiet()
	server, err := Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	pids := processesOf(t, server)
	if err := server.Stop(context.Background()); err != nil {
		t.Errorf("stop: %v", err)
	}
	requireEnded(t, pids)
}

// kill ends the server and each of its processes with SIGKILL, as a power cut would.
func kill(server *Server) error { return server.current().kill() }

// processesOf lists the main process of a server and those it started.
func processesOf(t *testing.T, server *Server) []int {
	t.Helper()
	main := server.current().cmd.Process.Pid
	children, err := childrenOf(main)
	if err != nil {
		t.Fatal(err)
	}
	return append(children, main)
}

func requireEnded(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is left", pid)
		}
	}
}

func requireEndsSoon(t *testing.T, pid int) {
	t.Helper()
	if !awaitExit(context.Background(), pid, patience) {
		t.Fatalf("process %d still runs after %s", pid, patience)
	}
}

func await(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("no %s within %s", what, patience)
	}
}

// query returns the one value that a statement gives.
func query(t *testing.T, url, statement string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is lost with it
	var value string
	if err := conn.QueryRow(ctx, statement).Scan(&value); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return value
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is lost with it
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// namespacesWork tells whether root may make a user namespace here, which
// containers often forbid.
func namespacesWork(t *testing.T) bool {
	t.Helper()
	for _, candidate := range namespaceCandidates() {
		cmd := exec.Command("true")
		cmd.SysProcAttr = candidate.sysProcAttr()
		return cmd.Run() == nil
	}
	return false
}

// copyExecutable puts the test binary where every user can run it.
func copyExecutable(t *testing.T, dir string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, "child")
	// A process forked while the file is open for writing would hold it open until
	// its exec, and the file could not be run: "text file busy".
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func number(t *testing.T, text string) int {
	t.Helper()
	value, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func credentialOf(id identity) *syscall.Credential {
	return &syscall.Credential{Uid: uint32(id.uid), Gid: uint32(id.gid)}
}
