package webconsole

import (
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/webconsole/traces"
)

// Traces are the spans of the last minutes, as *traces.Store has them.
type Traces interface {
	// Of returns those of the requests with a correlation id and of the batches that their
	// messages were in, in the order of their starts.
	Of(correlationID string) []traces.Span
}

var _ Traces = (*traces.Store)(nil)

const (
	// rowsLimit bounds the spans that are drawn: a batch may have hundreds of messages.
	rowsLimit = 100
	// spansLate is how long the spans of a delivery may come after its log line.
	spansLate = 10 * time.Second
)

// waterfall is a trace as it is drawn: a bar for each span, on one scale.
type waterfall struct {
	Rows   []bar
	Took   string // from the first start to the last end
	Hidden int    // spans that are not drawn
}

// bar is a span. From and Width are thousandths of the whole.
type bar struct {
	Service, Name, Took, After, Failed string
	Depth                              int
	From, Width                        int
	Consumer                           bool
}

// addTrace draws what is known of the event's correlation id.
func (s *Server) addTrace(b *eventBody) {
	if s.cfg.Traces == nil || b.CorrelationID == "" {
		return
	}
	b.Waterfall = draw(s.cfg.Traces.Of(b.CorrelationID))
}

func draw(spans []traces.Span) *waterfall {
	if len(spans) == 0 {
		return nil
	}
	first, last := spans[0].Start, spans[0].End
	depth := map[string]int{}
	for _, s := range spans {
		if s.End.After(last) {
			last = s.End
		}
	}
	whole := max(last.Sub(first), 1)
	share := func(d time.Duration) int { return int(1000 * d / whole) }
	out := &waterfall{Took: console.Duration(whole)}
	for _, s := range spans {
		if parent, known := depth[s.Parent]; known {
			depth[s.ID] = parent + 1
		} else {
			depth[s.ID] = 0
		}
		if len(out.Rows) == rowsLimit {
			out.Hidden++
			continue
		}
		out.Rows = append(out.Rows, bar{
			Service: s.Service, Name: s.Name, Took: console.Duration(s.End.Sub(s.Start)), After: console.Duration(s.Start.Sub(first)), Failed: s.Failed,
			Depth: min(depth[s.ID], 4), From: share(s.Start.Sub(first)), Width: max(share(s.End.Sub(s.Start)), 4), Consumer: s.Consumer,
		})
	}
	return out
}

// traceIsWhole reports whether the spans of the last delivery have come, or are not waited
// for any more: they come after its log line.
func (b *eventBody) traceIsWhole(now time.Time) bool {
	if b.Waterfall == nil || b.Status == nil || now.Sub(b.Status.LastSeenAt) > spansLate {
		return true
	}
	for _, row := range b.Waterfall.Rows {
		if row.Consumer {
			return true
		}
	}
	return false
}
