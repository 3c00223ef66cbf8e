package pgstore_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

// retried counts the further tries of a store and lets it not wait for them.
func retried(store *pgstore.Store) *atomic.Int32 {
	var n atomic.Int32
	store.OnRetry(func(context.Context, time.Duration) error { n.Add(1); return nil })
	return &n
}

// neverPing lets a statement meet a dead connection.
func neverPing(config *pgxpool.Config) { config.PrepareConn = nil }

// named gives the connections of a URL a name that pg_stat_activity shows.
func named(t *testing.T, base, name string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	values := u.Query()
	values.Set("application_name", name)
	u.RawQuery = values.Encode()
	return u.String()
}

// eventually waits until a condition that the server has to reach holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("waited 30 s until %s", what)
		}
	}
}

func schemaOf(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	return query[string](t, conn, "SELECT current_schema()::text")
}

func TestConnectionsKilledBetweenCallsAreReplaced(t *testing.T) {
	t.Parallel()
	base := pgtest.MigratedURL(t)
	conn := connect(t, base)
	name := "between-" + schemaOf(t, conn)
	store := openAdjusted(t, pgstore.Config{URL: named(t, base, name)}, neverPing)
	tries := retried(store)
	if err := store.Warm(t.Context(), 2, time.Now()); err != nil {
		t.Fatal(err)
	}
	alive := func() int {
		return query[int](t, conn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", name)
	}
	for _, call := range []func() error{
		func() error {
			_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
			return err
		},
		func() error { _, err := store.Event(t.Context(), event.Identity{ID: "e"}); return err },
		func() error { return store.Ping(t.Context()) },
	} {
		if n := alive(); n == 0 {
			t.Fatal("the store has no connection to kill")
		}
		if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", name); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the connections are gone", func() bool { return alive() == 0 })
		tries.Store(0)
		if err := call(); err != nil {
			t.Errorf("after the kill: %v", err)
		}
		if n := tries.Load(); n != 1 {
			t.Errorf("%d further tries, want 1, however many connections were dead", n)
		}
	}
	if n := query[int](t, conn, "SELECT attempts FROM idempotency_keys"); n != 1 {
		t.Errorf("%d attempts, want 1: the killed try had not begun", n)
	}
}

func TestConnectionKilledUnderAStatement(t *testing.T) {
	t.Parallel()
	base := pgtest.MigratedURL(t)
	conn, locker := connect(t, base), connect(t, base)
	name := "under-" + schemaOf(t, conn)
	store := open(t, pgstore.Config{URL: named(t, base, name)})
	tries := retried(store)
	persist(t, store, processtest.Processing("e", "a"))
	if _, err := locker.Exec(t.Context(), "BEGIN; SELECT FROM idempotency_keys FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
		done <- err
	}()
	waiting := func() int {
		return query[int](t, conn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'", name)
	}
	eventually(t, "the statement waits for the lock", func() bool { return waiting() == 1 })
	killed := query[int](t, conn, "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'", name)
	if !query[bool](t, conn, "SELECT pg_terminate_backend($1)", killed) {
		t.Fatal("the backend could not be terminated")
	}
	eventually(t, "another connection waits for the lock", func() bool {
		return query[int](t, conn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock' AND pid <> $2", name, killed) == 1
	})
	if _, err := locker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("persist: %v", err)
	}
	if n := tries.Load(); n != 1 {
		t.Errorf("%d further tries, want 1", n)
	}
	if n := query[int](t, conn, "SELECT count(*) FROM events"); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// The server commits, the answer is lost: the next try finds its own work.
func TestAnswerLostAfterTheCommit(t *testing.T) {
	t.Parallel()
	base := pgtest.MigratedURL(t)
	g := openGate(t, base, "secret", nil)
	store := open(t, g.config(constant("secret")))
	tries := retried(store)
	if err := store.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	var lost atomic.Bool
	g.onReply(func(*link) bool { return lost.Swap(true) })
	got := persist(t, store, processtest.Success("e", "a"))[event.Identity{ID: "e"}]
	want := process.Stored{Status: process.StatusSuccess, SHA256: event.Hash([]byte("a")), Attempts: 2}
	if got != want || tries.Load() != 1 {
		t.Errorf("got %+v after %d further tries, want %+v after 1", got, tries.Load(), want)
	}
	if n := query[int](t, connect(t, base), "SELECT count(*) FROM events"); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestEveryAnswerLost(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.MigratedURL(t), "secret", nil)
	store := open(t, g.config(constant("secret")))
	tries := retried(store)
	g.onReply(func(*link) bool { return false })
	_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
	if fault.CodeOf(err) != fault.DatabaseUnavailable || !strings.Contains(err.Error(), "the connection was lost: ") || tries.Load() != 3 {
		t.Errorf("got %v after %d further tries", err, tries.Load())
	}
}

func TestFurtherTriesWaitByThemselves(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.MigratedURL(t), "secret", nil)
	store := open(t, g.config(constant("secret")))
	var lost atomic.Bool
	g.onReply(func(*link) bool { return lost.Swap(true) })
	persist(t, store, processtest.Success("e", "a"))
}

// After a freeze the other end may be gone without a word, and by the monotonic
// clock no time has passed.
func TestSilentConnectionsAreReplaced(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.MigratedURL(t), "secret", nil)
	store := open(t, g.config(constant("secret")))
	tries := retried(store)
	if err := store.Warm(t.Context(), 2, time.Now().Round(0).Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	g.silence()
	persist(t, store, processtest.Success("e", "a"))
	if opened, _, _ := g.counts(); opened != 3 || tries.Load() != 0 {
		t.Errorf("%d connections and %d further tries, want 3 and 0", opened, tries.Load())
	}
}

func TestIdleConnectionThatAnswersIsKept(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.MigratedURL(t), "secret", nil)
	store := open(t, g.config(constant("secret")))
	for _, c := range []struct {
		idle time.Duration
		want int
	}{{0, 1}, {time.Hour, 2}} {
		if err := store.Warm(t.Context(), 1, time.Now().Add(-c.idle)); err != nil {
			t.Fatal(err)
		}
		_, before, _ := g.counts()
		persist(t, store, processtest.Success("e", "a"))
		if opened, after, _ := g.counts(); opened != 1 || after-before != c.want {
			t.Errorf("idle for %s: %d connections, %d round trips, want 1 and %d", c.idle, opened, after-before, c.want)
		}
	}
}

func TestPingOfAnIdleConnectionEndsWithTheContext(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.MigratedURL(t), "secret", nil)
	store := open(t, g.config(constant("secret")))
	if err := store.Warm(t.Context(), 1, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	g.silence()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := store.Ping(ctx); fault.CodeOf(err) != fault.DatabaseUnavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestIdle(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for gone, want := range map[time.Duration]bool{
		0: false, time.Second: false, time.Second + 1: true, time.Hour: true, -time.Millisecond: true,
	} {
		if got := pgstore.Idle(now.Add(-gone), now); got != want {
			t.Errorf("idle for %s: got %t, want %t", gone, got, want)
		}
		if got := pgstore.Idle(now.Add(-gone).Round(0), now); got != want {
			t.Errorf("idle for %s by the wall clock: got %t, want %t", gone, got, want)
		}
	}
}

// Some errors pass. A trigger raises them for the first n tries of a statement;
// its sequence counts all of them, being outside of transactions.
func TestPassingErrorsAreTriedAgain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		state string
		fails int
		tries int
		code  fault.Code // "" for success
	}{
		{"serialization_failure", "40001", 2, 3, ""},
		{"deadlock", "40P01", 3, 4, ""},
		{"deadlock_without_end", "40P01", 100, 4, fault.DatabaseUnavailable},
		{"too_many_connections", "53300", 1, 2, ""},
		{"connection_failure", "08006", 1, 2, ""},
		{"former_writer", "25006", 1, 2, ""},
		{"admin_shutdown", "57P01", 1, 2, ""},
		{"cannot_connect_now", "57P03", 1, 2, ""},
		{"out_of_memory", "53200", 1, 1, fault.DatabaseUnavailable},
		{"statement_timeout", "57014", 1, 1, fault.DatabaseUnavailable},
		{"no_such_table", "42P01", 1, 1, fault.DatabaseUnavailable},
		{"no_privilege", "42501", 1, 1, fault.DatabaseUnavailable},
		{"internal_error", "XX000", 1, 1, fault.DatabaseUnavailable},
		{"data_exception", "22000", 1, 1, fault.InvalidEvent},
		{"integrity_violation", "23000", 1, 1, fault.InvalidEvent},
		{"program_limit", "54000", 1, 1, fault.InvalidEvent},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.MigratedURL(t)
			store, conn := open(t, pgstore.Config{URL: url}), connect(t, url)
			further := retried(store)
			if _, err := conn.Exec(t.Context(), strings.NewReplacer("STATE", c.state, "FAILS", itoa(c.fails)).Replace(`
				CREATE SEQUENCE tries;
				CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
					IF nextval('tries') <= FAILS THEN
						RAISE EXCEPTION 'made to fail' USING ERRCODE = 'STATE';
					END IF;
					RETURN NULL;
				END $$;
				CREATE TRIGGER fail BEFORE INSERT ON idempotency_keys EXECUTE FUNCTION fail()`)); err != nil {
				t.Fatal(err)
			}
			_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
			switch {
			case c.code == "" && err != nil:
				t.Errorf("got %v", err)
			case c.code != "" && fault.CodeOf(err) != c.code:
				t.Errorf("got %v, want %s", err, c.code)
			}
			if pgErr, ok := errors.AsType[*pgconn.PgError](err); c.code != "" && (!ok || pgErr.Code != c.state) {
				t.Errorf("the server's error is not in the chain of %v", err)
			}
			if n := query[int](t, conn, "SELECT last_value FROM tries"); n != c.tries || int(further.Load()) != c.tries-1 {
				t.Errorf("%d tries, %d of them further ones, want %d", n, further.Load(), c.tries)
			}
		})
	}
}

func TestUnmigratedDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.URL(t)})
	for name, err := range everyCall(t.Context(), store) {
		if name == "Ping" {
			continue
		}
		missing := "42P01" // the table
		if name == "PersistBatch" {
			missing = "42883" // the function
		}
		if fault.CodeOf(err) != fault.DatabaseUnavailable || !strings.Contains(err.Error(), "SQLSTATE "+missing) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
