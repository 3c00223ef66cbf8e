// Package processtest holds what tests of the processor and of its stores share:
// the conformance suite of process.Store, an in-memory store that passes it, and
// records to feed either with.
package processtest

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
)

// Store runs the conformance suite of process.Store. open returns an empty store
// that no other test uses; it is called once a case, from parallel tests.
func Store(t *testing.T, open func(t *testing.T) process.Store) {
	cases := []struct {
		name string
		test func(t *testing.T, store process.Store)
	}{
		{"an_empty_batch_writes_nothing", emptyBatch},
		{"every_record_of_a_mixed_batch_is_answered", mixedBatch},
		{"a_batch_of_a_thousand_is_answered_whole", largeBatch},
		{"an_id_twice_in_a_batch_is_refused", duplicateID},
		{"a_refused_value_leaves_nothing_of_the_batch", refusedValue},
		{"a_cancelled_context_is_transient_and_writes_nothing", cancelledContext},
		{"an_announced_batch_is_not_announced_again", announced},
		{"what_is_not_announced_is_left_to_the_next", takenOver},
		{"an_event_comes_back_with_its_payload", eventComesBack},
		{"an_id_belongs_to_its_client", idsOfClients},
		{"work_that_never_ended_is_counted", neverEnded},
		{"the_same_event_50_times_at_once_is_inserted_once", sameEventConcurrently},
		{"two_payloads_at_once_have_one_winner", twoPayloadsConcurrently},
		{"overlapping_batches_in_opposite_orders_all_succeed", overlappingBatches},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
	for _, c := range sequences() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			for i, step := range c.steps {
				if got := persistOne(t, store, step.record); got != step.want {
					t.Errorf("step %d (%s): got %+v, want %+v", i+1, step.record.Status, got, step.want)
				}
			}
		})
	}
}

type sequence struct {
	name  string
	steps []step
}

type step struct {
	record process.Record
	want   process.Stored
}

// sequences are the life of one event id, "a" and "b" being two payloads.
func sequences() []sequence {
	a, b := Success("e", "a"), Success("e", "b")
	stored := func(status process.Status, r process.Record, inserted bool, attempts int) process.Stored {
		return process.Stored{Status: status, SHA256: r.SHA256, Inserted: inserted, Attempts: attempts}
	}
	several := func(r process.Record, deliveries int) process.Record {
		r.Deliveries = deliveries
		return r
	}
	return []sequence{
		{"a_new_event_is_inserted", []step{{a, stored(process.StatusSuccess, a, true, 1)}}},
		{"an_s3_event_is_inserted", []step{{SuccessS3("e", "a"), stored(process.StatusSuccess, a, true, 1)}}},
		{"the_same_payload_again_only_counts", []step{
			{a, stored(process.StatusSuccess, a, true, 1)},
			{a, stored(process.StatusSuccess, a, false, 2)},
		}},
		{"deliveries_are_added_to_the_attempts", []step{
			{several(a, 3), stored(process.StatusSuccess, a, true, 3)},
			{several(a, 4), stored(process.StatusSuccess, a, false, 7)},
		}},
		{"another_payload_changes_nothing", []step{
			{a, stored(process.StatusSuccess, a, true, 1)},
			{b, stored(process.StatusSuccess, a, false, 1)},
			{Failed("e", "b"), stored(process.StatusSuccess, a, false, 1)},
			{Processing("e", "b"), stored(process.StatusSuccess, a, false, 1)},
			{a, stored(process.StatusSuccess, a, false, 2)},
		}},
		{"success_never_regresses", []step{
			{a, stored(process.StatusSuccess, a, true, 1)},
			{Failed("e", "a"), stored(process.StatusSuccess, a, false, 2)},
			{Processing("e", "a"), stored(process.StatusSuccess, a, false, 3)},
		}},
		{"failed_becomes_success", []step{
			{Failed("e", "a"), stored(process.StatusFailed, a, false, 1)},
			{a, stored(process.StatusSuccess, a, true, 2)},
			{a, stored(process.StatusSuccess, a, false, 3)},
		}},
		{"processing_becomes_success", []step{
			{Processing("e", "a"), stored(process.StatusProcessing, a, false, 1)},
			{Processing("e", "a"), stored(process.StatusProcessing, a, false, 2)},
			{a, stored(process.StatusSuccess, a, true, 3)},
		}},
		{"processing_becomes_failed_and_back", []step{
			{Processing("e", "a"), stored(process.StatusProcessing, a, false, 1)},
			{Failed("e", "a"), stored(process.StatusFailed, a, false, 2)},
			{Processing("e", "a"), stored(process.StatusProcessing, a, false, 3)},
		}},
		{"a_failed_id_is_free_for_another_payload", []step{
			{Failed("e", "a"), stored(process.StatusFailed, a, false, 1)},
			{b, stored(process.StatusSuccess, b, true, 2)},
			{a, stored(process.StatusSuccess, b, false, 2)},
		}},
	}
}

func persistOne(t *testing.T, store process.Store, r process.Record) process.Stored {
	t.Helper()
	got, _ := persistNoting(t, store, r)
	return got
}

// persistNoting persists one record together with batches that were announced, and
// returns what is stored and the id of the batch.
func persistNoting(t *testing.T, store process.Store, r process.Record, announced ...process.BatchID) (process.Stored, process.BatchID) {
	t.Helper()
	answer, err := store.PersistBatch(t.Context(), []process.Record{r}, announced)
	if err != nil {
		t.Fatalf("persist %s: %v", r.EventID, err)
	}
	got, ok := answer.Events[r.Identity()]
	if !ok || len(answer.Events) != 1 {
		t.Fatalf("persist %s: the answer is of %d ids: %v", r.EventID, len(answer.Events), answer)
	}
	return got, answer.Batch
}

func emptyBatch(t *testing.T, store process.Store) {
	answer, err := store.PersistBatch(t.Context(), nil, nil)
	if err != nil || len(answer.Events) != 0 {
		t.Errorf("got %v, %v", answer, err)
	}
}

func mixedBatch(t *testing.T, store process.Store) {
	persistOne(t, store, Success("known", "a"))
	persistOne(t, store, Success("taken", "a"))
	records := []process.Record{
		Success("taken", "b"), Success("new", "a"), Failed("bad", "a"), Success("known", "a"),
		Processing("later", "a"), SuccessS3("large", "a"),
	}
	answer, err := store.PersistBatch(t.Context(), records, nil)
	if err != nil {
		t.Fatal(err)
	}
	hash := Success("", "a").SHA256
	want := map[event.Identity]process.Stored{
		{ID: "taken"}: {Status: process.StatusSuccess, SHA256: hash, Attempts: 1},
		{ID: "new"}:   {Status: process.StatusSuccess, SHA256: hash, Attempts: 1, Inserted: true},
		{ID: "bad"}:   {Status: process.StatusFailed, SHA256: hash, Attempts: 1},
		{ID: "known"}: {Status: process.StatusSuccess, SHA256: hash, Attempts: 2},
		{ID: "later"}: {Status: process.StatusProcessing, SHA256: hash, Attempts: 1},
		{ID: "large"}: {Status: process.StatusSuccess, SHA256: hash, Attempts: 1, Inserted: true},
	}
	for id, stored := range want {
		if answer.Events[id] != stored {
			t.Errorf("%s: got %+v, want %+v", id, answer.Events[id], stored)
		}
	}
	if len(answer.Events) != len(want) {
		t.Errorf("got %d answers, want %d", len(answer.Events), len(want))
	}
}

func largeBatch(t *testing.T, store process.Store) {
	records := make([]process.Record, 1000)
	for i := range records {
		records[i] = Success(fmt.Sprintf("e-%d", i), "a")
	}
	answer, err := store.PersistBatch(t.Context(), records, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		want := process.Stored{Status: process.StatusSuccess, SHA256: r.SHA256, Inserted: true, Attempts: 1}
		if answer.Events[r.Identity()] != want {
			t.Fatalf("%s: got %+v, want %+v", r.EventID, answer.Events[r.Identity()], want)
		}
	}
}

func duplicateID(t *testing.T, store process.Store) {
	if answer, err := store.PersistBatch(t.Context(), []process.Record{Success("e", "a"), Failed("e", "b")}, nil); err == nil {
		t.Fatalf("got %v, want an error", answer)
	}
	want := process.Stored{Status: process.StatusSuccess, SHA256: Success("e", "a").SHA256, Inserted: true, Attempts: 1}
	if got := persistOne(t, store, Success("e", "a")); got != want {
		t.Errorf("something of the refused batch was written: %+v", got)
	}
}

func refusedValue(t *testing.T, store process.Store) {
	bad := map[string]func(*process.Record){
		"hash":    func(r *process.Record) { r.SHA256 = "none" },
		"status":  func(r *process.Record) { r.Status = "done" },
		"amount":  func(r *process.Record) { r.Event.Amount = Failed("", "").Event.Amount },
		"payload": func(r *process.Record) { r.Payload = "" },
		"key":     func(r *process.Record) { r.Key = "k" },
	}
	for name, spoil := range bad {
		broken := Success("bad", "a")
		spoil(&broken)
		_, err := store.PersistBatch(t.Context(), []process.Record{Success("good", "a"), broken, Success("other", "a")}, nil)
		if fault.CodeOf(err) != fault.InvalidEvent {
			t.Errorf("bad %s: got %v, want %s", name, err, fault.InvalidEvent)
		}
	}
	want := process.Stored{Status: process.StatusSuccess, SHA256: Success("", "a").SHA256, Inserted: true, Attempts: 1}
	for _, id := range []string{"good", "bad", "other"} {
		if got := persistOne(t, store, Success(id, "a")); got != want {
			t.Errorf("%s was written by a refused batch: %+v", id, got)
		}
	}
}

func cancelledContext(t *testing.T, store process.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.PersistBatch(ctx, []process.Record{Success("e", "a")}, nil); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("persist: got %v, want %s", err, fault.DatabaseUnavailable)
	}
	if _, err := store.Event(ctx, event.Identity{ID: "e"}); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("event: got %v, want %s", err, fault.DatabaseUnavailable)
	}
	if got := persistOne(t, store, Success("e", "a")); !got.Inserted || got.Attempts != 1 {
		t.Errorf("the cancelled call wrote: %+v", got)
	}
}

func announced(t *testing.T, store process.Store) {
	a, batch := persistNoting(t, store, Success("a", "x"))
	if a.Notified {
		t.Error("a new event is notified before anybody said so")
	}
	if got, _ := persistNoting(t, store, Success("a", "x"), batch); !got.Notified {
		t.Error("what is said to be announced does not count in the same call")
	}
	if got := persistOne(t, store, Success("a", "x")); !got.Notified {
		t.Error("what was announced is not kept")
	}
	if got := persistOne(t, store, Success("a", "y")); !got.Notified {
		t.Error("another payload does not see that the event was announced")
	}
	if got := persistOne(t, store, Success("b", "x")); got.Notified {
		t.Error("b is notified, and only a was announced")
	}
	_, failed := persistNoting(t, store, Failed("c", "x"))
	if got, _ := persistNoting(t, store, Success("c", "x"), failed); got.Notified {
		t.Error("c is notified by the batch in which it had failed")
	}
}

func takenOver(t *testing.T, store process.Store) {
	_, first := persistNoting(t, store, Success("a", "x"))
	for _, other := range []process.Record{Success("a", "y"), Failed("a", "x"), Processing("a", "x")} {
		_, batch := persistNoting(t, store, other)
		if got, _ := persistNoting(t, store, other, batch); got.Notified {
			t.Fatalf("%s announced the event of another payload, or without an event", other.Status)
		}
	}
	again, second := persistNoting(t, store, Success("a", "x"))
	if again.Notified || again.Inserted {
		t.Errorf("the second delivery: %+v", again)
	}
	if got, _ := persistNoting(t, store, Failed("a", "x"), first); got.Notified {
		t.Error("the first batch announced what the second one took over")
	}
	if got, _ := persistNoting(t, store, Failed("a", "x"), second); !got.Notified {
		t.Error("the second batch did not announce what it took over")
	}
}

func eventComesBack(t *testing.T, store process.Store) {
	if _, err := store.Event(t.Context(), event.Identity{ID: "e"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an unknown event: %v", err)
	}
	persistOne(t, store, Success("e", "exactly this"))
	got, err := store.Event(t.Context(), event.Identity{ID: "e"})
	if want := Success("e", "exactly this"); err != nil || string(got.Payload) != want.Payload || got.SHA256 != want.SHA256 || got.Mode != want.Mode {
		t.Errorf("got %+v, %v", got, err)
	}
	persistOne(t, store, SuccessS3("s", "x"))
	if got, err := store.Event(t.Context(), event.Identity{ID: "s"}); err != nil || got.Payload != nil || got.Mode != "S3" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func neverEnded(t *testing.T, store process.Store) {
	all := []string{"a", "b", "c"}
	for _, step := range []struct {
		name string
		note func(ctx context.Context, ids []string) error
		ids  []string
		want map[string]int
	}{
		{"nothing", func(context.Context, []string) error { return nil }, nil, map[string]int{}},
		{"begin", store.Begin, []string{"a", "b"}, map[string]int{"a": 1, "b": 1}},
		{"begin", store.Begin, []string{"c", "b", "c"}, map[string]int{"a": 1, "b": 2, "c": 1}},
		{"end", store.End, []string{"b", "c", "unknown"}, map[string]int{"a": 1}},
		{"begin", store.Begin, all, map[string]int{"a": 2, "b": 1, "c": 1}},
	} {
		if err := step.note(t.Context(), step.ids); err != nil {
			t.Error(err)
		}
		if got, err := store.Begun(t.Context(), all); err != nil || !maps.Equal(got, step.want) {
			t.Errorf("%s %v: got %v, %v, want %v", step.name, step.ids, got, err, step.want)
		}
	}
}

// idsOfClients has three owners use one id, in one batch and apart, and each keeps its own
// event, conflict, duplicate and failure.
func idsOfClients(t *testing.T, store process.Store) {
	owned := func(client string, r process.Record) process.Record {
		r.Client = client
		return r
	}
	together := []process.Record{owned("orders", Success("e", "of orders")), owned("refunds", Failed("e", "of refunds")), Success("e", "of nobody")}
	answer, err := store.PersistBatch(t.Context(), together, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range together {
		want := process.Stored{Status: r.Status, SHA256: r.SHA256, Attempts: 1, Inserted: r.Status == process.StatusSuccess}
		if got := answer.Events[r.Identity()]; got != want {
			t.Errorf("%+v: got %+v, want %+v", r.Identity(), got, want)
		}
	}
	if got := persistOne(t, store, owned("refunds", Success("e", "of refunds"))); !got.Inserted || got.Attempts != 2 {
		t.Errorf("a failure mended beside a success of another client: %+v", got)
	}
	if got := persistOne(t, store, owned("orders", Success("e", "of orders"))); got.Inserted || got.Attempts != 2 {
		t.Errorf("a duplicate: %+v", got)
	}
	if got := persistOne(t, store, owned("orders", Success("e", "of refunds"))); got.Inserted || got.SHA256 != together[0].SHA256 {
		t.Errorf("a conflict: %+v", got)
	}
	for client, payload := range map[string]string{"orders": "of orders", "refunds": "of refunds", "": "of nobody"} {
		got, err := store.Event(t.Context(), event.Identity{Client: client, ID: "e"})
		if err != nil || string(got.Payload) != payload || got.Client != client {
			t.Errorf("the event of %q: %+v, %v", client, got, err)
		}
	}
	if got, err := store.Event(t.Context(), event.Identity{Client: "others", ID: "e"}); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the event of a client that has none: %+v, %v", got, err)
	}
}
