// Package webconsole is Fluxa's console: pages that show the pipeline at work, each
// event's way through it, and the dead letters. It reads and does everything through the
// interfaces below, so that a local stack and a deployed stage look the same.
package webconsole

import (
	"context"
	"time"

	"github.com/fluxa/fluxa/cli/deadletters"
	"github.com/fluxa/fluxa/cli/timeline"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Logs are the lines that the functions write.
type Logs interface {
	// Next hands over what was written since it was called last. take must not keep a line.
	Next(ctx context.Context, take func(contract.Function, []byte)) error
	timeline.Logs
}

// Queues tells how many messages wait.
type Queues interface {
	Depths(ctx context.Context) (Depths, error)
}

// Depths are the two queues.
type Depths struct {
	Events Depth `json:"events"`
	DLQ    Depth `json:"dlq"`
}

// Depth is a queue: its messages, and how long ago the oldest was sent.
type Depth struct {
	deadletters.Count
	Age time.Duration `json:"-"`
}

// Events is the HTTP API. Its errors are those of *api.Client.
type Events interface {
	timeline.Events
	Send(ctx context.Context, payload []byte, key string) (api.Result, error)
}

// DeadLetters is the dead-letter queue, as *deadletters.Queue has it.
type DeadLetters interface {
	List(ctx context.Context, filter deadletters.Filter, limit int) ([]deadletters.Letter, error)
	Find(ctx context.Context, id string) ([]deadletters.Letter, error)
	Redrive(ctx context.Context, r deadletters.Redrive) (deadletters.Redriven, error)
	SendEdited(ctx context.Context, l deadletters.Letter, payload []byte) error
	Delete(ctx context.Context, ids []string, filter deadletters.Filter, each func(deadletters.Letter, error)) (deadletters.Deleted, error)
}

var _ DeadLetters = (*deadletters.Queue)(nil)

// Bypass puts a payload on the events queue without the checks of ingest, so that the
// processor meets one that it cannot store. It returns the event's id.
type Bypass interface {
	Enqueue(ctx context.Context, payload []byte) (id string, err error)
}

// Notifications are what the topic's subscribers got.
type Notifications interface {
	// Recent returns the last ones, the newest first.
	Recent(ctx context.Context) ([]Notification, error)
}

// Notification is one message of the topic.
type Notification struct {
	At   time.Time
	Body string
}
