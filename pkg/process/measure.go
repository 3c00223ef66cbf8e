package process

import (
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Meter takes measurements under the names of contract.Metrics. A telemetry.Emitter is
// one.
type Meter interface {
	Count(name string, n int)
	Time(name string, d time.Duration)
}

// Measure gives a meter the metrics of a batch that took so long. It stands here, and
// not in the function, so that whoever simulates the processor has its metrics too.
func (r Report) Measure(to Meter, took time.Duration) {
	to.Time(contract.MetricProcessLatency, took)
	for _, d := range r.Persists {
		to.Time(contract.MetricDBLatency, d)
	}
	for _, o := range r.Outcomes {
		o.measure(to)
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
