package construct

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/fluxa/fluxa/cdk/stage"
)

// HandlerProps describes one Lambda function. Name, Description, Code, MemoryMiB,
// Timeout, LogLevel, LogRetentionDays and Removal are required.
type HandlerProps struct {
	Name        string
	Description string
	Code        awslambda.Code // a zip of an arm64 bootstrap
	Environment map[string]string
	MemoryMiB   int
	Timeout     time.Duration

	// ReservedConcurrency bounds and guarantees the concurrency; default 0: what
	// the account has left.
	ReservedConcurrency int
	// Network is where the function runs when it needs the database; default: in
	// no network of ours, which starts faster.
	Network *PrivateNetwork
	// Tracing sends X-Ray traces; default off.
	Tracing bool

	LogLevel         string
	LogRetentionDays int
	Removal          stage.Removal
}

// Handler is a Lambda function on arm64 with a role and a log group of its own.
// Callers reach it by its alias, see Release.
type Handler struct {
	Construct constructs.Construct
	Function  awslambda.Function
	Role      awsiam.Role
	LogGroup  awslogs.LogGroup
}

// NewHandler makes the function. Its role may write its own log, send traces and,
// in a network, keep its interfaces there.
func NewHandler(scope constructs.Construct, id string, props *HandlerProps) *Handler {
	this := constructs.NewConstruct(scope, text(id))
	h := &Handler{Construct: this}
	h.LogGroup = NewLogGroup(this, "Log", &LogGroupProps{
		Name: "/aws/lambda/" + props.Name, RetentionDays: props.LogRetentionDays, Removal: props.Removal,
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
		Timeout:               awscdk.Duration_Seconds(number(props.Timeout.Seconds())),
		Role:                  h.Role,
		LogGroup:              h.LogGroup,
		LoggingFormat:         awslambda.LoggingFormat_JSON,
		ApplicationLogLevelV2: applicationLogLevel(props.LogLevel),
		SystemLogLevelV2:      awslambda.SystemLogLevel_INFO,
		Environment:           pointers(props.Environment),
		Tracing:               awslambda.Tracing_DISABLED,
		CurrentVersionOptions: &awslambda.VersionOptions{RemovalPolicy: policy(props.Removal)},
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
	return h
}

// joinNetwork lets Lambda keep the function's network interfaces, and keeps the
// function's own code from doing the same.
func (h *Handler) joinNetwork(props *HandlerProps) {
	actions := list("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
	h.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: text("LambdaKeepsTheInterfaces"), Actions: actions, Resources: list("*"),
	}))
	acceptPolicy(h.Role, "Lambda checks these ec2 actions before any interface is there to name; the function's own code is denied them", "Resource::*")
	h.Role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
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
