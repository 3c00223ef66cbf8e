package events

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/cli/events/openloop"
	"github.com/fluxa/fluxa/pkg/fault"
)

// report writes what happened in a load test.
func (l loadCommand) report(c console.Console, r openloop.Report, stack string) error {
	if l.Output == "json" {
		return l.reportJSON(c, r, stack)
	}
	l.reportCounts(c, r)
	fmt.Fprintln(c.Out)
	table := c.Table()
	fmt.Fprintln(table, "LATENCY\tEVENTS\tP50\tP90\tP99\tP99.9\tMAX")
	for _, row := range []struct {
		name string
		of   *load.Latencies
	}{{"accepted", r.AcceptedIn}, {"stored", r.StoredIn}} {
		s := row.of.Summary()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.name, console.Number(s.Count),
			took(s, s.P50), took(s, s.P90), took(s, s.P99), took(s, s.P999), took(s, s.Max))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(c.Out)
	fmt.Fprintln(table, "FROM\tEVENTS A SECOND\tACCEPTED\tERRORS\tFAILED OR LOST\tACCEPTED P50\tACCEPTED P99\tSTORED P99")
	for _, step := range r.Steps {
		accepted, stored := step.AcceptedIn.Summary(), step.StoredIn.Summary()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", step.From.Round(time.Millisecond), rate(step.Rate),
			console.Number(step.Accepted), console.Number(step.Errors), console.Number(step.Failed+step.Lost),
			took(accepted, accepted.P50), took(accepted, accepted.P99), took(stored, stored.P99))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return l.reportObjectives(c, r)
}

func (l loadCommand) reportCounts(c console.Console, r openloop.Report) {
	style := console.StyleFor(c.Out)
	row := func(word string, n int64, bad bool, more string) {
		line := fmt.Sprintf("%-9s %s%s", word, console.Number(n), more)
		if bad && n > 0 {
			line = style.Bad(line)
		}
		fmt.Fprintln(c.Out, line)
	}
	sent := r.Accepted + r.Errors
	row("sent", sent, false, fmt.Sprintf(" in %s, %s a second; %s", console.Duration(r.Sending), rate(float64(sent)/max(r.Sending.Seconds(), 1e-9)), console.Count(r.Requests, "request")))
	row("accepted", r.Accepted, false, "")
	row("errors", r.Errors, true, ", "+percent(r.ErrorShare()))
	for _, code := range slices.Sorted(maps.Keys(r.ErrorsByCode)) {
		fmt.Fprintf(c.Out, "          %s  %s: %s\n", console.Number(r.ErrorsByCode[code]), console.Clean(string(code)), console.Fit(console.Clean(r.ErrorExamples[code]), 300))
	}
	row("processed", r.Processed, false, "")
	row("failed", r.Failed, true, "")
	row("lost", r.Lost, true, "")
	for _, e := range r.Missing {
		fmt.Fprintf(c.Out, "          %s  %s\n", console.Clean(e.EventID), console.Clean(e.Last))
	}
	if more := r.Failed + r.Lost - int64(len(r.Missing)); more > 0 {
		fmt.Fprintf(c.Out, "          and %s more\n", console.Number(more))
	}
	if r.Unchecked > 0 {
		row("unchecked", r.Unchecked, false, "")
	}
	if r.Unsent > 0 {
		why := "interrupted"
		if r.Stopped != nil {
			why = "stopped: " + console.OneLine(r.Stopped)
		}
		fmt.Fprintf(c.Out, "%s; %s not sent\n", style.Bad(why), console.Count(r.Unsent, "event"))
	}
	fmt.Fprintf(c.Out, "%s waited for one of %s in flight; the others were sent %s late at most\n",
		console.Count(r.Waited, "event"), console.Count(int64(l.InFlight), "request"), console.Duration(r.Late))
	fmt.Fprintf(c.Out, "%s followed, with %s; the rest was checked in %s\n",
		console.Count(r.Followed, "event"), console.Count(r.Asked, "question"), console.Duration(r.Draining))
}

func (l loadCommand) reportObjectives(c console.Console, r openloop.Report) error {
	if len(r.Verdicts) == 0 {
		return nil
	}
	style := console.StyleFor(c.Out)
	fmt.Fprintln(c.Out)
	table := c.Table()
	for _, v := range r.Verdicts {
		word, measured := style.Good("met"), "nothing measured"
		if !v.Met {
			word = style.Bad("missed")
		}
		switch {
		case v.Measured && v.Objective.OfErrors():
			measured = percent(v.Share)
		case v.Measured:
			measured = console.Duration(v.Took)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", word, v.Objective, measured)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if l.RampTo == nil {
		return nil
	}
	if held := r.HeldUpTo(); held > 0 {
		fmt.Fprintf(c.Out, "the objectives held up to %s events a second\n", rate(held))
	} else {
		fmt.Fprintln(c.Out, "the objectives held at no rate")
	}
	return nil
}

// took writes a percentile, or a dash where nothing was measured.
func took(of load.Latency, d time.Duration) string {
	if of.Count == 0 {
		return "-"
	}
	return console.Duration(d)
}

// rate writes events a second.
func rate(perSecond float64) string {
	if perSecond < 10 {
		return strconv.FormatFloat(perSecond, 'f', 1, 64)
	}
	return console.Number(int64(perSecond + 0.5))
}

// percent writes a share of 0 to 1 with two significant digits at least.
func percent(share float64) string {
	return strconv.FormatFloat(share*100, 'g', 3, 64) + " %"
}

type latencyJSON struct {
	Events int64   `json:"events"`
	P50    float64 `json:"p50"`
	P90    float64 `json:"p90"`
	P99    float64 `json:"p99"`
	P999   float64 `json:"p99.9"`
	Max    float64 `json:"max"`
}

func latencyOf(l *load.Latencies) latencyJSON {
	s := l.Summary()
	return latencyJSON{s.Count, millis(s.P50), millis(s.P90), millis(s.P99), millis(s.P999), millis(s.Max)}
}

type figuresJSON struct {
	Rate       float64                `json:"rate"`
	Accepted   int64                  `json:"accepted"`
	Errors     int64                  `json:"errors"`
	ErrorShare float64                `json:"error_share"`
	Processed  int64                  `json:"processed"`
	Failed     int64                  `json:"failed"`
	Lost       int64                  `json:"lost"`
	Unchecked  int64                  `json:"unchecked"`
	Latency    map[string]latencyJSON `json:"latency_ms"`
}

func figuresOf(f openloop.Figures) figuresJSON {
	return figuresJSON{
		f.Rate, f.Accepted, f.Errors, f.ErrorShare(), f.Processed, f.Failed, f.Lost, f.Unchecked,
		map[string]latencyJSON{"accepted": latencyOf(f.AcceptedIn), "stored": latencyOf(f.StoredIn)},
	}
}

type verdictJSON struct {
	Objective string `json:"objective"`
	Met       bool   `json:"met"`
	// What was measured, by the objective's kind; neither when nothing was.
	Millis *float64 `json:"measured_ms,omitempty"`
	Share  *float64 `json:"measured_share,omitempty"`
}

func verdictsOf(verdicts []openloop.Verdict) []verdictJSON {
	out := make([]verdictJSON, len(verdicts))
	for i, v := range verdicts {
		out[i] = verdictJSON{Objective: v.Objective.String(), Met: v.Met}
		switch took := millis(v.Took); {
		case !v.Measured:
		case v.Objective.OfErrors():
			out[i].Share = &v.Share
		default:
			out[i].Millis = &took
		}
	}
	return out
}

type stepJSON struct {
	FromMillis float64 `json:"from_ms"`
	figuresJSON
	Objectives []verdictJSON `json:"objectives"`
	Held       bool          `json:"held"`
}

func (l loadCommand) reportJSON(c console.Console, r openloop.Report, stack string) error {
	out := struct {
		figuresJSON
		Requests      int64                 `json:"requests"`
		ErrorsByCode  map[fault.Code]int64  `json:"errors_by_code"`
		ErrorExamples map[fault.Code]string `json:"error_examples"`
		Missing       []openloop.Missing    `json:"failed_or_lost"`
		Waited        int64                 `json:"waited"`
		LateMillis    float64               `json:"late_ms"`
		Followed      int64                 `json:"followed"`
		Asked         int64                 `json:"asked"`
		SendingMillis float64               `json:"sending_ms"`
		DrainMillis   float64               `json:"draining_ms"`
		Unsent        int64                 `json:"unsent"`
		Stopped       string                `json:"stopped,omitempty"`
		Steps         []stepJSON            `json:"steps"`
		Objectives    []verdictJSON         `json:"objectives"`
		HeldUpTo      *float64              `json:"held_up_to,omitempty"`
		Stack         string                `json:"stack"`
	}{
		figuresOf(r.Figures), r.Requests, r.ErrorsByCode, r.ErrorExamples, r.Missing, r.Waited, millis(r.Late),
		r.Followed, r.Asked, millis(r.Sending), millis(r.Draining), r.Unsent, "", nil, verdictsOf(r.Verdicts), nil, stack,
	}
	if r.Stopped != nil {
		out.Stopped = console.OneLine(r.Stopped)
	}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, stepJSON{millis(s.From), figuresOf(s.Figures), verdictsOf(s.Verdicts), s.Held()})
	}
	if held := r.HeldUpTo(); l.RampTo != nil && len(r.Verdicts) > 0 {
		out.HeldUpTo = &held
	}
	return c.JSON(out)
}
