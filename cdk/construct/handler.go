package construct

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/fluxa/fluxa/pkg/contract"
)

// HandlerProps describes one Lambda function.
type HandlerProps struct {
	// Name has 1 to 64 of A-Z a-z 0-9 _ -.
	Name string
	// Description has at most 256 characters; default none.
	Description string
	// Code is a zip of an arm64 bootstrap.
	Code awslambda.Code
	// Environment is at most 4 KiB in all; default none.
	Environment map[string]string
	// MemoryMiB is 128 to 10240. The CPU grows with it: 1769 are one core.
	MemoryMiB int
	// Timeout is 1 second to 15 minutes, in whole seconds. API Gateway waits for 29
	// seconds.
	Timeout time.Duration

	// ReservedConcurrency bounds and guarantees the concurrency; default 0: what
	// the account has left.
	ReservedConcurrency int
	// Network is where the function runs when it needs the database; default: in
	// no network of ours, which starts faster.
	Network *PrivateNetwork
	// Tracing sends X-Ray traces; default off: the function then only passes on what
	// its caller decided.
	//
	// Visualize Lambda function invocations using AWS X-Ray
	// https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
	Tracing bool

	// LogLevel is one of debug, info, warn and error.
	LogLevel string
	// SystemLogLevel is that of Lambda's own lines: info writes two for each
	// invocation, warn those of a failure alone.
	//
	// Log-level filtering
	// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
	SystemLogLevel string
	// LogRetentionDays is as in LogGroupProps.
	LogRetentionDays int
	// LogKey encrypts the logs, as in LogGroupProps.
	LogKey awskms.IKey
	// Removal is what happens to the log and to old versions: RETAIN (the default)
	// or DESTROY.
	Removal awscdk.RemovalPolicy

	// MetricNamespace and MetricDimensions are those of the metrics that the code
	// writes in EMF, see MetricWritten; default none.
	MetricNamespace  string
	MetricDimensions map[string]string
}

// Handler is a Lambda function on arm64 with a role and a log group of its own.
// Callers reach it by its alias, see Release.
type Handler struct {
	Construct constructs.Construct
	Function  awslambda.Function
	Role      awsiam.Role
	LogGroup  awslogs.LogGroup

	id      string
	props   HandlerProps
	network awsiam.Policy // without which the function cannot be made in its network
}

// NewHandler makes the function. Its role may write its own log, send traces and,
// in a network, keep its interfaces there.
func NewHandler(scope constructs.Construct, id string, props *HandlerProps) *Handler {
	props.check()
	this := constructs.NewConstruct(scope, text(id))
	h := &Handler{Construct: this, id: id, props: *props}
	h.LogGroup = NewLogGroup(this, "Log", &LogGroupProps{
		Name: contract.LogGroup(props.Name), RetentionDays: props.LogRetentionDays, Key: props.LogKey, Removal: props.Removal,
	})
	h.Role = awsiam.NewRole(this, text("Role"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(text("lambda.amazonaws.com"), nil),
		Description: text(props.Name),
	})
	h.LogGroup.GrantWrite(h.Role)
	functionProps := &awslambda.FunctionProps{
		FunctionName:          text(props.Name),
		Description:           text(props.Description),
		Runtime:               awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:          awslambda.Architecture_ARM_64(),
		Handler:               text("bootstrap"),
		Code:                  props.Code,
		MemorySize:            number(props.MemoryMiB),
		Timeout:               seconds(props.Timeout),
		Role:                  h.Role,
		LogGroup:              h.LogGroup,
		LoggingFormat:         awslambda.LoggingFormat_JSON,
		ApplicationLogLevelV2: applicationLogLevel(props.LogLevel),
		SystemLogLevelV2:      awslambda.SystemLogLevel(strings.ToUpper(props.SystemLogLevel)),
		Environment:           pointers(props.Environment),
		Tracing:               awslambda.Tracing_DISABLED,
		CurrentVersionOptions: &awslambda.VersionOptions{RemovalPolicy: removal(props.Removal)},
	}
	if props.Tracing {
		functionProps.Tracing = awslambda.Tracing_ACTIVE
		acceptPolicy(h.Role, "xray:PutTraceSegments and PutTelemetryRecords know no resource", "Resource::*")
	}
	if props.ReservedConcurrency > 0 {
		functionProps.ReservedConcurrentExecutions = number(props.ReservedConcurrency)
	}
	if props.Network != nil {
		h.joinNetwork(props)
		functionProps.Vpc = props.Network.VPC
		functionProps.VpcSubnets = isolated()
		functionProps.SecurityGroups = &[]awsec2.ISecurityGroup{props.Network.Clients}
	}
	h.Function = awslambda.NewFunction(this, text("Function"), functionProps)
	if h.network != nil {
		h.Function.Node().AddDependency(h.network)
	}
	return h
}

func (p *HandlerProps) check() {
	c := &check{part: "Handler"}
	c.name(p.Name, 1, 64, "A-Za-z0-9_-", "Name")
	c.name(p.Description, 0, 256, "", "Description")
	c.given(p.Code != nil, "Code")
	c.between(p.MemoryMiB, 128, 10_240, "MemoryMiB")
	c.lasts(p.Timeout, time.Second, 15*time.Minute, "Timeout")
	c.require(p.ReservedConcurrency >= 0, "ReservedConcurrency", "must be at least 0, got %d", p.ReservedConcurrency)
	levels := []string{"debug", "info", "warn", "error"}
	c.require(slices.Contains(levels, p.LogLevel), "LogLevel", "must be one of %v, got %q", levels, p.LogLevel)
	c.require(p.SystemLogLevel == "info" || p.SystemLogLevel == "warn", "SystemLogLevel", "must be info or warn, got %q", p.SystemLogLevel)
	c.retention(p.LogRetentionDays, "LogRetentionDays")
	c.removal(p.Removal)
	c.done()
}

// joinNetwork lets Lambda keep the function's network interfaces, and keeps the
// function's own code from doing the same.
func (h *Handler) joinNetwork(props *HandlerProps) {
	actions := list("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
	h.network = awsiam.NewPolicy(h.Construct, text("NetworkAccess"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{h.Role}})
	h.network.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: text("LambdaKeepsTheInterfaces"), Actions: actions, Resources: list("*"),
	}))
	Accept(h.network, "AwsSolutions-IAM5", "Lambda checks these ec2 actions before any interface is there to name; the function's own code is denied them", "Resource::*")
	h.network.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: text("TheCodeDoesNot"), Effect: awsiam.Effect_DENY, Actions: actions, Resources: list("*"),
		Conditions: &map[string]any{"ArnEquals": map[string]any{
			"lambda:SourceFunctionArn": awscdk.Stack_Of(h.Construct).FormatArn(&awscdk.ArnComponents{
				Service: text("lambda"), Resource: text("function"), ResourceName: text(props.Name), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
			}),
		}},
	}))
}

// applicationLogLevel returns what Lambda lets through of the function's own
// lines. The function itself keeps to its level; Lambda must not drop below INFO
// the metric lines, which have no level.
func applicationLogLevel(level string) awslambda.ApplicationLogLevel {
	if level == "debug" {
		return awslambda.ApplicationLogLevel_DEBUG
	}
	return awslambda.ApplicationLogLevel_INFO
}

func pointers(environment map[string]string) *map[string]*string {
	out := make(map[string]*string, len(environment))
	for name, value := range environment {
		out[name] = text(value)
	}
	return &out
}

// GrantInvokeVersion lets a grantee invoke the version that is deployed, and no alias:
// lambda:InvokeFunction.
func (h *Handler) GrantInvokeVersion(grantee awsiam.IGrantable) {
	grant(grantee, []string{*h.Function.CurrentVersion().FunctionArn()}, "lambda:InvokeFunction")
}

// label is how graphs name the handler: its id in small letters.
func (h *Handler) label() string { return strings.ToLower(h.id) }

// MetricInvocations is how often the function ran.
func (h *Handler) MetricInvocations() awscloudwatch.Metric { return h.metric("Invocations", "Sum") }

// MetricErrorRate is the percentage of runs that crashed or ran out of time.
func (h *Handler) MetricErrorRate() awscloudwatch.MathExpression {
	return percent("errors of "+h.label(), h.metric("Errors", "Sum"), h.MetricInvocations())
}

// MetricThrottles is how many calls found no concurrency left.
func (h *Handler) MetricThrottles() awscloudwatch.Metric { return h.metric("Throttles", "Sum") }

// MetricDuration is the time of all runs together, in milliseconds.
func (h *Handler) MetricDuration() awscloudwatch.Metric { return h.metric("Duration", "Sum") }

// MetricConcurrency is how many runs there were at once.
func (h *Handler) MetricConcurrency() awscloudwatch.Metric {
	return h.metric("ConcurrentExecutions", "Maximum")
}

func (h *Handler) metric(name, statistic string) awscloudwatch.Metric {
	return h.Function.Metric(text(name), perMinute(statistic, h.label()))
}

// MetricWritten is a metric that the function's code writes, by its name in
// MetricNamespace. It panics for a handler without one.
func (h *Handler) MetricWritten(name, statistic string) awscloudwatch.Metric {
	return h.written(name, statistic, h.props.MetricDimensions)
}

// MetricVersionFailureRate is the percentage of what the deployed version handled that
// failed, as the function's code counts it (contract.VersionMetrics).
func (h *Handler) MetricVersionFailureRate() awscloudwatch.MathExpression {
	dimensions := maps.Clone(h.props.MetricDimensions)
	dimensions[contract.DimensionVersion] = *h.Function.CurrentVersion().Version()
	return percent("failures of "+h.label(), h.written(contract.MetricVersionFailed, "Sum", dimensions), h.written(contract.MetricVersionHandled, "Sum", dimensions))
}

func (h *Handler) written(name, statistic string, dimensions map[string]string) awscloudwatch.Metric {
	c := &check{part: "Handler"}
	c.given(h.props.MetricNamespace != "", "MetricNamespace")
	c.done()
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: text(h.props.MetricNamespace), MetricName: text(name), Statistic: text(statistic), Period: minute(),
		Label: text(name + " " + statistic), DimensionsMap: pointers(dimensions),
	})
}
