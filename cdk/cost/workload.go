package cost

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Workload is what is assumed of the load, since no setting says it. All numbers
// are averages. Nothing fails, and nothing is sent twice.
type Workload struct {
	EventsPerMonth   float64 `json:"events_per_month"` // at random times, as many by night as by day
	EventsPerRequest float64 `json:"events_per_request"`
	ReadsPerEvent    float64 `json:"reads_per_event"`
	PayloadBytes     float64 `json:"payload_bytes"`
	LargeShare       float64 `json:"large_share"` // of the events have LargeBytes, and go through S3
	LargeBytes       float64 `json:"large_bytes"`
	MonthsKept       float64 `json:"months_kept"` // for which a payload in S3 is paid for here

	// What Lambda bills for a request or batch, for each event in it, and for each
	// payload of it that is in S3.
	IngestMilliseconds    float64 `json:"ingest_ms"`
	QueryMilliseconds     float64 `json:"query_ms"`
	ProcessorMilliseconds float64 `json:"processor_ms"`
	EventMilliseconds     float64 `json:"event_ms"`
	ObjectMilliseconds    float64 `json:"object_ms"`

	QuotedGrowth      float64 `json:"quoted_growth"`      // of a payload that is a string of the message
	EnvelopeBytes     float64 `json:"envelope_bytes"`     // of a message, beside the payload
	NotificationBytes float64 `json:"notification_bytes"` // of one event
	AnswerBytes       float64 `json:"answer_bytes"`       // of a request, headers included, beside a payload
	RowBytes          float64 `json:"row_bytes"`          // of an event in both tables and their indexes, beside the payload
	WALGrowth         float64 `json:"wal_growth"`         // bytes that the backups keep for a byte stored

	EventsPerVCPU    float64 `json:"events_per_vcpu"`    // a second, that a processor of the database stores
	RequestLogBytes  float64 `json:"request_log_bytes"`  // the access line, the function's and its metrics
	BatchLogBytes    float64 `json:"batch_log_bytes"`    // the processor's metrics
	SystemLogBytes   float64 `json:"system_log_bytes"`   // of an invocation: Lambda's own two lines
	EventLogBytes    float64 `json:"event_log_bytes"`    // the processor's line
	FirewallLogBytes float64 `json:"firewall_log_bytes"` // of a request that a rule blocked or counted,
	FirewallLogShare float64 `json:"firewall_log_share"` // which are so many of all
	FlowLogBytes     float64 `json:"flow_log_bytes"`     // of a batch
	LogCompression   float64 `json:"log_compression"`    // bytes stored for a byte written
	TraceShare       float64 `json:"trace_share"`        // traced, of what is not the first of its second
}

// DefaultWorkload returns a million small events a month, each posted alone. The
// sizes of log lines are those that the handlers' tests compare; the times are
// what functions of this kind take, and none was measured on Lambda. What a processor
// of the database stores is what docs/performance/capacity.md counts on; what share
// of the requests a rule of the firewall matches is a guess.
func DefaultWorkload() Workload {
	return Workload{
		EventsPerMonth: 1_000_000, EventsPerRequest: 1, ReadsPerEvent: 0.1,
		PayloadBytes: 1_024, LargeShare: 0.001, LargeBytes: 1 << 20, MonthsKept: 12,
		IngestMilliseconds: 20, QueryMilliseconds: 15, ProcessorMilliseconds: 40, EventMilliseconds: 0.5, ObjectMilliseconds: 100,
		QuotedGrowth: 1.1, EnvelopeBytes: 700, NotificationBytes: 600, AnswerBytes: 700, RowBytes: 800, WALGrowth: 2,
		EventsPerVCPU: 625, RequestLogBytes: 1_500, BatchLogBytes: 500, SystemLogBytes: 600, EventLogBytes: 400, FirewallLogBytes: 1_800, FirewallLogShare: 0.05, FlowLogBytes: 800,
		LogCompression: 0.15, TraceShare: 0.05,
	}
}

func (w Workload) check() error {
	var errs []error
	between := func(value, low, high float64, field string) {
		if !(value >= low && value <= high) { // so that NaN is none
			errs = append(errs, fmt.Errorf("workload: %s must be %s to %s, got %s", field, count(low), count(high), count(value)))
		}
	}
	between(w.EventsPerMonth, 1, 1e12, "EventsPerMonth (-events)")
	between(w.EventsPerRequest, 1, contract.BatchLimit, "EventsPerRequest (-batch)")
	between(w.ReadsPerEvent, 0, 1_000, "ReadsPerEvent (-reads)")
	between(w.PayloadBytes, 1, contract.BodyLimit, "PayloadBytes (-payload-bytes)")
	between(w.PayloadBytes*w.EventsPerRequest, 1, contract.BodyLimit, "the body, PayloadBytes × EventsPerRequest,")
	return errors.Join(errs...)
}

func (w Workload) assumptions() []string {
	return []string{
		fmt.Sprintf("%s events a month at random times (-events), %v to a request (-batch), %v reads of each (-reads)", count(w.EventsPerMonth), w.EventsPerRequest, w.ReadsPerEvent),
		fmt.Sprintf("%s bytes a payload (-payload-bytes); %v %% have %s, in S3 for %v months", count(w.PayloadBytes), w.LargeShare*100, count(w.LargeBytes), w.MonthsKept),
		fmt.Sprintf("Lambda takes %v ms for a post, %v for a read, %v for a batch, %v more for each event, %v for each payload in S3",
			w.IngestMilliseconds, w.QueryMilliseconds, w.ProcessorMilliseconds, w.EventMilliseconds, w.ObjectMilliseconds),
		fmt.Sprintf("%s bytes of log for a request, %s for a batch, %s for an event in it, %s of Lambda's own for an invocation (logs.system_level)",
			count(w.RequestLogBytes), count(w.BatchLogBytes), count(w.EventLogBytes), count(w.SystemLogBytes)),
		fmt.Sprintf("rules of the firewall block or count %v %% of the requests, of which it logs %s bytes each", w.FirewallLogShare*100, count(w.FirewallLogBytes)),
		fmt.Sprintf("X-Ray's default rule traces the first of each second and %v %% of the others (traces)", w.TraceShare*100),
		fmt.Sprintf("a processor of the database stores %v events a second, and is %d ACU; an instance that pauses is awake for %.0f minutes after a connection",
			w.EventsPerVCPU, acuPerVCPU, (pauseSeconds+idleSeconds+wakeSeconds)/60.0),
		"not counted: failures and retries, the topic's subscribers, traffic between zones, queries of logs, S3 access logs, deployments",
	}
}

// Footprint counts what a stage has whether or not events arrive.
type Footprint struct {
	InterfaceEndpoints int `json:"interface_endpoints"` // each of them in every zone
	// AlarmMetrics are the metrics that the metric alarms read: one for an alarm on a
	// metric, one for each MetricStat of an alarm that computes.
	AlarmMetrics    int `json:"alarm_metrics"`
	CompositeAlarms int `json:"composite_alarms"`
	Dashboards      int `json:"dashboards"`
	FunctionMetrics int `json:"function_metrics"` // written by the functions, with canaries by version too
	MaintainMetrics int `json:"maintain_metrics"` // of these by the maintenance
	Keys            int `json:"keys"`
	Secrets         int `json:"secrets"`
	FirewallRules   int `json:"firewall_rules"` // zero: no firewall
	DeployGroups    int `json:"deploy_groups"`  // of CodeDeploy
	// QueueKeySeconds is how long SQS uses a data key of the stage's own key; zero: it has
	// none.
	QueueKeySeconds int `json:"queue_key_seconds,omitempty"`
}

func exportsDaily(t *template.Stage) bool {
	return slices.ContainsFunc(t.All("AWS::Lambda::Function"), func(f *template.Resource) bool {
		return f.At("Environment", "Variables", "FLUXA_DAILY_EXPORT") != nil
	})
}

// FootprintOf counts what the templates of a stage have.
func FootprintOf(t *template.Stage) Footprint {
	count := func(kind string) int { return len(t.All(kind)) }
	f := Footprint{
		CompositeAlarms: count("AWS::CloudWatch::CompositeAlarm"), Dashboards: count("AWS::CloudWatch::Dashboard"),
		Keys: count("AWS::KMS::Key"), Secrets: count("AWS::SecretsManager::Secret"),
		DeployGroups: count("AWS::CodeDeploy::DeploymentGroup"), FunctionMetrics: len(contract.Metrics()),
	}
	if f.DeployGroups > 0 {
		f.FunctionMetrics += len(contract.VersionMetrics())
	}
	for _, metric := range contract.Metrics() {
		if metric.Namespace == contract.NamespaceMaintain {
			f.MaintainMetrics++
		}
	}
	if !exportsDaily(t) { // and so does not write contract.MetricExportDaysBehind
		f.FunctionMetrics--
		f.MaintainMetrics--
	}
	for _, endpoint := range t.All("AWS::EC2::VPCEndpoint") {
		if endpoint.At("VpcEndpointType") == "Interface" { // the others, gateways, are free
			f.InterfaceEndpoints++
		}
	}
	for _, alarm := range t.All("AWS::CloudWatch::Alarm") {
		metrics, computed := alarm.At("Metrics").(template.List)
		if !computed {
			f.AlarmMetrics++
		}
		for _, metric := range metrics {
			if template.At(metric, "MetricStat") != nil {
				f.AlarmMetrics++
			}
		}
	}
	for _, queue := range t.All("AWS::SQS::Queue") {
		if seconds, is := queue.At("KmsDataKeyReusePeriodSeconds").(json.Number); is {
			f.QueueKeySeconds, _ = strconv.Atoi(seconds.String()) // the template's own, whole seconds
		}
	}
	for _, acl := range t.All("AWS::WAFv2::WebACL") {
		rules, _ := acl.At("Rules").(template.List) // nil when it has none
		f.FirewallRules += len(rules)
	}
	for _, database := range slices.Concat(t.All("AWS::RDS::DBInstance"), t.All("AWS::RDS::DBCluster")) {
		if database.At("ManageMasterUserPassword") == true {
			f.Secrets++
		}
	}
	return f
}
