package processtest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/process"
)

func sameEventConcurrently(t *testing.T, store process.Store) {
	const clients, each = 10, 5
	var inserted atomic.Int32
	atOnce(clients, func(int) {
		for range each {
			answer, err := store.PersistBatch(t.Context(), []process.Record{Success("e", "a")}, nil)
			if err != nil {
				t.Errorf("persist: %v", err)
				return
			}
			if got := answer.Events[event.Identity{ID: "e"}]; got.Inserted {
				inserted.Add(1)
			} else if got.Status != process.StatusSuccess {
				t.Errorf("got %+v", got)
			}
		}
	})
	if n := inserted.Load(); n != 1 {
		t.Errorf("inserted %d times, want once", n)
	}
	if got := persistOne(t, store, Success("e", "a")); got.Attempts != clients*each+1 {
		t.Errorf("%d attempts, want %d", got.Attempts, clients*each+1)
	}
}

func twoPayloadsConcurrently(t *testing.T, store process.Store) {
	for round := range 20 {
		id := fmt.Sprintf("e-%d", round)
		answers := make([]process.Stored, 4)
		atOnce(len(answers), func(i int) {
			answer, err := store.PersistBatch(t.Context(), []process.Record{Success(id, payloadOf(i))}, nil)
			if err != nil {
				t.Errorf("persist: %v", err)
			}
			answers[i] = answer.Events[event.Identity{ID: id}]
		})
		inserted := slices.IndexFunc(answers, func(s process.Stored) bool { return s.Inserted })
		if inserted < 0 {
			t.Fatalf("%s: nobody inserted: %+v", id, answers)
		}
		winner := Success(id, payloadOf(inserted)).SHA256
		for i, got := range answers {
			if got.Status != process.StatusSuccess || got.SHA256 != winner || got.Inserted != (i == inserted) {
				t.Errorf("%s: answer %d is %+v, the winner has %s", id, i, got, winner)
			}
		}
		if got := persistOne(t, store, Success(id, payloadOf(inserted))); got.Attempts != 3 {
			t.Errorf("%s: %d attempts, want the winner's own 2 and this one", id, got.Attempts)
		}
	}
}

func payloadOf(i int) string { return string(rune('a' + i%2)) }

// overlappingBatches has workers persist the same ids in opposite orders, and each note
// the batch before at the same time.
func overlappingBatches(t *testing.T, store process.Store) {
	const rounds, size, workers = 30, 25, 4
	var inserted atomic.Int32
	var before [workers][]process.BatchID
	for round := range rounds {
		atOnce(workers, func(worker int) {
			records := make([]process.Record, size)
			for i := range records {
				records[i] = Success(fmt.Sprintf("e-%d-%d", round, i), "a")
			}
			if worker%2 == 1 {
				slices.Reverse(records)
			}
			answer, err := store.PersistBatch(t.Context(), records, before[worker])
			if err != nil {
				t.Errorf("round %d: %v", round, err)
				return
			}
			before[worker] = []process.BatchID{answer.Batch}
			for _, got := range answer.Events {
				if got.Inserted {
					inserted.Add(1)
				}
			}
		})
	}
	if n := inserted.Load(); n != rounds*size {
		t.Errorf("%d inserted, want %d", n, rounds*size)
	}
}

// atOnce runs n calls that start together and waits for all of them.
func atOnce(n int, call func(i int)) {
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			<-start
			call(i)
		})
	}
	close(start)
	wait.Wait()
}
