package postgres

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// One durable server lives through everything that can happen to it; making a
// new one for each would cost a second apiece.
func TestDurableServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "postgres")
	server := start(t, Config{Dir: dir})
	url := server.URL()

	t.Run("waits for the disk and listens on the loopback address only", func(t *testing.T) {
		for setting, want := range map[string]string{
			"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on",
			"listen_addresses": "127.0.0.1", "unix_socket_directories": "",
			"server_encoding": "UTF8", "lc_collate": "C", "max_connections": "100", "TimeZone": "UTC",
		} {
			if got := query(t, url, "SELECT setting FROM pg_settings WHERE name = '"+setting+"' UNION ALL SELECT datcollate FROM pg_database WHERE datname = current_database() AND '"+setting+"' = 'lc_collate' LIMIT 1"); got != want {
				t.Errorf("%s = %q, want %q", setting, got, want)
			}
		}
		if got := query(t, url, "SELECT current_user || '@' || current_database()"); got != "fluxa@fluxa" {
			t.Errorf("connected as %q", got)
		}
	})
	t.Run("asks for its password", func(t *testing.T) {
		err := Probe(context.Background(), strings.Replace(url, server.password, "wrong", 1))
		want := fmt.Sprintf(`PostgreSQL at 127.0.0.1:%d refuses the connection: FATAL: password authentication failed for user "fluxa" (SQLSTATE 28P01): correct DATABASE_URL, or see the server's log`, server.port)
		if err == nil || err.Error() != want {
			t.Errorf("error = %v, want %q", err, want)
		}
		info, err := os.Stat(filepath.Join(dir, "password"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("password file: mode %v, error %v", info.Mode(), err)
		}
	})
	t.Run("lets nobody else use its folder", func(t *testing.T) {
		_, err := Start(context.Background(), Config{Dir: dir, Logger: quiet()})
		want := fmt.Sprintf("%s is in use by another fluxa (pid %d): stop that one first, or choose another folder", dir, os.Getpid())
		if err == nil || err.Error() != want {
			t.Errorf("error = %v, want %q", err, want)
		}
	})
	execute(t, url, "CREATE TABLE kept AS SELECT 'first' AS word")

	t.Run("comes back from SIGKILL with what was committed", func(t *testing.T) {
		pids, done := processesOf(t, server), server.Done()
		if len(pids) < 4 {
			t.Fatalf("processes %v: those that the server starts are missing", pids)
		}
		// A halted process does not notice that the main one is gone.
		if err := syscall.Kill(pids[0], syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		if err := kill(server); err != nil {
			t.Fatal(err)
		}
		requireEnded(t, pids)
		await(t, "end", done)
		want := "PostgreSQL died (signal: killed); its last words in " + filepath.Join(dir, "postgres.log") + ": "
		if err := server.Err(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Err = %v, want %q…", err, want)
		}
		if err := server.Restart(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := server.Err(); err != nil || server.URL() != url {
			t.Errorf("after the restart: Err %v, URL %q", err, server.URL())
		}
		if got := query(t, url, "SELECT word FROM kept"); got != "first" {
			t.Errorf("kept %q", got)
		}
	})
	t.Run("reports its death by another hand", func(t *testing.T) {
		main := server.current().cmd.Process.Pid
		if err := syscall.Kill(main, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		await(t, "end", server.Done())
		if err := server.Err(); err == nil || !strings.Contains(err.Error(), "PostgreSQL died (signal: killed)") {
			t.Errorf("Err = %v", err)
		}
		if err := server.Restart(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("restarts while it runs", func(t *testing.T) {
		before := server.Done()
		if err := server.Restart(context.Background()); err != nil {
			t.Fatal(err)
		}
		await(t, "end of the run before", before)
		if err := server.Err(); err != nil {
			t.Errorf("Err = %v", err)
		}
		if got := query(t, url, "SELECT word FROM kept"); got != "first" {
			t.Errorf("kept %q", got)
		}
	})
	t.Run("stops for good", func(t *testing.T) {
		done := server.Done()
		stop(t, server)
		await(t, "end", done)
		if err := server.Err(); err != nil {
			t.Errorf("Err = %v after a wanted end", err)
		}
		if err := server.Stop(context.Background()); err != nil {
			t.Errorf("second Stop: %v", err)
		}
		if err := server.Restart(context.Background()); err == nil || err.Error() != "PostgreSQL was stopped for good: start a new one" {
			t.Errorf("Restart after Stop: %v", err)
		}
		if err := Probe(context.Background(), url); err == nil || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("after Stop the port answers: %v", err)
		}
	})
	t.Run("starts over the stale files of a kill", func(t *testing.T) {
		stale := strconv.Itoa(os.Getpid()) + "\n" + filepath.Join(dir, "data") + "\n"
		pidFile := filepath.Join(dir, "data", "postmaster.pid")
		if err := os.WriteFile(pidFile, []byte(stale), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, "init-123", "data", "base"), 0o700); err != nil {
			t.Fatal(err)
		}
		again := start(t, Config{Dir: dir, Port: server.port})
		if got := query(t, again.URL(), "SELECT word FROM kept"); got != "first" || again.URL() != url {
			t.Errorf("kept %q at %q", got, again.URL())
		}
		if _, err := os.Stat(filepath.Join(dir, "init-123")); !os.IsNotExist(err) {
			t.Errorf("the interrupted initdb's folder stays: %v", err)
		}
		stop(t, again)
	})
	t.Run("stops a server that outlived its owner", func(t *testing.T) {
		orphan := exec.Command(server.bin.postgres(), server.arguments()...)
		orphan.Dir, orphan.Env, orphan.SysProcAttr = server.dataDir(), serverEnv(os.Environ()), server.id.sysProcAttr()
		if err := orphan.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = orphan.Wait() // how it ended is of no interest
			close(ended)
		}()
		awaitProbe(t, url)
		again := start(t, Config{Dir: dir, Port: server.port})
		await(t, "end of the orphan", ended)
		if got := query(t, again.URL(), "SELECT word FROM kept"); got != "first" {
			t.Errorf("kept %q", got)
		}
		stop(t, again)
	})
	t.Run("says that the password is missing", func(t *testing.T) {
		path := filepath.Join(dir, "password")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_, err := Start(context.Background(), Config{Dir: dir, Logger: quiet()})
		want := "the password of the data in " + dir + " is missing from " + path + ": restore it, or remove the folder to start afresh"
		if err == nil || err.Error() != want {
			t.Errorf("error = %v, want %q", err, want)
		}
	})
}

func awaitProbe(t *testing.T, url string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := Probe(context.Background(), url)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(poll)
	}
}

func TestStart_makes_incomplete_data_anew(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	half := filepath.Join(dir, "data", "base")
	if err := os.MkdirAll(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := start(t, Config{Dir: dir, Settings: map[string]string{"max_connections": "17"}})
	if got := query(t, server.URL(), "SHOW max_connections"); got != "17" {
		t.Errorf("max_connections = %s, want the caller's 17", got)
	}
	aside, err := filepath.Glob(filepath.Join(dir, "data.incomplete-*", "base"))
	if err != nil || len(aside) != 1 {
		t.Errorf("the incomplete data was moved to %q, %v", aside, err)
	}
}

func TestEphemeralServer_leaves_nothing(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Ephemeral: true})
	for setting, want := range map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"} {
		if got := query(t, server.URL(), "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if server.port == 0 || server.bin.version == "" {
		t.Errorf("port %d, version %q", server.port, server.bin.version)
	}
	if server.dir != filepath.Dir(server.LogFile()) {
		t.Errorf("log %q is not in %q", server.LogFile(), server.dir)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	pids := processesOf(t, server)
	if err := server.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	requireEnded(t, pids)
	if _, err := os.Stat(server.dir); !os.IsNotExist(err) {
		t.Errorf("%s is left: %v", server.dir, err)
	}
}

func TestStart_refuses(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() }) // the test is over
	port := busy.Addr().(*net.TCPAddr).Port
	file := writeTemp(t, nil)
	odd := t.TempDir()
	if err := os.WriteFile(filepath.Join(odd, "data"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	noLog := openDir(t)
	if err := os.Mkdir(filepath.Join(noLog, "postgres.log"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cfg  Config
		want string
	}{
		"a port in use": {
			Config{Ephemeral: true, Port: port},
			fmt.Sprintf("port %d on 127.0.0.1 is in use, PostgreSQL cannot have it: stop what listens there, or choose another port", port)},
		"a folder that cannot be made": {
			Config{Dir: filepath.Join(file, "postgres")},
			"cannot make the folder " + filepath.Join(file, "postgres") + ": not a directory: make its parent writable or choose another folder"},
		"data that is a file": {
			Config{Dir: odd},
			filepath.Join(odd, "data") + " is not a folder: move it away"},
		"a setting that the server does not know": {
			Config{Ephemeral: true, Settings: map[string]string{"no_such": "1"}},
			`unrecognized configuration parameter "no_such"`},
		"a log that cannot be written": {
			Config{Dir: noLog},
			"the log of PostgreSQL cannot be written: open the log: open " + filepath.Join(noLog, "postgres.log") + ": is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.cfg.Logger = quiet()
			_, err := Start(context.Background(), test.cfg)
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Fatalf("error = %v\nwant    %s", err, test.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %q", err)
			}
		})
	}
}

func TestStart_ends_with_its_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Start(ctx, Config{Ephemeral: true, source: sourceInstalled, Logger: quiet()}); err == nil {
		t.Fatal("no error")
	}
}

func TestKilledOwner_leaves_no_server(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "postgres")
	owner := child(t, "hold", dir)
	url, pid, _ := strings.Cut(firstOutput(t, owner), " ")
	main := number(t, pid)
	execute(t, url, "CREATE TABLE kept AS SELECT 'first' AS word")
	children, err := childrenOf(main)
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := waitFor(t, owner); err == nil {
		t.Fatal("the owner ended well")
	}
	for _, pid := range append(children, main) {
		requireEndsSoon(t, pid)
	}
	again := start(t, Config{Dir: dir})
	if got := query(t, again.URL(), "SELECT word FROM kept"); got != "first" {
		t.Errorf("kept %q", got)
	}
}

func TestWatchdog_ends_its_process_when_the_owner_is_killed(t *testing.T) {
	t.Parallel()
	owner := child(t, "watchdog")
	sleeper := number(t, firstOutput(t, owner))
	if !alive(sleeper) {
		t.Fatal("the watched process ended too early")
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	requireEndsSoon(t, sleeper)
}

func TestWatchdog_released_spares_its_process(t *testing.T) {
	t.Parallel()
	sleeper := exec.Command("sleep", "300")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sleeper.Process.Kill() // it sleeps on otherwise
		_ = sleeper.Wait()         // it was killed
	})
	release, err := startWatchdog(sleeper.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	release()
	if !alive(sleeper.Process.Pid) {
		t.Fatal("the process was ended")
	}
}

func TestSweepEphemeral_removes_what_has_no_owner(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	left, leftLock, err := newEphemeralDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(left, "data", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	leftLock.release()
	used, usedLock, err := newEphemeralDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	defer usedLock.release()
	fresh := filepath.Join(temp, "fluxa-postgres-unlocked-yet")
	other := filepath.Join(temp, "something-else")
	for _, dir := range []string{fresh, other} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweepEphemeral(context.Background(), temp, quiet())
	for dir, want := range map[string]bool{left: false, used: true, fresh: true, other: true} {
		if isDir(dir) != want {
			t.Errorf("%s is there: %v, want %v", dir, !want, want)
		}
	}
}
