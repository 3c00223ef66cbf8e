package stack

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Observability is the stack of what operators look at: alarms, the dashboard,
// saved log queries and the trace group.
type Observability struct {
	Stack  awscdk.Stack
	Alarms *construct.Alarms
}

// NewObservability makes the stack.
func NewObservability(scope constructs.Construct, s stage.Stage, data *Data, pipeline *Pipeline, rates construct.Rates) *Observability {
	this := newStack(scope, s, "Observability", "observability", "alarms, the dashboard and log queries")
	a, h := s.Alarms, pipeline.Handlers
	o := &Observability{Stack: this, Alarms: construct.NewAlarms(this, "Alarms", &construct.AlarmsProps{
		Watched: construct.Watched{
			API: pipeline.API, Queue: pipeline.Queue, Notifications: pipeline.Notifications, Database: data.Database,
			Ingest: h[contract.FunctionIngest], Processor: h[contract.FunctionProcessor], Query: h[contract.FunctionQuery],
			Maintain: h[contract.FunctionMaintain],
		},
		Named: s.Named, DisplayName: "Fluxa " + s.Environment() + " alarms", Key: pipeline.TopicKey, Email: a.Address(),
		API5xxPercent: a.API5xxPercent, ErrorRatePercent: a.ErrorRatePercent, Throttles: a.Throttles, DLQDepth: a.DLQDepth,
		Retried: a.Retried, NotificationsFailed: a.NotificationsFailed,
		QueueAge:             time.Duration(a.QueueAgeSeconds) * time.Second,
		EndToEndP99:          time.Duration(a.EndToEndP99Milliseconds) * time.Millisecond,
		ProcessorConcurrency: s.Functions.Processor.MaximumConcurrency, ConcurrencyPercent: a.ConcurrencyPercent,
		BatchSize:          s.Queue.BatchSize,
		MaintainEvery:      s.Events.MaintainEvery(),
		DailyExport:        s.Events.ExportFormat() != "",
		Copies:             data.Copies,
		DatabaseCPUPercent: a.DatabaseCPUPercent, DatabaseFreeStorageGiB: a.DatabaseFreeStorageGiB, DatabaseCapacityPercent: a.DatabaseCapacityPercent,
		DatabaseFreeMemoryMiB: a.DatabaseFreeMemoryMiB, DatabaseMaxConnections: s.Database.MaxConnections(), DatabaseConnectionsPercent: a.DatabaseConnectionsPercent,
	})}
	url := construct.NewDashboard(this, "Dashboard", &construct.DashboardProps{Name: s.Platform(), Alarms: o.Alarms, Rates: rates})
	var all []*construct.Handler
	for _, function := range contract.Functions() {
		all = append(all, h[function])
	}
	construct.NewLogQueries(this, "Queries", &construct.LogQueriesProps{Folder: s.QueryFolder(), Handlers: all, AccessLog: pipeline.API.AccessLog})
	if s.Tracing {
		construct.NewTraceGroup(this, "Traces", &construct.TraceGroupProps{Name: s.Platform(), Handlers: all})
	}
	if s.Traces.RequestsPercent > 0 {
		construct.NewTraceSampling(this, "TraceSampling", &construct.TraceSamplingProps{
			Name: s.Platform(), APIName: s.Platform(), StageName: s.Environment(), Percent: s.Traces.RequestsPercent,
		})
	}
	output(this, "AlarmTopicArn", "The topic of the alarms", o.Alarms.Topic.Topic.TopicArn())
	output(this, "DashboardUrl", "The dashboard", jsii.String(url))
	return o
}
