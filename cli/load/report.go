package load

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
)

// examples is how many refused or failed events a report describes.
const examples = 5

// Report is what became of the events of a run. Refused ones must be changed;
// Failed ones can be sent again as they are.
type Report struct {
	Accepted, Refused, Failed int64
	// RefusedByCode and FailedByCode count by the API's error code, or by
	// "unreachable" where there was no answer.
	RefusedByCode, FailedByCode map[fault.Code]int64
	// Examples describes the first few of both, by line.
	Examples []Example
	Elapsed  time.Duration
	Latency  Latency
	// NextLine is the first line that was not sent, when the run ended before
	// its input; else zero. Stopped says why, nil when the caller ended it.
	NextLine int64
	Stopped  error
}

// Example is one event that was not accepted.
type Example struct {
	Line   int64
	Code   fault.Code
	Detail string
	Failed bool
}

// Complete tells whether every event of the input was accepted.
func (r Report) Complete() bool { return r.Refused == 0 && r.Failed == 0 && r.NextLine == 0 }

// tally collects outcomes of concurrent requests.
type tally struct {
	mu       sync.Mutex
	report   Report
	failures int // requests that failed in a row
}

func newTally() *tally {
	return &tally{report: Report{RefusedByCode: map[fault.Code]int64{}, FailedByCode: map[fault.Code]int64{}}}
}

func (t *tally) accept(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Accepted += int64(n)
	t.failures = 0
}

// reject counts an event that was not accepted.
func (t *tally) reject(e Example) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Failed {
		t.report.Failed++
		t.report.FailedByCode[e.Code]++
	} else {
		t.report.Refused++
		t.report.RefusedByCode[e.Code]++
	}
	t.report.Examples = append(t.report.Examples, e)
	if len(t.report.Examples) > 4*examples {
		t.report.Examples = first(t.report.Examples)
	}
}

func first(all []Example) []Example {
	slices.SortFunc(all, func(a, b Example) int { return cmp.Compare(a.Line, b.Line) })
	return all[:min(len(all), examples)]
}

// fail counts a request that had no good answer and tells how many there were in
// a row.
func (t *tally) fail() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures++
	return t.failures
}

func (t *tally) summary() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Examples = first(t.report.Examples)
	return t.report
}
