package pgstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func TestRehearseStoresAndTakesItBack(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t), StatementTimeout: time.Minute})
	err := store.Rehearse(t.Context(), func(rehearsed *pgstore.Store) error {
		persisted, err := rehearsed.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
		if err != nil {
			return err
		}
		if !persisted.Events[event.Identity{ID: "e"}].Inserted {
			t.Errorf("persisted %+v", persisted)
		}
		_, err = rehearsed.Event(t.Context(), event.Identity{ID: "e"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Event(t.Context(), event.Identity{ID: "e"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("after the rehearsal: %v", err)
	}
	if _, err := store.Status(t.Context(), event.Identity{ID: "e"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("after the rehearsal its status: %v", err)
	}
	persist(t, store, processtest.Success("e", "b")) // as if nothing had been
}

func TestRehearseReturnsWhatFailed(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t), StatementTimeout: time.Minute})
	wrong := errors.New("not as it should be")
	if err := store.Rehearse(t.Context(), func(*pgstore.Store) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
	unmigrated := open(t, pgstore.Config{URL: pgtest.URL(t), StatementTimeout: time.Minute})
	retried(unmigrated)
	err := unmigrated.Rehearse(t.Context(), func(rehearsed *pgstore.Store) error {
		_, err := rehearsed.PersistBatch(t.Context(), []process.Record{processtest.Success("e", "a")}, nil)
		return err
	})
	if fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("without the migrations: %v", err)
	}
}
