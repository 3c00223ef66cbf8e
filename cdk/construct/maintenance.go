package construct

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/constructs-go/constructs/v10"
)

// MaintenanceProps describes when the tables are maintained.
type MaintenanceProps struct {
	// Name is the schedule's: 1 to 64 of A-Z a-z 0-9 . _ -.
	Name string
	// Handler does the work.
	Handler *Handler
	// Every is the time between two runs: whole minutes, 1 minute to 1 day.
	Every time.Duration
}

// Maintenance is the schedule by which EventBridge runs the maintain function.
type Maintenance struct {
	Construct constructs.Construct
	Schedule  awsscheduler.CfnSchedule
	Role      awsiam.Role
}

// NewMaintenance makes the schedule and the role it runs the function with. The role
// names the one function and the one account, which the CDK's own target for Lambda
// does not: it allows every version and alias by a wildcard.
func NewMaintenance(scope constructs.Construct, id string, props *MaintenanceProps) *Maintenance {
	c := &check{part: "Maintenance"}
	c.name(props.Name, 1, 64, "A-Za-z0-9._-", "Name")
	c.given(props.Handler != nil, "Handler")
	c.require(props.Every >= time.Minute && props.Every <= 24*time.Hour && props.Every%time.Minute == 0,
		"Every", "must be whole minutes from 1m0s to 24h0m0s, got %v", props.Every)
	c.done()

	this := constructs.NewConstruct(scope, text(id))
	role := awsiam.NewRole(this, text("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(text("scheduler.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
		}),
		Description: text(props.Name),
	})
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: list("lambda:InvokeFunction"), Resources: list(*props.Handler.Function.FunctionArn()),
	}))
	schedule := awsscheduler.NewCfnSchedule(this, text("Schedule"), &awsscheduler.CfnScheduleProps{
		Name:               text(props.Name),
		Description:        text("Fluxa: makes partitions ahead, drops expired ones and prunes keys"),
		ScheduleExpression: text(rate(props.Every)),
		FlexibleTimeWindow: &awsscheduler.CfnSchedule_FlexibleTimeWindowProperty{Mode: text("OFF")},
		State:              text("ENABLED"),
		Target: &awsscheduler.CfnSchedule_TargetProperty{
			Arn: props.Handler.Function.FunctionArn(), RoleArn: role.RoleArn(), Input: text("{}"),
			// Of 185 tries in a day, the default, most would come after a later run.
			RetryPolicy: &awsscheduler.CfnSchedule_RetryPolicyProperty{
				MaximumRetryAttempts: number(2), MaximumEventAgeInSeconds: number(props.Every.Seconds()),
			},
		},
	})
	// Without its policy the schedule's first run is refused.
	schedule.Node().AddDependency(role)
	return &Maintenance{Construct: this, Schedule: schedule, Role: role}
}

// rate writes a period as EventBridge does, which has a singular.
func rate(every time.Duration) string {
	n, unit := int(every/time.Minute), "minute"
	if every%time.Hour == 0 {
		n, unit = int(every/time.Hour), "hour"
	}
	if n > 1 {
		unit += "s"
	}
	return fmt.Sprintf("rate(%d %s)", n, unit)
}
