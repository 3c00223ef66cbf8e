package openloop

import (
	"slices"
	"time"

	"github.com/fluxa/fluxa/cli/events/load"
	"github.com/fluxa/fluxa/pkg/fault"
)

// examples is how many lost or failed events a report names.
const examples = 5

// Figures are what became of the events that were due in a part of the run, or in all
// of it.
type Figures struct {
	// Rate is how many events a second were due, on average.
	Rate float64
	// Accepted events were answered with 202, Errors in any other way or not at all.
	Accepted, Errors int64
	// Of the accepted events, Processed and Failed are those that their status says
	// so of. Lost are those that neither was said of in time, Unchecked those that
	// were not asked about to the end because the run was interrupted.
	Processed, Failed, Lost, Unchecked int64
	// AcceptedIn has the time of each accepted event from when it was due until it
	// was accepted, StoredIn that of the followed events until they were processed.
	AcceptedIn, StoredIn *load.Latencies
}

func newFigures(rate float64) Figures {
	return Figures{Rate: rate, AcceptedIn: load.NewLatencies(), StoredIn: load.NewLatencies()}
}

// ErrorShare returns the share of the events that were not accepted, 0 to 1.
func (f Figures) ErrorShare() float64 {
	if f.Errors == 0 {
		return 0
	}
	return float64(f.Errors) / float64(f.Accepted+f.Errors)
}

// Step is a part of a run: when it began, and whether the objectives held in it.
type Step struct {
	Figures
	From     time.Duration
	Verdicts []Verdict
}

// Held reports whether every objective was met in the step and nothing was lost.
func (s Step) Held() bool { return allMet(s.Verdicts) && s.Failed == 0 && s.Lost == 0 }

// Report is what happened in a run.
type Report struct {
	Figures
	Verdicts []Verdict
	// Steps are the parts of a ramp, else one that is all of it.
	Steps    []Step
	Requests int64
	// ErrorsByCode counts by the API's error code, or by "unreachable" where there
	// was no answer; ErrorExamples has a detail of each code.
	ErrorsByCode  map[fault.Code]int64
	ErrorExamples map[fault.Code]string
	// Waited is how many events were due while as many requests were in flight as
	// may be. Late is how late other events were sent at most: how well this
	// process kept up.
	Waited int64
	Late   time.Duration
	// Missing describes the first lost and failed events.
	Missing []Missing
	// Followed is how many events StoredIn is of, or would be; Asked how many
	// questions about them were sent.
	Followed, Asked int64
	// Sending is how long it took until the last answer, Draining how long after that
	// the status of accepted events was asked for.
	Sending, Draining time.Duration
	// Unsent is how many events were due but not sent, when the run ended early.
	// Stopped says why, nil when the caller ended it.
	Unsent  int64
	Stopped error
}

// Missing is an accepted event that was not found processed, and what its status said
// last.
type Missing struct {
	EventID string `json:"event_id"`
	Last    string `json:"last"`
}

// Held reports whether the run went to its end, every objective was met, and
// every accepted event was processed.
func (r Report) Held() bool {
	return r.Unsent == 0 && allMet(r.Verdicts) && r.Failed == 0 && r.Lost == 0 && r.Unchecked == 0
}

// HeldUpTo returns the rate of the last step before the first in which the objectives
// did not hold; zero when that is the first.
func (r Report) HeldUpTo() (rate float64) {
	for _, step := range r.Steps {
		if step.Accepted+step.Errors == 0 {
			continue // not reached, or too short for an event
		}
		if !step.Held() {
			break
		}
		rate = step.Rate
	}
	return rate
}

// fail counts an event that was not accepted.
func (r *Report) fail(code fault.Code, detail string) {
	r.ErrorsByCode[code]++
	if _, ok := r.ErrorExamples[code]; !ok {
		r.ErrorExamples[code] = detail
	}
}

// miss keeps an example of a lost or failed event.
func (r *Report) miss(e tracked) {
	if len(r.Missing) < examples {
		r.Missing = append(r.Missing, Missing{EventID: e.id, Last: e.last})
	}
}

func allMet(verdicts []Verdict) bool {
	return !slices.ContainsFunc(verdicts, func(v Verdict) bool { return !v.Met })
}

// sum adds up the steps.
func sum(steps []Step) Figures {
	total := newFigures(0)
	for _, s := range steps {
		total.Rate += s.Rate / float64(len(steps))
		total.Accepted += s.Accepted
		total.Errors += s.Errors
		total.Processed += s.Processed
		total.Failed += s.Failed
		total.Lost += s.Lost
		total.Unchecked += s.Unchecked
		total.AcceptedIn.Add(s.AcceptedIn)
		total.StoredIn.Add(s.StoredIn)
	}
	return total
}
