package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/process"
)

// checks are what a message needs: its way into the database, and each service that one
// may need in turn.
func (a adapters) checks() []boot.Check {
	return []boot.Check{
		{Name: "event", Run: a.rehearse}, {Name: "payloads", Run: a.blobs.CheckGet}, {Name: "topic", Run: a.topic.Check},
		{Name: "dlq", Run: a.letters.Check}, {Name: "queue", Run: a.postponer.Check},
	}
}

// rehearse processes a message as any other, in a transaction that is rolled back. It is
// announced to nobody.
func (a adapters) rehearse(ctx context.Context) error {
	message, err := sample(time.Now())
	if err != nil {
		return err
	}
	return a.store.Rehearse(ctx, func(rehearsed *pgstore.Store) error {
		config, outside := a.config(), &nobody{}
		config.Store, config.Notifier, config.DeadLetters, config.Postponer = rehearsed, outside, outside, outside
		service, err := process.New(config)
		if err != nil {
			return err
		}
		outcomes := service.ProcessBatch(ctx, []process.Message{message}).Outcomes
		switch {
		case len(outcomes) != 1:
			return fmt.Errorf("one message has %d outcomes", len(outcomes))
		case outcomes[0].Err != nil:
			return fmt.Errorf("a good message is %s: %w", outcomes[0].Result, outcomes[0].Err)
		case outcomes[0].Result != process.Processed || !outcomes[0].Stored || outside.announced != 1:
			return fmt.Errorf("a good message is %s, stored: %v, announced %d times", outcomes[0].Result, outcomes[0].Stored, outside.announced)
		}
		return nil
	})
}

// sample is a message as ingest sends it.
func sample(now time.Time) (process.Message, error) {
	id := "fluxa-check-" + uuid.NewString()
	payload := fmt.Sprintf(`{"event_id":%q,"user_id":"fluxa-check","amount":12.5000,"currency":"EUR","merchant":"fluxa-check","timestamp":%q,"metadata":{"check":true}}`,
		id, now.UTC().Format(time.RFC3339))
	body, err := event.Envelope{
		EventID: id, CorrelationID: id, Mode: event.Inline, Payload: &payload, SHA256: event.Hash([]byte(payload)), ReceivedAt: now,
	}.Encode()
	if err != nil {
		return process.Message{}, fmt.Errorf("encode a message: %w", err)
	}
	return process.Message{
		ID: id, Body: body, ReceiptHandle: "none", Deliveries: 1,
		Attributes: map[string]string{contract.AttrEventID: id, contract.AttrCorrelationID: id, contract.AttrSchemaVersion: contract.SchemaVersion},
	}, nil
}

// nobody takes notifications and passes them to none. What else leaves the processor, a
// good message does not need.
type nobody struct{ announced int }

var errUnneeded = errors.New("a good message needs none")

func (n *nobody) Publish(_ context.Context, notifications []process.Notification) []error {
	n.announced += len(notifications)
	return make([]error, len(notifications))
}

func (n *nobody) Send(_ context.Context, letters []process.DeadLetter) []error {
	return each(len(letters), errUnneeded)
}

func (n *nobody) Postpone(_ context.Context, postponements []process.Postponement) []error {
	return each(len(postponements), errUnneeded)
}

func each(n int, err error) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = err
	}
	return errs
}
