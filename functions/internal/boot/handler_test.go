package boot_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/functions/internal/boot"
)

func TestHandler_reads_the_event_and_writes_the_answer(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	handler := boot.Handler(func(_ context.Context, in events.SQSMessage) (events.SQSEventResponse, error) {
		if in.MessageId == "" {
			return events.SQSEventResponse{}, refused
		}
		return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: in.MessageId + " <" + in.Body + ">"}}}, nil
	})
	for event, want := range map[string]string{
		`{"messageId":"1","body":"b","unknown":{"a":[]}}`:       `{"batchItemFailures":[{"itemIdentifier":"1 <b>"}]}`,
		`{"messageId":"0","messageId":"1","body":"` + "\xff\"}": `{"batchItemFailures":[{"itemIdentifier":"1 <` + "�" + `>"}]}`,
		`{"messageId":"1","body":null,"attributes":null}`:       `{"batchItemFailures":[{"itemIdentifier":"1 <>"}]}`,
	} {
		if got, err := handler.Invoke(t.Context(), []byte(event)); err != nil || string(got) != want {
			t.Errorf("%q: got %s, %v, want %s", event, got, err, want)
		}
	}
	if got, err := handler.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, refused) || got != nil {
		t.Errorf("got %s, %v, want the function's own error", got, err)
	}
	for _, event := range []string{``, `{`, `[]`, `{"body":1}`, `{} {}`} {
		if got, err := handler.Invoke(t.Context(), []byte(event)); err == nil || !strings.HasPrefix(err.Error(), "read the event: ") || got != nil {
			t.Errorf("%s: got %s, %v, want an error", event, got, err)
		}
	}
}
