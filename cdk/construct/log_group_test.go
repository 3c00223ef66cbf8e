package construct

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/fluxa/fluxa/cdk/stage"
)

func TestLogGroup_refuses_days_that_CloudWatch_does_not_know(t *testing.T) {
	stack := newStack(t)
	for _, days := range []int{0, 2, 10, 3654} {
		panics(t, fmt.Sprintf("LogGroup: RetentionDays must be one of "+
			"[1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653], got %d", days), func() {
			NewLogGroup(stack, "Log"+strconv.Itoa(days), &LogGroupProps{Name: "log", RetentionDays: days, Removal: stage.Destroy})
		})
	}
}

func TestLogGroup_keeps_its_lines_for_the_days_that_were_said(t *testing.T) {
	stack := newStack(t)
	for days := range retentions() {
		NewLogGroup(stack, "Log"+strconv.Itoa(days), &LogGroupProps{Name: "log-" + strconv.Itoa(days), RetentionDays: days, Removal: stage.Retain})
	}
	groups := 0
	for id, r := range resources(stack) {
		group := r.(map[string]any)
		properties := group["Properties"].(map[string]any)
		if want := fmt.Sprintf("log-%v", properties["RetentionInDays"]); properties["LogGroupName"] != want || group["DeletionPolicy"] != "Retain" {
			t.Errorf("%s is %v", id, group)
		}
		groups++
	}
	if groups != len(retentions()) || groups != 22 {
		t.Errorf("there are %d groups", groups)
	}
}
