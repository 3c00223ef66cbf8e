package construct

import (
	"testing"
	"time"
)

func TestMaintenance_names_each_wrong_prop(t *testing.T) {
	type p = MaintenanceProps
	stack := newStack(t)
	h := testHandler(stack, "Maintain")
	good := func() p { return p{Name: "app-maintain", Handler: h, Every: time.Hour} }
	refuses(t, "Maintenance", good, func(props *p) { NewMaintenance(stack, "Maintenance", props) },
		wrong[p]{func(p *p) { p.Name = "a b" }, `Name must have 1 to 64 characters of A-Za-z0-9._-, got "a b"`},
		wrong[p]{func(p *p) { p.Handler = nil }, "Handler is required"},
		wrong[p]{func(p *p) { p.Every = 90 * time.Second }, "Every must be whole minutes from 1m0s to 24h0m0s, got 1m30s"},
		wrong[p]{func(p *p) { p.Every = 25 * time.Hour }, "Every must be whole minutes from 1m0s to 24h0m0s, got 25h0m0s"})
}

func TestMaintenance_runs_the_function_and_nothing_else(t *testing.T) {
	stack := newStack(t)
	h := testHandler(stack, "Maintain")
	maintenance := NewMaintenance(stack, "Maintenance", &MaintenanceProps{Name: "app-maintain", Handler: h, Every: time.Hour})
	function, role := stack.Resolve(h.Function.FunctionArn()), stack.Resolve(maintenance.Role.RoleArn())
	made := templateOf(stack)
	made.has(t, "AWS::Scheduler::Schedule", map[string]any{
		"Name": "app-maintain", "ScheduleExpression": "rate(1 hour)", "State": "ENABLED", "Target": map[string]any{"Arn": function, "RoleArn": role},
	})
	made.has(t, "AWS::IAM::Policy", map[string]any{"PolicyDocument": map[string]any{"Statement": []any{
		map[string]any{"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": function},
	}}})
	made.has(t, "AWS::IAM::Role", map[string]any{"AssumeRolePolicyDocument": map[string]any{"Statement": []any{map[string]any{
		"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": map[string]any{"Service": "scheduler.amazonaws.com"},
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": map[string]any{"Ref": "AWS::AccountId"}}},
	}}}})
}

func TestRate(t *testing.T) {
	t.Parallel()
	for every, want := range map[time.Duration]string{
		time.Minute: "rate(1 minute)", 90 * time.Minute: "rate(90 minutes)", time.Hour: "rate(1 hour)", 24 * time.Hour: "rate(24 hours)",
	} {
		if got := rate(every); got != want {
			t.Errorf("%s: %s, want %s", every, got, want)
		}
	}
}
