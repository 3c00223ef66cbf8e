package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
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
	watched := &construct.Watched{
		Stage: s, Handlers: pipeline.Handlers, Queue: pipeline.Queue, API: pipeline.API, Database: data.Database,
	}
	o := &Observability{Stack: this, Alarms: construct.NewAlarms(this, "Alarms", &construct.AlarmsProps{Watched: watched, Key: pipeline.TopicKey})}
	construct.NewDashboard(this, "Dashboard", &construct.DashboardProps{Watched: watched, Alarms: o.Alarms, Rates: rates})
	construct.NewLogQueries(this, "Queries", watched)
	if s.Tracing {
		construct.NewTraceGroup(this, "Traces", watched)
	}
	output(this, "AlarmTopicArn", "The topic of the alarms", o.Alarms.Topic.Topic.TopicArn())
	output(this, "DashboardUrl", "The dashboard", jsii.String(construct.DashboardURL(this, s)))
	return o
}
