package construct

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

func TestLogGroup_refuses_days_that_CloudWatch_does_not_know(t *testing.T) {
	stack := newStack(t)
	for _, days := range []int{0, 2, 10, 3654} {
		panics(t, fmt.Sprintf("LogGroup: RetentionDays must be one of "+
			"[1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653], got %d", days), func() {
			NewLogGroup(stack, "Log"+strconv.Itoa(days), &LogGroupProps{Name: "log", RetentionDays: days, Removal: awscdk.RemovalPolicy_DESTROY})
		})
	}
}

func TestLogGroup_keeps_its_lines_for_the_days_that_were_said_and_stays_by_default(t *testing.T) {
	stack := newStack(t)
	for days := range retentions() {
		NewLogGroup(stack, "Log"+strconv.Itoa(days), &LogGroupProps{Name: "log-" + strconv.Itoa(days), RetentionDays: days})
	}
	groups := 0
	for id, r := range resources(stack) {
		group := r.(map[string]any)
		properties := group["Properties"].(map[string]any)
		if want := fmt.Sprintf("log-%v", properties["RetentionInDays"]); properties["LogGroupName"] != want || group["DeletionPolicy"] != "RetainExceptOnCreate" {
			t.Errorf("%s is %v", id, group)
		}
		groups++
	}
	if groups != len(retentions()) || groups != 22 {
		t.Errorf("there are %d groups", groups)
	}
}

func TestLogGroup_names_each_wrong_prop_with_its_limit(t *testing.T) {
	stack := newStack(t)
	refuses(t, "LogGroup", func() LogGroupProps { return LogGroupProps{Name: "log", RetentionDays: 1} },
		func(p *LogGroupProps) { NewLogGroup(stack, "Log", p) },
		wrong[LogGroupProps]{func(p *LogGroupProps) { p.Name = "a log" }, `Name must have 1 to 512 characters of A-Za-z0-9_/.#-, got "a log"`},
		wrong[LogGroupProps]{func(p *LogGroupProps) { p.Removal = awscdk.RemovalPolicy_SNAPSHOT }, "Removal must be one of [RETAIN DESTROY], got SNAPSHOT"})
}
