package construct

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stage"
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

// DashboardProps describes the dashboard. All fields are required.
type DashboardProps struct {
	Watched *Watched
	Alarms  *Alarms
	Rates   Rates
}

// NewDashboard makes the one dashboard of a stage. Its rows answer four questions
// from top to bottom: is it healthy, how fast is it, where is it stuck, what does
// it cost.
func NewDashboard(scope constructs.Construct, id string, props *DashboardProps) {
	dashboard := awscloudwatch.NewDashboard(scope, text(id), &awscloudwatch.DashboardProps{
		DashboardName: text(props.Watched.Stage.Platform()), DefaultInterval: awscdk.Duration_Hours(number(3)),
		PeriodOverride: awscloudwatch.PeriodOverride_AUTO,
	})
	w := props.Watched
	for _, row := range []struct {
		title   string
		widgets []awscloudwatch.IWidget
	}{
		{"Is it healthy?", w.health(props.Alarms)},
		{"How fast is it?", w.speed()},
		{"Where is it stuck?", w.stuck()},
		{"What does it cost?", w.spending(props.Rates)},
	} {
		dashboard.AddWidgets(awscloudwatch.NewTextWidget(&awscloudwatch.TextWidgetProps{
			Markdown: text("## " + row.title), Width: number(24), Height: number(1), Background: awscloudwatch.TextWidgetBackground_TRANSPARENT,
		}))
		dashboard.AddWidgets(row.widgets...)
	}
}

// DashboardURL returns the address of a stage's dashboard in the AWS console.
func DashboardURL(scope constructs.Construct, s stage.Stage) string {
	region := *awscdk.Stack_Of(scope).Region()
	return fmt.Sprintf("https://%s.console.aws.amazon.com/cloudwatch/home?region=%s#dashboards/dashboard/%s", region, region, s.Platform())
}

func (w *Watched) health(alarms *Alarms) []awscloudwatch.IWidget {
	watched := []interfacesawscloudwatch.IAlarmRef{alarms.Unhealthy}
	for _, one := range alarms.All {
		watched = append(watched, one)
	}
	return []awscloudwatch.IWidget{
		awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
			Title: text("Alarms"), Alarms: &watched, Width: number(12), Height: number(6),
		}),
		graph("Events, a minute", 6, nil,
			w.emf(contract.NamespaceIngest, contract.MetricIngestSuccess, "Sum"),
			w.emf(contract.NamespaceProcessor, contract.MetricProcessedSuccess, "Sum"),
			w.emf(contract.NamespaceProcessor, contract.MetricDuplicateSkipped, "Sum"),
			w.emf(contract.NamespaceProcessor, contract.MetricNotified, "Sum"),
			w.emf(contract.NamespaceQuery, contract.MetricQuerySuccess, "Sum")),
		graph("Failures, a minute", 6, nil,
			w.emf(contract.NamespaceIngest, contract.MetricIngestFailure, "Sum"),
			w.emf(contract.NamespaceProcessor, contract.MetricProcessedFailure, "Sum"),
			w.emf(contract.NamespaceProcessor, contract.MetricDLQSent, "Sum"),
			w.emf(contract.NamespaceQuery, contract.MetricQueryFailure, "Sum"),
			w.api("5XXError", "Sum")),
	}
}

func (w *Watched) speed() []awscloudwatch.IWidget {
	latency := func(title, namespace, metric string) awscloudwatch.IWidget {
		return graph(title, 6, nil, w.emf(namespace, metric, "p50"), w.emf(namespace, metric, "p95"), w.emf(namespace, metric, "p99"))
	}
	return []awscloudwatch.IWidget{
		latency("From accepted to stored, ms", contract.NamespaceProcessor, contract.MetricEndToEndLatency),
		latency("Ingest, ms", contract.NamespaceIngest, contract.MetricIngestLatency),
		latency("Query, ms", contract.NamespaceQuery, contract.MetricQueryLatency),
		graph("A batch and its statement, p95, ms", 6, nil,
			w.emf(contract.NamespaceProcessor, contract.MetricProcessLatency, "p95"),
			w.emf(contract.NamespaceProcessor, contract.MetricDBLatency, "p95")),
	}
}

func (w *Watched) stuck() []awscloudwatch.IWidget {
	limit := float64(w.Stage.Functions.Processor.MaximumConcurrency)
	return []awscloudwatch.IWidget{
		graph("Oldest event, s", 6, &awscloudwatch.HorizontalAnnotation{Value: number(w.Stage.Alarms.QueueAgeSeconds), Label: text("alarm")}, w.queueAge()),
		graph("Messages", 6, nil,
			w.Queue.Queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: text("Maximum"), Period: minute(), Label: text("waiting")}),
			w.Queue.Queue.MetricApproximateNumberOfMessagesNotVisible(&awscloudwatch.MetricOptions{Statistic: text("Maximum"), Period: minute(), Label: text("under way")}),
			w.dlqDepth()),
		graph("Concurrency", 6, &awscloudwatch.HorizontalAnnotation{Value: number(limit), Label: text("the processor's limit")},
			w.lambda(contract.FunctionIngest, "ConcurrentExecutions", "Maximum"),
			w.lambda(contract.FunctionProcessor, "ConcurrentExecutions", "Maximum"),
			w.lambda(contract.FunctionQuery, "ConcurrentExecutions", "Maximum")),
		graph("Database: CPU % and connections", 6, nil, w.database("CPUUtilization", "Average"), w.database("DatabaseConnections", "Maximum")),
	}
}

// spending estimates what the traffic costs. What stands still costs too: see
// make cost.
func (w *Watched) spending(r Rates) []awscloudwatch.IWidget {
	hour := awscdk.Duration_Hours(number(1))
	hourly := func(m awscloudwatch.Metric) awscloudwatch.IMetric {
		return m.With(&awscloudwatch.MetricOptions{Period: hour})
	}
	math := func(label, expression string, metrics map[string]awscloudwatch.IMetric) awscloudwatch.IMetric {
		return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression: text(expression), Label: text(label), Period: hour, UsingMetrics: &metrics,
		})
	}
	spent := []awscloudwatch.IMetric{math("API Gateway", fmt.Sprintf("requests * %.10f", r.APIRequest),
		map[string]awscloudwatch.IMetric{"requests": hourly(w.api("Count", "Sum"))})}
	memory := map[contract.Function]int{
		contract.FunctionIngest: w.Stage.Functions.Ingest.MemoryMiB, contract.FunctionProcessor: w.Stage.Functions.Processor.MemoryMiB,
		contract.FunctionQuery: w.Stage.Functions.Query.MemoryMiB,
	}
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery} {
		calls, duration := "calls_"+string(function), "ms_"+string(function)
		spent = append(spent, math(string(function), fmt.Sprintf("%s * %.10f + %s * %.12f", calls, r.LambdaRequest, duration,
			r.LambdaGBSecond*float64(memory[function])/1024/1000), map[string]awscloudwatch.IMetric{
			calls: hourly(w.lambda(function, "Invocations", "Sum")), duration: hourly(w.lambda(function, "Duration", "Sum")),
		}))
	}
	sent := w.Queue.Queue.MetricNumberOfMessagesSent(&awscloudwatch.MetricOptions{Statistic: text("Sum"), Period: hour})
	received := w.Queue.Queue.MetricNumberOfEmptyReceives(&awscloudwatch.MetricOptions{Statistic: text("Sum"), Period: hour})
	spent = append(spent,
		// A message is sent, received and deleted; the empty receives are the poller's.
		math("SQS", fmt.Sprintf("(3 * sent + empty) * %.10f", r.QueueRequest), map[string]awscloudwatch.IMetric{"sent": sent, "empty": received}),
		math("SNS", fmt.Sprintf("notified * %.10f", r.Publication), map[string]awscloudwatch.IMetric{
			"notified": hourly(w.emf(contract.NamespaceProcessor, contract.MetricNotified, "Sum")),
		}))
	return []awscloudwatch.IWidget{
		awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
			Title: text(fmt.Sprintf("Traffic, %s an hour (prices of %s)", r.Currency, r.AsOf)), Left: &spent, Stacked: jsii.Bool(true), Width: number(12), Height: number(6),
		}),
		graph("What is billed: requests, calls, messages an hour", 12, nil,
			hourly(w.api("Count", "Sum")), hourly(w.lambda(contract.FunctionIngest, "Invocations", "Sum")),
			hourly(w.lambda(contract.FunctionProcessor, "Invocations", "Sum")), hourly(w.lambda(contract.FunctionQuery, "Invocations", "Sum")), sent),
	}
}

func graph(title string, width int, at *awscloudwatch.HorizontalAnnotation, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	props := &awscloudwatch.GraphWidgetProps{Title: text(title), Left: &metrics, Width: number(width), Height: number(6)}
	if at != nil {
		props.LeftAnnotations = &[]*awscloudwatch.HorizontalAnnotation{at}
	}
	return awscloudwatch.NewGraphWidget(props)
}
