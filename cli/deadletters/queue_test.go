package deadletters

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestNew_names_what_cannot_be_used(t *testing.T) {
	t.Parallel()
	client := awssqs.New(awssqs.Options{})
	for want, cfg := range map[string]Config{
		"deadletters: Client is required": {DLQURL: "u"},
		"deadletters: DLQURL is required": {Client: client},
	} {
		if _, err := New(cfg); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	t.Run("tells what a letter is, and gives it back", func(t *testing.T) {
		t.Parallel()
		s := newStand(t)
		before := time.Now().Add(-time.Millisecond)
		id := s.dead("e1", "invalid_event", envelope("e1"))
		for range 2 { // a second look finds it again at once
			letters, err := s.queue().List(t.Context(), Filter{}, 20)
			if err != nil || len(letters) != 1 {
				t.Fatalf("%+v, %v", letters, err)
			}
			l := letters[0]
			if l.MessageID != id || l.EventID != "e1" || l.CorrelationID != "c-e1" || l.ErrorCode != "invalid_event" ||
				l.ErrorReason != "reason of e1" || l.Body != envelope("e1") || l.SentAt.Before(before) || l.SentAt.After(time.Now()) ||
				l.Attributes["schema_version"] != "1" {
				t.Errorf("%+v", l)
			}
		}
		letters, err := s.queue().List(t.Context(), Filter{}, 20)
		if err != nil || letters[0].Receives != 3 {
			t.Errorf("%+v, %v", letters, err)
		}
		s.wantStats("dlq", sqs.Stats{Visible: 1})
	})
	t.Run("stops at its limit, and shows no letter twice", func(t *testing.T) {
		t.Parallel()
		s := newStand(t)
		for i := range 25 {
			s.dead("e"+string(rune('a'+i)), "x", "b")
		}
		for limit, want := range map[int]int{1: 1, 12: 12, 100: 25} {
			letters, err := s.queue().List(t.Context(), Filter{}, limit)
			if err != nil || len(letters) != want {
				t.Fatalf("%d letters, %v; want %d", len(letters), err, want)
			}
			ids := map[string]bool{}
			for _, l := range letters {
				ids[l.MessageID] = true
			}
			if len(ids) != want {
				t.Errorf("%d different letters of %d", len(ids), want)
			}
		}
		s.wantStats("dlq", sqs.Stats{Visible: 25})
	})
	t.Run("takes ids out of the body where attributes have none, and lives with a body that is nothing", func(t *testing.T) {
		t.Parallel()
		s := newStand(t)
		for _, body := range []string{envelope("from-body"), "not an envelope", `{"event_id":"only-this"}`, `{"event_id":"no id!"}`} {
			if _, err := s.client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &s.dlqURL, MessageBody: &body}); err != nil {
				t.Fatal(err)
			}
		}
		letters, err := s.queue().List(t.Context(), Filter{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range letters {
			got = append(got, l.EventID+"/"+l.CorrelationID+"/"+l.ErrorCode)
		}
		slices.Sort(got)
		if want := []string{"//", "//", "from-body/c-from-body/", "only-this//"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("an error says what was tried, and nothing stays hidden", func(t *testing.T) {
		t.Parallel()
		s := newStand(t)
		for range 15 {
			s.dead("e", "x", "b")
		}
		s.inject(func(operation string, n int) fault {
			if operation == "ReceiveMessage" && n > 0 {
				return refused
			}
			return answered
		})
		if _, err := s.queue().List(t.Context(), Filter{}, 100); err == nil || !strings.HasPrefix(err.Error(), "receive from the DLQ: ") {
			t.Errorf("got %v", err)
		}
		s.wantStats("dlq", sqs.Stats{Visible: 15})
	})
	t.Run("letters that cannot be given back are told of", func(t *testing.T) {
		t.Parallel()
		s := newStand(t)
		s.dead("e", "x", "b")
		s.inject(func(operation string, _ int) fault {
			if operation == "ChangeMessageVisibilityBatch" {
				return refused
			}
			return answered
		})
		var log bytes.Buffer
		q := s.queue(func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		if letters, err := q.List(t.Context(), Filter{}, 10); err != nil || len(letters) != 1 {
			t.Fatalf("%v, %v", letters, err)
		}
		if !strings.Contains(log.String(), "they could not be given back") || !strings.Contains(log.String(), "messages=1") {
			t.Errorf("the log is %q", log.String())
		}
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	first, second := s.dead("twice", "a", "1"), s.dead("twice", "b", "2")
	for i := range 15 {
		s.dead("other", "x", strings.Repeat("x", i+1))
	}
	for name, test := range map[string]struct {
		id   string
		want []string
	}{
		"by message id":            {first, []string{first}},
		"all of an event":          {"twice", []string{first, second}},
		"an id that nothing has":   {"nobody", nil},
		"no id is not everybody's": {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			letters, err := s.queue().Find(t.Context(), test.id)
			if (len(test.want) == 0) != errors.Is(err, ErrNotThere) || (err != nil && len(test.want) > 0) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, l := range letters {
				got = append(got, l.MessageID)
			}
			slices.Sort(got)
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			s.wantStats("dlq", sqs.Stats{Visible: 17})
		})
	}
	t.Run("an interruption gives everything back", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer s.inject(nil)
		s.inject(func(operation string, n int) fault {
			if n == 1 {
				cancel()
			}
			return answered
		})
		if _, err := s.queue().Find(ctx, "nobody"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCount_and_Purge(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for range 3 {
		s.dead("e", "x", "b")
	}
	if _, err := s.client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &s.dlqURL, MaxNumberOfMessages: 1}); err != nil {
		t.Fatal(err)
	}
	count, err := s.queue().Count(t.Context())
	if err != nil || count != (Count{Visible: 2, InFlight: 1}) || count.Total() != 3 {
		t.Errorf("%+v, %v", count, err)
	}
	if err := s.queue().Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantStats("dlq", sqs.Stats{})
	s.inject(func(string, int) fault { return refused })
	if err := s.queue().Purge(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "purge the DLQ: ") {
		t.Errorf("got %v", err)
	}
	if _, err := s.queue().Count(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "count the messages of the DLQ: ") {
		t.Errorf("got %v", err)
	}
}
