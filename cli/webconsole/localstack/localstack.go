// Package localstack shows a local stack in the console.
package localstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"

	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/timeline"
	"github.com/fluxa/fluxa/cli/webconsole"
	"github.com/fluxa/fluxa/cli/webconsole/locallogs"
	"github.com/fluxa/fluxa/cli/webconsole/traces"
	"github.com/fluxa/fluxa/local/stack"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/sqsqueue"
)

// timeout bounds each call to the emulated SQS.
const timeout = 5 * time.Second

// Console returns what makes the console of a stack that is starting, with the traces of its
// functions; nil: there are none.
func Console(spans *traces.Store) func(*stack.Stack) (stack.Console, error) {
	return func(s *stack.Stack) (stack.Console, error) { return newConsole(s, spans) }
}

func newConsole(s *stack.Stack, spans *traces.Store) (stack.Console, error) {
	info, client := s.Info(), s.SQS()
	// A page tells people at once what is wrong, instead of trying for long.
	events, err := api.New(api.Config{Endpoint: info.APIURL, APIKey: info.APIKey, Timeout: timeout, Tries: 2, Connections: 8})
	if err != nil {
		return nil, err
	}
	letters, err := deadletters.New(deadletters.Config{Client: client, DLQURL: info.DLQURL, QueueURL: info.QueueURL, ShortPoll: true})
	if err != nil {
		return nil, err
	}
	sender, err := sqsqueue.NewSender(client, sqsqueue.Config{QueueURL: info.QueueURL})
	if err != nil {
		return nil, err
	}
	logs := locallogs.New(info.LogDir)
	cfg := webconsole.Config{
		Path: stack.ConsolePath, Name: stack.Stage, APIKey: info.APIKey, Logs: logs, Events: timeline.Reader{Client: events}, DeadLetters: letters,
		Queues: queues{s, client, info}, Bypass: bypass{sender}, Notifications: notifications{s},
	}
	if spans != nil {
		cfg.Traces = spans
	}
	server, err := webconsole.New(cfg)
	if err != nil {
		return nil, err
	}
	return running{server, logs}, nil
}

// running closes the logs when the console ends.
type running struct {
	*webconsole.Server
	logs io.Closer
}

// Run implements stack.Console.
func (r running) Run(ctx context.Context) error {
	return errors.Join(r.Server.Run(ctx), r.logs.Close())
}

type queues struct {
	stack  *stack.Stack
	client *sqs.Client
	info   stack.Info
}

// Depths implements webconsole.Queues.
func (q queues) Depths(ctx context.Context) (webconsole.Depths, error) {
	events, err := q.depth(ctx, stack.EventsQueue, q.info.QueueURL)
	if err != nil {
		return webconsole.Depths{}, err
	}
	dlq, err := q.depth(ctx, stack.DLQ, q.info.DLQURL)
	return webconsole.Depths{Events: events, DLQ: dlq}, err
}

func (q queues) depth(ctx context.Context, name, url string) (webconsole.Depth, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	count, err := deadletters.CountOf(ctx, q.client, name, url)
	if err != nil {
		return webconsole.Depth{}, err
	}
	age, err := q.stack.Age(name)
	return webconsole.Depth{Count: count, Age: age}, err
}

type bypass struct{ sender *sqsqueue.Sender }

// Enqueue implements webconsole.Bypass.
func (b bypass) Enqueue(ctx context.Context, payload []byte) (string, error) {
	id, err := idOf(payload)
	if err != nil {
		return "", err
	}
	text, correlation := string(payload), uuid.NewString()
	body, err := event.Envelope{
		EventID: id, CorrelationID: correlation, Mode: event.Inline, Payload: &text, SHA256: event.Hash(payload), ReceivedAt: time.Now().UTC(),
	}.Encode()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return id, b.sender.Send(ctx, []ingest.Message{{EventID: id, CorrelationID: correlation, Body: body}})[0]
}

// idOf is the event's id if the payload has a valid one, else a new one. Everything else
// about a payload may be wrong.
func idOf(payload []byte) (string, error) {
	var e struct {
		EventID string `json:"event_id"`
	}
	if json.Unmarshal(payload, &e) == nil && event.ValidID(e.EventID) {
		return e.EventID, nil
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make an event id: %w", err)
	}
	return id.String(), nil
}

type notifications struct{ stack *stack.Stack }

// Recent implements webconsole.Notifications.
func (n notifications) Recent(context.Context) ([]webconsole.Notification, error) {
	list := n.stack.Announcements()
	out := make([]webconsole.Notification, len(list))
	for i, a := range list {
		out[i] = webconsole.Notification(a)
	}
	return out, nil
}
