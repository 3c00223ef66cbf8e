package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
)

// LogGroupProps says how long a log is kept.
type LogGroupProps struct {
	// Name has 1 to 512 of A-Z a-z 0-9 _ - / . #.
	Name string
	// RetentionDays is one of the numbers of days that CloudWatch Logs offers: 1, 3,
	// 5, 7, 14, 30 and so on to 3653.
	RetentionDays int
	// Key encrypts what is written from then on, see NewStageKey; default: one of AWS's.
	Key awskms.IKey
	// Removal is what happens to the log when its stack is deleted: RETAIN (the
	// default) or DESTROY.
	Removal awscdk.RemovalPolicy
}

// NewLogGroup returns a log group that is made before anything writes to it, so
// that its retention holds from the first line on.
func NewLogGroup(scope constructs.Construct, id string, props *LogGroupProps) awslogs.LogGroup {
	c := &check{part: "LogGroup"}
	c.name(props.Name, 1, 512, "A-Za-z0-9_/.#-", "Name")
	c.retention(props.RetentionDays, "RetentionDays")
	c.removal(props.Removal)
	c.done()
	return awslogs.NewLogGroup(scope, text(id), &awslogs.LogGroupProps{
		LogGroupName:  text(props.Name),
		Retention:     retentions()[props.RetentionDays],
		RemovalPolicy: removal(props.Removal),
		EncryptionKey: props.Key,
	})
}

func retentions() map[int]awslogs.RetentionDays {
	return map[int]awslogs.RetentionDays{
		1: awslogs.RetentionDays_ONE_DAY, 3: awslogs.RetentionDays_THREE_DAYS, 5: awslogs.RetentionDays_FIVE_DAYS,
		7: awslogs.RetentionDays_ONE_WEEK, 14: awslogs.RetentionDays_TWO_WEEKS, 30: awslogs.RetentionDays_ONE_MONTH,
		60: awslogs.RetentionDays_TWO_MONTHS, 90: awslogs.RetentionDays_THREE_MONTHS, 120: awslogs.RetentionDays_FOUR_MONTHS,
		150: awslogs.RetentionDays_FIVE_MONTHS, 180: awslogs.RetentionDays_SIX_MONTHS, 365: awslogs.RetentionDays_ONE_YEAR,
		400: awslogs.RetentionDays_THIRTEEN_MONTHS, 545: awslogs.RetentionDays_EIGHTEEN_MONTHS, 731: awslogs.RetentionDays_TWO_YEARS,
		1096: awslogs.RetentionDays_THREE_YEARS, 1827: awslogs.RetentionDays_FIVE_YEARS, 2192: awslogs.RetentionDays_SIX_YEARS,
		2557: awslogs.RetentionDays_SEVEN_YEARS, 2922: awslogs.RetentionDays_EIGHT_YEARS, 3288: awslogs.RetentionDays_NINE_YEARS,
		3653: awslogs.RetentionDays_TEN_YEARS,
	}
}
