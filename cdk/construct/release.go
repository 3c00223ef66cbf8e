package construct

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stage"
)

// ReleaseProps says how a handler's new version takes over. Handler is required.
type ReleaseProps struct {
	Handler *Handler

	// Canaries, when set, sends a tenth of the traffic to the new version for five
	// minutes, and all of it back when the version fails.
	Canaries *Canaries
	// Alarms, besides that of the version's errors, take a canary back.
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
	this := constructs.NewConstruct(scope, text(id))
	alias := awslambda.NewAlias(this, text("Alias"), &awslambda.AliasProps{
		AliasName: text(Alias), Version: props.Handler.Function.CurrentVersion(),
	})
	if props.Canaries != nil {
		props.Canaries.watch(this, alias, props)
	}
	return &Release{Construct: this, Alias: alias}
}

// Canaries is the CodeDeploy application of a stage's releases.
type Canaries struct {
	Construct   constructs.Construct
	application awscodedeploy.LambdaApplication
	stage       stage.Stage
}

// NewCanaries makes the application.
func NewCanaries(scope constructs.Construct, id string, s stage.Stage) *Canaries {
	this := constructs.NewConstruct(scope, text(id))
	return &Canaries{Construct: this, stage: s, application: awscodedeploy.NewLambdaApplication(this, text("Application"), &awscodedeploy.LambdaApplicationProps{
		ApplicationName: text(s.Platform()),
	})}
}

func (c *Canaries) watch(scope constructs.Construct, alias awslambda.Alias, props *ReleaseProps) {
	name := strings.ToLower(*props.Handler.Construct.Node().Id())
	errors := awscloudwatch.NewAlarm(scope, text("Errors"), &awscloudwatch.AlarmProps{
		AlarmName:          text(c.stage.Named(name + "-release")),
		AlarmDescription:   text("The version that is live or about to be fails: a release is taken back."),
		Metric:             alias.MetricErrors(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Minutes(number(1)), Statistic: text("Sum")}),
		Threshold:          number(1),
		EvaluationPeriods:  number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	alarms := []interfacesawscloudwatch.IAlarmRef{errors}
	for _, alarm := range props.Alarms {
		alarms = append(alarms, alarm)
	}
	group := awscodedeploy.NewLambdaDeploymentGroup(scope, text("Canary"), &awscodedeploy.LambdaDeploymentGroupProps{
		DeploymentGroupName: text(c.stage.Named(name)),
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
