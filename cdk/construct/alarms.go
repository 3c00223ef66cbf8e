package construct

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	awscloudwatchactions "github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/fluxa/fluxa/pkg/contract"
)

// WatchedDatabase is what alarms and dashboard need of a database, whichever engine
// runs it.
type WatchedDatabase interface {
	// MetricCPU is the load in percent.
	MetricCPU() awscloudwatch.Metric
	// MetricConnections is how many connections are open.
	MetricConnections() awscloudwatch.Metric
	// alarms are those of this engine alone.
	alarms(p *AlarmsProps) []alarm
}

// Watched is what alarms and dashboard look at. All fields are required.
type Watched struct {
	API                                *EventAPI
	Queue                              *EventQueue
	Database                           WatchedDatabase
	Ingest, Processor, Query, Maintain *Handler
}

// AlarmsProps describes the alarms of one platform. Percentages are 1 to 100.
type AlarmsProps struct {
	Watched
	// Named returns the name of the topic, alarms, and of each alarm, such as
	// dlq-depth.
	Named func(what string) string
	// DisplayName is how an e-mail names its sender: 1 to 100 characters.
	DisplayName string
	// Key is that of the topic, see NewTopicKey.
	Key awskms.IKey
	// Email is an address that is told; default none.
	Email string

	// API5xxPercent is the share of requests that are answered with 5xx.
	API5xxPercent int
	// ErrorRatePercent is the share of a function's runs that crash or time out.
	ErrorRatePercent int
	// Throttles is how many calls a minute find no concurrency left: at least 1.
	Throttles int
	// DLQDepth is how many dead letters there are: at least 1.
	DLQDepth int
	// QueueAge is the age of the oldest event: 1 second to 4 days (the retention of
	// the queue), in whole seconds.
	QueueAge time.Duration
	// EndToEndP99 is the time from acceptance to row: 1 millisecond to 1 hour.
	EndToEndP99 time.Duration
	// ProcessorConcurrency is what the event source mapping allows, 2 to 1000;
	// ConcurrencyPercent of it alarm.
	ProcessorConcurrency, ConcurrencyPercent int
	// DatabaseCPUPercent is the load of the instance.
	DatabaseCPUPercent int
	// DatabaseFreeStorageGiB is the least free storage: at least 1.
	DatabaseFreeStorageGiB int
	// DatabaseMaxConnections is what the instance supports, at least 1;
	// DatabaseConnectionsPercent of it alarm.
	DatabaseMaxConnections, DatabaseConnectionsPercent int
}

func (p *AlarmsProps) check() {
	c := &check{part: "Alarms"}
	w := p.Watched
	c.given(w.API != nil, "API")
	c.given(w.Queue != nil, "Queue")
	c.given(w.Database != nil, "Database")
	c.given(w.Ingest != nil, "Ingest")
	c.given(w.Processor != nil, "Processor")
	c.given(w.Query != nil, "Query")
	c.given(w.Maintain != nil, "Maintain")
	c.given(p.Named != nil, "Named")
	c.name(p.DisplayName, 1, 100, "", "DisplayName")
	c.given(p.Key != nil, "Key")
	c.require(p.Email == "" || strings.Contains(p.Email, "@"), "Email", "must be none or an address such as team@example.com, got %q", p.Email)
	c.between(p.API5xxPercent, 1, 100, "API5xxPercent")
	c.between(p.ErrorRatePercent, 1, 100, "ErrorRatePercent")
	c.between(p.Throttles, 1, math.MaxInt32, "Throttles")
	c.between(p.DLQDepth, 1, math.MaxInt32, "DLQDepth")
	c.lasts(p.QueueAge, time.Second, contract.EventsRetention, "QueueAge")
	c.require(p.EndToEndP99 >= time.Millisecond && p.EndToEndP99 <= time.Hour, "EndToEndP99", "must be 1ms to 1h0m0s, got %v", p.EndToEndP99)
	c.between(p.ProcessorConcurrency, 2, 1000, "ProcessorConcurrency")
	c.between(p.ConcurrencyPercent, 1, 100, "ConcurrencyPercent")
	c.between(p.DatabaseCPUPercent, 1, 100, "DatabaseCPUPercent")
	c.between(p.DatabaseFreeStorageGiB, 1, 65_536, "DatabaseFreeStorageGiB")
	c.between(p.DatabaseMaxConnections, 1, math.MaxInt32, "DatabaseMaxConnections")
	c.between(p.DatabaseConnectionsPercent, 1, 100, "DatabaseConnectionsPercent")
	c.done()
}

// Alarms are the alarms of a platform, all to one topic. Unhealthy is the one that
// says that events are not getting through.
type Alarms struct {
	Construct constructs.Construct
	Topic     *NotificationTopic
	All       []awscloudwatch.Alarm
	Unhealthy awscloudwatch.CompositeAlarm

	props  *AlarmsProps
	action awscloudwatch.IAlarmAction
}

// alarm is one threshold on one metric.
type alarm struct {
	id, name, description string
	metric                awscloudwatch.IMetric
	threshold             float64
	periods               int  // of the metric, each over the threshold, before it alarms
	below                 bool // alarms under the threshold, and not at or over it
	part                  bool // of what makes the pipeline unhealthy
}

// NewAlarms makes the topic and the alarms.
func NewAlarms(scope constructs.Construct, id string, props *AlarmsProps) *Alarms {
	props.check()
	this := constructs.NewConstruct(scope, text(id))
	a := &Alarms{Construct: this, props: props}
	a.Topic = NewNotificationTopic(this, "Topic", &NotificationTopicProps{
		TopicName: props.Named("alarms"), DisplayName: props.DisplayName, Key: props.Key,
	})
	// A topic with a policy of its own has lost the one that SNS gives it, under
	// which the account's alarms could publish.
	a.Topic.Topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        text("AlarmsMayPublish"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(text("cloudwatch.amazonaws.com"), nil)},
		Actions:    list("sns:Publish"),
		Resources:  list(*a.Topic.Topic.TopicArn()),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
	if props.Email != "" {
		awssns.NewSubscription(this, text("Email"), &awssns.SubscriptionProps{
			Topic: a.Topic.Topic, Protocol: awssns.SubscriptionProtocol_EMAIL, Endpoint: text(props.Email),
		})
	}
	a.action = awscloudwatchactions.NewSnsAction(a.Topic.Topic)

	var unhealthy []awscloudwatch.IAlarmRule
	for _, each := range props.alarms() {
		made := a.add(each)
		if each.part {
			unhealthy = append(unhealthy, awscloudwatch.AlarmRule_FromAlarm(made, awscloudwatch.AlarmState_ALARM))
		}
	}
	a.Unhealthy = awscloudwatch.NewCompositeAlarm(this, text("Unhealthy"), &awscloudwatch.CompositeAlarmProps{
		CompositeAlarmName: text(props.Named("pipeline-unhealthy")),
		AlarmDescription:   text("Events are refused, stuck or given up: one of the alarms of which it is made tells which."),
		AlarmRule:          awscloudwatch.AlarmRule_AnyOf(unhealthy...),
	})
	a.Unhealthy.AddAlarmAction(a.action)
	a.Unhealthy.AddOkAction(a.action)
	return a
}

func (a *Alarms) add(one alarm) awscloudwatch.Alarm {
	comparison := awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD
	if one.below {
		comparison = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD
	}
	made := awscloudwatch.NewAlarm(a.Construct, text(one.id), &awscloudwatch.AlarmProps{
		AlarmName:          text(a.props.Named(one.name)),
		AlarmDescription:   text(one.description),
		Metric:             one.metric,
		Threshold:          number(one.threshold),
		EvaluationPeriods:  number(one.periods),
		DatapointsToAlarm:  number(one.periods),
		ComparisonOperator: comparison,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	made.AddAlarmAction(a.action)
	made.AddOkAction(a.action)
	a.All = append(a.All, made)
	return made
}

func (w *Watched) handlers() []*Handler { return []*Handler{w.Ingest, w.Processor, w.Query} }

// alarms are what is watched, in the order of an event's way.
func (p *AlarmsProps) alarms() []alarm {
	out := []alarm{{
		id: "API5xx", name: "api-5xx-rate", periods: 3, threshold: float64(p.API5xxPercent), metric: p.API.Metric5xxRate(), part: true,
		description: "The API answers 5xx: look at the functions' error alarms, then at the API's execution log.",
	}}
	for _, h := range p.handlers() {
		out = append(out, alarm{
			id: h.id + "Errors", name: h.label() + "-error-rate", periods: 3, threshold: float64(p.ErrorRatePercent),
			metric: h.MetricErrorRate(), part: h != p.Query,
			description: fmt.Sprintf("%s crashes or runs out of time: its log has the reason.", h.id),
		}, alarm{
			id: h.id + "Throttles", name: h.label() + "-throttles", periods: 3, threshold: float64(p.Throttles),
			metric:      h.MetricThrottles(),
			description: fmt.Sprintf("%s has reached its concurrency: raise it, or find who sends so much.", h.id),
		})
	}
	return slices.Concat(out, p.queueAlarms(), p.databaseAlarms(), p.tableAlarms())
}

func (p *AlarmsProps) queueAlarms() []alarm {
	return []alarm{{
		id: "DLQDepth", name: "dlq-depth", periods: 1, threshold: float64(p.DLQDepth), metric: p.Queue.MetricDeadLetters(), part: true,
		description: "Events were given up: fluxa dlq ls tells which and why, fluxa dlq redrive sends them again.",
	}, {
		id: "QueueAge", name: "queue-age", periods: 5, threshold: p.QueueAge.Seconds(), metric: p.Queue.MetricOldestEvent(), part: true,
		description: "The oldest event waits too long: the processor is too slow, or what it needs is away.",
	}, {
		id: "EndToEnd", name: "end-to-end-p99", periods: 5, threshold: float64(p.EndToEndP99.Milliseconds()),
		metric:      p.Processor.MetricWritten(contract.MetricEndToEndLatency, "p99"),
		description: "One event in a hundred takes too long from its acceptance to its row.",
	}, {
		id: "ProcessorConcurrency", name: "processor-concurrency", periods: 5, threshold: float64(p.ProcessorConcurrency) * float64(p.ConcurrencyPercent) / 100,
		metric:      p.Processor.MetricConcurrency(),
		description: fmt.Sprintf("The processor is near its maximum concurrency of %d: the queue will grow.", p.ProcessorConcurrency),
	}}
}

func (p *AlarmsProps) databaseAlarms() []alarm {
	return slices.Concat([]alarm{{
		id: "DatabaseCPU", name: "database-cpu", periods: 10, threshold: float64(p.DatabaseCPUPercent), metric: p.Database.MetricCPU(),
		description: "The database is busy: Performance Insights names the statements.",
	}}, p.Database.alarms(p), []alarm{{
		id: "DatabaseConnections", name: "database-connections", periods: 5,
		threshold:   float64(p.DatabaseMaxConnections * p.DatabaseConnectionsPercent / 100),
		metric:      p.Database.MetricConnections(),
		description: fmt.Sprintf("The database has many of the about %d connections that it allows.", p.DatabaseMaxConnections),
	}})
}

func (p *AlarmsProps) tableAlarms() []alarm {
	return []alarm{{
		id: "Maintenance", name: "maintenance", periods: 3, threshold: 1, below: true,
		metric:      orNone("maintained", p.Maintain.MetricWritten(contract.MetricMaintainSuccess, "Sum")),
		description: "The tables have not been maintained for three hours: the log of maintain has the reason, or its schedule is off.",
	}, {
		id: "Misplaced", name: "events-misplaced", periods: 1, threshold: 1,
		metric:      hourly(p.Maintain.MetricWritten(contract.MetricMisplaced, "Maximum")),
		description: "Events lie in the default partition, which is never dropped: the log of maintain says why their day has none.",
	}}
}
