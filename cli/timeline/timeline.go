// Package timeline tells what happened to an event: from the functions' log lines and what
// the API says of it.
package timeline

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// linesLimit bounds the log lines of an event.
const linesLimit = 400

// Logs are the lines that the functions wrote.
type Logs interface {
	// Search returns up to limit lines whose event id or correlation id is one of the ids.
	Search(ctx context.Context, ids []string, limit int) ([][]byte, error)
}

// Events is the HTTP API. Its errors are those of *api.Client. An owner is the client whose
// event it is, empty in a stack without clients.
type Events interface {
	Event(ctx context.Context, owner, id string) (json.RawMessage, error)
	Status(ctx context.Context, owner, id string) (api.Status, error)
}

// Trace is what is known of the event that an id names: its event id or its correlation id.
type Trace struct {
	Asked         string
	ID            string
	Owner         string // the client whose event it is
	CorrelationID string
	Others        []string // event ids, when a correlation id names several
	Steps         []Step
	Status        *api.Status
	Event         json.RawMessage
	Entries       []activity.Entry
	Failed        []string // what could not be read
}

// Gather asks the logs and the API.
func Gather(ctx context.Context, logs Logs, events Events, asked string) Trace {
	t := Trace{Asked: asked}
	t.Entries = t.search(ctx, logs, asked)
	var ids []string
	for _, e := range t.Entries {
		if e.EventID != "" && !slices.Contains(ids, e.EventID) {
			ids = append(ids, e.EventID)
		}
	}
	switch {
	case len(ids) == 0 || slices.Contains(ids, asked):
		t.ID = asked
	case len(ids) == 1:
		t.ID = ids[0]
	default:
		t.Others = ids
		return t
	}
	t.keepOwner()
	t.addRequest(ctx, logs)
	t.ask(ctx, events)
	t.Steps = stepsOf(t.Entries)
	return t
}

// Settled reports whether nothing more is expected. The processor's line comes a moment
// after its commit; after a minute it is not waited for.
func (t Trace) Settled(now time.Time) bool {
	if len(t.Others) > 0 {
		return true
	}
	if t.Status == nil || t.Status.State == contract.StatusProcessing {
		return false
	}
	if now.Sub(t.Status.LastSeenAt) > time.Minute {
		return true
	}
	return slices.ContainsFunc(t.Entries, func(e activity.Entry) bool {
		return e.Function == contract.FunctionProcessor && !e.At.Before(t.Status.LastSeenAt.Truncate(time.Millisecond))
	})
}

// Announced reports whether lines say that the topic has the event.
func Announced(entries []activity.Entry) bool {
	return slices.ContainsFunc(entries, func(e activity.Entry) bool { return e.Notified })
}

// keepOwner keeps the lines of one client's event: where several use the id, of the one
// that used it last.
func (t *Trace) keepOwner() {
	for _, e := range t.Entries {
		if e.EventID == t.ID {
			t.Owner = e.Client
		}
	}
	t.Entries = slices.DeleteFunc(t.Entries, func(e activity.Entry) bool { return e.Client != t.Owner })
}

// Entries returns the log lines that have the id, in the order of time. Those of query are
// of no interest: whoever looks makes some.
func Entries(ctx context.Context, logs Logs, id string) ([]activity.Entry, error) {
	lines, err := logs.Search(ctx, []string{id}, linesLimit)
	var out []activity.Entry
	for _, line := range lines {
		if e, ok := activity.ParseEntry(line); ok && e.Function != contract.FunctionQuery {
			out = append(out, e)
		}
	}
	inOrder(out)
	return out, err
}

// search is Entries, and keeps an error.
func (t *Trace) search(ctx context.Context, logs Logs, id string) []activity.Entry {
	out, err := Entries(ctx, logs, id)
	if err != nil {
		t.Failed = append(t.Failed, exit.Line(err))
	}
	return out
}

func inOrder(entries []activity.Entry) {
	// A request goes before its event is processed, which may be over before the answer.
	slices.SortStableFunc(entries, func(a, b activity.Entry) int { return a.Began().Compare(b.Began()) })
}

// addRequest looks for the request that brought the event, under its correlation id: the
// line of a batch names no event.
func (t *Trace) addRequest(ctx context.Context, logs Logs) {
	for _, e := range t.Entries {
		t.CorrelationID = cmp.Or(t.CorrelationID, e.CorrelationID)
		if e.Function == contract.FunctionIngest {
			return
		}
	}
	if t.CorrelationID == "" {
		return
	}
	for _, e := range t.search(ctx, logs, t.CorrelationID) {
		if e.Function == contract.FunctionIngest && e.EventID == "" {
			t.Entries = append(t.Entries, e)
		}
	}
	inOrder(t.Entries)
}

// ask reads the event and its status from the API, both at once.
func (t *Trace) ask(ctx context.Context, events Events) {
	var wait sync.WaitGroup
	var eventErr, statusErr error
	wait.Go(func() { t.Event, eventErr = events.Event(ctx, t.Owner, t.ID) })
	wait.Go(func() {
		var status api.Status
		if status, statusErr = events.Status(ctx, t.Owner, t.ID); statusErr == nil {
			t.Status = &status
		}
	})
	wait.Wait()
	for _, err := range []error{eventErr, statusErr} {
		if err != nil && !api.IsNotFound(err) && !slices.Contains(t.Failed, err.Error()) {
			t.Failed = append(t.Failed, err.Error())
		}
	}
}

// Reader reads whichever client's events, which takes the key of one that reads all.
type Reader struct{ *api.Client }

var _ Events = Reader{}

// Event implements Events.
func (r Reader) Event(ctx context.Context, owner, id string) (json.RawMessage, error) {
	return r.of(owner).Event(ctx, id)
}

// Status implements Events.
func (r Reader) Status(ctx context.Context, owner, id string) (api.Status, error) {
	return r.of(owner).Status(ctx, id)
}

func (r Reader) of(owner string) *api.Client {
	if owner == "" {
		return r.Client
	}
	return r.Of(owner)
}
