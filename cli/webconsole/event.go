package webconsole

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	api "github.com/fluxa/fluxa/pkg/client"
	"github.com/fluxa/fluxa/pkg/contract"
)

// linesLimit bounds the log lines of a page.
const linesLimit = 400

// eventBody is what is known of the event that an id names: its event id or its
// correlation id.
type eventBody struct {
	Asked         string
	ID            string
	Owner         string // the client whose event it is
	CorrelationID string
	Others        []string // event ids, when a correlation id names several
	Steps         []step
	Status        *api.Status
	Event         json.RawMessage
	Entries       []activity.Entry
	Failed        []string
	Settled       bool // nothing more is expected
}

// step is a moment of the timeline.
type step struct {
	At     time.Time
	Since  string // the step before
	Title  string
	Detail string
	Kind   string // good, mild or bad
}

func (s *Server) event(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimSpace(r.URL.Query().Get("id"))
	if id == "" {
		s.sorry(w, r, http.StatusBadRequest, "events", "Give an event id or a correlation id.")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	body := s.trace(ctx, id)
	// One that was just sent, or sent again, is followed until it is stored.
	if r.URL.Query().Has("said") && (body.Status == nil || body.Status.State != contract.StatusProcessed) {
		body.Settled = false
	}
	part := "page"
	if r.URL.Query().Has("part") {
		part = "trace"
	}
	s.show(w, r, http.StatusOK, "event", part, page{Title: "Event " + id, Section: "events", Body: body})
}

// trace gathers what the logs and the API say.
func (s *Server) trace(ctx context.Context, asked string) eventBody {
	b := eventBody{Asked: asked}
	b.Entries = s.entries(ctx, &b, asked)
	var ids []string
	for _, e := range b.Entries {
		if e.EventID != "" && !slices.Contains(ids, e.EventID) {
			ids = append(ids, e.EventID)
		}
	}
	switch {
	case len(ids) == 0 || slices.Contains(ids, asked):
		b.ID = asked
	case len(ids) == 1:
		b.ID = ids[0]
	default:
		b.Others = ids
		return b
	}
	b.keepOwner()
	s.addRequest(ctx, &b)
	s.ask(ctx, &b)
	b.Steps = timeline(b.Entries)
	b.Settled = b.settled(s.cfg.Now())
	return b
}

// keepOwner keeps the lines of one client's event: where several use the id, of the one
// that used it last.
func (b *eventBody) keepOwner() {
	for _, e := range b.Entries {
		if e.EventID == b.ID {
			b.Owner = e.Client
		}
	}
	b.Entries = slices.DeleteFunc(b.Entries, func(e activity.Entry) bool { return e.Client != b.Owner })
}

// settled reports whether the page need not look again. The processor's line comes a moment
// after its commit; after a minute it is not waited for.
func (b eventBody) settled(now time.Time) bool {
	if b.Status == nil || b.Status.State == contract.StatusProcessing {
		return false
	}
	if now.Sub(b.Status.LastSeenAt) > time.Minute {
		return true
	}
	return slices.ContainsFunc(b.Entries, func(e activity.Entry) bool {
		return e.Function == contract.FunctionProcessor && !e.At.Before(b.Status.LastSeenAt.Truncate(time.Millisecond))
	})
}

// entries returns the log lines that have the id, in the order of time. Those of query are
// of no interest: this page's own questions make some.
func (s *Server) entries(ctx context.Context, b *eventBody, id string) []activity.Entry {
	lines, err := s.cfg.Logs.Search(ctx, []string{id}, linesLimit)
	if err != nil {
		b.Failed = append(b.Failed, err.Error())
	}
	var out []activity.Entry
	for _, line := range lines {
		if e, ok := activity.ParseEntry(line); ok && e.Function != contract.FunctionQuery {
			out = append(out, e)
		}
	}
	inOrder(out)
	return out
}

func inOrder(entries []activity.Entry) {
	// A request goes before its event is processed, which may be over before the answer.
	slices.SortStableFunc(entries, func(a, b activity.Entry) int { return a.Began().Compare(b.Began()) })
}

// addRequest looks for the request that brought the event, under its correlation id: the
// line of a batch names no event.
func (s *Server) addRequest(ctx context.Context, b *eventBody) {
	for _, e := range b.Entries {
		b.CorrelationID = cmp.Or(b.CorrelationID, e.CorrelationID)
		if e.Function == contract.FunctionIngest {
			return
		}
	}
	if b.CorrelationID == "" {
		return
	}
	for _, e := range s.entries(ctx, b, b.CorrelationID) {
		if e.Function == contract.FunctionIngest && e.EventID == "" {
			b.Entries = append(b.Entries, e)
		}
	}
	inOrder(b.Entries)
}

// ask reads the event and its status from the API, both at once.
func (s *Server) ask(ctx context.Context, b *eventBody) {
	var wait sync.WaitGroup
	var eventErr, statusErr error
	wait.Go(func() { b.Event, eventErr = s.cfg.Events.Event(ctx, b.Owner, b.ID) })
	wait.Go(func() {
		var status api.Status
		if status, statusErr = s.cfg.Events.Status(ctx, b.Owner, b.ID); statusErr == nil {
			b.Status = &status
		}
	})
	wait.Wait()
	for _, err := range []error{eventErr, statusErr} {
		if err != nil && !api.IsNotFound(err) && !slices.Contains(b.Failed, err.Error()) {
			b.Failed = append(b.Failed, err.Error())
		}
	}
}

func timeline(entries []activity.Entry) []step {
	var out []step
	add := func(at time.Time, title, detail, kind string) {
		since := ""
		if len(out) > 0 && at.After(out[len(out)-1].At) {
			since = "+" + console.Duration(at.Sub(out[len(out)-1].At))
		}
		out = append(out, step{at, since, title, detail, kind})
	}
	for _, e := range entries {
		switch e.Function {
		case contract.FunctionIngest:
			if e.Status >= 300 {
				add(e.At, "Refused", reason(e), "bad")
				continue
			}
			add(e.Began(), "Request", fmt.Sprintf("%s reached ingest", console.Count(e.BodyBytes, "byte")), "")
			add(e.At, "Accepted and queued", fmt.Sprintf("answered %d; the queue has it durably", e.Status), "good")
		case contract.FunctionProcessor:
			delivered(e, add)
		}
	}
	return out
}

// delivered adds what one delivery to the processor did.
func delivered(e activity.Entry, add func(time.Time, string, string, string)) {
	try := fmt.Sprintf("Try %d: ", e.Deliveries)
	switch state := activity.StateOf(e.Result); state {
	case activity.Stored:
		detail := "one row in PostgreSQL"
		if e.EndToEndMS > 0 {
			detail += ", " + console.Duration(time.Duration(e.EndToEndMS*float64(time.Millisecond))) + " after it was accepted"
		}
		add(e.At, try+"committed", detail, "good")
	case activity.Duplicate:
		add(e.At, try+"duplicate", "it was stored before, and is not stored again", "mild")
	case activity.Retried:
		detail := reason(e)
		if e.RetryInS > 0 {
			detail += fmt.Sprintf("; tried again in %s", console.Duration(time.Duration(e.RetryInS*float64(time.Second))))
		}
		add(e.At, try+"put back", detail, "mild")
	case activity.DeadLettered:
		add(e.At, try+"sent to the DLQ", reason(e), "bad")
	default:
		add(e.At, try+state, reason(e), "mild")
	}
	if e.Notified {
		add(e.At, "Announced", "published to the topic, after the commit", "good")
	}
}

// reason is why something went wrong, the code once.
func reason(e activity.Entry) string {
	if e.ErrorCode == "" || strings.HasPrefix(e.Error, e.ErrorCode) {
		return e.Error
	}
	return strings.TrimSuffix(e.ErrorCode+": "+e.Error, ": ")
}
