package process_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/process/processtest"
)

func want(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestProcessBatch_stores_then_publishes(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a"), large(t, w, "b")})
	want(t, words(report), []string{"processed", "processed"})
	want(t, w.steps, []string{"persist 2", "publish 2"})
	want(t, report.Failed(), []string(nil))
	if o := report.Outcomes[0]; o.EndToEnd != 3*time.Second || !o.Notified || o.Attempts != 1 || o.CorrelationID != "c-a" {
		t.Errorf("outcome = %+v", o)
	}
	if n := w.published[0]; n.EventID != "a" || n.Amount.String() != "1.50" || n.Status != "processed" || n.Mode != event.Inline {
		t.Errorf("notification = %+v", n)
	}
	if record, ok := store.Events()[event.Identity{ID: "a"}]; !ok || record.Payload != payloadOf("a", "m") || record.Bucket != "" {
		t.Errorf("the exact payload of an inline event belongs in the database, stored %+v", record)
	}
	if record, ok := store.Events()[event.Identity{ID: "b"}]; !ok || record.Payload != "" || record.Bucket != "own-bucket" {
		t.Errorf("the payload of an S3 event stays in S3, stored %+v", record)
	}
}

// The note that a batch was published travels with the next one, and is kept until the
// database has it.
func TestProcessBatch_notes_a_published_batch_with_the_next(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	service.ProcessBatch(t.Context(), []process.Message{good(t, "a"), good(t, "b")})
	if store.Announced(event.Identity{ID: "a"}) {
		t.Error("a is noted, and no call came after its publication")
	}
	store.BeforePersist = func(context.Context, int, []process.Record) error {
		return fault.New(fault.DatabaseUnavailable, "down")
	}
	service.ProcessBatch(t.Context(), []process.Message{good(t, "c")})
	store.BeforePersist = nil
	service.ProcessBatch(t.Context(), []process.Message{good(t, "c")})
	want(t, []bool{store.Announced(event.Identity{ID: "a"}), store.Announced(event.Identity{ID: "b"}), store.Announced(event.Identity{ID: "c"})}, []bool{true, true, false})
	want(t, store.Calls(), 3)
	w.publishErr = func(n process.Notification) error {
		if n.EventID == "d" {
			return errors.New("throttled")
		}
		return nil
	}
	service.ProcessBatch(t.Context(), []process.Message{good(t, "d"), good(t, "e")})
	w.publishErr = nil
	service.ProcessBatch(t.Context(), []process.Message{good(t, "d"), good(t, "e")})
	service.ProcessBatch(t.Context(), []process.Message{good(t, "f")})
	want(t, []bool{store.Announced(event.Identity{ID: "c"}), store.Announced(event.Identity{ID: "d"}), store.Announced(event.Identity{ID: "e"})}, []bool{true, true, true})
	var published []string
	for _, n := range w.published {
		published = append(published, n.EventID)
	}
	want(t, published, []string{"a", "b", "c", "e", "d", "e", "f"})
}

func TestProcessBatch_the_same_event_in_other_words_is_a_duplicate(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.StorageUnavailable, "down")
	inOtherWords := strings.ReplaceAll(payloadOf("a", "m"), ",", ", ")
	for _, tc := range []struct {
		name   string
		first  func(t *testing.T, w *world) process.Message
		before func(w *world, store *processtest.MemoryStore)
		again  string
		want   string
	}{
		{"inline", func(t *testing.T, _ *world) process.Message { return good(t, "a") }, nil, inOtherWords, "duplicate"},
		{"in S3", func(t *testing.T, w *world) process.Message { return large(t, w, "a") }, nil, inOtherWords, "duplicate"},
		{"another event", func(t *testing.T, _ *world) process.Message { return good(t, "a") }, nil,
			strings.Replace(inOtherWords, "1.50", "1.51", 1), "dead_lettered idempotency_conflict"},
		{"the first cannot be fetched for now", func(t *testing.T, w *world) process.Message { return large(t, w, "a") },
			func(w *world, _ *processtest.MemoryStore) { w.getErr = func(string) error { return down } }, inOtherWords, "retried storage_unavailable"},
		{"the first is gone from S3", func(t *testing.T, w *world) process.Message { return large(t, w, "a") },
			func(w *world, _ *processtest.MemoryStore) { clear(w.objects) }, inOtherWords, "dead_lettered idempotency_conflict"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			service, w, store := newService(t)
			want(t, words(service.ProcessBatch(t.Context(), []process.Message{tc.first(t, w)})), []string{"processed"})
			if tc.before != nil {
				tc.before(w, store)
			}
			report := service.ProcessBatch(t.Context(), []process.Message{wrap(t, "m2", envelopeOf("a", tc.again))})
			want(t, words(report), []string{tc.want})
			want(t, len(w.published), 1)
		})
	}
}

func TestProcessBatch_each_message_for_itself(t *testing.T) {
	t.Parallel()
	type setup func(t *testing.T, w *world) process.Message
	envelope := func(change func(*event.Envelope)) setup {
		return func(t *testing.T, _ *world) process.Message {
			e := envelopeOf("bad", payloadOf("bad", "m"))
			change(&e)
			return wrap(t, "m-bad", e)
		}
	}
	payload := func(p string) setup {
		return func(t *testing.T, _ *world) process.Message { return wrap(t, "m-bad", envelopeOf("bad", p)) }
	}
	s3 := func(change func(w *world, key string)) setup {
		return func(t *testing.T, w *world) process.Message {
			m := large(t, w, "bad")
			change(w, event.ObjectKey(event.Identity{ID: "bad"}, event.Hash([]byte(payloadOf("bad", "m")))))
			return m
		}
	}
	for _, tc := range []struct {
		name   string
		bad    setup
		want   string
		record process.Status // of "bad", empty for none
	}{
		{"no JSON", func(*testing.T, *world) process.Message {
			return process.Message{ID: "m-bad", Body: "{", Deliveries: 1}
		}, "dead_lettered invalid_envelope", ""},
		{"no envelope", func(*testing.T, *world) process.Message {
			return process.Message{ID: "m-bad", Body: "[]", Deliveries: 1}
		}, "dead_lettered invalid_envelope", ""},
		{"an unknown mode", envelope(func(e *event.Envelope) { e.Mode = "TAPE" }), "dead_lettered invalid_envelope", process.StatusFailed},
		{"no received_at", envelope(func(e *event.Envelope) { e.ReceivedAt = time.Time{} }), "dead_lettered invalid_envelope", process.StatusFailed},
		{"a hash of another payload", envelope(func(e *event.Envelope) { e.SHA256 = event.Hash([]byte("x")) }), "dead_lettered hash_mismatch", process.StatusFailed},
		{"an invalid event", payload(`{"user_id":1}`), "dead_lettered invalid_event", process.StatusFailed},
		{"another id in the payload", payload(payloadOf("other", "m")), "dead_lettered invalid_event", process.StatusFailed},
		{"another schema version", func(t *testing.T, _ *world) process.Message {
			m := good(t, "bad")
			m.Attributes["schema_version"] = "2"
			return m
		}, "dead_lettered invalid_envelope", process.StatusFailed},
		{"the object gone", s3(func(w *world, key string) { delete(w.objects, key) }), "dead_lettered payload_missing", process.StatusFailed},
		{"the object changed", s3(func(w *world, key string) { w.objects[key] += " " }), "dead_lettered hash_mismatch", process.StatusFailed},
		{"the object too large", s3(func(w *world, key string) {
			w.getErr = func(string) error { return fault.New(fault.PayloadTooLarge, "large") }
		}), "dead_lettered hash_mismatch", process.StatusFailed},
		{"storage down", s3(func(w *world, key string) {
			w.getErr = func(string) error { return fault.New(fault.StorageUnavailable, "down") }
		}), "retried storage_unavailable", process.StatusProcessing},
		{"an unclassified error", s3(func(w *world, key string) {
			w.getErr = func(string) error { return errors.New("odd") }
		}), "retried internal", process.StatusProcessing},
		{"a panic", s3(func(w *world, key string) {
			w.getErr = func(string) error { panic("boom") }
		}), "retried panic", process.StatusProcessing},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			service, w, store := newService(t)
			report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a"), tc.bad(t, w), good(t, "b")})
			want(t, words(report), []string{"processed", tc.want, "processed"})
			if len(w.published) != 2 {
				t.Errorf("published %d, want the two good ones", len(w.published))
			}
			row, ok := store.Row(event.Identity{ID: "bad"})
			if ok != (tc.record != "") || row.Status != tc.record {
				t.Errorf("record = %+v, want %q", row, tc.record)
			}
			if ok && (row.ErrorCode == "" || row.ErrorReason == "") {
				t.Errorf("the record must say why: %+v", row)
			}
			if strings.HasPrefix(tc.want, "dead") {
				want(t, len(w.letters), 1)
				want(t, w.letters[0].Code, fault.CodeOf(report.Outcomes[1].Err))
				want(t, report.Failed(), []string(nil))
			} else {
				want(t, report.Failed(), []string{"m-bad"})
				want(t, w.postponed, []process.Postponement{{MessageID: "m-bad", ReceiptHandle: "r-m-bad", Delay: 5 * time.Second}})
			}
		})
	}
}

func TestProcessBatch_duplicates(t *testing.T) {
	t.Parallel()
	t.Run("in one batch the event is stored and announced once", func(t *testing.T) {
		t.Parallel()
		service, w, store := newService(t)
		m := good(t, "a")
		report := service.ProcessBatch(t.Context(), []process.Message{m, m, m})
		want(t, words(report), []string{"processed", "duplicate", "duplicate"})
		row, _ := store.Row(event.Identity{ID: "a"})
		want(t, []int{row.Attempts, len(w.published)}, []int{3, 1})
	})
	t.Run("delivered again it is acknowledged and not announced again", func(t *testing.T) {
		t.Parallel()
		service, w, _ := newService(t)
		service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})
		report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})
		want(t, words(report), []string{"duplicate"})
		want(t, []int{len(w.published), report.Outcomes[0].Attempts}, []int{1, 2})
	})
	t.Run("another payload under the id is given up, the first stays", func(t *testing.T) {
		t.Parallel()
		service, w, store := newService(t)
		service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})
		before, _ := store.Row(event.Identity{ID: "a"})
		report := service.ProcessBatch(t.Context(), []process.Message{wrap(t, "m2", envelopeOf("a", payloadOf("a", "other")))})
		want(t, words(report), []string{"dead_lettered idempotency_conflict"})
		after, _ := store.Row(event.Identity{ID: "a"})
		want(t, after, before)
		want(t, w.letters[0].EventID, "a")
		if record := store.Events()[event.Identity{ID: "a"}]; record.Event.Merchant != "m" {
			t.Errorf("the first payload was replaced: %+v", record.Event)
		}
	})
	t.Run("two payloads in one batch: the first wins", func(t *testing.T) {
		t.Parallel()
		service, w, _ := newService(t)
		report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a"), wrap(t, "m2", envelopeOf("a", payloadOf("a", "other"))), good(t, "a")})
		want(t, words(report), []string{"processed", "dead_lettered idempotency_conflict", "duplicate"})
		want(t, len(w.published), 1)
	})
	t.Run("a good message and a broken one of the same id", func(t *testing.T) {
		t.Parallel()
		service, _, store := newService(t)
		broken := envelopeOf("a", payloadOf("a", "m"))
		broken.SHA256 = event.Hash([]byte("x"))
		report := service.ProcessBatch(t.Context(), []process.Message{wrap(t, "m0", broken), good(t, "a")})
		want(t, words(report), []string{"dead_lettered hash_mismatch", "processed"})
		row, _ := store.Row(event.Identity{ID: "a"})
		want(t, row.Status, process.StatusSuccess)
	})
	t.Run("stored and announced, it needs its object no more", func(t *testing.T) {
		t.Parallel()
		service, w, _ := newService(t)
		m := large(t, w, "a")
		service.ProcessBatch(t.Context(), []process.Message{m})
		clear(w.objects)
		want(t, words(service.ProcessBatch(t.Context(), []process.Message{m})), []string{"duplicate"})
		want(t, len(w.letters), 0)
	})
}

func TestProcessBatch_redriven_message_moves_failed_to_success(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	m := large(t, w, "a")
	objects := w.objects
	w.objects = nil
	want(t, words(service.ProcessBatch(t.Context(), []process.Message{m})), []string{"dead_lettered payload_missing"})
	w.objects = objects
	want(t, words(service.ProcessBatch(t.Context(), []process.Message{m})), []string{"processed"})
	row, _ := store.Row(event.Identity{ID: "a"})
	want(t, row.Status, process.StatusSuccess)
	want(t, []any{row.ErrorCode, row.ErrorReason, row.Attempts}, []any{fault.Code(""), "", 2})
}

func TestProcessBatch_crash_between_commit_and_publish_heals(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	w.publishErr = func(process.Notification) error { panic("killed here") }
	report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})
	want(t, words(report), []string{"retried panic"})
	if _, ok := store.Events()[event.Identity{ID: "a"}]; !ok {
		t.Fatal("the commit came before the crash")
	}
	w.publishErr = nil
	report = service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})
	want(t, words(report), []string{"duplicate"})
	want(t, len(w.published), 1)
	service.ProcessBatch(t.Context(), []process.Message{good(t, "b")})
	if !store.Announced(event.Identity{ID: "a"}) {
		t.Error("that it was announced is not noted")
	}
}

func TestProcessBatch_passing_failures_leave_the_message(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.DatabaseUnavailable, "down")
	t.Run("the database is down", func(t *testing.T) {
		t.Parallel()
		service, w, store := newService(t)
		store.BeforePersist = func(context.Context, int, []process.Record) error { return down }
		bad := wrap(t, "m-bad", envelopeOf("bad", "{}"))
		report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a"), bad})
		want(t, words(report), []string{"retried database_unavailable", "retried database_unavailable"})
		want(t, []int{len(w.published), len(w.letters)}, []int{0, 0})
	})
	t.Run("the answer of the commit is lost", func(t *testing.T) {
		t.Parallel()
		service, w, store := newService(t)
		store.AfterPersist = func(context.Context, int, []process.Record) error { return down }
		want(t, words(service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})), []string{"retried database_unavailable"})
		store.AfterPersist = nil
		want(t, words(service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})), []string{"duplicate"})
		want(t, len(w.published), 1)
	})
	t.Run("one notification is refused", func(t *testing.T) {
		t.Parallel()
		service, w, store := newService(t)
		w.publishErr = func(n process.Notification) error {
			if n.EventID == "a" {
				return errors.New("throttled")
			}
			return nil
		}
		report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a"), good(t, "b")})
		want(t, words(report), []string{"retried notifier_unavailable", "processed"})
		if o := report.Outcomes[0]; !o.Stored || o.EndToEnd != 3*time.Second {
			t.Errorf("it is stored all the same: %+v", o)
		}
		service.ProcessBatch(t.Context(), []process.Message{good(t, "c")})
		if store.Announced(event.Identity{ID: "a"}) {
			t.Error("it is noted as announced without a publication")
		}
	})
	t.Run("the DLQ cannot be reached", func(t *testing.T) {
		t.Parallel()
		service, w, _ := newService(t)
		w.letterErr = func(process.DeadLetter) error { return errors.New("down") }
		report := service.ProcessBatch(t.Context(), []process.Message{{ID: "m", Body: "{", ReceiptHandle: "r", Deliveries: 2}, good(t, "a")})
		want(t, words(report), []string{"retried queue_unavailable", "processed"})
		if code := fault.CodeOf(errors.Unwrap(report.Outcomes[0].Err)); code != fault.InvalidEnvelope {
			t.Errorf("the log must say what it gave up on, got %v", report.Outcomes[0].Err)
		}
	})
	t.Run("its delay cannot be set", func(t *testing.T) {
		t.Parallel()
		service, w, store := newService(t)
		store.BeforePersist = func(context.Context, int, []process.Record) error { return down }
		w.postponeErr = func(process.Postponement) error { return errors.New("gone") }
		report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})
		want(t, words(report), []string{"retried database_unavailable"})
		want(t, report.Outcomes[0].Delay, time.Duration(0))
		if !strings.Contains(report.Outcomes[0].Err.Error(), "gone") {
			t.Errorf("error = %v", report.Outcomes[0].Err)
		}
	})
	t.Run("at the last delivery SQS decides", func(t *testing.T) {
		t.Parallel()
		service, w, store := newService(t)
		store.BeforePersist = func(context.Context, int, []process.Record) error { return down }
		m := good(t, "a")
		m.Deliveries = contract.MaxReceives
		want(t, words(service.ProcessBatch(t.Context(), []process.Message{m})), []string{"retried database_unavailable"})
		want(t, len(w.postponed), 0)
	})
	t.Run("the store forgets an event", func(t *testing.T) {
		t.Parallel()
		_, w, store := newService(t)
		service, err := process.New(process.Config{Store: forgetful{store}, Blobs: w, Notifier: w, DeadLetters: letterbox{w}, Postponer: w})
		if err != nil {
			t.Fatal(err)
		}
		want(t, words(service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})), []string{"retried internal"})
	})
}

// What a step leaves without an outcome is neither lost nor acknowledged.
func TestProcessBatch_an_adapter_that_forgets_an_outcome_leaves_the_message(t *testing.T) {
	t.Parallel()
	_, w, store := newService(t)
	service, err := process.New(process.Config{Store: store, Blobs: w, Notifier: silent{}, DeadLetters: silent{}, Postponer: w})
	if err != nil {
		t.Fatal(err)
	}
	bad := process.Message{ID: "m-bad", Body: "{", ReceiptHandle: "r", Deliveries: 1}
	report := service.ProcessBatch(t.Context(), []process.Message{good(t, "a"), bad})
	want(t, words(report), []string{"retried internal", "retried invalid_envelope"})
	want(t, len(w.postponed), 2)
}

type silent struct{}

func (silent) Publish(context.Context, []process.Notification) []error { return nil }
func (silent) Send(context.Context, []process.DeadLetter) []error      { return nil }

type forgetful struct{ process.Store }

func (forgetful) PersistBatch(context.Context, []process.Record, []process.BatchID) (process.Persisted, error) {
	return process.Persisted{}, nil
}

func TestProcessBatch_finds_the_one_the_database_refuses(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	calls := 0
	store.BeforePersist = func(_ context.Context, _ int, records []process.Record) error {
		calls++
		for _, r := range records {
			if r.EventID == "e7" && r.Status == process.StatusSuccess {
				return fault.New(fault.InvalidEvent, "a value is refused")
			}
		}
		return nil
	}
	var messages []process.Message
	for i := range 10 {
		messages = append(messages, good(t, fmt.Sprintf("e%d", i)))
	}
	report := service.ProcessBatch(t.Context(), messages)
	for i, word := range words(report) {
		expected := "processed"
		if i == 7 {
			expected = "dead_lettered invalid_event"
		}
		if word != expected {
			t.Errorf("e%d: %s, want %s", i, word, expected)
		}
	}
	row, _ := store.Row(event.Identity{ID: "e7"})
	want(t, []any{row.Status, len(w.published), len(w.letters)}, []any{process.StatusFailed, 9, 1})
	want(t, len(report.Persists), calls)
}

func TestProcessBatch_dead_letters_even_what_cannot_be_recorded(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	store.BeforePersist = func(context.Context, int, []process.Record) error { return fault.New(fault.InvalidEvent, "no") }
	want(t, words(service.ProcessBatch(t.Context(), []process.Message{good(t, "a")})), []string{"dead_lettered invalid_event"})
	want(t, len(w.letters), 1)
}

func TestProcessBatch_ends_before_the_deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service, w, store := newService(t)
		deadline := time.Now().Add(2 * time.Second)
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		defer cancel()
		store.BeforePersist = func(ctx context.Context, _ int, _ []process.Record) error {
			<-ctx.Done()
			if within, ok := ctx.Deadline(); !ok || !within.Before(deadline) {
				t.Errorf("the work's deadline is %s, want one before %s", within, deadline)
			}
			return fault.Wrap(fault.DeadlineReached, context.Cause(ctx), "out of time")
		}
		want(t, words(service.ProcessBatch(ctx, []process.Message{good(t, "a")})), []string{"retried deadline_reached"})
		if ctx.Err() != nil {
			t.Error("it returned after the caller's deadline")
		}
		want(t, len(w.postponed), 1)
	})
}

func TestProcessBatch_slow_payload_leaves_the_others_their_time(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service, w, _ := newService(t)
		slow := large(t, w, "slow")
		blocked := make(chan struct{})
		w.getErr = func(string) error { <-blocked; return fault.New(fault.StorageUnavailable, "slow") }
		w.getContext = func(ctx context.Context) { <-ctx.Done(); close(blocked) }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		report := service.ProcessBatch(ctx, []process.Message{good(t, "a"), slow})
		want(t, words(report), []string{"processed", "retried storage_unavailable"})
		want(t, len(w.published), 1)
	})
}
