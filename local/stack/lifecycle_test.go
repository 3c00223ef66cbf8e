package stack_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func TestStart_says_in_one_line_what_is_wrong(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() }) // the listener is closed only once
	port := busy.Addr().(*net.TCPAddr).Port
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		cfg  stack.Config
		want string
	}{
		{"a busy port", stack.Config{Dir: t.TempDir(), BinDir: binaries, Port: port}, "PORT="},
		{"a port without room for the next two", stack.Config{Dir: t.TempDir(), BinDir: binaries, Port: 65535}, "65533"},
		{"a folder that cannot be made", stack.Config{Dir: filepath.Join(file, "x"), BinDir: binaries}, "--dir"},
		{"no binaries", stack.Config{Dir: t.TempDir(), BinDir: t.TempDir()}, "make build"},
		{"no folder", stack.Config{BinDir: binaries}, "Dir is required"},
		{"a database that is not there", stack.Config{Dir: t.TempDir(), BinDir: binaries, DatabaseURL: "postgres://u:MARK@127.0.0.1:1/db"}, "127.0.0.1:1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := stack.Start(t.Context(), tc.cfg)
			if err == nil {
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "MARK") {
				t.Errorf("error = %v, want one line with %q", err, tc.want)
			}
		})
	}
}

func TestStart_says_why_the_migrations_failed(t *testing.T) {
	t.Parallel()
	admin := pgtest.URL(t)
	conn := connect(t, admin)
	for _, statement := range []string{"DROP ROLE IF EXISTS poor_of_the_stack", "CREATE ROLE poor_of_the_stack LOGIN PASSWORD 'p'"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	address, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("poor_of_the_stack", "p")
	_, err = stack.Start(t.Context(), stack.Config{Dir: t.TempDir(), BinDir: binaries, DatabaseURL: address.String()})
	if err == nil || !strings.HasPrefix(err.Error(), "apply the migrations: make the database's users: ") || strings.ContainsAny(err.Error(), "\n{") {
		t.Errorf("got %v", err)
	}
}

func TestPortError_says_what_a_normal_user_can_do(t *testing.T) {
	t.Parallel()
	err := stack.PortError(80, 81, &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)})
	if want := "port 81 may not be had by this user: those below 1024 are root's alone; choose others, such as PORT=8080 make up"; err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRun_says_at_once_that_it_stops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := stack.Run(ctx, stack.Config{Dir: t.TempDir(), BinDir: binaries, Out: &out}); err != nil || out.String() != "\nstopping …\n" {
		t.Errorf("wrote %q, %v", out.String(), err)
	}
}

func TestStart_refuses_a_folder_in_use(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	_, err := stack.Start(t.Context(), stack.Config{Dir: p.dir, BinDir: binaries, DatabaseURL: pgtest.URL(t)})
	if err == nil || !strings.Contains(err.Error(), "make down") {
		t.Errorf("error = %v", err)
	}
	if a := p.get("/health"); a.status != http.StatusOK {
		t.Errorf("the running stack was disturbed: %s", a)
	}
}

// TestStart_names_a_busy_port of each of the three that a stack takes, and opens
// none of them when one is busy.
func TestStart_names_a_busy_port(t *testing.T) {
	t.Parallel()
	for i, of := range []string{"the API", "the AWS endpoint", "PostgreSQL"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			first := threeFreePorts(t)
			busy, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+i))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = busy.Close() }) // the test is over
			_, err = stack.Start(t.Context(), stack.Config{Dir: t.TempDir(), BinDir: binaries, Port: first})
			if err == nil {
				t.Fatal("it started")
			}
			for _, want := range []string{fmt.Sprintf("port %d ", first+i), fmt.Sprintf("PORT=%d", first+1000)} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error = %v, want it to contain %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
		})
	}
}

// threeFreePorts returns the first of three free ports in a row.
func threeFreePorts(t *testing.T) int {
	t.Helper()
	for first := 21000 + os.Getpid()%20000; first < 60000; first += 3 {
		free := 0
		for ; free < 3; free++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+free))
			if err != nil {
				break
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if free == 3 {
			return first
		}
	}
	t.Fatal("no three free ports in a row")
	return 0
}

// TestStop_leaves_nothing and what is stored is there after the next start.
func TestStop_leaves_no_process_and_keeps_the_data(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(id string) (pids []int) {
		s, err := stack.Start(t.Context(), crashConfig(dir, binaries))
		if err != nil {
			t.Fatal(err)
		}
		p := &product{Stack: s, t: t, dir: dir}
		if a := p.post(event(id)); a.status != http.StatusAccepted {
			t.Fatal(a)
		}
		p.processed(id)
		if id == "second" {
			p.processed("first")
		}
		for _, name := range contract.Functions() {
			pids = append(pids, s.Function(name).Pids()...)
		}
		pids = append(pids, postmaster(t, dir))
		if err := s.Stop(t.Context()); err != nil {
			t.Errorf("stop: %v", err)
		}
		if _, err := stack.ReadInfo(dir); err == nil {
			t.Error("stack.json is left behind")
		}
		return pids
	}
	pids := append(run("first"), run("second")...)
	if len(pids) < 8 {
		t.Errorf("only %d processes were seen", len(pids))
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("process %d is left", pid)
		}
	}
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestKill_leaves_no_process: kill -9 of the stack takes everything with it.
func TestKill_leaves_no_process(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir, "FLUXA_STACK_TEST_BIN="+binaries)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if _, err := stack.ReadInfo(dir); err != nil {
			return err.Error()
		}
		return ""
	})
	pids, err := childrenOf(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	pids = append(pids, postmaster(t, dir))
	if len(pids) < 5 {
		t.Errorf("only the processes %v were seen", pids)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it ended by itself")
	}
	deadline := time.Now().Add(patience)
	for _, pid := range pids {
		for syscall.Kill(pid, 0) == nil && !zombie(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d is left", pid)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// zombie tells whether a process has ended and only waits for its parent.
func zombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "Z")
}

// childrenOf lists the processes that pid started, by ps, which every unix has.
func childrenOf(pid int) ([]int, error) {
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var pids []int
	for line := range strings.Lines(string(out)) {
		var child, parent int
		if _, err := fmt.Sscan(line, &child, &parent); err == nil && parent == pid {
			pids = append(pids, child)
		}
	}
	return pids, nil
}
