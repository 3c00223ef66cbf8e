package timeline

import (
	"fmt"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/webconsole/activity"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Step is a moment of the timeline.
type Step struct {
	At     time.Time `json:"at"`
	Since  string    `json:"since,omitempty"` // the step before
	Title  string    `json:"title"`
	Detail string    `json:"detail,omitempty"`
	Kind   string    `json:"kind,omitempty"` // good, mild or bad
}

func stepsOf(entries []activity.Entry) []Step {
	var out []Step
	add := func(at time.Time, title, detail, kind string) {
		since := ""
		if len(out) > 0 && at.After(out[len(out)-1].At) {
			since = "+" + console.Duration(at.Sub(out[len(out)-1].At))
		}
		out = append(out, Step{at, since, title, detail, kind})
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
	case activity.Erased:
		add(e.At, try+"dropped", "its user was erased after it was accepted; nothing of it is kept", "mild")
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
