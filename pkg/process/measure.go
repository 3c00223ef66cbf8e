package process

import (
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Meter takes measurements under the names of contract.Metrics, and what the version
// that runs made of its messages. A telemetry.Emitter is one.
type Meter interface {
	Count(name string, n int)
	Time(name string, d time.Duration)
	Outcome(handled, failed int)
}

// Measure gives a meter the metrics of a batch that took so long. It stands here, and
// not in the function, so that whoever simulates the processor has its metrics too.
func (r Report) Measure(to Meter, took time.Duration) {
	to.Time(contract.MetricProcessLatency, took)
	for _, d := range r.Persists {
		to.Time(contract.MetricDBLatency, d)
	}
	failed := 0
	for _, o := range r.Outcomes {
		if o.measure(to); o.Result == DeadLettered || o.Result == Retried {
			failed++
		}
	}
	to.Outcome(len(r.Outcomes), failed)
	r.measureRetried(to)
}

// measureRetried counts what stays on the queue, also when that is nothing: an alarm
// on several minutes then sees that the others were good.
func (r Report) measureRetried(to Meter) {
	retried, oldest := 0, time.Duration(0)
	for _, o := range r.Outcomes {
		if o.Result == Retried {
			retried++
			oldest = max(oldest, o.Age)
		}
	}
	to.Count(contract.MetricRetried, retried)
	if oldest > 0 {
		to.Time(contract.MetricOldestRetriedAge, oldest)
	}
}

func (o Outcome) measure(to Meter) {
	// Stored is stored, also when the announcement fails and the message comes back.
	if o.Stored {
		to.Count(contract.MetricProcessedSuccess, 1)
		to.Time(contract.MetricEndToEndLatency, o.EndToEnd)
	}
	switch o.Result {
	case Duplicate:
		to.Count(contract.MetricDuplicateSkipped, 1)
	case DeadLettered:
		to.Count(contract.MetricProcessedFailure, 1)
		to.Count(contract.MetricDLQSent, 1)
	case Retried:
		to.Count(contract.MetricProcessedFailure, 1)
	}
	if o.Notified {
		to.Count(contract.MetricNotified, 1)
	}
}
