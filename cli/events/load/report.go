package load

import (
	"cmp"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
)

// examples is how many refused or failed events a report describes.
const examples = 5

// Report is what became of the events of a run. Refused ones must be changed;
// Failed ones can be sent again as they are.
type Report struct {
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
	Failed   int64 `json:"failed"`
	// RefusedByCode and FailedByCode count by the API's error code, or by
	// "unreachable" where there was no answer.
	RefusedByCode map[fault.Code]int64 `json:"refused_by_code"`
	FailedByCode  map[fault.Code]int64 `json:"failed_by_code"`
	// Examples describes the first few of both, by line.
	Examples []Example     `json:"examples"`
	Elapsed  time.Duration `json:"-"`
	Latency  Latency       `json:"-"`
	// NextLine is the first line that was not sent, when the run ended before
	// its input; else zero. Stopped says why, nil when the caller ended it.
	NextLine int64 `json:"next_line,omitempty"`
	Stopped  error `json:"-"`
}

// Example is one event that was not accepted.
type Example struct {
	Line   int64      `json:"line"`
	Code   fault.Code `json:"code"`
	Detail string     `json:"detail"`
	Failed bool       `json:"failed"`
}

// Complete reports whether every event of the input was accepted.
func (r Report) Complete() bool { return r.Refused == 0 && r.Failed == 0 && r.NextLine == 0 }

func newReport() Report {
	return Report{RefusedByCode: map[fault.Code]int64{}, FailedByCode: map[fault.Code]int64{}, Examples: []Example{}}
}

// reject counts an event that was not accepted.
func (r *Report) reject(e Example) {
	if e.Failed {
		r.Failed++
		r.FailedByCode[e.Code]++
	} else {
		r.Refused++
		r.RefusedByCode[e.Code]++
	}
	r.Examples = append(r.Examples, e)
	if len(r.Examples) > 4*examples {
		r.Examples = first(r.Examples)
	}
}

func first(all []Example) []Example {
	slices.SortFunc(all, func(a, b Example) int { return cmp.Compare(a.Line, b.Line) })
	return all[:min(len(all), examples)]
}
