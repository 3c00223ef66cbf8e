package construct

import (
	"cmp"
	"math"
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
	// MetricFreeMemory is the memory in bytes that is left.
	MetricFreeMemory() awscloudwatch.Metric
	// alarms are those of this engine alone, and limits checks the props for them.
	alarms(p *AlarmsProps) []alarm
	limits(c *check, p *AlarmsProps)
	// advice is where to look for what keeps it busy, and how it is made larger.
	advice() (look, grow string)
	// events are those of RDS that somebody should hear of.
	events() []databaseEvents
}

// Watched is what alarms and dashboard look at. All fields are required.
type Watched struct {
	API                                *EventAPI
	Queue                              *EventQueue
	Notifications                      *NotificationTopic
	Database                           WatchedDatabase
	Ingest, Processor, Query, Maintain *Handler
}

// AlarmsProps describes the alarms of one platform. Percentages are 1 to 100.
type AlarmsProps struct {
	Watched
	// Named returns the name of the topic, alarms, of each alarm, such as dlq-depth,
	// and of each subscription to events.
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
	// DLQDepth is how many dead letters there are, or are sent in a minute: at least 1.
	DLQDepth int
	// Retried is how many deliveries a minute stay on the queue: at least 1.
	Retried int
	// QueueAge is the age of the oldest event, whether it was tried or not: 1 second to
	// 4 days (the retention of the queue), in whole seconds.
	QueueAge time.Duration
	// EndToEndP99 is the time from acceptance to row: 1 millisecond to 1 hour.
	EndToEndP99 time.Duration
	// NotificationsFailed is how many deliveries to subscribers fail in a minute: at
	// least 1.
	NotificationsFailed int
	// ProcessorConcurrency is what the event source mapping allows, 2 to 1000;
	// ConcurrencyPercent of it alarm. BatchSize is what one call takes, 1 to 10000.
	ProcessorConcurrency, ConcurrencyPercent, BatchSize int
	// MaintainEvery is the time between two runs of the maintain function: whole hours,
	// 1 hour to 1 day.
	MaintainEvery time.Duration
	// DailyExport says that the maintain function exports each day, which is then watched.
	DailyExport bool
	// Copies are those of the database's snapshots in another region; default none.
	Copies *BackupCopy
	// DatabaseCPUPercent is the load of the instance.
	DatabaseCPUPercent int
	// DatabaseFreeMemoryMiB is the least free memory: at least 1.
	DatabaseFreeMemoryMiB int
	// DatabaseFreeStorageGiB is the least free storage of an instance, at least 1, and
	// DatabaseCapacityPercent the most that is used of what a cluster may grow to. What
	// the engine has nothing of is not looked at.
	DatabaseFreeStorageGiB, DatabaseCapacityPercent int
	// DatabaseMaxConnections is what the instance supports, at least 1;
	// DatabaseConnectionsPercent of it alarm.
	DatabaseMaxConnections, DatabaseConnectionsPercent int
}

func (p *AlarmsProps) check() {
	c := &check{part: "Alarms"}
	w := p.Watched
	c.given(w.API != nil, "API")
	c.given(w.Queue != nil, "Queue")
	c.given(w.Notifications != nil, "Notifications")
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
	c.between(p.Retried, 1, math.MaxInt32, "Retried")
	c.lasts(p.QueueAge, time.Second, contract.EventsRetention, "QueueAge")
	c.require(p.EndToEndP99 >= time.Millisecond && p.EndToEndP99 <= time.Hour, "EndToEndP99", "must be 1ms to 1h0m0s, got %v", p.EndToEndP99)
	c.between(p.NotificationsFailed, 1, math.MaxInt32, "NotificationsFailed")
	c.between(p.ProcessorConcurrency, 2, 1000, "ProcessorConcurrency")
	c.between(p.BatchSize, 1, contract.QueueBatchLimit, "BatchSize")
	c.between(p.ConcurrencyPercent, 1, 100, "ConcurrencyPercent")
	c.require(p.MaintainEvery >= time.Hour && p.MaintainEvery <= 24*time.Hour && p.MaintainEvery%time.Hour == 0,
		"MaintainEvery", "must be whole hours from 1h0m0s to 24h0m0s, got %v", p.MaintainEvery)
	c.between(p.DatabaseCPUPercent, 1, 100, "DatabaseCPUPercent")
	c.between(p.DatabaseFreeMemoryMiB, 1, math.MaxInt32, "DatabaseFreeMemoryMiB")
	if w.Database != nil {
		w.Database.limits(c, p)
	}
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
	id, name    string
	description string // what has happened and, after "First:", what to do first
	metric      awscloudwatch.IMetric
	threshold   float64
	periods     int  // of the metric over the threshold before it alarms
	of          int  // among so many periods; 0: in a row
	below       bool // alarms under the threshold, and not at or over it
	part        bool // of what makes the pipeline unhealthy
	// missing is what a period without data counts for; none: that all was well.
	missing awscloudwatch.TreatMissingData
}

// NewAlarms makes the topic and the alarms.
func NewAlarms(scope constructs.Construct, id string, props *AlarmsProps) *Alarms {
	props.check()
	this := constructs.NewConstruct(scope, text(id))
	a := &Alarms{Construct: this, props: props}
	a.Topic = NewNotificationTopic(this, "Topic", &NotificationTopicProps{
		TopicName: props.Named("alarms"), DisplayName: props.DisplayName, Key: props.Key,
	})
	a.mayPublish("AlarmsMayPublish", "cloudwatch.amazonaws.com")
	a.mayPublish("DatabaseEventsMayPublish", databaseEventsPrincipal)
	a.subscribeToDatabase()
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
		AlarmDescription:   text("Events are refused, stuck or given up. First: open the dashboard and do what the alarm says that is on too."),
		AlarmRule:          awscloudwatch.AlarmRule_AnyOf(unhealthy...),
	})
	a.Unhealthy.AddAlarmAction(a.action)
	a.Unhealthy.AddOkAction(a.action)
	return a
}

// mayPublish lets a service publish to the topic on behalf of this account. A topic
// with a policy of its own has lost the one that SNS gives it, under which it could.
func (a *Alarms) mayPublish(statement, service string) {
	a.Topic.Topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        text(statement),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(text(service), nil)},
		Actions:    list("sns:Publish"),
		Resources:  list(*a.Topic.Topic.TopicArn()),
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
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
		EvaluationPeriods:  number(cmp.Or(one.of, one.periods)),
		DatapointsToAlarm:  number(one.periods),
		ComparisonOperator: comparison,
		TreatMissingData:   cmp.Or(one.missing, awscloudwatch.TreatMissingData_NOT_BREACHING),
	})
	made.AddAlarmAction(a.action)
	made.AddOkAction(a.action)
	a.All = append(a.All, made)
	return made
}
