package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// ReleaseProps says how a handler's new version takes over.
type ReleaseProps struct {
	// Handler is the function that is released.
	Handler *Handler

	// Canaries sends a tenth of the traffic to the new version for five minutes, and
	// all of it back when the version fails; default: all at once.
	Canaries *Canaries
	// Alarms roll a canary back, as those of the version do; default none.
	Alarms []awscloudwatch.IAlarm
}

// Release is the alias by which a handler is called.
type Release struct {
	Construct constructs.Construct
	Alias     awslambda.Alias
}

// Alias is the name of every handler's alias.
const Alias = "live"

// NewRelease makes the alias of the version that is deployed.
func NewRelease(scope constructs.Construct, id string, props *ReleaseProps) *Release {
	c := &check{part: "Release"}
	c.given(props.Handler != nil, "Handler")
	c.require(props.Canaries != nil || len(props.Alarms) == 0, "Alarms", "must be empty without Canaries, got %d", len(props.Alarms))
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	alias := awslambda.NewAlias(this, text("Alias"), &awslambda.AliasProps{
		AliasName: text(Alias), Version: props.Handler.Function.CurrentVersion(),
	})
	if props.Canaries != nil {
		props.Canaries.watch(this, alias, props)
	}
	return &Release{Construct: this, Alias: alias}
}

// CanariesProps describes the application.
type CanariesProps struct {
	// ApplicationName has 1 to 100 of A-Z a-z 0-9 _ -.
	ApplicationName string
	// Named returns the name of what a handler's release needs: its deployment group
	// for ingest, an alarm for ingest-release-errors.
	Named func(what string) string
	// Hook is asked before a new version gets traffic. It may tell CodeDeploy its
	// verdict, see NewCanaries.
	Hook *Handler
}

// Canaries is the CodeDeploy application of the releases.
type Canaries struct {
	Construct   constructs.Construct
	application awscodedeploy.LambdaApplication
	named       func(what string) string
	hook        *Handler
}

// NewCanaries makes the application, and lets the hook read its deployments and tell
// CodeDeploy what it found: codedeploy:GetDeployment and
// codedeploy:PutLifecycleEventHookExecutionStatus, which are allowed on the group
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html).
func NewCanaries(scope constructs.Construct, id string, props *CanariesProps) *Canaries {
	c := &check{part: "Canaries"}
	c.name(props.ApplicationName, 1, 100, "A-Za-z0-9_-", "ApplicationName")
	c.given(props.Named != nil, "Named")
	c.given(props.Hook != nil, "Hook")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	grant(props.Hook.Role, []string{*awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
		Service: text("codedeploy"), Resource: text("deploymentgroup"), ResourceName: text(props.ApplicationName + "/*"), ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})}, "codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus")
	acceptPolicy(props.Hook.Role, "the groups of this application, which are made after the hook", "/:deploymentgroup:"+props.ApplicationName+"/\\*$/")
	return &Canaries{Construct: this, named: props.Named, hook: props.Hook, application: awscodedeploy.NewLambdaApplication(this, text("Application"), &awscodedeploy.LambdaApplicationProps{
		ApplicationName: text(props.ApplicationName),
	})}
}

// failurePercent is the share of what a new version handles in a minute that must not
// fail. One event that no version could store is less where there is traffic.
const failurePercent = 10

// watch makes the deployment group and its alarms. The alarms read the metrics of the
// new version alone: what fails in the live one does not stop its repair, and little
// traffic does not hide what fails in the new one. Their names have the version, so that
// each release has alarms of its own: CloudWatch leaves the state of an alarm as it was
// when its metric changes, and CodeDeploy stops at an alarm that is still in ALARM. A new
// one begins as INSUFFICIENT_DATA, at which CodeDeploy does not stop.
//
//   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
//   - https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html:
//     a deployment stops when an alarm is activated
//   - https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics.html: ExecutedVersion
//     compares the versions of a weighted alias
//
// CloudFormation publishes the version, then makes the alarms that read it, then updates
// the group that names them. The alias waits for the group by DependsOn, since no page
// says that a reference in an UpdatePolicy orders anything. The alarms of the release
// before are deleted at the end, when all has gone well.
func (c *Canaries) watch(scope constructs.Construct, alias awslambda.Alias, props *ReleaseProps) {
	name, version := props.Handler.label(), *props.Handler.Function.CurrentVersion().Version()
	alarms := []interfacesawscloudwatch.IAlarmRef{NewReleaseAlarm(scope, "Errors", &ReleaseAlarmProps{
		Name: c.named(name+"-release-errors") + "-" + version, Description: "The new version crashes or runs out of time: it is rolled back. First: read the log of the version that its name ends in.",
		Metric: alias.MetricErrors(&awscloudwatch.MetricOptions{Statistic: text("Sum"), Period: minute(), DimensionsMap: &map[string]*string{
			"FunctionName": props.Handler.Function.FunctionName(), "Resource": text(*props.Handler.Function.FunctionName() + ":" + Alias), "ExecutedVersion": text(version),
		}}), Threshold: 1,
	}), NewReleaseAlarm(scope, "Failures", &ReleaseAlarmProps{
		Name:        c.named(name+"-release-failures") + "-" + version,
		Description: "The new version answers 5xx, retries messages or sends them to the DLQ: it is rolled back. First: read the log of the version that its name ends in.",
		Metric:      props.Handler.MetricVersionFailureRate(), Threshold: failurePercent,
	})}
	for _, alarm := range props.Alarms {
		alarms = append(alarms, alarm)
	}
	group := awscodedeploy.NewLambdaDeploymentGroup(scope, text("Canary"), &awscodedeploy.LambdaDeploymentGroupProps{
		DeploymentGroupName: text(props.Handler.props.Name), // by which the hook knows the function
		Application:         c.application,
		Alias:               alias,
		DeploymentConfig:    awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_5MINUTES(),
		Alarms:              &alarms,
		AutoRollback: &awscodedeploy.AutoRollbackConfig{
			FailedDeployment: jsii.Bool(true), StoppedDeployment: jsii.Bool(true), DeploymentInAlarm: jsii.Bool(true),
		},
	})
	c.ask(alias, group)
	alias.Node().AddDependency(group, c.hook.Construct)
	Accept(group, "AwsSolutions-IAM4", "AWSCodeDeployRoleForLambdaLimited is what CodeDeploy itself needs to shift an alias, kept by AWS",
		"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited")
}

// ask has CodeDeploy call the hook before it shifts the alias. CodeDeploy calls it with
// the group's role, whose own policy of AWS knows only functions that are named
// CodeDeployHook_ and on
// (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html).
// The first version of all is not asked: its alias is created, not updated.
func (c *Canaries) ask(alias awslambda.Alias, group awscodedeploy.LambdaDeploymentGroup) {
	hook := c.hook.Function
	group.Role().AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: list("lambda:InvokeFunction"), Resources: list(*hook.FunctionArn()),
	}))
	alias.Node().DefaultChild().(awscdk.CfnResource).AddOverride(text("UpdatePolicy.CodeDeployLambdaAliasUpdate.BeforeAllowTrafficHook"), hook.FunctionName())
}

// ReleaseAlarmProps describes an alarm that rolls releases back.
type ReleaseAlarmProps struct {
	// Name has 1 to 255 characters, Description 1 to 1024.
	Name, Description string
	// Metric is of one minute.
	Metric awscloudwatch.IMetric
	// Threshold is the value, at least 1, from which on releases are rolled back.
	Threshold int
}

// NewReleaseAlarm makes an alarm after one minute, since a canary has only five.
func NewReleaseAlarm(scope constructs.Construct, id string, props *ReleaseAlarmProps) awscloudwatch.Alarm {
	c := &check{part: "ReleaseAlarm"}
	c.name(props.Name, 1, 255, "", "Name")
	c.name(props.Description, 1, 1024, "", "Description")
	c.given(props.Metric != nil, "Metric")
	c.require(props.Threshold >= 1, "Threshold", "must be at least 1, got %d", props.Threshold)
	c.done()
	return awscloudwatch.NewAlarm(scope, text(id), &awscloudwatch.AlarmProps{
		AlarmName:          text(props.Name),
		AlarmDescription:   text(props.Description),
		Metric:             props.Metric,
		Threshold:          number(props.Threshold),
		EvaluationPeriods:  number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
}
