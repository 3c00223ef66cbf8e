package pgstore_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func TestStoreConformsToProcess(t *testing.T) {
	t.Parallel()
	processtest.Store(t, func(t *testing.T) process.Store {
		return open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, pgtest.MigratedURL(t)), MaxConns: 5})
	})
}

func TestStoreConformsToMaintain(t *testing.T) {
	t.Parallel()
	processtest.Maintained(t, func(t *testing.T) (processor, maintenance processtest.MaintainedStore) {
		url := pgtest.MigratedURL(t)
		return open(t, pgstore.Config{URL: as(t, contract.FunctionProcessor, url)}),
			open(t, pgstore.Config{URL: as(t, contract.FunctionMaintain, url)})
	})
}

// as returns the URL by which a function logs in: what it does with it, its grants allow.
func as(t testing.TB, f contract.Function, url string) string {
	return pgtest.As(t, url, contract.DatabaseUser(f))
}

func open(t testing.TB, cfg pgstore.Config) *pgstore.Store {
	t.Helper()
	store, err := pgstore.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

func openAdjusted(t *testing.T, cfg pgstore.Config, adjust func(*pgxpool.Config)) *pgstore.Store {
	t.Helper()
	store, err := pgstore.OpenAdjusted(cfg, adjust)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// connect returns a connection of the test's own, to look behind the store.
func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return conn
}

func query[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func persist(t *testing.T, store *pgstore.Store, records ...process.Record) map[event.Identity]process.Stored {
	t.Helper()
	answer, err := store.PersistBatch(t.Context(), records, nil)
	if err != nil {
		t.Fatalf("persist: %v", err)
	}
	return answer.Events
}
