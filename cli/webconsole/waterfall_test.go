package webconsole

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cli/timeline"
	"github.com/fluxa/fluxa/cli/webconsole/traces"
	api "github.com/fluxa/fluxa/pkg/client"
)

func TestDraw_puts_spans_on_one_scale_below_their_parents(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	span := func(id, parent string, from, to int) traces.Span {
		at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
		return traces.Span{ID: id, Parent: parent, Service: "s", Name: id, Start: at(from), End: at(to)}
	}
	want := &waterfall{Took: "100 ms", Rows: []bar{
		{Service: "s", Name: "a", After: "0 s", Took: "40.0 ms", From: 0, Width: 400},
		{Service: "s", Name: "b", After: "10.0 ms", Took: "10.0 ms", Depth: 1, From: 100, Width: 100},
		{Service: "s", Name: "c", After: "12.0 ms", Took: "0 s", Depth: 2, From: 120, Width: 4},
		{Service: "s", Name: "d", After: "50.0 ms", Took: "50.0 ms", From: 500, Width: 500},
	}}
	got := draw([]traces.Span{span("a", "not kept", 0, 40), span("b", "a", 10, 20), span("c", "b", 12, 12), span("d", "", 50, 100)})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +drawn)\n%s", diff)
	}
	if draw(nil) != nil {
		t.Error("a trace of no spans is drawn")
	}
	var many []traces.Span
	for i := range 130 {
		many = append(many, span(fmt.Sprint(i), "", i, i+1))
	}
	if got := draw(many); len(got.Rows) != 100 || got.Hidden != 30 {
		t.Errorf("of 130 spans %d are drawn and %d counted", len(got.Rows), got.Hidden)
	}
}

// The page looks again until the delivery's spans are there, but not for ever.
func TestTraceIsWhole(t *testing.T) {
	t.Parallel()
	now := time.Now()
	just, before := &api.Status{LastSeenAt: now}, &api.Status{LastSeenAt: now.Add(-time.Minute)}
	request := &waterfall{Rows: []bar{{Name: "POST /events"}}}
	both := &waterfall{Rows: []bar{{Name: "POST /events"}, {Name: "process batch", Consumer: true}}}
	for name, c := range map[string]struct {
		body eventBody
		want bool
	}{
		"no traces are kept":            {eventBody{Trace: timeline.Trace{Status: just}}, true},
		"the delivery's have not come":  {eventBody{Trace: timeline.Trace{Status: just}, Waterfall: request}, false},
		"they have":                     {eventBody{Trace: timeline.Trace{Status: just}, Waterfall: both}, true},
		"they did not for a long time":  {eventBody{Trace: timeline.Trace{Status: before}, Waterfall: request}, true},
		"the processor has not seen it": {eventBody{Waterfall: request}, true},
	} {
		if got := c.body.traceIsWhole(now); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
