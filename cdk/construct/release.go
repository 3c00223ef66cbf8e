package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
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
	// Alarms roll a canary back, as that of the version's errors does; default none.
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
	// for ingest, its alarm for ingest-release.
	Named func(what string) string
}

// Canaries is the CodeDeploy application of the releases.
type Canaries struct {
	Construct   constructs.Construct
	application awscodedeploy.LambdaApplication
	named       func(what string) string
}

// NewCanaries makes the application.
func NewCanaries(scope constructs.Construct, id string, props *CanariesProps) *Canaries {
	c := &check{part: "Canaries"}
	c.name(props.ApplicationName, 1, 100, "A-Za-z0-9_-", "ApplicationName")
	c.given(props.Named != nil, "Named")
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	return &Canaries{Construct: this, named: props.Named, application: awscodedeploy.NewLambdaApplication(this, text("Application"), &awscodedeploy.LambdaApplicationProps{
		ApplicationName: text(props.ApplicationName),
	})}
}

func (c *Canaries) watch(scope constructs.Construct, alias awslambda.Alias, props *ReleaseProps) {
	name := props.Handler.label()
	alarms := []interfacesawscloudwatch.IAlarmRef{NewReleaseAlarm(scope, "Errors", &ReleaseAlarmProps{
		Name: c.named(name + "-release"), Description: "The version that is live or about to be fails: a release is rolled back. First: read its log; without a release under way, go back to the version before.",
		Metric: alias.MetricErrors(perMinute("Sum", "")), Threshold: 1,
	})}
	for _, alarm := range props.Alarms {
		alarms = append(alarms, alarm)
	}
	group := awscodedeploy.NewLambdaDeploymentGroup(scope, text("Canary"), &awscodedeploy.LambdaDeploymentGroupProps{
		DeploymentGroupName: text(c.named(name)),
		Application:         c.application,
		Alias:               alias,
		DeploymentConfig:    awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_5MINUTES(),
		Alarms:              &alarms,
		AutoRollback: &awscodedeploy.AutoRollbackConfig{
			FailedDeployment: jsii.Bool(true), StoppedDeployment: jsii.Bool(true), DeploymentInAlarm: jsii.Bool(true),
		},
	})
	Accept(group, "AwsSolutions-IAM4", "AWSCodeDeployRoleForLambdaLimited is what CodeDeploy itself needs to shift an alias, kept by AWS",
		"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited")
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
