package process_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/process"
)

// TestProcessBatch_leaves_nothing_of_an_erased_user has messages that waited while their
// user was erased: each is acknowledged, and nobody hears of it.
func TestProcessBatch_leaves_nothing_of_an_erased_user(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	large := envelopeOf("gone", payloadOf("gone", "m"))
	large.Mode, large.Payload = event.S3, nil
	large.Bucket, large.Key = "own-bucket", event.ObjectKey(large.Identity(), large.SHA256)
	store.RefuseUser("*", "u")
	store.RefusePayload("", large.SHA256, time.Now())
	report := service.ProcessBatch(t.Context(), []process.Message{
		wrap(t, "m1", envelopeOf("a", payloadOf("a", "m"))), wrap(t, "m2", large), wrap(t, "m3", envelopeOf("a", payloadOf("a", "another"))),
	})
	want(t, words(report), []string{"erased", "erased", "retried database_unavailable"})
	if len(w.published) != 0 || len(w.letters) != 0 || len(store.Events()) != 0 {
		t.Errorf("%d published, %d dead letters, %d events", len(w.published), len(w.letters), len(store.Events()))
	}
	report = service.ProcessBatch(t.Context(), []process.Message{wrap(t, "m3", envelopeOf("a", payloadOf("a", "another")))})
	want(t, words(report), []string{"erased"})
}

// TestProcessBatch_tells_whose_payload_is_erased_when_an_id_has_two has the message of an
// erased user beside one of another user's event under the same id, which is stored: it is
// no conflict, whose letter would keep the erased payload.
func TestProcessBatch_tells_whose_payload_is_erased_when_an_id_has_two(t *testing.T) {
	t.Parallel()
	service, w, store := newService(t)
	store.RefuseUser("*", "ada")
	of := func(user string) string { return strings.Replace(payloadOf("a", "m"), `"u"`, `"`+user+`"`, 1) }
	report := service.ProcessBatch(t.Context(), []process.Message{
		wrap(t, "m1", envelopeOf("a", of("bob"))), wrap(t, "m2", envelopeOf("a", of("ada"))), wrap(t, "m3", envelopeOf("a", of("eve"))),
		wrap(t, "m4", envelopeOf("a", of("ada"))),
	})
	want(t, words(report), []string{"processed", "erased", "dead_lettered idempotency_conflict", "erased"})
	if len(w.letters) != 1 || w.letters[0].Message.ID != "m3" || len(store.Events()) != 1 {
		t.Errorf("%d events, dead letters %+v", len(store.Events()), w.letters)
	}
	large := func(user string) event.Envelope {
		e := envelopeOf("gone", of(user))
		e.Mode, e.Payload = event.S3, nil
		e.Bucket, e.Key = "own-bucket", event.ObjectKey(e.Identity(), e.SHA256)
		return e
	}
	store.RefusePayload("", large("ada").SHA256, time.Now())
	report = service.ProcessBatch(t.Context(), []process.Message{wrap(t, "m5", large("bob")), wrap(t, "m6", large("ada"))})
	want(t, words(report), []string{"dead_lettered payload_missing", "erased"})
}
