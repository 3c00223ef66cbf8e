package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world records what the use case did, in order, and fails on demand.
type world struct {
	mu      sync.Mutex
	steps   []string
	objects map[string]string
	sent    []ingest.Message
	putErr  error
	sendErr func(ingest.Message) error
}

func (w *world) Bucket() string { return "payloads" }

func (w *world) Put(_ context.Context, key string, payload []byte, sha string, received time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps = append(w.steps, "put")
	if !received.Equal(now) {
		return fmt.Errorf("put %s as received at %s", key, received)
	}
	if w.putErr != nil {
		return w.putErr
	}
	if sha != event.Hash(payload) {
		return fmt.Errorf("put %s with a hash that is not the payload's", key)
	}
	w.objects[key] = string(payload)
	return nil
}

func (w *world) Send(_ context.Context, messages []ingest.Message) []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps = append(w.steps, "send")
	errs := make([]error, len(messages))
	for i, m := range messages {
		if w.sendErr != nil {
			errs[i] = w.sendErr(m)
		}
		if errs[i] == nil {
			w.sent = append(w.sent, m)
		}
	}
	return errs
}

func newService(t *testing.T) (*ingest.Service, *world) {
	t.Helper()
	w := &world{objects: map[string]string{}}
	n := 0
	service, err := ingest.New(ingest.Config{
		Queue: w, Blobs: w, Now: func() time.Time { return now },
		NewID: func() (string, error) { n++; return fmt.Sprintf("made-%d", n), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return service, w
}

// payload returns a valid event of exactly size bytes.
func payload(t *testing.T, id string, size int, fill string) []byte {
	t.Helper()
	frame := `{"event_id":"` + id + `","user_id":"u","amount":1.50,"currency":"EUR","merchant":"m","timestamp":"2026-11-23T11:59:00Z","metadata":{"x":"%s"}}`
	room := size - (len(frame) - 2)
	if room < 0 {
		t.Fatalf("an event of %d bytes is too small", size)
	}
	body := strings.Repeat(fill, room/len(fill)) + strings.Repeat("a", room%len(fill))
	return []byte(strings.Replace(frame, "%s", body, 1))
}

func TestIngest_inline_limit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		size int
		fill string
		mode event.Mode
	}{
		{"small", 300, "a", event.Inline},
		{"exactly the limit", contract.InlineLimit, "a", event.Inline},
		{"one byte more", contract.InlineLimit + 1, "a", event.S3},
		{"the limit, all quotes", contract.InlineLimit, `\"`, event.Inline},
		{"the limit, all backslashes", contract.InlineLimit, `\\`, event.Inline},
		{"the limit, all U+FFFE", contract.InlineLimit, "\uFFFE", event.Inline},
		{"5 MB", 5_000_000, "a", event.S3},
		{"the body limit", contract.BodyLimit, "a", event.S3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			service, w := newService(t)
			sent := payload(t, "e1", tc.size, tc.fill)
			if len(sent) != tc.size {
				t.Fatalf("the payload has %d bytes, want %d", len(sent), tc.size)
			}
			receipt := service.Ingest(t.Context(), ingest.Caller{CorrelationID: "c1"}, sent)
			if receipt.Err != nil {
				t.Fatal(receipt.Err)
			}
			if receipt.Mode != tc.mode || receipt.SHA256 != event.Hash(sent) || receipt.EventID != "e1" {
				t.Errorf("receipt = %+v, want mode %s", receipt, tc.mode)
			}
			envelope, err := event.DecodeEnvelope(w.sent[0].Body)
			if err != nil {
				t.Fatal(err)
			}
			if envelope.Mode != tc.mode || envelope.CorrelationID != "c1" || !envelope.ReceivedAt.Equal(now) {
				t.Errorf("envelope = %+v", envelope)
			}
			got := ""
			if tc.mode == event.S3 {
				got = w.objects["raw/e1/"+receipt.SHA256+".json"]
				if envelope.Bucket != "payloads" || receipt.Stored != true {
					t.Errorf("bucket %q, stored %v", envelope.Bucket, receipt.Stored)
				}
				if diff := cmp.Diff([]string{"put", "send"}, w.steps); diff != "" {
					t.Errorf("the object must be put before the message is sent:\n%s", diff)
				}
			} else {
				got = *envelope.Payload
			}
			if got != string(sent) {
				t.Error("the payload that travels is not the one that was sent")
			}
			if size := len(w.sent[0].Body); size > contract.QueueMessageLimit-contract.QueueMessageReserve {
				t.Errorf("the message has %d bytes", size)
			}
		})
	}
}

func TestIngest_refuses(t *testing.T) {
	t.Parallel()
	future := strings.Replace(string(payload(t, "e1", 300, "a")), "11:59:00Z", "12:05:01Z", 1)
	for _, tc := range []struct {
		name string
		body []byte
		code fault.Code
	}{
		{"not JSON", []byte("{"), fault.MalformedJSON},
		{"an invalid event", []byte(`{"user_id":1}`), fault.InvalidType},
		{"a timestamp too far ahead", []byte(future), fault.InvalidValue},
		{"a body over the limit", payload(t, "e1", contract.BodyLimit+1, "a"), fault.PayloadTooLarge},
		{"what could not be read back", payload(t, "e1", 4_000_000, `\"`), fault.PayloadTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			service, w := newService(t)
			receipt := service.Ingest(t.Context(), ingest.Caller{}, tc.body)
			if got := fault.CodeOf(receipt.Err); receipt.Err == nil || got != tc.code {
				t.Errorf("error = %v, want code %s", receipt.Err, tc.code)
			}
			if len(w.steps) != 0 {
				t.Errorf("a refused event must touch nothing, did %v", w.steps)
			}
		})
	}
}

func TestIngest_event_ids(t *testing.T) {
	t.Parallel()
	withID := payload(t, "given", 300, "a")
	without := []byte(strings.Replace(string(withID), `"event_id":"given",`, "", 1))
	service, _ := newService(t)
	id := func(caller ingest.Caller, body []byte) string {
		t.Helper()
		receipt := service.Ingest(t.Context(), caller, body)
		if receipt.Err != nil {
			t.Fatal(receipt.Err)
		}
		return receipt.EventID
	}
	if got := id(ingest.Caller{IdempotencyKey: "k"}, withID); got != "given" {
		t.Errorf("an id in the body wins, got %s", got)
	}
	if a, b := id(ingest.Caller{}, without), id(ingest.Caller{}, without); a == b {
		t.Errorf("without an id and a key each event gets its own, got %s twice", a)
	}
	first := id(ingest.Caller{ID: "a", IdempotencyKey: "k"}, without)
	if again := id(ingest.Caller{ID: "a", IdempotencyKey: "k"}, without); again != first {
		t.Errorf("the same caller and key give %s, then %s", first, again)
	}
	if !event.ValidID(first) {
		t.Errorf("%q is no event id", first)
	}
	for _, other := range []ingest.Caller{{ID: "b", IdempotencyKey: "k"}, {ID: "a", IdempotencyKey: "k2"}, {ID: "ak", IdempotencyKey: ""}, {ID: "", IdempotencyKey: "ak"}} {
		if got := id(other, without); got == first {
			t.Errorf("%+v collides with another caller's key", other)
		}
	}
}

func TestIngest_dependency_failures(t *testing.T) {
	t.Parallel()
	t.Run("when storage fails nothing is sent", func(t *testing.T) {
		t.Parallel()
		service, w := newService(t)
		w.putErr = fault.New(fault.StorageUnavailable, "down")
		receipt := service.Ingest(t.Context(), ingest.Caller{}, payload(t, "e1", contract.InlineLimit+1, "a"))
		if fault.CodeOf(receipt.Err) != fault.StorageUnavailable || len(w.sent) != 0 || receipt.Stored {
			t.Errorf("receipt %+v, sent %d", receipt, len(w.sent))
		}
	})
	t.Run("when the queue fails the event is not accepted", func(t *testing.T) {
		t.Parallel()
		service, w := newService(t)
		w.sendErr = func(ingest.Message) error { return fault.New(fault.QueueUnavailable, "down") }
		receipt := service.Ingest(t.Context(), ingest.Caller{}, payload(t, "e1", 300, "a"))
		if fault.CodeOf(receipt.Err) != fault.QueueUnavailable {
			t.Errorf("error = %v", receipt.Err)
		}
	})
	t.Run("when no id can be made the event is not accepted", func(t *testing.T) {
		t.Parallel()
		w := &world{objects: map[string]string{}}
		broken := errors.New("no entropy")
		service, err := ingest.New(ingest.Config{Queue: w, Blobs: w, Now: func() time.Time { return now }, NewID: func() (string, error) { return "", broken }})
		if err != nil {
			t.Fatal(err)
		}
		body := strings.Replace(string(payload(t, "e1", 300, "a")), `"event_id":"e1",`, "", 1)
		if receipt := service.Ingest(t.Context(), ingest.Caller{}, []byte(body)); !errors.Is(receipt.Err, broken) {
			t.Errorf("error = %v", receipt.Err)
		}
	})
}

func TestIngestBatch_each_event_for_itself(t *testing.T) {
	t.Parallel()
	service, w := newService(t)
	w.sendErr = func(m ingest.Message) error {
		if m.EventID == "unlucky" {
			return fault.New(fault.QueueUnavailable, "down")
		}
		return nil
	}
	parts := []string{
		string(payload(t, "a", 300, "a")), `{"user_id":1}`, string(payload(t, "unlucky", 300, "a")),
		string(payload(t, "large", contract.InlineLimit+1, "a")),
	}
	receipts, err := service.IngestBatch(t.Context(), ingest.Caller{}, []byte(`{"events":[`+strings.Join(parts, " ,\n")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range receipts {
		word := "ok"
		if r.Err != nil {
			word = string(fault.CodeOf(r.Err))
		}
		got = append(got, r.EventID+" "+word)
	}
	want := []string{"a ok", " invalid_type", "unlucky queue_unavailable", "large ok"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if receipts[0].SHA256 != event.Hash([]byte(parts[0])) {
		t.Error("the hash of an event of a batch is that of its own bytes")
	}
}

func TestIngestBatch_one_key_names_every_event_apart(t *testing.T) {
	t.Parallel()
	service, _ := newService(t)
	one := strings.Replace(string(payload(t, "x", 300, "a")), `"event_id":"x",`, "", 1)
	body := []byte(`{"events":[` + one + "," + one + `]}`)
	ids := func() [2]string {
		receipts, err := service.IngestBatch(t.Context(), ingest.Caller{IdempotencyKey: "k"}, body)
		if err != nil {
			t.Fatal(err)
		}
		return [2]string{receipts[0].EventID, receipts[1].EventID}
	}
	first := ids()
	if first[0] == first[1] {
		t.Error("two events of a batch got the same id")
	}
	if again := ids(); again != first {
		t.Errorf("a retry of the batch gives %v, first %v", again, first)
	}
}

// TestIngestBatch_a_retry_of_any_part_is_safe sends a batch of four, of which one is
// refused, and then every subset of the four in every order, the refused one mended.
func TestIngestBatch_a_retry_of_any_part_is_safe(t *testing.T) {
	t.Parallel()
	caller := ingest.Caller{ID: "a", IdempotencyKey: "k"}
	part := func(name string) string {
		return strings.Replace(string(payload(t, "x", 300, name)), `"event_id":"x",`, "", 1)
	}
	bad, mended := `{"user_id":"u"}`, part("d")
	for place := range 4 {
		good := []string{part("a"), part("b"), part("c")}
		first := slices.Insert(slices.Clone(good), place, bad)
		retried := slices.Insert(slices.Clone(good), place, mended)
		for _, order := range ordersOfSubsets(4) {
			service, w := newService(t)
			send := func(parts []string) {
				if _, err := service.IngestBatch(t.Context(), caller, []byte(`{"events":[`+strings.Join(parts, ",")+`]}`)); err != nil {
					t.Fatal(err)
				}
			}
			send(first)
			var again []string
			for _, i := range order {
				again = append(again, retried[i])
			}
			send(again)
			ids, said := map[string]string{}, map[string]string{}
			for _, m := range w.sent {
				e, err := event.DecodeEnvelope(m.Body)
				if err != nil {
					t.Fatal(err)
				}
				if id, ok := ids[*e.Payload]; ok && id != m.EventID {
					t.Errorf("order %v: one event has the ids %s and %s", order, id, m.EventID)
				}
				if text, ok := said[m.EventID]; ok && text != *e.Payload {
					t.Errorf("order %v: two events have the id %s", order, m.EventID)
				}
				ids[*e.Payload], said[m.EventID] = m.EventID, *e.Payload
			}
		}
	}
}

// ordersOfSubsets returns every order of every subset of 0 to n-1 that is not empty.
func ordersOfSubsets(n int) [][]int {
	var all [][]int
	var extend func(chosen []int)
	extend = func(chosen []int) {
		for i := range n {
			if !slices.Contains(chosen, i) {
				next := append(slices.Clone(chosen), i)
				all = append(all, next)
				extend(next)
			}
		}
	}
	extend(nil)
	return all
}

// TestIngestBatch_equal_events_keep_their_ids: which of two equal events is which
// cannot be told, so the first of a batch is always the same one.
func TestIngestBatch_equal_events_keep_their_ids(t *testing.T) {
	t.Parallel()
	service, _ := newService(t)
	one := strings.Replace(string(payload(t, "x", 300, "a")), `"event_id":"x",`, "", 1)
	other := strings.Replace(string(payload(t, "x", 300, "b")), `"event_id":"x",`, "", 1)
	ids := func(parts ...string) (ids []string) {
		receipts, err := service.IngestBatch(t.Context(), ingest.Caller{IdempotencyKey: "k"}, []byte(`{"events":[`+strings.Join(parts, ",")+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range receipts {
			ids = append(ids, r.EventID)
		}
		return ids
	}
	whole, reordered := ids(one, other, one), ids(other, one, "{}", one)
	if whole[0] == whole[2] || whole[0] == whole[1] {
		t.Errorf("ids %v, want three", whole)
	}
	if want := []string{whole[1], whole[0], "", whole[2]}; !slices.Equal(reordered, want) {
		t.Errorf("in another order %v, want %v", reordered, want)
	}
	if single := service.Ingest(t.Context(), ingest.Caller{IdempotencyKey: "k"}, []byte(one)); slices.Contains(whole, single.EventID) {
		t.Error("an event sent alone has the id of one of a batch")
	}
}

func TestIngestBatch_refuses_the_body(t *testing.T) {
	t.Parallel()
	service, w := newService(t)
	for _, body := range []string{"", "[]", `{"events":[]}`, `{"events":[` + strings.Repeat("{},", contract.BatchLimit) + `{}]}`, strings.Repeat(" ", contract.BodyLimit+1)} {
		if _, err := service.IngestBatch(t.Context(), ingest.Caller{}, []byte(body)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a body of %d bytes: error = %v", len(body), err)
		}
	}
	if len(w.steps) != 0 {
		t.Errorf("a refused batch must touch nothing, did %v", w.steps)
	}
}

func TestNew_names_what_is_missing(t *testing.T) {
	t.Parallel()
	w := &world{}
	for want, cfg := range map[string]ingest.Config{
		"Queue": {Blobs: w}, "Blobs": {Queue: w},
	} {
		if _, err := ingest.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want it to name %s", err, want)
		}
	}
}

func TestNew_makes_time_ordered_ids_by_default(t *testing.T) {
	t.Parallel()
	w := &world{objects: map[string]string{}}
	service, err := ingest.New(ingest.Config{Queue: w, Blobs: w, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(strings.Replace(string(payload(t, "x", 300, "a")), `"event_id":"x",`, "", 1))
	a, b := service.Ingest(t.Context(), ingest.Caller{}, body).EventID, service.Ingest(t.Context(), ingest.Caller{}, body).EventID
	if len(a) != 36 || a >= b {
		t.Errorf("ids %q, %q: want UUIDv7s in order", a, b)
	}
}
