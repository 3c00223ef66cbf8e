package process_test

import (
	"testing"

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
	store.RefusePayload("", large.SHA256)
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
