package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	queries "github.com/fluxa/fluxa/pkg/query"
)

// Each call is one request and one answer, whatever the number of events, and
// leaves nothing in the session that a proxy would have to keep for it.
func TestEveryCallIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.MigratedURL(t), "secret", nil)
	// A connection that was idle for long proves itself first: one more trip.
	store := openAdjusted(t, g.config(constant("secret")), neverPing)
	store.OnRetry(func(context.Context, time.Duration) error { return errors.New("a statement was tried again") })
	if err := store.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	trips := func(name string, want int, call func() error) {
		t.Helper()
		_, before, _ := g.counts()
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, after, _ := g.counts(); after-before != want {
			t.Errorf("%s took %d round trips, want %d", name, after-before, want)
		}
	}
	for _, n := range []int{0, 1, 10, 500, 5000} {
		records := make([]process.Record, n)
		for i := range records {
			id := fmt.Sprintf("e-%d-%d", n, i)
			records[i] = processtest.Success(id, "a")
			switch i % 5 {
			case 3:
				records[i] = processtest.Failed(id, "a")
			case 4:
				records[i] = processtest.SuccessS3(id, "a")
			}
		}
		want := min(n, 1)
		var batch []process.BatchID
		for _, again := range []string{"new", "again"} {
			trips(fmt.Sprintf("persist %d %s", n, again), want, func() error {
				answer, err := store.PersistBatch(t.Context(), records, batch)
				if len(answer.Events) != n {
					t.Errorf("%d answers, want %d", len(answer.Events), n)
				}
				if n > 0 {
					batch = []process.BatchID{answer.Batch} // noted with the next
				}
				return err
			})
		}
	}
	trips("event", 1, func() error { _, err := store.Event(t.Context(), event.Identity{ID: "e-1-0"}); return err })
	trips("status", 1, func() error { _, err := store.Status(t.Context(), event.Identity{ID: "e-1-0"}); return err })
	trips("events", 1, func() error {
		events, _, err := store.Events(t.Context(), queries.Filter{UserID: "user-1", Limit: 200})
		if len(events) != 200 {
			t.Errorf("%d events, want 200", len(events))
		}
		return err
	})
	if opened, _, named := g.counts(); opened != 1 || named != 0 {
		t.Errorf("%d connections and %d prepared statements, want 1 and 0", opened, named)
	}
}
