package construct

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	awscloudwatchactions "github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Watched is what alarms and dashboard look at.
type Watched struct {
	Stage    stage.Stage
	Handlers map[contract.Function]*Handler
	Queue    *EventQueue
	API      *EventAPI
	Database *EventDatabase
}

// AlarmsProps describes the alarms. All fields are required.
type AlarmsProps struct {
	Watched *Watched
	Key     awskms.IKey // of the topic
}

// Alarms are the alarms of a stage, all to one topic. Unhealthy is the one that
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
	minutes               int  // how long before it alarms, each minute over the threshold
	below                 bool // alarms under the threshold, and not at or over it
	part                  bool // of what makes the pipeline unhealthy
}

// NewAlarms makes the topic and the alarms.
func NewAlarms(scope constructs.Construct, id string, props *AlarmsProps) *Alarms {
	this := constructs.NewConstruct(scope, text(id))
	s := props.Watched.Stage
	a := &Alarms{Construct: this, props: props}
	a.Topic = NewNotificationTopic(this, "Topic", &NotificationTopicProps{
		TopicName: s.Named("alarms"), DisplayName: "Fluxa " + s.Name + " alarms", Key: props.Key,
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
	if s.Alarms.Email != "" {
		awssns.NewSubscription(this, text("Email"), &awssns.SubscriptionProps{
			Topic: a.Topic.Topic, Protocol: awssns.SubscriptionProtocol_EMAIL, Endpoint: text(s.Alarms.Email),
		})
	}
	a.action = awscloudwatchactions.NewSnsAction(a.Topic.Topic)

	var unhealthy []awscloudwatch.IAlarmRule
	for _, each := range props.Watched.alarms() {
		made := a.add(each)
		if each.part {
			unhealthy = append(unhealthy, awscloudwatch.AlarmRule_FromAlarm(made, awscloudwatch.AlarmState_ALARM))
		}
	}
	a.Unhealthy = awscloudwatch.NewCompositeAlarm(this, text("Unhealthy"), &awscloudwatch.CompositeAlarmProps{
		CompositeAlarmName: text(s.Named("pipeline-unhealthy")),
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
		AlarmName:          text(a.props.Watched.Stage.Named(one.name)),
		AlarmDescription:   text(one.description),
		Metric:             one.metric,
		Threshold:          number(one.threshold),
		EvaluationPeriods:  number(one.minutes),
		DatapointsToAlarm:  number(one.minutes),
		ComparisonOperator: comparison,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	made.AddAlarmAction(a.action)
	made.AddOkAction(a.action)
	a.All = append(a.All, made)
	return made
}

// alarms are what is watched, in the order of an event's way.
func (w *Watched) alarms() []alarm {
	t := w.Stage.Alarms
	out := []alarm{{
		id: "API5xx", name: "api-5xx-rate", minutes: 3, threshold: float64(t.API5xxPercent), metric: w.apiErrorRate(), part: true,
		description: "The API answers 5xx: look at the functions' error alarms, then at the API's execution log.",
	}}
	for _, f := range []struct {
		function contract.Function
		id       string
	}{{contract.FunctionIngest, "Ingest"}, {contract.FunctionProcessor, "Processor"}, {contract.FunctionQuery, "Query"}} {
		out = append(out, alarm{
			id: f.id + "Errors", name: string(f.function) + "-error-rate", minutes: 3, threshold: float64(t.ErrorRatePercent),
			metric: w.errorRate(f.function), part: f.function != contract.FunctionQuery,
			description: fmt.Sprintf("%s crashes or runs out of time: its log has the reason.", f.id),
		}, alarm{
			id: f.id + "Throttles", name: string(f.function) + "-throttles", minutes: 3, threshold: float64(t.Throttles),
			metric:      w.lambda(f.function, "Throttles", "Sum"),
			description: fmt.Sprintf("%s has reached its concurrency: raise it, or find who sends so much.", f.id),
		})
	}
	return append(append(out, w.queueAlarms()...), w.databaseAlarms()...)
}

func (w *Watched) queueAlarms() []alarm {
	t := w.Stage.Alarms
	concurrency := float64(w.Stage.Functions.Processor.MaximumConcurrency)
	return []alarm{{
		id: "DLQDepth", name: "dlq-depth", minutes: 1, threshold: float64(t.DLQDepth), metric: w.dlqDepth(), part: true,
		description: "Events were given up: fluxa dlq ls tells which and why, fluxa dlq redrive sends them again.",
	}, {
		id: "QueueAge", name: "queue-age", minutes: 5, threshold: float64(t.QueueAgeSeconds), metric: w.queueAge(), part: true,
		description: "The oldest event waits too long: the processor is too slow, or what it needs is away.",
	}, {
		id: "EndToEnd", name: "end-to-end-p99", minutes: 5, threshold: float64(t.EndToEndP99Milliseconds),
		metric:      w.emf(contract.NamespaceProcessor, contract.MetricEndToEndLatency, "p99"),
		description: "One event in a hundred takes too long from its acceptance to its row.",
	}, {
		id: "ProcessorConcurrency", name: "processor-concurrency", minutes: 5, threshold: concurrency * float64(t.ConcurrencyPercent) / 100,
		metric:      w.lambda(contract.FunctionProcessor, "ConcurrentExecutions", "Maximum"),
		description: fmt.Sprintf("The processor is near its maximum concurrency of %.0f: the queue will grow.", concurrency),
	}}
}

func (w *Watched) databaseAlarms() []alarm {
	t, d := w.Stage.Alarms, w.Stage.Database
	return []alarm{{
		id: "DatabaseCPU", name: "database-cpu", minutes: 10, threshold: float64(t.DatabaseCPUPercent), metric: w.database("CPUUtilization", "Average"),
		description: "The database is busy: Performance Insights names the statements.",
	}, {
		id: "DatabaseStorage", name: "database-storage", minutes: 5, threshold: float64(t.DatabaseFreeStorageGiB) * (1 << 30), below: true,
		metric: w.database("FreeStorageSpace", "Minimum"), part: true,
		description: fmt.Sprintf("The database runs out of storage; it grows by itself up to %d GiB.", d.MaxStorageGiB),
	}, {
		id: "DatabaseConnections", name: "database-connections", minutes: 5,
		threshold:   float64(d.MaxConnections() * t.DatabaseConnectionsPercent / 100),
		metric:      w.database("DatabaseConnections", "Maximum"),
		description: fmt.Sprintf("The database has many of the about %d connections that it bears.", d.MaxConnections()),
	}}
}

func (w *Watched) apiErrorRate() awscloudwatch.IMetric {
	return w.percent("5xx of the API", w.api("5XXError", "Sum"), w.api("Count", "Sum"))
}

func (w *Watched) errorRate(function contract.Function) awscloudwatch.IMetric {
	return w.percent("errors of "+string(function), w.lambda(function, "Errors", "Sum"), w.lambda(function, "Invocations", "Sum"))
}

// percent is part of whole in percent, and nothing while there is nothing.
func (w *Watched) percent(label string, part, whole awscloudwatch.IMetric) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: text("IF(whole > 0, 100 * part / whole, 0)"), Label: text(label + ", %"), Period: minute(),
		UsingMetrics: &map[string]awscloudwatch.IMetric{"part": part, "whole": whole},
	})
}

func (w *Watched) lambda(function contract.Function, name, statistic string) awscloudwatch.Metric {
	return w.Handlers[function].Function.Metric(text(name), &awscloudwatch.MetricOptions{
		Statistic: text(statistic), Period: minute(), Label: text(string(function)),
	})
}

func (w *Watched) api(name, statistic string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: text("AWS/ApiGateway"), MetricName: text(name), Statistic: text(statistic), Period: minute(),
		DimensionsMap: &map[string]*string{"ApiName": w.API.API.RestApiName(), "Stage": w.API.API.DeploymentStage().StageName()},
	})
}

func (w *Watched) dlqDepth() awscloudwatch.IMetric {
	return w.Queue.DeadLetters.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{
		Statistic: text("Maximum"), Period: minute(), Label: text("dead letters"),
	})
}

func (w *Watched) queueAge() awscloudwatch.IMetric {
	return w.Queue.Queue.MetricApproximateAgeOfOldestMessage(&awscloudwatch.MetricOptions{
		Statistic: text("Maximum"), Period: minute(), Label: text("oldest event, s"),
	})
}

func (w *Watched) database(name, statistic string) awscloudwatch.Metric {
	return w.Database.Instance.Metric(text(name), &awscloudwatch.MetricOptions{Statistic: text(statistic), Period: minute(), Label: text(name)})
}

// emf is a metric that the functions' code writes.
func (w *Watched) emf(namespace, name, statistic string) awscloudwatch.Metric {
	services := map[string]contract.Function{
		contract.NamespaceIngest: contract.FunctionIngest, contract.NamespaceProcessor: contract.FunctionProcessor, contract.NamespaceQuery: contract.FunctionQuery,
	}
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: text(namespace), MetricName: text(name), Statistic: text(statistic), Period: minute(), Label: text(name + " " + statistic),
		DimensionsMap: &map[string]*string{
			contract.DimensionService: text(string(services[namespace])), contract.DimensionEnvironment: text(w.Stage.Name),
		},
	})
}

func minute() awscdk.Duration { return awscdk.Duration_Minutes(jsii.Number(1)) }
