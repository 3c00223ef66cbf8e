package maintain

import "github.com/fluxa/fluxa/pkg/contract"

// Meter takes counts under the names of contract.Metrics. A telemetry.Emitter is one.
type Meter interface {
	Count(name string, n int)
}

// Measure gives a meter the metrics of a run that ended with an error or nil. A run that
// failed does not know how many events are misplaced. It stands here, and not in the
// function, so that whoever simulates the maintenance has its metrics too.
func (r Report) Measure(to Meter, err error) {
	outcome := contract.MetricMaintainSuccess
	if err != nil {
		outcome = contract.MetricMaintainFailure
	} else {
		to.Count(contract.MetricMisplaced, int(r.Misplaced))
	}
	to.Count(outcome, 1)
	to.Count(contract.MetricPartitionsMade, int(r.Made))
	to.Count(contract.MetricPartitionsDropped, int(r.Dropped))
	to.Count(contract.MetricEventsMoved, int(r.Moved))
	to.Count(contract.MetricKeysPruned, int(r.Pruned))
}
