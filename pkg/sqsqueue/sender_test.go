package sqsqueue_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
)

func newSender(t *testing.T, fake *fakeSQS, c sqsqueue.Config) *sqsqueue.Sender {
	t.Helper()
	fake.t = t
	c.QueueURL = queueURL
	sender, err := sqsqueue.NewSender(fake, c)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func messages(bodies ...string) []ingest.Message {
	out := make([]ingest.Message, len(bodies))
	for i, body := range bodies {
		out[i] = ingest.Message{Body: body, EventID: "e-" + body, CorrelationID: "c-" + body}
	}
	return out
}

func TestSender_Send_sends_what_the_contract_says(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]int{"alone": 1, "in a batch": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := &fakeSQS{}
			sender := newSender(t, fake, sqsqueue.Config{TraceHeader: func(context.Context) string { return "Root=1-x" }})
			if errs := sender.Send(t.Context(), messages(bodies(count)...)); !slices.Equal(errs, make([]error, count)) {
				t.Fatal(errs)
			}
			if len(fake.taken) != count {
				t.Fatalf("%d messages taken, want %d", len(fake.taken), count)
			}
			for i, m := range fake.taken {
				body := bodies(count)[i]
				want := map[string]string{"event_id": "e-" + body, "correlation_id": "c-" + body, "schema_version": "1"}
				if m.body != body || m.trace != "Root=1-x" || !maps.Equal(m.attributes, want) {
					t.Errorf("message %d is %+v", i, m)
				}
			}
		})
	}
}

// TestSender_SendAgain_sends_what_ingest_sent reads the envelope back, as the processor does.
func TestSender_SendAgain_sends_what_ingest_sent(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 1, 31, 23, 59, 59, 123_456_000, time.UTC)
	payload := "{\"metadata\":\"\uFFFF\"}\n"
	hash := event.Hash([]byte(payload))
	stored := []event.Stored{
		{Event: event.Event{ID: "e1"}, CorrelationID: "c", Mode: event.Inline, Payload: []byte(payload), SHA256: hash, ReceivedAt: received},
		{Event: event.Event{ID: "e2"}, Client: "orders", Mode: event.S3, SHA256: hash, Bucket: "payloads", Key: event.ObjectKey(event.Identity{Client: "orders", ID: "e2"}, hash), ReceivedAt: received},
	}
	attributes := []map[string]string{
		{"event_id": "e1", "correlation_id": "c", "schema_version": "1"}, {"client": "orders", "event_id": "e2", "schema_version": "1"},
	}
	envelopes := []event.Envelope{stored[0].Envelope(), stored[1].Envelope()}
	fake := &fakeSQS{}
	if errs := newSender(t, fake, sqsqueue.Config{}).SendAgain(t.Context(), envelopes); !slices.Equal(errs, make([]error, 2)) {
		t.Fatal(errs)
	}
	for i, m := range fake.taken {
		got, err := event.DecodeEnvelope(m.body)
		if err != nil || !reflect.DeepEqual(got, envelopes[i]) || !maps.Equal(m.attributes, attributes[i]) {
			t.Errorf("message %d is %+v, error %v, attributes %v, want %+v with %v", i, got, err, m.attributes, envelopes[i], attributes[i])
		}
	}
}

func TestSender_Send_leaves_out_what_is_empty_and_replaces_what_SQS_refuses(t *testing.T) {
	t.Parallel()
	fake := &fakeSQS{}
	errs := newSender(t, fake, sqsqueue.Config{}).Send(t.Context(), []ingest.Message{{Body: "{\"a\":\"\uFFFE\"}", CorrelationID: "a\x01b"}})
	if errs[0] != nil {
		t.Fatal(errs[0])
	}
	want := map[string]string{"correlation_id": "a\uFFFDb", "schema_version": "1"}
	if m := fake.taken[0]; !maps.Equal(m.attributes, want) || m.trace != "" || m.body != `{"a":"\ufffe"}` {
		t.Errorf("body %q, attributes %v, trace %q", m.body, m.attributes, m.trace)
	}
}

func TestSender_Send_outcomes(t *testing.T) {
	t.Parallel()
	const unavailable, internal = string(fault.QueueUnavailable), string(fault.Internal)
	for name, c := range map[string]struct {
		bodies  []string
		refuse  func(body string, try int) *types.BatchResultErrorEntry
		silent  map[string]bool
		err     error
		codes   []string
		batches []int
		taken   int
	}{
		"nothing to send": {
			codes: []string{},
		},
		"one message goes by itself": {
			bodies: bodies(1), codes: []string{""}, batches: []int{0}, taken: 1,
		},
		"eleven go as ten and one": {
			bodies: bodies(11), codes: make([]string, 11), batches: []int{10, 0}, taken: 11,
		},
		"a passing refusal is tried again, alone": {
			bodies: bodies(3),
			refuse: func(body string, try int) *types.BatchResultErrorEntry {
				if body == "m1" && try == 1 {
					return refusal("InternalError", false)
				}
				return nil
			},
			codes: []string{"", "", ""}, batches: []int{3, 0}, taken: 3,
		},
		"a passing refusal that stays is unavailability": {
			bodies: bodies(3),
			refuse: func(body string, _ int) *types.BatchResultErrorEntry {
				if body != "m1" {
					return refusal("InternalError", false)
				}
				return nil
			},
			codes: []string{unavailable, "", unavailable}, batches: []int{3, 2, 2}, taken: 1,
		},
		"a final refusal is not tried again": {
			bodies: bodies(2),
			refuse: func(body string, _ int) *types.BatchResultErrorEntry {
				if body == "m0" {
					return refusal("InvalidMessageContents", true)
				}
				return nil
			},
			codes: []string{internal, ""}, batches: []int{2}, taken: 1,
		},
		"throttling is passing whoever is blamed": {
			bodies: bodies(2),
			refuse: func(body string, try int) *types.BatchResultErrorEntry {
				if body == "m0" && try == 1 {
					return refusal("ThrottlingException", true)
				}
				return nil
			},
			codes: []string{"", ""}, batches: []int{2, 0}, taken: 2,
		},
		"what the answer does not name has failed": {
			bodies: bodies(3), silent: map[string]bool{"m0": true, "m2": true},
			codes: []string{unavailable, "", unavailable}, batches: []int{3, 2, 2}, taken: 1,
		},
		"a call that fails whole fails each": {
			bodies: bodies(3), err: errors.New("connection refused"),
			codes: []string{unavailable, unavailable, unavailable}, batches: []int{3},
		},
		"a missing queue is a fault of the deployment": {
			bodies: bodies(1), err: &smithy.GenericAPIError{Code: "AWS.SimpleQueueService.NonExistentQueue", Fault: smithy.FaultClient},
			codes: []string{unavailable}, batches: []int{0},
		},
		"a single message refused for its content": {
			bodies: bodies(1),
			refuse: func(string, int) *types.BatchResultErrorEntry { return refusal("InvalidMessageContents", true) },
			codes:  []string{internal}, batches: []int{0},
		},
		"a batch whose sum the queue finds too long": {
			bodies: bodies(2), err: &smithy.GenericAPIError{Code: "AWS.SimpleQueueService.BatchRequestTooLong"},
			codes: []string{internal, internal}, batches: []int{2},
		},
		"one too large is refused, the others go": {
			bodies: []string{"a", strings.Repeat("b", contract.QueueMessageLimit), "c"},
			codes:  []string{"", internal, ""}, batches: []int{2}, taken: 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := &fakeSQS{refuse: c.refuse, silent: c.silent}
				if c.err != nil {
					fake.err = func(context.Context) error { return c.err }
				}
				errs := newSender(t, fake, sqsqueue.Config{}).Send(t.Context(), messages(c.bodies...))
				if got := codesOf(errs); !slices.Equal(got, c.codes) {
					t.Errorf("codes %q, want %q", got, c.codes)
				}
				slices.Sort(fake.batches)
				want := slices.Sorted(slices.Values(c.batches))
				if !slices.Equal(fake.batches, want) || len(fake.taken) != c.taken {
					t.Errorf("calls %v, want %v; %d taken, want %d", fake.batches, want, len(fake.taken), c.taken)
				}
				for _, err := range errs {
					if c.err != nil && !errors.Is(err, c.err) {
						t.Errorf("the cause is lost: %v", err)
					}
				}
			})
		})
	}
}

func TestSender_Send_packs_any_mix_within_the_limits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 2))
		sent := make([]ingest.Message, random.IntN(60))
		for i := range sent {
			size := random.IntN(2_000)
			if random.IntN(3) == 0 {
				size = random.IntN(contract.QueueMessageLimit + 500)
			}
			sent[i] = ingest.Message{
				Body: strings.Repeat("x", size), EventID: strings.Repeat("e", 1+random.IntN(128)),
				CorrelationID: strings.Repeat("c", random.IntN(129)),
			}
		}
		fake := &fakeSQS{}
		taken := 0
		for i, err := range newSender(t, fake, sqsqueue.Config{}).Send(t.Context(), sent) {
			tooLarge := wireSize(sent[i]) > contract.QueueMessageLimit
			if (err != nil) != tooLarge {
				t.Errorf("seed %d: message %d of %d bytes: %v", seed, i, wireSize(sent[i]), err)
			}
			if err == nil {
				taken++
			}
		}
		if len(fake.taken) != taken {
			t.Errorf("seed %d: the queue has %d messages, %d were reported", seed, len(fake.taken), taken)
		}
	}
}

func wireSize(m ingest.Message) int {
	size := len(m.Body) + len("schema_version") + len("String") + len("1")
	for name, value := range map[string]string{"event_id": m.EventID, "correlation_id": m.CorrelationID} {
		if value != "" {
			size += len(name) + len("String") + len(value)
		}
	}
	return size
}

func TestSender_Send_stops_with_its_context(t *testing.T) {
	t.Parallel()
	fake := &fakeSQS{}
	ctx, cancel := context.WithCancel(t.Context())
	fake.err = func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	errs := newSender(t, fake, sqsqueue.Config{}).Send(ctx, messages(bodies(200)...))
	if len(errs) != 200 {
		t.Fatalf("%d errors, want 200", len(errs))
	}
	for i, err := range errs {
		if fault.CodeOf(err) != fault.QueueUnavailable || !errors.Is(err, context.Canceled) {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if len(fake.batches) > 8 {
		t.Errorf("%d calls after the context was done", len(fake.batches))
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	fake := &fakeSQS{}
	for want, c := range map[string]sqsqueue.Config{
		`sqsqueue: QueueURL must be the URL of a queue, got ""`:       {},
		`sqsqueue: QueueURL must be the URL of a queue, got "events"`: {QueueURL: "events"},
		"batch: Attempts must be 1 to 10, got 99":                     {QueueURL: queueURL, Attempts: 99},
	} {
		_, sender := sqsqueue.NewSender(fake, c)
		_, letters := sqsqueue.NewDeadLetters(fake, c)
		_, postponer := sqsqueue.NewPostponer(&fakeVisibility{}, c)
		for _, err := range []error{sender, letters, postponer} {
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}
