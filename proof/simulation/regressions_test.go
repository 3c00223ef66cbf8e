package simulation

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// scenario runs steps by hand, each of which is one that bit others, and then holds the
// platform to its promises as every schedule does.
func scenario(t *testing.T, s schedule, do func(t *testing.T, w *world)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s)
		defer w.end()
		do(t, w)
		w.drain()
		for _, broken := range w.broken {
			t.Error(broken)
		}
		if t.Failed() {
			for _, line := range w.trace {
				t.Log(line)
			}
		}
	})
}

func ofTen(inFlight int) schedule { return schedule{batch: 10, inFlight: inFlight} }

// accept has clients post, and be answered.
func (w *world) accept(kinds ...kind) {
	for _, k := range kinds {
		w.take(step{kind: k})
		w.proceed(nil)
	}
}

// proceed has the calls that wait go on until none does; those of an operation that fates
// names meet its verdict.
func (w *world) proceed(fates map[string]verdict) {
	for all := w.waiting(); len(all) > 0; all = w.waiting() {
		w.meet(0, fates[all[0][0].op], 1)
	}
}

// letterCodes are the codes of what the DLQ has.
func (w *world) letterCodes() []string {
	var out []string
	for _, m := range w.letters.messages {
		out = append(out, m.attributes[contract.AttrErrorCode])
	}
	return out
}

func expect[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestRegression_a_letter_can_be_redriven_as_often_as_it_fails(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(postLarge)
		w.take(step{kind: loseObject})
		w.settleAll()
		for n := range 3 {
			expect(t, "letters", w.letterCodes(), []string{string(fault.PayloadMissing)})
			before := w.letters.messages[0].id
			w.redrive(0, 1)
			w.proceed(nil)
			expect(t, "messages after the redrive", []int{len(w.queue.messages), len(w.letters.messages)}, []int{1, 0})
			w.settleAll()
			if len(w.letters.messages) == 1 && w.letters.messages[0].id == before {
				t.Errorf("redrive %d has not reached the processor", n+1)
			}
		}
		w.take(step{kind: repeat}) // its client puts the object once more
		w.proceed(nil)
		w.redrive(0, 1)
		w.proceed(nil)
		w.settleAll()
		expect(t, "letters", w.letterCodes(), nil)
		expect(t, "rows", []int{len(w.store.Events())}, []int{1})
	})
}

func TestRegression_no_time_left_is_a_deadline(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(post, postLarge)
		for _, left := range []time.Duration{0, time.Nanosecond, -time.Second} {
			w.invoke(w.queue.receive(10, 0), left, true)
			w.pass(time.Second)
			w.proceed(nil)
			expect(t, "rows and messages", []int{len(w.store.Events()), len(w.queue.messages)}, []int{0, 2})
			w.pass(visibility)
		}
	})
}

func TestRegression_a_duplicate_is_one_by_its_hash_not_by_its_id(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(post)
		w.settleAll()
		before := w.store.Events()[event.Identity{ID: "e1"}]
		for _, k := range []kind{contradict, repeat} { // the second repeats the contradiction
			w.take(step{kind: k, mask: 1})
			w.proceed(nil)
			w.settleAll()
		}
		conflict := string(fault.IdempotencyConflict)
		expect(t, "letters", w.letterCodes(), []string{conflict, conflict})
		if after := w.store.Events()[event.Identity{ID: "e1"}]; after.SHA256 != before.SHA256 || after.Payload != before.Payload {
			t.Errorf("the row has changed: %+v", after)
		}
	})
}

func TestRegression_one_message_that_fails_leaves_the_others_of_its_batch_done(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(post, post, post, forge)
		w.deliver(step{mask: 5})
		w.proceed(map[string]verdict{"publish": isPartial}) // the first entry
		expect(t, "messages, rows, announced", []int{len(w.queue.messages), len(w.store.Events()), len(w.ledger.published)}, []int{1, 3, 2})
	})
}

func TestRegression_an_object_out_of_reach_is_not_a_missing_one(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(postLarge)
		for range 5 {
			w.deliver(step{mask: 5})
			w.proceed(map[string]verdict{"get": fails})
			expect(t, "letters", w.letterCodes(), nil)
			w.pass(visibility)
		}
		w.take(step{kind: loseObject})
		w.settleAll()
		expect(t, "letters", w.letterCodes(), []string{string(fault.PayloadMissing)})
	})
}

// The first delivery commits and does not learn it. Its message uses up its receives and
// comes back as another message.
func TestRegression_a_redriven_message_with_a_new_id_is_the_same_event(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(post)
		w.deliver(step{mask: 5})
		w.proceed(map[string]verdict{"persist": isLost})
		w.pass(time.Minute)
		w.exhaust(0)
		w.deliver(step{mask: 5})
		w.proceed(map[string]verdict{"begin": fails})
		w.pass(visibility)
		w.deliver(step{mask: 5})
		expect(t, "letters", w.letterCodes(), []string{""})
		w.redrive(0, 1)
		w.proceed(nil)
		expect(t, "messages", []string{w.queue.messages[0].id}, []string{"m2"})
		w.settleAll()
		row, _ := w.store.Row(event.Identity{ID: "e1"})
		expect(t, "rows, attempts, announced", []int{len(w.store.Events()), row.Attempts, len(w.ledger.published)}, []int{1, 2, 1})
	})
}

// AWS lets 120,000 messages be in flight, here it is 20. Three times as many wait while
// the database is away for six hours, all that may be in flight postponed again and again.
func TestRegression_more_messages_than_may_be_in_flight_outlive_an_outage(t *testing.T) {
	scenario(t, ofTen(20), func(t *testing.T, w *world) {
		for range 60 {
			w.accept(post)
		}
		w.serve(time.Now().Add(6*time.Hour), func(c *call) verdict {
			if c.failure == fault.DatabaseUnavailable {
				return fails
			}
			return succeeds
		})
		expect(t, "rows, messages, letters", []int{len(w.store.Events()), len(w.queue.messages), len(w.letters.messages)}, []int{0, 60, 0})
		w.accept(post)
		w.serve(time.Now().Add(2*time.Minute), func(*call) verdict { return succeeds })
		expect(t, "rows, messages, letters", []int{len(w.store.Events()), len(w.queue.messages), len(w.letters.messages)}, []int{61, 0, 0})
	})
}

func TestRegression_a_key_that_another_client_uses_too_is_another_event(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		for _, client := range []int{0, 1, 0, 1} {
			w.take(step{kind: postKeyed, which: client})
			w.proceed(nil)
		}
		w.settleAll()
		expect(t, "rows, announced, letters", []int{len(w.store.Events()), len(w.ledger.published), len(w.letters.messages)}, []int{2, 2, 0})
	})
}

func TestRegression_an_id_reused_by_another_client_is_an_event_of_its_own(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(post)
		for _, s := range []step{{kind: borrow}, {kind: borrow, which: 1, mask: 3}, {kind: repeat}, {kind: repeat, which: 1}} {
			w.take(s) // the same bytes for one client, others for the next, and both again
			w.proceed(nil)
		}
		w.deliver(step{mask: 5}) // all in one batch
		w.proceed(nil)
		var owners []string
		for id := range w.store.Events() {
			owners = append(owners, label(id))
		}
		slices.Sort(owners)
		expect(t, "rows", owners, []string{"e1", "orders/e1", "refunds/e1"})
		expect(t, "announced, letters", []int{len(w.ledger.published), len(w.letters.messages)}, []int{3, 0})
	})
}

func TestRegression_an_id_reused_where_there_are_no_clients_stays_the_first_ones(t *testing.T) {
	scenario(t, ofTen(100), func(t *testing.T, w *world) {
		w.accept(post, contradict)
		w.deliver(step{mask: 5}) // both in one batch
		w.proceed(nil)
		expect(t, "letters", w.letterCodes(), []string{string(fault.IdempotencyConflict)})
		expect(t, "rows, announced", []int{len(w.store.Events()), len(w.ledger.published)}, []int{1, 1})
	})
}
