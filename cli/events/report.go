package events

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/pkg/fault"
)

// report writes what became of many events.
func report(c console.Console, r load.Report, stack, output string) error {
	if output == "json" {
		return reportJSON(c, r, stack)
	}
	style := console.StyleFor(c.Out)
	row := func(word string, n int64, codes map[fault.Code]int64) {
		line := fmt.Sprintf("%-9s %s", word, console.Number(n))
		if n > 0 && codes != nil {
			line = style.Bad(line)
		}
		fmt.Fprintln(c.Out, line)
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			fmt.Fprintf(c.Out, "          %s  %s\n", console.Number(codes[code]), console.Clean(string(code)))
		}
	}
	row("accepted", r.Accepted, nil)
	row("refused", r.Refused, r.RefusedByCode)
	row("failed", r.Failed, r.FailedByCode)
	for _, e := range r.Examples {
		fmt.Fprintf(c.Out, "line %s: %s: %s\n", console.Number(e.Line), console.Clean(string(e.Code)), console.Fit(console.Clean(e.Detail), 300))
	}
	if more := r.Refused + r.Failed - int64(len(r.Examples)); more > 0 {
		fmt.Fprintf(c.Out, "and %s more\n", console.Number(more))
	}
	fmt.Fprintf(c.Out, "in %s, %s accepted a second\n", console.Duration(r.Elapsed), console.Number(int64(perSecond(r))))
	if l := r.Latency; l.Count > 0 {
		fmt.Fprintf(c.Out, "latency of %s requests: p50 %s, p90 %s, p99 %s, max %s\n", console.Number(l.Count),
			console.Duration(l.P50), console.Duration(l.P90), console.Duration(l.P99), console.Duration(l.Max))
	}
	if r.NextLine > 0 {
		why := "interrupted"
		if r.Stopped != nil {
			why = "stopped: " + console.OneLine(r.Stopped)
		}
		fmt.Fprintf(c.Out, "%s; event %s and those after it were not sent\n", style.Bad(why), console.Number(r.NextLine))
	}
	return nil
}

func perSecond(r load.Report) float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Accepted) / r.Elapsed.Seconds()
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func reportJSON(c console.Console, r load.Report, stack string) error {
	stopped := ""
	if r.Stopped != nil {
		stopped = console.OneLine(r.Stopped)
	}
	return c.JSON(struct {
		load.Report
		ElapsedMillis float64            `json:"elapsed_ms"`
		PerSecond     float64            `json:"accepted_per_second"`
		Latency       map[string]float64 `json:"latency_ms"`
		Requests      int64              `json:"requests"`
		Stopped       string             `json:"stopped,omitempty"`
		Stack         string             `json:"stack"`
	}{
		r, millis(r.Elapsed), perSecond(r),
		map[string]float64{"p50": millis(r.Latency.P50), "p90": millis(r.Latency.P90), "p99": millis(r.Latency.P99), "max": millis(r.Latency.Max)},
		r.Latency.Count, stopped, stack,
	})
}
