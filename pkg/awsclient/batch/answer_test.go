package batch_test

import (
	"errors"
	"testing"

	"github.com/fluxa/fluxa/pkg/awsclient/batch"
)

func TestRefusal_Final(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code        string
		senderFault bool
		final       bool
	}{
		{"InternalError", false, false},
		{"InvalidMessageContents", false, false},
		{"InvalidMessageContents", true, true},
		{"AWS.SimpleQueueService.InvalidMessageContents", true, true},
		{"", true, true},
		{"ThrottlingException", true, false},
		{"RequestThrottled", true, false},
		{"KMS.ThrottlingException", true, false},
		{"KmsAccessDenied", true, false},
		{"KMSDisabled", true, false},
		{"AccessDenied", true, false},
		{"AccessDeniedException", true, false},
		{"OverLimit", true, false},
		{"Throttled", true, false},
	} {
		if got := (&batch.Refusal{Code: c.code, SenderFault: c.senderFault}).Final(); got != c.final {
			t.Errorf("%q, sender's fault %t: final %t, want %t", c.code, c.senderFault, got, c.final)
		}
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	got := batch.Outcomes(4,
		[]string{batch.ID(2), "7", "-1", "x"},
		[]batch.Refusal{
			{ID: batch.ID(0), Code: "InternalError", Message: "try again"},
			{ID: batch.ID(3), Code: "InvalidMessageContents", Message: "bad character", SenderFault: true},
			{ID: "4", Code: "Strange"},
		})
	want := []struct {
		text  string
		again bool
	}{
		{"the entry was refused: InternalError: try again", true},
		{"the answer does not name the entry", true},
		{"", false},
		{"the entry was refused: InvalidMessageContents: bad character", false},
	}
	for i, w := range want {
		text := ""
		if got[i].Err != nil {
			text = got[i].Err.Error()
		}
		if text != w.text || got[i].Again != w.again {
			t.Errorf("outcome %d is %q, again %t; want %q, %t", i, text, got[i].Again, w.text, w.again)
		}
	}
	if refusal, ok := errors.AsType[*batch.Refusal](got[3].Err); !ok || refusal.Code != "InvalidMessageContents" {
		t.Errorf("the refusal is lost: %v", got[3].Err)
	}
}

func TestFailed_is_the_same_for_all_and_not_tried_again(t *testing.T) {
	t.Parallel()
	for i, outcome := range batch.Failed(3, errFinal) {
		if !errors.Is(outcome.Err, errFinal) || outcome.Again {
			t.Errorf("outcome %d: %+v", i, outcome)
		}
	}
}
