package contract

// Metric namespaces, one a service.
const (
	NamespaceIngest    = "Fluxa/Ingest"
	NamespaceProcessor = "Fluxa/Processor"
	NamespaceQuery     = "Fluxa/Query"
	NamespaceMaintain  = "Fluxa/Maintain"
)

// Dimensions of every metric. An id is never a dimension: each new value would
// be a new, billed metric.
const (
	DimensionService     = "Service"
	DimensionEnvironment = "Environment"
)

// DimensionVersion is a third dimension, of VersionMetrics only: the version of the
// Lambda function. Each release makes new metrics, which are billed for the hours in
// which they are written: those of one version at a time, or of two during a canary.
const DimensionVersion = "Version"

// Metric names of what a version made of its work, in each namespace of
// VersionMetrics: deliveries of the processor, answers of ingest and query. Failed are
// deliveries that are retried or sent to the DLQ, and answers of 5xx.
const (
	MetricVersionHandled = "version_handled"
	MetricVersionFailed  = "version_failed"
)

// Metric names of the ingest function.
const (
	MetricIngestSuccess      = "ingest_success"
	MetricIngestFailure      = "ingest_failure"
	MetricIngestLatency      = "ingest_latency_ms"
	MetricS3Puts             = "s3_puts"
	MetricSQSSent            = "sqs_sent"
	MetricPayloadInlineCount = "payload_inline_count"
	MetricPayloadS3Count     = "payload_s3_count"
)

// Metric names of the processor. MetricRetried counts the deliveries that stay on the
// queue, 0 included; MetricOldestRetriedAge is how long ago the oldest event of those
// was accepted. Only they show an outage: the handler returns no error, and SQS leaves
// a message out of ApproximateAgeOfOldestMessage once it was received three times.
const (
	MetricProcessedSuccess = "processed_success"
	MetricProcessedFailure = "processed_failure"
	MetricRetried          = "retried"
	MetricOldestRetriedAge = "oldest_retried_age_ms"
	MetricDuplicateSkipped = "duplicate_skipped"
	MetricProcessLatency   = "process_latency_ms"
	MetricDBLatency        = "db_latency_ms"
	MetricEndToEndLatency  = "end_to_end_latency_ms"
	MetricDLQSent          = "dlq_sent"
	MetricNotified         = "notified"
)

// Metric names of the query function.
const (
	MetricQuerySuccess  = "query_success"
	MetricQueryFailure  = "query_failure"
	MetricQueryNotFound = "query_not_found"
	MetricQueryLatency  = "query_latency_ms"
)

// Metric names of the maintain function. MetricPartitionsAhead is for how many days
// after today, without a gap, there are partitions after a run; MetricMisplaced how
// many events the default partition then holds; MetricExportDaysBehind how many days are
// over and not exported, in a stage with a daily export.
const (
	MetricMaintainSuccess   = "maintain_success"
	MetricMaintainFailure   = "maintain_failure"
	MetricPartitionsMade    = "partitions_made"
	MetricPartitionsDropped = "partitions_dropped"
	MetricPartitionsAhead   = "partitions_ahead"
	MetricEventsMoved       = "events_moved"
	MetricKeysPruned        = "keys_pruned"
	MetricMisplaced         = "events_misplaced"
	MetricExportDaysBehind  = "export_days_behind"
)

// FunctionOf returns the function that writes the metrics of a namespace. Its name
// is the value of DimensionService. For a namespace that is not one of the above it
// returns "".
func FunctionOf(namespace string) Function {
	switch namespace {
	case NamespaceIngest:
		return FunctionIngest
	case NamespaceProcessor:
		return FunctionProcessor
	case NamespaceQuery:
		return FunctionQuery
	case NamespaceMaintain:
		return FunctionMaintain
	}
	return ""
}

// Units, as CloudWatch names them.
const (
	UnitCount        = "Count"
	UnitMilliseconds = "Milliseconds"
)

// Metric is one metric a function writes.
type Metric struct {
	Namespace string
	Name      string
	Unit      string
}

// Metrics is every metric that the code writes. An alarm or a dashboard that
// reads another name reads nothing; a test compares the two. The caller gets a
// copy.
func Metrics() []Metric {
	return []Metric{
		{NamespaceIngest, MetricIngestSuccess, UnitCount},
		{NamespaceIngest, MetricIngestFailure, UnitCount},
		{NamespaceIngest, MetricIngestLatency, UnitMilliseconds},
		{NamespaceIngest, MetricS3Puts, UnitCount},
		{NamespaceIngest, MetricSQSSent, UnitCount},
		{NamespaceIngest, MetricPayloadInlineCount, UnitCount},
		{NamespaceIngest, MetricPayloadS3Count, UnitCount},
		{NamespaceProcessor, MetricProcessedSuccess, UnitCount},
		{NamespaceProcessor, MetricProcessedFailure, UnitCount},
		{NamespaceProcessor, MetricRetried, UnitCount},
		{NamespaceProcessor, MetricOldestRetriedAge, UnitMilliseconds},
		{NamespaceProcessor, MetricDuplicateSkipped, UnitCount},
		{NamespaceProcessor, MetricProcessLatency, UnitMilliseconds},
		{NamespaceProcessor, MetricDBLatency, UnitMilliseconds},
		{NamespaceProcessor, MetricEndToEndLatency, UnitMilliseconds},
		{NamespaceProcessor, MetricDLQSent, UnitCount},
		{NamespaceProcessor, MetricNotified, UnitCount},
		{NamespaceQuery, MetricQuerySuccess, UnitCount},
		{NamespaceQuery, MetricQueryFailure, UnitCount},
		{NamespaceQuery, MetricQueryNotFound, UnitCount},
		{NamespaceQuery, MetricQueryLatency, UnitMilliseconds},
		{NamespaceMaintain, MetricMaintainSuccess, UnitCount},
		{NamespaceMaintain, MetricMaintainFailure, UnitCount},
		{NamespaceMaintain, MetricPartitionsMade, UnitCount},
		{NamespaceMaintain, MetricPartitionsDropped, UnitCount},
		{NamespaceMaintain, MetricPartitionsAhead, UnitCount},
		{NamespaceMaintain, MetricEventsMoved, UnitCount},
		{NamespaceMaintain, MetricKeysPruned, UnitCount},
		{NamespaceMaintain, MetricMisplaced, UnitCount},
		{NamespaceMaintain, MetricExportDaysBehind, UnitCount},
	}
}

// VersionMetrics is every metric with DimensionVersion: those by which CodeDeploy
// judges a release, and no others, since each costs as much as any. They are written
// where releases are canaries, both at once, so that a share of them can be computed.
// The caller gets a copy.
func VersionMetrics() []Metric {
	var out []Metric
	for _, namespace := range []string{NamespaceIngest, NamespaceProcessor, NamespaceQuery} {
		out = append(out, Metric{namespace, MetricVersionHandled, UnitCount}, Metric{namespace, MetricVersionFailed, UnitCount})
	}
	return out
}
