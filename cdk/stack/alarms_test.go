package stack_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// watch is what an alarm looks at and when it alarms.
type watch struct {
	Metric     string // namespace, name, statistic and dimensions, or the expression over such
	Comparison string
	Threshold  float64
	Minutes    int // for which it holds
	Of         int // minutes, in which it holds for so many
}

// metric writes a metric down on one line.
func metric(namespace, name, statistic string, dimensions ...string) string {
	return fmt.Sprintf("%s %s %s of %s", namespace, name, statistic, strings.Join(dimensions, " "))
}

// rate is the expression that is nothing while there is nothing.
func rate(part, whole string) string {
	return "IF(whole > 0, 100 * part / whole, 0); part=" + part + "; whole=" + whole
}

func watchOf(t *testing.T, r *resource) watch {
	t.Helper()
	var query struct {
		Metrics []struct {
			ID, Expression string
			ReturnData     bool
			MetricStat     struct {
				Stat   string
				Period int
				Metric struct {
					Namespace, MetricName string
					Dimensions            []struct{ Name, Value string }
				}
			}
		}
		ComparisonOperator                   string
		Threshold                            float64
		EvaluationPeriods, DatapointsToAlarm int
	}
	raw, err := json.Marshal(r.plain())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &query); err != nil {
		t.Fatal(err)
	}
	var looked []string
	period := 0
	for _, q := range query.Metrics {
		if q.Expression != "" {
			looked = append([]string{q.Expression}, looked...)
			continue
		}
		var dimensions []string
		for _, d := range q.MetricStat.Metric.Dimensions {
			dimensions = append(dimensions, d.Name+"="+d.Value)
		}
		if period = q.MetricStat.Period; period%60 != 0 {
			t.Errorf("%s looks at %d seconds, which are no whole minutes", r, period)
		}
		one := metric(q.MetricStat.Metric.Namespace, q.MetricStat.Metric.MetricName, q.MetricStat.Stat, dimensions...)
		if !q.ReturnData {
			one = q.ID + "=" + one
		}
		looked = append(looked, one)
	}
	minutes := period / 60
	return watch{strings.Join(looked, "; "), query.ComparisonOperator, query.Threshold, query.DatapointsToAlarm * minutes, query.EvaluationPeriods * minutes}
}

func TestAlarms_watch_the_whole_way_of_an_event(t *testing.T) {
	t.Parallel()
	const atLeast, below = "GreaterThanOrEqualToThreshold", "LessThanThreshold"
	const database = "DBInstanceIdentifier=${Data/Database/Instance}"
	for _, p := range append(both(t), abroad(t)) {
		s, a := p.settings, p.settings.Alarms
		api := []string{"ApiName=" + s.Platform(), "Stage=${Pipeline/API/API/DeploymentStage." + s.Environment() + "}"}
		lambda := func(path, name, statistic string) string {
			return metric("AWS/Lambda", name, statistic, "FunctionName=${Pipeline/"+path+"/Function}")
		}
		queue := "QueueName=${Pipeline/Events/Queue.QueueName}"
		want := map[string]watch{
			"api-5xx-rate": {rate(metric("AWS/ApiGateway", "5XXError", "Sum", api...), metric("AWS/ApiGateway", "Count", "Sum", api...)), atLeast, float64(a.API5xxPercent), 3, 3},
			"dlq-depth": {metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", "QueueName=${Pipeline/Events/DeadLetters.QueueName}"),
				atLeast, float64(a.DLQDepth), 1, 1},
			"queue-age": {metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", queue), atLeast, float64(a.QueueAgeSeconds), 2, 2},
			"in-flight": {metric("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Maximum", queue),
				atLeast, float64(min(2*s.Functions.Processor.MaximumConcurrency*s.Queue.BatchSize, 96_000)), 3, 3},
			"processor-concurrency": {lambda("Processor", "ConcurrentExecutions", "Maximum"),
				atLeast, float64(s.Functions.Processor.MaximumConcurrency) * float64(a.ConcurrencyPercent) / 100, 5, 5},
			"notifications-failed": {metric("AWS/SNS", "NumberOfNotificationsFailed", "Sum", "TopicName=${Pipeline/Notifications/Topic.TopicName}"),
				atLeast, float64(a.NotificationsFailed), 1, 1},
			"database-cpu":         {metric("AWS/RDS", "CPUUtilization", "Average", database), atLeast, float64(a.DatabaseCPUPercent), 10, 10},
			"database-memory":      {metric("AWS/RDS", "FreeableMemory", "Average", database), below, float64(a.DatabaseFreeMemoryMiB) * 1_048_576, 5, 5},
			"database-storage":     {metric("AWS/RDS", "FreeStorageSpace", "Minimum", database), below, float64(a.DatabaseFreeStorageGiB) * 1_073_741_824, 5, 5},
			"database-connections": {metric("AWS/RDS", "DatabaseConnections", "Maximum", database), atLeast, float64(s.Database.MaxConnections()*a.DatabaseConnectionsPercent) / 100, 5, 5},
		}
		if s.Database.InstanceClass[0] == 't' {
			want["database-credits"] = watch{metric("AWS/RDS", "CPUSurplusCreditBalance", "Maximum", database), atLeast, 144, 15, 15}
		}
		if s.Database.Proxy {
			proxy := "ProxyName=${Data/Database/Proxy}"
			want["proxy-connections"] = watch{rate(metric("AWS/RDS", "DatabaseConnectionsCurrentlyBorrowed", "Sum", proxy),
				metric("AWS/RDS", "MaxDatabaseConnectionsAllowed", "Sum", proxy)), atLeast, float64(a.DatabaseConnectionsPercent), 5, 5}
		}
		ours := func(namespace, name, statistic string) string {
			return metric("Fluxa/"+namespace, name, statistic, "Environment="+s.Environment(), "Service="+strings.ToLower(namespace))
		}
		want["dlq-sent"] = watch{ours("Processor", "dlq_sent", "Sum"), atLeast, float64(a.DLQDepth), 1, 1}
		want["events-retried"] = watch{ours("Processor", "retried", "Sum"), atLeast, float64(a.Retried), 3, 5}
		want["oldest-retried"] = watch{ours("Processor", "oldest_retried_age_ms", "Maximum"), atLeast, float64(a.QueueAgeSeconds) * 1000, 2, 3}
		want["end-to-end-p99"] = watch{ours("Processor", "end_to_end_latency_ms", "p99"), atLeast, float64(a.EndToEndP99Milliseconds), 3, 3}
		late := 60 * (p.settings.Events.MaintainEveryHours + 2)
		want["maintenance"] = watch{"FILL(runs, 0); runs=" + ours("Maintain", "maintain_success", "Sum"), below, 1, late, late}
		want["partitions-ahead"] = watch{ours("Maintain", "partitions_ahead", "Minimum"), below, 7, 2, 3}
		want["events-misplaced"] = watch{ours("Maintain", "events_misplaced", "Maximum"), atLeast, 1, 1, 1}
		if p == abroad(t) { // which exports each day, and copies its database
			vault := func(name, vault string) string { return metric("AWS/Backup", name, "Sum", "BackupVaultName="+vault) }
			want["exports-behind"] = watch{"FILL(behind, 1); behind=" + ours("Maintain", "export_days_behind", "Minimum"), atLeast, 1, 26 * 60, 26 * 60}
			want["backup-copy-failed"] = watch{"copies + snapshots; copies=" + vault("NumberOfCopyJobsFailed", "central") +
				"; snapshots=" + vault("NumberOfBackupJobsFailed", p.settings.Platform()), atLeast, 1, 60, 60}
			want["backup-copy-missing"] = watch{"FILL(copies, 0); copies=" + vault("NumberOfCopyJobsCompleted", "central"), below, 1, 30 * 60, 30 * 60}
		}
		for _, path := range []string{"Ingest", "Processor", "Query"} {
			name := strings.ToLower(path)
			want[name+"-error-rate"] = watch{rate(lambda(path, "Errors", "Sum"), lambda(path, "Invocations", "Sum")), atLeast, float64(a.ErrorRatePercent), 3, 5}
			want[name+"-throttles"] = watch{lambda(path, "Throttles", "Sum"), atLeast, float64(a.Throttles), 3, 3}
		}
		named := map[string]watch{}
		for name, one := range want {
			named[s.Named(name)] = one
		}
		got := map[string]watch{}
		for _, r := range p.stacks[observability].all("AWS::CloudWatch::Alarm") {
			got[r.text("AlarmName")] = watchOf(t, r)
		}
		same(t, s.Name, got, named)
	}
}

func TestAlarms_alarm_at_these_values(t *testing.T) {
	for p, thresholds := range map[*platform]map[string]float64{
		dev(t): {
			"dlq-depth": 1, "api-5xx-rate": 5, "ingest-error-rate": 5, "ingest-throttles": 5, "queue-age": 120, "oldest-retried": 120_000, "events-retried": 1, "in-flight": 100, "end-to-end-p99": 30_000,
			"processor-concurrency": 4.5, "database-cpu": 90, "database-storage": 4 << 30, "database-memory": 50 << 20, "database-credits": 144, "database-connections": 62.4,
		},
		prod(t): {
			"dlq-depth": 1, "api-5xx-rate": 1, "ingest-error-rate": 1, "ingest-throttles": 1, "queue-age": 120, "oldest-retried": 120_000, "events-retried": 1, "in-flight": 10_000, "end-to-end-p99": 10_000,
			"processor-concurrency": 40, "database-cpu": 80, "database-storage": 20 << 30, "database-memory": 500 << 20, "database-connections": 504, "proxy-connections": 80,
		},
	} {
		a := p.assert(t, observability)
		for name, threshold := range thresholds {
			a.has(t, "AWS::CloudWatch::Alarm", object{"AlarmName": p.settings.Named(name), "Threshold": threshold})
		}
	}
}

func TestAlarms_tell_the_topic_when_they_begin_and_end(t *testing.T) {
	t.Parallel()
	topic := []string{"${Observability/Alarms/Topic/Topic}"}
	for _, p := range both(t) {
		stack := p.stacks[observability]
		for _, r := range append(stack.all("AWS::CloudWatch::Alarm"), stack.all("AWS::CloudWatch::CompositeAlarm")...) {
			same(t, r, r.plain("AlarmActions"), topic)
			same(t, r, r.plain("OKActions"), topic)
		}
	}
}

// A night without traffic has no data, which is no reason to wake anybody. What the
// maintain function writes once an hour holds until the next run; that there is none
// is what the first of its alarms tells. Exports and copies of a day that are not made
// write nothing either.
func TestAlarms_are_quiet_without_data_but_for_what_has_to_run(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		others := map[string]string{
			p.settings.Named("maintenance"): "breaching", p.settings.Named("partitions-ahead"): "ignore", p.settings.Named("events-misplaced"): "ignore",
			p.settings.Named("exports-behind"): "breaching", p.settings.Named("backup-copy-missing"): "breaching",
		}
		for _, r := range p.all("AWS::CloudWatch::Alarm") {
			same(t, r, r.plain("TreatMissingData"), cmp.Or(others[r.text("AlarmName")], "notBreaching"))
		}
	}
}

// Whoever is woken by an alarm reads its description first. CloudWatch takes 1024
// characters of it.
func TestAlarms_say_what_has_happened_and_what_to_do_first(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		for _, r := range append(p.all("AWS::CloudWatch::Alarm"), p.all("AWS::CloudWatch::CompositeAlarm")...) {
			description := r.text("AlarmDescription")
			what, first, said := strings.Cut(description, " First: ")
			if !said || len(strings.Fields(what)) < 4 || len(strings.Fields(first)) < 4 || len(description) > 1024 {
				t.Errorf("%s is described as %q; want what has happened, then First: and what to do", r.text("AlarmName"), description)
			}
		}
	}
}

func TestDatabaseEvents_go_to_the_topic_of_the_alarms(t *testing.T) {
	t.Parallel()
	for _, p := range append(both(t), abroad(t)) {
		want := map[string]any{p.settings.Named("database-events"): object{
			"SubscriptionName": p.settings.Named("database-events"), "SnsTopicArn": "${Observability/Alarms/Topic/Topic}", "Enabled": true,
			"SourceType": "db-instance", "SourceIds": []string{"${Data/Database/Instance}"},
			"EventCategories": []string{"availability", "failover", "failure", "low storage", "maintenance", "recovery"},
		}}
		if p.settings.Database.Proxy {
			want[p.settings.Named("proxy-events")] = object{
				"SubscriptionName": p.settings.Named("proxy-events"), "SnsTopicArn": "${Observability/Alarms/Topic/Topic}", "Enabled": true,
				"SourceType": "db-proxy", "SourceIds": []string{"${Data/Database/Proxy}"}, "EventCategories": []string{"failure"},
			}
		}
		got := map[string]any{}
		for _, r := range p.stacks[observability].all("AWS::RDS::EventSubscription") {
			properties := r.plain().(object)
			delete(properties, "Tags")
			got[r.text("SubscriptionName")] = properties
		}
		same(t, p.settings.Name, got, want)
	}
}

func TestAlarms_call_the_pipeline_unhealthy_when_events_do_not_get_through(t *testing.T) {
	t.Parallel()
	var parts []string
	for _, path := range []string{"API5xx", "IngestErrors", "ProcessorErrors", "DLQDepth", "DLQSent", "Retried", "OldestRetried", "QueueAge", "DatabaseStorage"} {
		parts = append(parts, `ALARM("${Observability/Alarms/`+path+`.Arn}")`)
	}
	for _, p := range both(t) {
		composite := p.stacks[observability].at(t, "Alarms/Unhealthy")
		same(t, composite, composite.plain("AlarmRule"), "("+strings.Join(parts, " OR ")+")")
		same(t, composite, composite.plain("AlarmName"), p.settings.Named("pipeline-unhealthy"))
	}
}

func TestAlarms_write_to_the_stage_s_address_and_to_nobody_without_one(t *testing.T) {
	for _, p := range both(t) {
		p.assert(t, observability).none(t, "AWS::SNS::Subscription")
	}
	a := abroad(t).assert(t, observability)
	a.count(t, "AWS::SNS::Subscription", 1)
	a.has(t, "AWS::SNS::Subscription", object{"Protocol": "email", "Endpoint": "team@example.com"})
	subscription := abroad(t).stacks[observability].all("AWS::SNS::Subscription")[0]
	same(t, subscription, subscription.plain("TopicArn"), "${Observability/Alarms/Topic/Topic}")
}

func TestQueries_are_saved_over_the_logs_of_every_function(t *testing.T) {
	t.Parallel()
	var logs []string
	for _, path := range []string{"Ingest", "Processor", "Query", "Migrate", "Maintain"} {
		logs = append(logs, "${Pipeline/"+path+"/Log}")
	}
	for _, p := range both(t) {
		found := map[string]string{}
		for _, r := range p.stacks[observability].all("AWS::Logs::QueryDefinition") {
			searched := logs
			if strings.HasSuffix(r.text("Name"), "/requests by client") {
				searched = []string{"${Pipeline/API/AccessLog}"}
			}
			same(t, r, r.plain("LogGroupNames"), searched)
			found[strings.TrimPrefix(r.text("Name"), "fluxa/"+p.settings.Name+"/")] = r.text("QueryString")
		}
		for name, filter := range map[string]string{
			"by correlation id": "| filter correlation_id = ", "by error code": "filter ispresent(error_code)",
			"retries by code": `result = "retried"`, "slowest requests": "| sort duration_ms desc",
			"requests by client": "count(refusal) as refused, count(throttle) as throttled by caller, role, subject",
		} {
			if !strings.Contains(found[name], filter) {
				t.Errorf("%s: the query %q is %q", p.settings.Name, name, found[name])
			}
		}
		if len(found) != 5 {
			t.Errorf("%s has %d queries", p.settings.Name, len(found))
		}
	}
}

func TestTraces_of_the_stage_are_a_group_where_there_are_traces(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		group := p.stacks[observability].at(t, "Traces/Group")
		same(t, group, group.plain("GroupName"), "fluxa-"+p.settings.Name)
		var services []string
		for _, function := range []string{"ingest", "processor", "query", "migrate", "maintain"} {
			services = append(services, fmt.Sprintf(`service("%s")`, p.settings.Named(function)))
		}
		same(t, group, group.plain("FilterExpression"), strings.Join(services, " OR "))
	}
	if groups := abroad(t).all("AWS::XRay::Group"); len(groups) != 0 {
		t.Errorf("without traces there is %v", groups)
	}
}
