package pgtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const childVariable = "FLUXA_PGTEST_CHILD"

// TestMain lets the test binary play a test process that is killed.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	shared, err := sharedServer()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(shared.url)
	select {}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // some have closed it
	return conn
}

func value(t *testing.T, conn *pgx.Conn, query string, args ...any) string {
	t.Helper()
	var text string
	if err := conn.QueryRow(context.Background(), query, args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestURL_is_an_empty_schema_of_the_tests_own(t *testing.T) {
	t.Parallel()
	var schema string
	t.Run("in use", func(t *testing.T) {
		first, second := connect(t, URL(t)), connect(t, URL(t))
		schema = value(t, first, "SELECT current_schema()")
		if other := value(t, second, "SELECT current_schema()"); other == schema {
			t.Errorf("two tests share %q", schema)
		}
		if path := value(t, first, "SHOW search_path"); path != schema {
			t.Errorf("search path %q, want %q alone", path, schema)
		}
		for _, conn := range []*pgx.Conn{first, second} {
			if _, err := conn.Exec(context.Background(), "CREATE TABLE events (id int)"); err != nil {
				t.Errorf("the schema is not the test's own: %v", err)
			}
		}
		if where := value(t, first, "SELECT schemaname FROM pg_tables WHERE tablename = 'events' AND schemaname = current_schema()"); where != schema {
			t.Errorf("the table is in %q", where)
		}
	})
	conn := connect(t, ServerURL(t))
	if left := value(t, conn, "SELECT count(*)::text FROM pg_namespace WHERE nspname = $1", schema); left != "0" {
		t.Errorf("the schema %q outlives its test", schema)
	}
}

func TestDropSchema_fails_while_a_lock_is_held(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := ServerURL(t)
	address := URL(t)
	holder := connect(t, address)
	schema := value(t, holder, "SELECT current_schema()")
	if _, err := holder.Exec(ctx, "CREATE TABLE held (id int); BEGIN; LOCK TABLE held"); err != nil {
		t.Fatal(err)
	}
	err := dropSchema(server, schema, 10*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "lock timeout") {
		t.Errorf("error = %v", err)
	}
	if _, err := holder.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

func TestWithSearchPath(t *testing.T) {
	t.Parallel()
	const want = "FLUXA_TEST_DATABASE_URL must be a URL: postgres://user:password@host:5432/database"
	for name, test := range map[string]struct{ in, out, err string }{
		"adds the option":        {"postgres://u:p@h:1/d", "postgres://u:p@h:1/d?options=-csearch_path%3Ds", ""},
		"keeps what is there":    {"postgresql://h/d?options=-cgeqo%3Doff&sslmode=disable", "postgresql://h/d?options=-cgeqo%3Doff+-csearch_path%3Ds&sslmode=disable", ""},
		"refuses keyword values": {"host=h user=u password=secret", "", want},
		"refuses what is no URL": {"postgres://u:secret@h:port/d", "", want},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := withSearchPath(test.in, "s")
			if out != test.out || (err == nil) != (test.err == "") || (err != nil && err.Error() != test.err) {
				t.Fatalf("got %q, %v; want %q, %q", out, err, test.out, test.err)
			}
		})
	}
}

func TestObtain(t *testing.T) {
	t.Parallel()
	shell := func(script string) *exec.Cmd { return exec.Command("sh", "-c", script) }
	const advice = ": run the tests from within the workspace (go.work), or set FLUXA_TEST_DATABASE_URL to a server of version 14 or newer"
	for name, test := range map[string]struct {
		given   string
		command *exec.Cmd
		limit   time.Duration
		url     string
		err     string
	}{
		"takes the server that is given":    {"postgres://given", shell("echo postgres://started"), time.Minute, "postgres://given", ""},
		"takes the first line of a command": {"", shell("echo postgres://started; cat"), time.Minute, "postgres://started", ""},
		"says how a command failed":         {"", shell("for n in 1 2 3 4; do echo line $n >&2; done; exit 1"), time.Minute, "", "it ended before it gave a URL: line 2; line 3; line 4" + advice},
		"does not wait for ever":            {"", shell("echo starting >&2; exec sleep 60"), 200 * time.Millisecond, "", "no URL within 200ms: starting" + advice},
		"names a command that is missing":   {"", exec.Command("no-such-command"), time.Minute, "", `no-such-command: exec: "no-such-command": executable file not found in $PATH` + advice},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := obtain(test.given, test.command, test.limit)
			if test.err != "" {
				if err == nil || !strings.HasSuffix(err.Error(), test.err) {
					t.Fatalf("error = %v\nwant    %s", err, test.err)
				}
				return
			}
			if err != nil || got.url != test.url {
				t.Fatalf("got %+v, %v; want %q", got, err, test.url)
			}
			if got.hold == nil {
				return
			}
			if err := got.hold.Close(); err != nil {
				t.Fatal(err)
			}
			if err := test.command.Wait(); err != nil {
				t.Fatalf("the command does not end with its input: %v", err)
			}
		})
	}
}

func TestKilledTestProcess_leaves_no_server(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(program)
	process.Env = append(os.Environ(), childVariable+"=1", URLVariable+"=")
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	address := strings.TrimSpace(line)
	if readErr == nil {
		connect(t, address)
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := process.Wait(); err == nil || readErr != nil {
		t.Fatalf("the other process printed %q (%v) and ended with %v", line, readErr, err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(context.Background(), address)
		if err != nil && strings.Contains(err.Error(), "connection refused") {
			return
		}
		if err == nil {
			_ = conn.Close(context.Background()) // it is tried again
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server outlives the test process: %v", err)
		}
	}
}
