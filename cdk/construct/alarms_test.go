package construct

import (
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// alarmProps are good ones, over parts of the same stack.
func alarmProps(stack awscdk.Stack) AlarmsProps {
	database := databaseProps(testNetwork(stack))
	return alarmPropsOf(stack, NewEventDatabase(stack, "Database", &database))
}

func alarmPropsOf(stack awscdk.Stack, database WatchedDatabase) AlarmsProps {
	key := NewTopicKey(stack, "Key", &TopicKeyProps{Alias: "topics"})
	api, queue := apiProps(stack), queueProps()
	return AlarmsProps{
		Watched: Watched{
			API: NewEventAPI(stack, "API", &api), Queue: NewEventQueue(stack, "Queue", &queue), Database: database,
			Notifications: NewNotificationTopic(stack, "Notifications", &NotificationTopicProps{TopicName: "notifications", DisplayName: "Events", Key: key}),
			Ingest:        testHandler(stack, "Ingest"), Processor: testHandler(stack, "Processor"), Query: testHandler(stack, "Query"),
			Maintain: testHandler(stack, "Maintain"),
		},
		Named: named, DisplayName: "Alarms", Key: key,
		API5xxPercent: 1, ErrorRatePercent: 2, Throttles: 3, DLQDepth: 4, Retried: 7, NotificationsFailed: 8, QueueAge: 5 * time.Minute, EndToEndP99: 6 * time.Second,
		ProcessorConcurrency: 50, ConcurrencyPercent: 80, BatchSize: 10, MaintainEvery: time.Hour, DatabaseFreeMemoryMiB: 64, DatabaseCPUPercent: 90, DatabaseFreeStorageGiB: 10,
		DatabaseMaxConnections: 200, DatabaseConnectionsPercent: 75,
	}
}

func TestAlarms_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = AlarmsProps
	stack := newStack(t)
	good := alarmProps(stack)
	refuses(t, "Alarms", func() p { return good }, func(props *p) { NewAlarms(stack, "Alarms", props) },
		wrong[p]{func(p *p) { p.Watched = Watched{} }, "API is required\nAlarms: Queue is required\nAlarms: Notifications is required\nAlarms: Database is required\n" +
			"Alarms: Ingest is required\nAlarms: Processor is required\nAlarms: Query is required\nAlarms: Maintain is required"},
		wrong[p]{func(p *p) { p.Named = nil }, "Named is required"},
		wrong[p]{func(p *p) { p.DisplayName = "" }, `DisplayName must have 1 to 100 characters, got ""`},
		wrong[p]{func(p *p) { p.Key = nil }, "Key is required"},
		wrong[p]{func(p *p) { p.Email = "team" }, `Email must be none or an address such as team@example.com, got "team"`},
		wrong[p]{func(p *p) { p.API5xxPercent = 0 }, "API5xxPercent must be 1 to 100, got 0"},
		wrong[p]{func(p *p) { p.ErrorRatePercent = 101 }, "ErrorRatePercent must be 1 to 100, got 101"},
		wrong[p]{func(p *p) { p.Throttles = 0 }, "Throttles must be 1 to 2147483647, got 0"},
		wrong[p]{func(p *p) { p.DLQDepth = 0 }, "DLQDepth must be 1 to 2147483647, got 0"},
		wrong[p]{func(p *p) { p.Retried = 0 }, "Retried must be 1 to 2147483647, got 0"},
		wrong[p]{func(p *p) { p.NotificationsFailed = 0 }, "NotificationsFailed must be 1 to 2147483647, got 0"},
		wrong[p]{func(p *p) { p.BatchSize = 10_001 }, "BatchSize must be 1 to 10000, got 10001"},
		wrong[p]{func(p *p) { p.DatabaseFreeMemoryMiB = 0 }, "DatabaseFreeMemoryMiB must be 1 to 2147483647, got 0"},
		wrong[p]{func(p *p) { p.QueueAge = 97 * time.Hour }, "QueueAge must be 1s to 96h0m0s in whole seconds, got 97h0m0s"},
		wrong[p]{func(p *p) { p.EndToEndP99 = 0 }, "EndToEndP99 must be 1ms to 1h0m0s, got 0s"},
		wrong[p]{func(p *p) { p.ProcessorConcurrency = 1 }, "ProcessorConcurrency must be 2 to 1000, got 1"},
		wrong[p]{func(p *p) { p.ConcurrencyPercent = 0 }, "ConcurrencyPercent must be 1 to 100, got 0"},
		wrong[p]{func(p *p) { p.DatabaseCPUPercent = 0 }, "DatabaseCPUPercent must be 1 to 100, got 0"},
		wrong[p]{func(p *p) { p.DatabaseFreeStorageGiB = 0 }, "DatabaseFreeStorageGiB must be 1 to 65536, got 0"},
		wrong[p]{func(p *p) { p.DatabaseMaxConnections = 0 }, "DatabaseMaxConnections must be 1 to 2147483647, got 0"},
		wrong[p]{func(p *p) { p.DatabaseConnectionsPercent = 0 }, "DatabaseConnectionsPercent must be 1 to 100, got 0"})
}

func TestAlarms_alarm_at_the_thresholds_that_were_said(t *testing.T) {
	stack := newStack(t)
	props := alarmProps(stack)
	alarms := NewAlarms(stack, "Alarms", &props)
	made := templateOf(stack)
	for name, threshold := range map[string]float64{
		"api-5xx-rate": 1, "ingest-error-rate": 2, "processor-throttles": 3, "dlq-depth": 4, "dlq-sent": 4, "queue-age": 300, "end-to-end-p99": 6000,
		"events-retried": 7, "oldest-retried": 300_000, "in-flight": 1000, "notifications-failed": 8, "partitions-ahead": 7, "database-memory": 64 << 20,
		"processor-concurrency": 40, "database-cpu": 90, "database-storage": 10 << 30, "database-connections": 150, "maintenance": 1, "events-misplaced": 1,
	} {
		made.has(t, "AWS::CloudWatch::Alarm", map[string]any{"AlarmName": "app-" + name, "Threshold": threshold})
	}
	made.count(t, "AWS::CloudWatch::Alarm", len(alarms.All))
	made.has(t, "AWS::CloudWatch::CompositeAlarm", map[string]any{"AlarmName": "app-pipeline-unhealthy"})
}

func TestAlarms_write_to_an_address_only_when_there_is_one(t *testing.T) {
	for email, want := range map[string]int{"": 0, "team@example.com": 1} {
		stack := newStack(t)
		props := alarmProps(stack)
		props.Email = email
		NewAlarms(stack, "Alarms", &props)
		templateOf(stack).count(t, "AWS::SNS::Subscription", want)
	}
}
