// Package processtest holds what tests of the processor and of its stores share:
// the conformance suite of process.Store, an in-memory store that passes it, and
// records to feed either with.
package processtest

import (
	"context"
	"fmt"
	"testing"

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
		{"notified_is_kept", notified},
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
	answer, err := store.PersistBatch(t.Context(), []process.Record{r})
	if err != nil {
		t.Fatalf("persist %s: %v", r.EventID, err)
	}
	got, ok := answer[r.EventID]
	if !ok || len(answer) != 1 {
		t.Fatalf("persist %s: the answer is of %d ids: %v", r.EventID, len(answer), answer)
	}
	return got
}

func emptyBatch(t *testing.T, store process.Store) {
	answer, err := store.PersistBatch(t.Context(), nil)
	if err != nil || len(answer) != 0 {
		t.Errorf("got %v, %v", answer, err)
	}
	if err := store.MarkNotified(t.Context(), nil); err != nil {
		t.Errorf("mark none: %v", err)
	}
}

func mixedBatch(t *testing.T, store process.Store) {
	persistOne(t, store, Success("known", "a"))
	persistOne(t, store, Success("taken", "a"))
	records := []process.Record{
		Success("taken", "b"), Success("new", "a"), Failed("bad", "a"), Success("known", "a"),
		Processing("later", "a"), SuccessS3("large", "a"),
	}
	answer, err := store.PersistBatch(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	hash := Success("", "a").SHA256
	want := map[string]process.Stored{
		"taken": {Status: process.StatusSuccess, SHA256: hash, Attempts: 1},
		"new":   {Status: process.StatusSuccess, SHA256: hash, Attempts: 1, Inserted: true},
		"bad":   {Status: process.StatusFailed, SHA256: hash, Attempts: 1},
		"known": {Status: process.StatusSuccess, SHA256: hash, Attempts: 2},
		"later": {Status: process.StatusProcessing, SHA256: hash, Attempts: 1},
		"large": {Status: process.StatusSuccess, SHA256: hash, Attempts: 1, Inserted: true},
	}
	for id, stored := range want {
		if answer[id] != stored {
			t.Errorf("%s: got %+v, want %+v", id, answer[id], stored)
		}
	}
	if len(answer) != len(want) {
		t.Errorf("got %d answers, want %d", len(answer), len(want))
	}
}

func largeBatch(t *testing.T, store process.Store) {
	records := make([]process.Record, 1000)
	for i := range records {
		records[i] = Success(fmt.Sprintf("e-%d", i), "a")
	}
	answer, err := store.PersistBatch(t.Context(), records)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		want := process.Stored{Status: process.StatusSuccess, SHA256: r.SHA256, Inserted: true, Attempts: 1}
		if answer[r.EventID] != want {
			t.Fatalf("%s: got %+v, want %+v", r.EventID, answer[r.EventID], want)
		}
	}
}

func duplicateID(t *testing.T, store process.Store) {
	if answer, err := store.PersistBatch(t.Context(), []process.Record{Success("e", "a"), Failed("e", "b")}); err == nil {
		t.Fatalf("got %v, want an error", answer)
	}
	want := process.Stored{Status: process.StatusSuccess, SHA256: Success("e", "a").SHA256, Inserted: true, Attempts: 1}
	if got := persistOne(t, store, Success("e", "a")); got != want {
		t.Errorf("something of the refused batch was written: %+v", got)
	}
}

func refusedValue(t *testing.T, store process.Store) {
	bad := map[string]func(*process.Record){
		"hash":   func(r *process.Record) { r.SHA256 = "none" },
		"id":     func(r *process.Record) { r.EventID = "with space" },
		"status": func(r *process.Record) { r.Status = "done" },
		"amount": func(r *process.Record) { r.Event.Amount = Failed("", "").Event.Amount },
		"mode":   func(r *process.Record) { r.Mode = "FTP" },
		"key":    func(r *process.Record) { r.Mode = "S3" },
	}
	for name, spoil := range bad {
		broken := Success("bad", "a")
		spoil(&broken)
		_, err := store.PersistBatch(t.Context(), []process.Record{Success("good", "a"), broken, Success("other", "a")})
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
	if _, err := store.PersistBatch(ctx, []process.Record{Success("e", "a")}); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("persist: got %v, want %s", err, fault.DatabaseUnavailable)
	}
	if err := store.MarkNotified(ctx, []string{"e"}); fault.CodeOf(err) != fault.DatabaseUnavailable {
		t.Errorf("mark: got %v, want %s", err, fault.DatabaseUnavailable)
	}
	if got := persistOne(t, store, Success("e", "a")); !got.Inserted || got.Attempts != 1 {
		t.Errorf("the cancelled call wrote: %+v", got)
	}
}

func notified(t *testing.T, store process.Store) {
	for _, id := range []string{"a", "b"} {
		if got := persistOne(t, store, Success(id, "x")); got.Notified {
			t.Errorf("%s is notified before MarkNotified", id)
		}
	}
	for range 2 {
		if err := store.MarkNotified(t.Context(), []string{"a", "unknown"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := persistOne(t, store, Success("a", "x")); !got.Notified {
		t.Error("a is not notified after MarkNotified")
	}
	if got := persistOne(t, store, Success("a", "y")); !got.Notified {
		t.Error("another payload of a does not see that a was notified")
	}
	if got := persistOne(t, store, Success("b", "x")); got.Notified {
		t.Error("b is notified, MarkNotified named a")
	}
	persistOne(t, store, Failed("c", "x"))
	if err := store.MarkNotified(t.Context(), []string{"c"}); err != nil {
		t.Fatal(err)
	}
	if got := persistOne(t, store, Success("c", "x")); got.Notified {
		t.Error("c was marked while it had failed, and is notified now that it is stored")
	}
}
