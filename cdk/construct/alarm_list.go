package construct

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"

	"github.com/fluxa/fluxa/pkg/contract"
)

// The alarms: somebody hears within five minutes of an outage of the database with an
// event a minute, a processor that fails, a flood of events that can never be stored,
// an outage of SNS, partitions that run out, and a queue that lags. CloudWatch
// evaluates an alarm once a minute, over more periods than it needs when some have no
// data ("Configuring how CloudWatch alarms treat missing data",
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
// Most periods of a quiet stage have none.

const (
	// inFlightLimit is how many received messages a queue may have; at it, SQS hands
	// over no other ("Amazon SQS message quotas",
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
	inFlightLimit = 120_000

	// maintenanceLate is how many hours a run may be late. An alarm by the hour looks
	// back seven days at the most ("PutMetricAlarm",
	// Period, https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html).
	maintenanceLate = 2

	// exportsLate is for how many hours no run may have left the daily exports complete:
	// that of one day may take until the next, and a run of a stage that has one a day may
	// be late.
	exportsLate = 24 + maintenanceLate
)

func (w *Watched) handlers() []*Handler { return []*Handler{w.Ingest, w.Processor, w.Query} }

// alarms are what is watched, in the order of an event's way.
func (p *AlarmsProps) alarms() []alarm {
	out := []alarm{{
		id: "API5xx", name: "api-5xx-rate", periods: 3, threshold: float64(p.API5xxPercent), metric: p.API.Metric5xxRate(), part: true,
		description: "The API answers 5xx. First: see which function's alarm is on too and read its log; if none is, read the API's execution log.",
	}}
	for _, h := range p.handlers() {
		out = append(out, alarm{
			id: h.id + "Errors", name: h.label() + "-error-rate", periods: 3, of: 5, threshold: float64(p.ErrorRatePercent),
			metric: h.MetricErrorRate(), part: h != p.Query,
			description: fmt.Sprintf("%s crashes or runs out of time. First: read its log for the reason; after a release, go back to the version before.", h.id),
		}, alarm{
			id: h.id + "Throttles", name: h.label() + "-throttles", periods: 3, threshold: float64(p.Throttles),
			metric:      h.MetricThrottles(),
			description: fmt.Sprintf("%s finds no concurrency left. First: see in the API's access log who sends so much; then raise the function's concurrency, or the account's.", h.id),
		})
	}
	return slices.Concat(out, p.deadLetterAlarms(), p.waitingAlarms(), p.processorAlarms(), p.databaseAlarms(), p.Copies.alarms(), p.tableAlarms(), p.exportAlarms())
}

// deadLetterAlarms watch both the queue and what is sent to it: nobody polls the queue,
// and of one that was idle for six hours the metrics may come 15 minutes late
// ("Monitoring Amazon SQS queues using CloudWatch",
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html).
// And while one letter is left in it, its alarm is on and tells nothing new.
func (p *AlarmsProps) deadLetterAlarms() []alarm {
	return []alarm{{
		id: "DLQDepth", name: "dlq-depth", periods: 1, threshold: float64(p.DLQDepth), metric: p.Queue.MetricDeadLetters(), part: true,
		description: "Events were given up. First: fluxa dlq ls tells which and why; mend the cause, then fluxa dlq redrive sends them again.",
	}, {
		id: "DLQSent", name: "dlq-sent", periods: 1, threshold: float64(p.DLQDepth), part: true,
		metric:      p.Processor.MetricWritten(contract.MetricDLQSent, "Sum"),
		description: "Events are being given up. First: fluxa dlq ls; many of one error code are a client or a release that went wrong: find out since when.",
	}}
}

// waitingAlarms watch the events that wait. SQS tells the age of those that it
// delivered at most three times ("Available CloudWatch metrics for Amazon SQS",
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html),
// the processor that of those it could not finish.
func (p *AlarmsProps) waitingAlarms() []alarm {
	inFlight := min(2*p.ProcessorConcurrency*p.BatchSize, inFlightLimit*8/10)
	return []alarm{{
		id: "Retried", name: "events-retried", periods: 3, of: 5, threshold: float64(p.Retried), part: true,
		metric: p.Processor.MetricWritten(contract.MetricRetried, "Sum"),
		description: "Events cannot be finished and stay on the queue. First: see in the processor's log, saved query retries by code, " +
			"what is away: the database, SNS (notifier_unavailable) or S3 (storage_unavailable).",
	}, {
		id: "OldestRetried", name: "oldest-retried", periods: 2, of: 3, threshold: float64(p.QueueAge.Milliseconds()), part: true,
		metric:      p.Processor.MetricWritten(contract.MetricOldestRetriedAge, "Maximum"),
		description: "An event has been tried again and again for too long. First: find it in the processor's log by result retried; its error_code tells what to mend.",
	}, {
		id: "QueueAge", name: "queue-age", periods: 2, threshold: p.QueueAge.Seconds(), metric: p.Queue.MetricOldestEvent(), part: true,
		description: "The oldest event waits too long. First: is the processor's event source mapping enabled, does the function fail, is it throttled? Else it is too slow: see its concurrency and the database's load.",
	}, {
		id: "InFlight", name: "in-flight", periods: 3, threshold: float64(inFlight), metric: p.Queue.MetricInFlight(),
		description: fmt.Sprintf("More events are in flight than the processor can hold: they wait for another try, and at %d SQS hands over no more. First: do what events-retried or processor-error-rate says.", inFlightLimit),
	}, {
		id: "EndToEnd", name: "end-to-end-p99", periods: 3, threshold: float64(p.EndToEndP99.Milliseconds()),
		metric:      p.Processor.MetricWritten(contract.MetricEndToEndLatency, "p99"),
		description: "One event in a hundred takes too long from its acceptance to its row. First: see on the dashboard whether it waits in the queue or in the database.",
	}}
}

func (p *AlarmsProps) processorAlarms() []alarm {
	return []alarm{{
		id: "ProcessorConcurrency", name: "processor-concurrency", periods: 5, threshold: float64(p.ProcessorConcurrency) * float64(p.ConcurrencyPercent) / 100,
		metric: p.Processor.MetricConcurrency(),
		description: fmt.Sprintf("The processor is near its maximum concurrency of %d: the queue will grow. First: see whether the database has room; then raise the maximum, or the size of a batch.",
			p.ProcessorConcurrency),
	}, {
		id: "NotificationsFailed", name: "notifications-failed", periods: 1, threshold: float64(p.NotificationsFailed), metric: p.Notifications.MetricFailed(),
		description: "SNS cannot deliver to a subscriber, who misses notifications. First: list the topic's subscriptions; is each endpoint there, and does its policy let SNS in? Then announce again what was missed.",
	}}
}

func (p *AlarmsProps) databaseAlarms() []alarm {
	look, grow := p.Database.advice()
	return slices.Concat([]alarm{{
		id: "DatabaseCPU", name: "database-cpu", periods: 10, threshold: float64(p.DatabaseCPUPercent), metric: p.Database.MetricCPU(),
		description: fmt.Sprintf("The database is busy. First: see in %s which statement it is; if it is ours, %s.", look, grow),
	}, {
		id: "DatabaseMemory", name: "database-memory", periods: 5, threshold: float64(p.DatabaseFreeMemoryMiB) * (1 << 20), below: true,
		metric:      p.Database.MetricFreeMemory(),
		description: fmt.Sprintf("The database runs out of memory and may restart. First: see in %s whether sessions or one statement take it; else %s.", look, grow),
	}}, p.Database.alarms(p), []alarm{{
		id: "DatabaseConnections", name: "database-connections", periods: 5,
		threshold: float64(p.DatabaseMaxConnections) * float64(p.DatabaseConnectionsPercent) / 100,
		metric:    p.Database.MetricConnections(),
		description: fmt.Sprintf("The database has many of the about %d connections that it allows. First: see in pg_stat_activity whose they are; lower the functions' concurrency, or put a proxy before it.",
			p.DatabaseMaxConnections),
	}})
}

// tableAlarms watch what the maintain function writes once a run. Between two runs they
// keep their state; that the runs end is for the first of them to see. A run that failed
// is tried again after one minute and after two more: its first try alone is no alarm.
func (p *AlarmsProps) tableAlarms() []alarm {
	written := func(name, statistic string) awscloudwatch.Metric { return p.Maintain.MetricWritten(name, statistic) }
	return []alarm{{
		id: "Maintenance", name: "maintenance", periods: int(p.MaintainEvery/time.Hour) + maintenanceLate, threshold: 1, below: true, missing: awscloudwatch.TreatMissingData_BREACHING,
		metric:      filled("maintained", "runs", written(contract.MetricMaintainSuccess, "Sum"), 0),
		description: "The tables have not been maintained for two hours more than there are between two runs. First: read the log of maintain for the reason; if it has no runs, see whether its schedule is enabled.",
	}, {
		id: "Partitions", name: "partitions-ahead", periods: 2, of: 3, threshold: contract.PartitionDaysAhead, below: true, missing: awscloudwatch.TreatMissingData_IGNORE,
		metric:      written(contract.MetricPartitionsAhead, "Minimum"),
		description: fmt.Sprintf("Partitions of the coming days are missing: maintain cannot make all %d. First: read its log for the reason, mend that, and invoke it; events lose their partition only when none is left.", contract.PartitionDaysAhead),
	}, {
		id: "Misplaced", name: "events-misplaced", periods: 1, threshold: 1, missing: awscloudwatch.TreatMissingData_IGNORE,
		metric:      written(contract.MetricMisplaced, "Maximum"),
		description: "Events lie in the default partition, which is never dropped. First: read the log of maintain for why the partition of their day cannot be made.",
	}}
}

// exportAlarms watch how many days are over and not exported. A run that cannot read what
// is exported writes no number, and so an hour without one counts as a day behind.
func (p *AlarmsProps) exportAlarms() []alarm {
	if !p.DailyExport {
		return nil
	}
	return []alarm{{
		id: "ExportsBehind", name: "exports-behind", periods: exportsLate, threshold: 1, missing: awscloudwatch.TreatMissingData_BREACHING,
		metric: filled("days not exported", "behind", p.Maintain.MetricWritten(contract.MetricExportDaysBehind, "Minimum"), 1),
		description: fmt.Sprintf("For %d hours, no run of maintain has left all days exported that are over. First: read its log line daily export for the error; "+
			"without one it has too little time for so many events: run it more often, or give it more memory. What is missing for %d days is given up.", exportsLate, contract.DailyExportDays),
	}}
}
