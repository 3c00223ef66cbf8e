package construct

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Rates are prices in US dollars, for the dashboard's estimate.
type Rates struct {
	Currency       string
	AsOf           string // the day of the prices
	APIRequest     float64
	LambdaRequest  float64
	LambdaGBSecond float64
	QueueRequest   float64
	Publication    float64
}

// DashboardProps describes the dashboard.
type DashboardProps struct {
	// Name has 1 to 255 of A-Z a-z 0-9 _ -.
	Name string
	// Alarms are shown, and so is what they watch.
	Alarms *Alarms
	// Rates are the prices by which the traffic is counted: none is below 0.
	Rates Rates
}

// NewDashboard makes the one dashboard of a platform, and returns its address in
// the AWS console. Its rows answer four questions from top to bottom: is it
// healthy, how fast is it, where is it stuck, what does it cost.
func NewDashboard(scope constructs.Construct, id string, props *DashboardProps) (url string) {
	props.check()
	dashboard := awscloudwatch.NewDashboard(scope, text(id), &awscloudwatch.DashboardProps{
		DashboardName: text(props.Name), DefaultInterval: awscdk.Duration_Hours(number(3)),
		PeriodOverride: awscloudwatch.PeriodOverride_AUTO,
	})
	a := props.Alarms
	for _, row := range []struct {
		title   string
		widgets []awscloudwatch.IWidget
	}{
		{"Is it healthy?", a.health()},
		{"How fast is it?", a.speed()},
		{"Where is it stuck?", a.stuck()},
		{"What does it cost?", a.spending(props.Rates)},
	} {
		dashboard.AddWidgets(awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
			Markdown: text("## " + row.title), Width: number(24), Height: number(1), Background: awscloudwatch.TextWidgetBackground_TRANSPARENT,
		}))
		dashboard.AddWidgets(row.widgets...)
	}
	region := *awscdk.Stack_Of(scope).Region()
	return fmt.Sprintf("https://%s.console.aws.amazon.com/cloudwatch/home?region=%s#dashboards/dashboard/%s", region, region, props.Name)
}

func (p *DashboardProps) check() {
	c := &check{part: "Dashboard"}
	c.name(p.Name, 1, 255, "A-Za-z0-9_-", "Name")
	c.given(p.Alarms != nil, "Alarms")
	r := p.Rates
	c.given(r.Currency != "" && r.AsOf != "", "Rates: each of Currency and AsOf")
	lowest := min(r.APIRequest, r.LambdaRequest, r.LambdaGBSecond, r.QueueRequest, r.Publication)
	c.require(lowest >= 0, "Rates", "must be at least 0 each, got %v", lowest)
	c.done()
}

func (a *Alarms) health() []awscloudwatch.IWidget {
	ingest, processor, query := a.props.Ingest, a.props.Processor, a.props.Query
	watched := []interfacesawscloudwatch.IAlarmRef{a.Unhealthy}
	for _, one := range a.All {
		watched = append(watched, one)
	}
	return []awscloudwatch.IWidget{
		awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
			Title: text("Alarms"), Alarms: &watched, Width: number(12), Height: number(6),
		}),
		graph("Events, a minute", 6, nil,
			ingest.MetricWritten(contract.MetricIngestSuccess, "Sum"),
			processor.MetricWritten(contract.MetricProcessedSuccess, "Sum"),
			processor.MetricWritten(contract.MetricDuplicateSkipped, "Sum"),
			processor.MetricWritten(contract.MetricNotified, "Sum"),
			query.MetricWritten(contract.MetricQuerySuccess, "Sum")),
		graph("Failures, a minute", 6, nil,
			ingest.MetricWritten(contract.MetricIngestFailure, "Sum"),
			processor.MetricWritten(contract.MetricProcessedFailure, "Sum"),
			processor.MetricWritten(contract.MetricRetried, "Sum"),
			processor.MetricWritten(contract.MetricDLQSent, "Sum"),
			a.props.Notifications.MetricFailed(),
			query.MetricWritten(contract.MetricQueryFailure, "Sum"),
			a.props.API.Metric5xx()),
	}
}

func (a *Alarms) speed() []awscloudwatch.IWidget {
	latency := func(title string, of *Handler, metric string) awscloudwatch.IWidget {
		return graph(title, 6, nil, of.MetricWritten(metric, "p50"), of.MetricWritten(metric, "p95"), of.MetricWritten(metric, "p99"))
	}
	processor := a.props.Processor
	return []awscloudwatch.IWidget{
		latency("From accepted to stored, ms", processor, contract.MetricEndToEndLatency),
		latency("Ingest, ms", a.props.Ingest, contract.MetricIngestLatency),
		latency("Query, ms", a.props.Query, contract.MetricQueryLatency),
		graph("A batch and its statement, p95, ms", 6, nil,
			processor.MetricWritten(contract.MetricProcessLatency, "p95"),
			processor.MetricWritten(contract.MetricDBLatency, "p95")),
	}
}

func (a *Alarms) stuck() []awscloudwatch.IWidget {
	p := a.props
	maintained := func(name string) awscloudwatch.IMetric { return hourly(p.Maintain.MetricWritten(name, "Sum")) }
	return []awscloudwatch.IWidget{
		graph("Oldest event, s", 6, &awscloudwatch.HorizontalAnnotation{Value: number(p.QueueAge.Seconds()), Label: text("alarm")}, p.Queue.MetricOldestEvent()),
		graph("Oldest event tried again, ms", 6, nil, p.Processor.MetricWritten(contract.MetricOldestRetriedAge, "Maximum")),
		graph("Messages", 6, nil, p.Queue.MetricWaiting(), p.Queue.MetricInFlight(), p.Queue.MetricDeadLetters()),
		graph("Concurrency", 6, &awscloudwatch.HorizontalAnnotation{Value: number(p.ProcessorConcurrency), Label: text("the processor's limit")},
			p.Ingest.MetricConcurrency(), p.Processor.MetricConcurrency(), p.Query.MetricConcurrency()),
		graph("Database: CPU % and connections", 8, nil, p.Database.MetricCPU(), p.Database.MetricConnections()),
		graph("Database: free memory, bytes", 8, nil, p.Database.MetricFreeMemory()),
		graph("Maintenance, an hour", 8, nil,
			maintained(contract.MetricMaintainSuccess), maintained(contract.MetricMaintainFailure),
			maintained(contract.MetricPartitionsMade), maintained(contract.MetricPartitionsDropped),
			hourly(p.Maintain.MetricWritten(contract.MetricPartitionsAhead, "Minimum")),
			maintained(contract.MetricEventsMoved), maintained(contract.MetricKeysPruned)),
	}
}

// spending estimates what the traffic costs. The fixed monthly cost is not in it:
// see make cost.
func (a *Alarms) spending(r Rates) []awscloudwatch.IWidget {
	math := func(label, expression string, metrics map[string]awscloudwatch.IMetric) awscloudwatch.IMetric {
		return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression: text(expression), Label: text(label), Period: awscdk.Duration_Hours(number(1)), UsingMetrics: &metrics,
		})
	}
	spent := []awscloudwatch.IMetric{math("API Gateway", fmt.Sprintf("requests * %.10f", r.APIRequest),
		map[string]awscloudwatch.IMetric{"requests": hourly(a.props.API.MetricRequests())})}
	billed := []awscloudwatch.IMetric{hourly(a.props.API.MetricRequests())}
	for _, h := range a.props.handlers() {
		calls, duration := "calls_"+h.label(), "ms_"+h.label()
		billed = append(billed, hourly(h.MetricInvocations()))
		spent = append(spent, math(h.label(), fmt.Sprintf("%s * %.10f + %s * %.12f", calls, r.LambdaRequest, duration,
			r.LambdaGBSecond*float64(h.props.MemoryMiB)/1024/1000), map[string]awscloudwatch.IMetric{
			calls: hourly(h.MetricInvocations()), duration: hourly(h.MetricDuration()),
		}))
	}
	sent, empty := hourly(a.props.Queue.MetricSent()), hourly(a.props.Queue.MetricEmptyReceives())
	spent = append(spent,
		// A message is sent, received and deleted; the empty receives are the poller's.
		math("SQS", fmt.Sprintf("(3 * sent + empty) * %.10f", r.QueueRequest), map[string]awscloudwatch.IMetric{"sent": sent, "empty": empty}),
		math("SNS", fmt.Sprintf("notified * %.10f", r.Publication), map[string]awscloudwatch.IMetric{
			"notified": hourly(a.props.Processor.MetricWritten(contract.MetricNotified, "Sum")),
		}))
	return []awscloudwatch.IWidget{
		awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
			Title: text(fmt.Sprintf("Traffic, %s an hour (prices of %s)", r.Currency, r.AsOf)), Left: &spent, Stacked: jsii.Bool(true), Width: number(12), Height: number(6),
		}),
		graph("What is billed: requests, calls, messages an hour", 12, nil, append(billed, sent)...),
	}
}

func graph(title string, width int, at *awscloudwatch.HorizontalAnnotation, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	props := &awscloudwatch.GraphWidgetProps{Title: text(title), Left: &metrics, Width: number(width), Height: number(6)}
	if at != nil {
		props.LeftAnnotations = &[]*awscloudwatch.HorizontalAnnotation{at}
	}
	return awscloudwatch.NewGraphWidget(props)
}
