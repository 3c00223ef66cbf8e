package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	queries "github.com/fluxa/fluxa/pkg/query"
)

func itoa(n int) string { return strconv.Itoa(n) }

// everyCall makes each call of a store and returns its error.
func everyCall(ctx context.Context, store *pgstore.Store) map[string]error {
	_, persisted := store.PersistBatch(ctx, []process.Record{processtest.Success("e", "a")}, nil)
	_, read := store.Event(ctx, event.Identity{ID: "e"})
	_, status := store.Status(ctx, event.Identity{ID: "e"})
	_, _, listed := store.Events(ctx, queries.Filter{UserID: "u"})
	return map[string]error{
		"Ping": store.Ping(ctx), "PersistBatch": persisted,
		"Event": read, "Status": status, "Events": listed,
	}
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.URL(t), "s3cret", nil)
	g.shut()
	store := open(t, g.config(constant("s3cret")))
	var delays []time.Duration
	store.OnRetry(func(_ context.Context, delay time.Duration) error {
		delays = append(delays, delay)
		return nil
	})
	for name, err := range everyCall(t.Context(), store) {
		if fault.CodeOf(err) != fault.DatabaseUnavailable || fault.KindOf(err) != fault.Transient {
			t.Errorf("%s: got %v, want %s", name, err, fault.DatabaseUnavailable)
		}
		if strings.Contains(fmt.Sprint(err), "s3cret") || strings.Contains(fault.ReasonOf(err), "127.0.0.1") {
			t.Errorf("%s: the error tells too much: %v", name, err)
		}
	}
	if len(delays) != 3*5 {
		t.Fatalf("%d further tries, want 3 a call", len(delays))
	}
	for i, delay := range delays {
		base := []time.Duration{50, 200, 800}[i%3] * time.Millisecond
		if delay < base/2 || delay > base*3/2 {
			t.Errorf("delay %d is %s, want %s give or take a half", i, delay, base)
		}
	}
}

func TestFurtherTriesEndWithTheirWindow(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.URL(t), "secret", nil)
	g.shut()
	store := open(t, g.config(constant("secret")))
	clock := time.Now()
	tries := 0
	store.OnClock(func() time.Time { return clock })
	store.OnRetry(func(context.Context, time.Duration) error {
		tries++
		clock = clock.Add(2 * time.Second)
		return nil
	})
	if err := store.Ping(t.Context()); fault.CodeOf(err) != fault.DatabaseUnavailable || tries != 2 {
		t.Errorf("%d further tries, %v, want 2 within 3 s", tries, err)
	}
}

func TestTheContextEndsTheWait(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.URL(t), "secret", nil)
	g.shut()
	store := open(t, g.config(constant("secret")))
	ctx, cancel := context.WithCancel(t.Context())
	store.OnRetry(func(ctx context.Context, _ time.Duration) error {
		cancel()
		return budget.Sleep(ctx, time.Hour)
	})
	err := store.Ping(ctx)
	if fault.CodeOf(err) != fault.DatabaseUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %s and the cancellation in its chain", err, fault.DatabaseUnavailable)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v does not say what the wait was for", err)
	}
}

func TestCancelledContextIsUnavailable(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t)})
	tries := retried(store)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range everyCall(ctx, store) {
		if fault.CodeOf(err) != fault.DatabaseUnavailable || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if tries.Load() != 0 {
		t.Errorf("%d further tries of a call nobody waits for", tries.Load())
	}
}

// A statement that waits too long ends, is not tried again, and leaves the store
// usable.
func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	locker := connect(t, url)
	persist(t, open(t, pgstore.Config{URL: url}), processtest.Processing("e", "a"))
	if _, err := locker.Exec(t.Context(), "BEGIN; SELECT FROM idempotency_keys FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	store := openAdjusted(t, pgstore.Config{URL: url, StatementTimeout: 200 * time.Millisecond}, neverPing)
	if err := store.Warm(t.Context(), 1, time.Now()); err != nil {
		t.Fatal(err)
	}
	tries := retried(store)
	_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
	if fault.CodeOf(err) != fault.DatabaseUnavailable || !errors.Is(err, context.DeadlineExceeded) || tries.Load() != 0 {
		t.Errorf("got %v after %d further tries, want a deadline after none", err, tries.Load())
	}
	if _, err := locker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the store answers again", func() bool {
		_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
		return err == nil
	})
}

func TestExhaustedPoolIsUnavailable(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	locker := connect(t, url)
	store := open(t, pgstore.Config{URL: url, MaxConns: 1})
	persist(t, store, processtest.Processing("e", "a"))
	if _, err := locker.Exec(t.Context(), "BEGIN; SELECT FROM idempotency_keys FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := store.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
		done <- err
	}()
	eventually(t, "the only connection is busy", func() bool {
		return query[int](t, connect(t, url), `SELECT count(*) FROM pg_stat_activity
			WHERE wait_event_type = 'Lock' AND $1 = ANY (pg_blocking_pids(pid))`, locker.PgConn().PID()) == 1
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := store.Ping(ctx); fault.CodeOf(err) != fault.DatabaseUnavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if _, err := locker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestClosedStoreIsUnavailable(t *testing.T) {
	t.Parallel()
	store, err := pgstore.New(pgstore.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	if err := store.Ping(t.Context()); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		cfg  pgstore.Config
		want time.Duration
	}{
		"default":      {pgstore.Config{URL: "postgres://h/d"}, 5 * time.Second},
		"of_the_url":   {pgstore.Config{URL: "postgres://h/d?connect_timeout=7"}, 7 * time.Second},
		"of_the_field": {pgstore.Config{URL: "postgres://h/d?connect_timeout=7", ConnectTimeout: time.Second}, time.Second},
	}
	for name, c := range cases {
		openAdjusted(t, c.cfg, func(config *pgxpool.Config) {
			if got := config.ConnConfig.ConnectTimeout; got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
			if config.MaxConns != 2 || config.MinConns != 0 {
				t.Errorf("%s: %d to %d connections, want 0 to 2", name, config.MinConns, config.MaxConns)
			}
		})
	}
}
