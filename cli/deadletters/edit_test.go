package deadletters

import (
	"errors"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/event/eventtest"
)

func TestSendEdited_sends_the_new_payload_in_place_of_the_old_one(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.dead("e1", "invalid_event", envelope("e1"))
	s.dead("e2", "invalid_event", envelope("e2"))
	letters, err := s.queue().Find(t.Context(), "e1")
	if err != nil {
		t.Fatal(err)
	}
	if old, err := letters[0].Payload(); err != nil || string(old) != `{"user_id":"u"}` {
		t.Fatalf("the old payload is %s, %v", old, err)
	}
	payload := eventtest.With("event_id", `"e1"`)
	if err := s.queue().SendEdited(t.Context(), letters[0], []byte(payload)); err != nil {
		t.Fatal(err)
	}
	s.wantStats("dlq", sqs.Stats{Visible: 1})
	got := s.drain(s.queueURL)
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	sent, err := event.DecodeEnvelope(*got[0].Body)
	before, beforeErr := event.DecodeEnvelope(envelope("e1"))
	if err != nil || beforeErr != nil || *sent.Payload != payload || sent.SHA256 != event.Hash([]byte(payload)) ||
		sent.EventID != "e1" || sent.CorrelationID != before.CorrelationID || !sent.ReceivedAt.Equal(before.ReceivedAt) {
		t.Errorf("sent %+v, %v, %v", sent, err, beforeErr)
	}
	if _, has := got[0].MessageAttributes[contract.AttrErrorCode]; has {
		t.Error("the reason why it was rejected went with it")
	}
	if err := s.queue().SendEdited(t.Context(), letters[0], []byte(payload)); !errors.Is(err, ErrNotThere) {
		t.Errorf("a message that is gone: %v", err)
	}
}

func TestSendEdited_refuses_what_would_come_back(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.dead("e1", "invalid_event", envelope("e1"))
	letters, err := s.queue().Find(t.Context(), "e1")
	if err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]string{
		`{"user_id":"u"}`:                     "fields are invalid",
		`{`:                                   "ends too early",
		eventtest.With("event_id", `"other"`): `event_id is "other", it must stay "e1"`,
		eventtest.With("event_id", `"e1"`, "metadata", `{"k":"`+strings.Repeat("x", contract.InlineLimit)+`"}`): "send the event anew",
	} {
		if err := s.queue().SendEdited(t.Context(), letters[0], []byte(payload)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", payload, err, want)
		}
	}
	s.wantStats("dlq", sqs.Stats{Visible: 1})
	s.wantStats("events", sqs.Stats{})
}

func TestPayload_says_why_there_is_none_to_edit(t *testing.T) {
	t.Parallel()
	inS3, err := event.DecodeEnvelope(envelope("e"))
	if err != nil {
		t.Fatal(err)
	}
	inS3.Mode, inS3.Payload, inS3.Bucket, inS3.Key = event.S3, nil, "b", event.ObjectKey(event.Identity{ID: "e"}, inS3.SHA256)
	body, err := inS3.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{"no envelope": "is not an envelope", body: "is in S3"} {
		if _, err := (Letter{MessageID: "m", Body: body}).Payload(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
}
