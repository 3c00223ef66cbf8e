package openloop

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Objective is what a run is to keep, such as accepted.p99<100ms, stored.max<=5s or
// errors<0.1%.
type Objective struct {
	text    string
	of      string        // accepted, stored or errors
	percent float64       // of a latency; 100 is the maximum
	took    time.Duration // the limit of a latency
	share   float64       // the limit of errors
	equal   bool          // whether the limit itself is within
}

var objectivePattern = regexp.MustCompile(`^(?:(errors)|(accepted|stored)\.(?:max|p([0-9]+(?:\.[0-9]+)?)))(<=?)(.+)$`)

// UnmarshalText reads an objective. Spaces do not count.
func (o *Objective) UnmarshalText(text []byte) error {
	parts := objectivePattern.FindStringSubmatch(strings.ReplaceAll(string(text), " ", ""))
	if parts == nil {
		return fmt.Errorf("%q is not an objective such as accepted.p99<100ms, stored.max<5s or errors<0.1%%", text)
	}
	errors, latency, percentile, comparison, limit := parts[1], parts[2], parts[3], parts[4], parts[5]
	out := Objective{text: parts[0], of: errors + latency, percent: 100, equal: comparison == "<="}
	if errors != "" {
		number, isPercent := strings.CutSuffix(limit, "%")
		share, err := strconv.ParseFloat(number, 64)
		if err != nil || !isPercent || !(share >= 0 && share <= 100) {
			return fmt.Errorf("%q has the limit %q, which is not a share of the events such as 0.1%%, 0%% to 100%%", text, limit)
		}
		out.share = share / 100
		*o = out
		return nil
	}
	if percentile != "" {
		percent, err := strconv.ParseFloat(percentile, 64)
		if err != nil || percent <= 0 || percent >= 100 {
			return fmt.Errorf("%q has the percentile %s, it must be more than 0 and less than 100", text, percentile)
		}
		out.percent = percent
	}
	took, err := time.ParseDuration(limit)
	if err != nil || took <= 0 {
		return fmt.Errorf("%q has the limit %q, which is not a time such as 100ms or 2.5s", text, limit)
	}
	out.took = took
	*o = out
	return nil
}

// String returns the objective as it was written.
func (o Objective) String() string { return o.text }

// OfErrors reports whether the objective is about the share of errors, not a latency.
func (o Objective) OfErrors() bool { return o.of == "errors" }

// OfStored reports whether the objective needs events to be followed.
func (o Objective) OfStored() bool { return o.of == "stored" }

// Verdict says whether an objective was met. Took is what was measured of a latency,
// Share of errors; nothing was measured when Measured is false, and then the
// objective is not met.
type Verdict struct {
	Objective     Objective
	Took          time.Duration
	Share         float64
	Measured, Met bool
}

// judge compares the objective with what happened.
func (o Objective) judge(f Figures) Verdict {
	v := Verdict{Objective: o}
	if o.OfErrors() {
		v.Share, v.Measured = f.ErrorShare(), f.Accepted+f.Errors > 0
		v.Met = v.Measured && (v.Share < o.share || (o.equal && v.Share == o.share))
		return v
	}
	latencies := f.AcceptedIn
	if o.OfStored() {
		latencies = f.StoredIn
	}
	v.Took, v.Measured = latencies.At(o.percent), latencies.Summary().Count > 0
	v.Met = v.Measured && (v.Took < o.took || (o.equal && v.Took == o.took))
	return v
}

func judgeAll(objectives []Objective, f Figures) []Verdict {
	out := make([]Verdict, len(objectives))
	for i, o := range objectives {
		out[i] = o.judge(f)
	}
	return out
}
