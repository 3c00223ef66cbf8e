package sqsqueue_test

import (
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/process"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
)

func newDeadLetters(t *testing.T, fake *fakeSQS) *sqsqueue.DeadLetters {
	t.Helper()
	fake.t = t
	letters, err := sqsqueue.NewDeadLetters(fake, sqsqueue.Config{QueueURL: queueURL})
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func TestDeadLetters_Send_attributes(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 10 {
		many["a"+strconv.Itoa(i)] = "v"
	}
	for name, c := range map[string]struct {
		letter process.DeadLetter
		want   map[string]string
	}{
		"the code, the reason and the ids": {
			process.DeadLetter{EventID: "e1", CorrelationID: "c1", Code: fault.HashMismatch, Reason: "it differs"},
			map[string]string{"error_code": "hash_mismatch", "error_reason": "it differs", "event_id": "e1", "correlation_id": "c1"},
		},
		"the message's own attributes stay": {
			process.DeadLetter{
				Code: fault.InvalidEvent, Reason: "no amount",
				Message: process.Message{Attributes: map[string]string{"event_id": "e2", "schema_version": "1", "tenant": "x"}},
			},
			map[string]string{"error_code": "invalid_event", "error_reason": "no amount", "event_id": "e2", "schema_version": "1", "tenant": "x"},
		},
		"the errors of an earlier time are replaced": {
			process.DeadLetter{
				Code: fault.InvalidEvent, EventID: "e3",
				Message: process.Message{Attributes: map[string]string{"error_code": "old", "error_reason": "old", "event_id": "other"}},
			},
			map[string]string{"error_code": "invalid_event", "event_id": "e3"},
		},
		"binary attributes stay": {
			process.DeadLetter{
				Code:    fault.InvalidEvent,
				Message: process.Message{Attributes: map[string]string{"a": "x"}, Binary: map[string][]byte{"b": {1}, "error_reason": {2}, "empty": {}}},
			},
			map[string]string{"error_code": "invalid_event", "a": "x", "b": "01"},
		},
		"of too many attributes the best known stay": {
			process.DeadLetter{
				Code: fault.InvalidEvent, Reason: "r", EventID: "e4", CorrelationID: "c4",
				Message: process.Message{Attributes: mapOf(many, "schema_version", "1")},
			},
			map[string]string{
				"error_code": "invalid_event", "error_reason": "r", "event_id": "e4", "correlation_id": "c4", "schema_version": "1",
				"a0": "v", "a1": "v", "a2": "v", "a3": "v", "a4": "v",
			},
		},
		"a long reason is cut at a character": {
			process.DeadLetter{Code: fault.InvalidEvent, Reason: strings.Repeat("ä", 600)},
			map[string]string{"error_code": "invalid_event", "error_reason": strings.Repeat("ä", 510) + "…"},
		},
		"characters that SQS refuses are replaced": {
			process.DeadLetter{Code: fault.InvalidEnvelope, Reason: "a\x00b\xff", Message: process.Message{Attributes: map[string]string{"x": "\uFFFE"}}},
			map[string]string{"error_code": "invalid_envelope", "error_reason": "a\uFFFDb\uFFFD", "x": "\uFFFD"},
		},
		"a large body leaves what has room": {
			process.DeadLetter{
				Code: fault.InvalidEnvelope, Reason: "not an envelope at all", CorrelationID: "much too long for what is left",
				Message: process.Message{Body: strings.Repeat("b", contract.QueueMessageLimit-65), Attributes: map[string]string{"x": "y"}},
			},
			map[string]string{"error_code": "invalid_envelope", "error_reason": "not an envel…"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.letter.Message.Body == "" {
				c.letter.Message.Body = "body"
			}
			fake := &fakeSQS{}
			if errs := newDeadLetters(t, fake).Send(t.Context(), []process.DeadLetter{c.letter}); errs[0] != nil {
				t.Fatal(errs[0])
			}
			if got := fake.taken[0]; got.body != c.letter.Message.Body || !maps.Equal(got.attributes, c.want) {
				t.Errorf("attributes\n%q, want\n%q", got.attributes, c.want)
			}
		})
	}
}

func mapOf(base map[string]string, name, value string) map[string]string {
	out := maps.Clone(base)
	out[name] = value
	return out
}

func TestDeadLetters_Send_never_leaves_a_body_behind(t *testing.T) {
	t.Parallel()
	letter := func(free int) process.DeadLetter {
		return process.DeadLetter{
			Code: fault.InvalidEnvelope, Reason: "not an envelope", EventID: "e1",
			Message: process.Message{Body: strings.Repeat("b", contract.QueueMessageLimit-free), Binary: map[string][]byte{"digest": {0, 255}}},
		}
	}
	const code, id, reason, digest = 10 + 6 + 16, 8 + 6 + 2, 12 + 6 + 15, 6 + 6 + 2
	whole := map[string]string{"error_code": "invalid_envelope", "event_id": "e1", "error_reason": "not an envelope", "digest": "00ff"}
	for free, missing := range map[int][]string{
		code + id + reason + digest: {}, code + id + reason + digest - 1: {"digest"},
		code + id: {"digest", "error_reason"}, code + id - 1: {"error_reason", "event_id"}, // there is room for the digest
		0: {"digest", "error_reason", "event_id", "error_code"},
	} {
		fake := &fakeSQS{}
		sent := letter(free)
		if errs := newDeadLetters(t, fake).Send(t.Context(), []process.DeadLetter{sent}); errs[0] != nil || len(fake.taken) != 1 {
			t.Fatalf("%d bytes free: %v", free, errs[0])
		}
		want := maps.Clone(whole)
		for _, name := range missing {
			delete(want, name)
		}
		if got := fake.taken[0]; got.body != sent.Message.Body || !maps.Equal(got.attributes, want) {
			t.Errorf("%d bytes free: attributes %q, want %q", free, got.attributes, want)
		}
	}
}

func TestDeadLetters_Send_keeps_within_the_limits_whatever_comes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 3))
		text := func(limit int) string {
			return strings.Repeat([]string{"a", "ä", "😀", "\x00", "\xff"}[random.IntN(5)], random.IntN(limit))
		}
		letter := process.DeadLetter{
			Code: fault.IdempotencyConflict, Reason: text(2_000), EventID: text(128), CorrelationID: text(128),
			Message: process.Message{Attributes: map[string]string{}},
		}
		for i := range random.IntN(11) {
			letter.Message.Attributes["attribute"+strconv.Itoa(i)] = text(300)
		}
		letter.Message.Binary = map[string][]byte{"binary": make([]byte, random.IntN(300))}
		letter.Message.Body = strings.Repeat("b", contract.QueueMessageLimit-random.IntN(4_000))
		fake := &fakeSQS{}
		err := newDeadLetters(t, fake).Send(t.Context(), []process.DeadLetter{letter})[0]
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		free := contract.QueueMessageLimit - len(letter.Message.Body)
		need := len("error_code") + len("String") + len(letter.Code)
		got := fake.taken[0]
		if (got.attributes["error_code"] == "idempotency_conflict") != (free >= need) || got.body != letter.Message.Body {
			t.Errorf("seed %d: code %q", seed, got.attributes["error_code"])
		}
		for name, value := range got.attributes {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				t.Errorf("seed %d: attribute %s is %q", seed, name, value)
			}
		}
	}
}
