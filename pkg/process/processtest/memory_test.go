package processtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	processtest.Store(t, func(*testing.T) process.Store { return new(processtest.MemoryStore) })
}

func TestMemoryStoreMaintained(t *testing.T) {
	t.Parallel()
	processtest.Maintained(t, func(*testing.T) (processtest.MaintainedStore, processtest.MaintainedStore) {
		store := new(processtest.MemoryStore)
		return store, store
	})
}

func TestMemoryStoreErased(t *testing.T) {
	t.Parallel()
	processtest.Erased(t, func(*testing.T) processtest.Refusing {
		store := new(processtest.MemoryStore)
		return processtest.Refusing{Store: store, RefuseUser: store.RefuseUser, RefusePayload: func(client, hash string) {
			store.RefusePayload(client, hash, time.Now())
		}, Erase: func(user string, events ...event.Identity) {
			store.RefuseUser("*", user)
			store.Erase(time.Now(), events...)
		}}
	})
}

func TestMemoryStoreHooks(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	record := []process.Record{processtest.Success("e", "a")}

	t.Run("before_persist_nothing_is_written", func(t *testing.T) {
		t.Parallel()
		store := &processtest.MemoryStore{BeforePersist: func(_ context.Context, call int, records []process.Record) error {
			if call == 1 && records[0].EventID == "e" {
				return lost
			}
			return nil
		}}
		if _, err := store.PersistBatch(t.Context(), record, nil); !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
		if len(store.Events()) != 0 {
			t.Error("an event was stored")
		}
		if answer, err := store.PersistBatch(t.Context(), record, nil); err != nil || !answer.Events[event.Identity{ID: "e"}].Inserted {
			t.Errorf("the second call: %v, %v", answer, err)
		}
	})
	t.Run("after_persist_everything_is_written", func(t *testing.T) {
		t.Parallel()
		store := &processtest.MemoryStore{AfterPersist: func(context.Context, int, []process.Record) error { return lost }}
		if _, err := store.PersistBatch(t.Context(), record, nil); !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
		if got := store.Events()[event.Identity{ID: "e"}]; got.EventID != "e" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("what_was_announced_is_known", func(t *testing.T) {
		t.Parallel()
		store := &processtest.MemoryStore{}
		persisted, err := store.PersistBatch(t.Context(), record, nil)
		if err != nil || store.Announced(event.Identity{ID: "e"}) || store.Announced(event.Identity{ID: "unknown"}) {
			t.Fatalf("error %v, announced %t", err, store.Announced(event.Identity{ID: "e"}))
		}
		if _, err := store.PersistBatch(t.Context(), nil, []process.BatchID{persisted.Batch}); err != nil || !store.Announced(event.Identity{ID: "e"}) {
			t.Errorf("error %v, announced %t", err, store.Announced(event.Identity{ID: "e"}))
		}
		if n := store.Calls(); n != 2 {
			t.Errorf("%d calls, want 2", n)
		}
	})
}

func TestMemoryStoreRow(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	first := clock
	store := &processtest.MemoryStore{Now: func() time.Time { return clock }}
	persist := func(r process.Record) processtest.Row {
		if _, err := store.PersistBatch(t.Context(), []process.Record{r}, nil); err != nil {
			t.Fatal(err)
		}
		row, _ := store.Row(r.Identity())
		return row
	}
	failed := processtest.Failed("e", "a")
	want := processtest.Row{
		Status: process.StatusFailed, SHA256: failed.SHA256, FirstSeenAt: first, LastSeenAt: first,
		Attempts: 1, ErrorCode: fault.HashMismatch, ErrorReason: "the payload is another one",
	}
	if got := persist(failed); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	clock = clock.Add(time.Minute)
	want = processtest.Row{
		Status: process.StatusSuccess, SHA256: failed.SHA256, FirstSeenAt: first, LastSeenAt: clock, Attempts: 2,
		StoredAt: clock, StoredBy: 2, AnnouncedBy: 2,
	}
	if got := persist(processtest.Success("e", "a")); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	seen := clock
	clock = clock.Add(time.Minute)
	if got := persist(processtest.Success("e", "b")); got != want || !got.LastSeenAt.Equal(seen) {
		t.Errorf("another payload changed the row: %+v, want %+v", got, want)
	}
	if _, known := store.Row(event.Identity{ID: "unknown"}); known {
		t.Error("an unknown id has a row")
	}
}
