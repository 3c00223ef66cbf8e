package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/load"
	"github.com/fluxa/fluxa/pkg/fault"
)

// report writes what became of many events.
func (a *app) report(r load.Report, output string) error {
	if output == "json" {
		return a.reportJSON(r)
	}
	row := func(word string, n int64, codes map[fault.Code]int64) {
		line := fmt.Sprintf("%-9s %s", word, console.Number(n))
		if n > 0 && codes != nil {
			line = a.style.Bad(line)
		}
		fmt.Fprintln(a.Out, line)
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			fmt.Fprintf(a.Out, "          %s  %s\n", console.Number(codes[code]), console.Clean(string(code)))
		}
	}
	row("accepted", r.Accepted, nil)
	row("refused", r.Refused, r.RefusedByCode)
	row("failed", r.Failed, r.FailedByCode)
	for _, e := range r.Examples {
		fmt.Fprintf(a.Out, "line %s: %s: %s\n", console.Number(e.Line), console.Clean(string(e.Code)), console.Fit(console.Clean(e.Detail), 300))
	}
	if more := r.Refused + r.Failed - int64(len(r.Examples)); more > 0 {
		fmt.Fprintf(a.Out, "and %s more\n", console.Number(more))
	}
	fmt.Fprintf(a.Out, "in %s, %s accepted a second\n", console.Duration(r.Elapsed), console.Number(int64(perSecond(r))))
	if l := r.Latency; l.Requests > 0 {
		fmt.Fprintf(a.Out, "latency of %s requests: p50 %s, p90 %s, p99 %s, max %s\n", console.Number(l.Requests),
			console.Duration(l.P50), console.Duration(l.P90), console.Duration(l.P99), console.Duration(l.Max))
	}
	if r.NextLine > 0 {
		why := "interrupted"
		if r.Stopped != nil {
			why = "stopped: " + oneLine(r.Stopped)
		}
		fmt.Fprintf(a.Out, "%s; event %s and those after it were not sent\n", a.style.Bad(console.Clean(why)), console.Number(r.NextLine))
	}
	return nil
}

func perSecond(r load.Report) float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Accepted) / r.Elapsed.Seconds()
}

func (a *app) reportJSON(r load.Report) error {
	type example struct {
		Line   int64      `json:"line"`
		Code   fault.Code `json:"code"`
		Detail string     `json:"detail"`
		Failed bool       `json:"failed"`
	}
	examples := []example{}
	for _, e := range r.Examples {
		examples = append(examples, example(e))
	}
	millis := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	stopped := ""
	if r.Stopped != nil {
		stopped = oneLine(r.Stopped)
	}
	encoder := json.NewEncoder(a.Out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Accepted      int64                `json:"accepted"`
		Refused       int64                `json:"refused"`
		Failed        int64                `json:"failed"`
		RefusedByCode map[fault.Code]int64 `json:"refused_by_code"`
		FailedByCode  map[fault.Code]int64 `json:"failed_by_code"`
		Examples      []example            `json:"examples"`
		ElapsedMillis float64              `json:"elapsed_ms"`
		PerSecond     float64              `json:"accepted_per_second"`
		Latency       map[string]float64   `json:"latency_ms"`
		Requests      int64                `json:"requests"`
		NextLine      int64                `json:"next_line,omitempty"`
		Stopped       string               `json:"stopped,omitempty"`
	}{
		r.Accepted, r.Refused, r.Failed, r.RefusedByCode, r.FailedByCode, examples, millis(r.Elapsed), perSecond(r),
		map[string]float64{"p50": millis(r.Latency.P50), "p90": millis(r.Latency.P90), "p99": millis(r.Latency.P99), "max": millis(r.Latency.Max)},
		r.Latency.Requests, r.NextLine, stopped,
	})
}
