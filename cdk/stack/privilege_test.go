package stack_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/privilege"
)

// Each function of each stage may do what its code calls and what Lambda does for
// it, no more and no less. And each action that is taken from a role is missed.
func TestRoles_have_what_the_code_calls_and_nothing_else(t *testing.T) {
	platforms := append(both(t), abroad(t))
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	reached, err := privilege.Handlers(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range platforms {
		t.Run(p.settings.Name, func(t *testing.T) {
			findings, err := privilege.Judge(reached, templates(t, p))
			if err != nil {
				t.Fatal(err)
			}
			for _, finding := range findings {
				t.Error(finding)
			}
			taken := 0
			for take := 0; ; take++ {
				without := templates(t, p)
				action, role := takeAction(without, take)
				if action == "" {
					break
				}
				taken++
				findings, err := privilege.Judge(reached, without)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.ContainsFunc(findings, func(f privilege.Finding) bool {
					return strings.Contains(strings.ToLower(role), f.Function) && strings.HasPrefix(f.Text, action+" on ") && strings.Contains(f.Text, "not granted")
				}) {
					t.Errorf("%s taken from %s is not missed: %v", action, role, findings)
				}
			}
			if taken < 20 {
				t.Errorf("only %d actions were taken: the roles have more", taken)
			}
		})
	}
}

// templates returns fresh copies of a stage's templates.
func templates(t *testing.T, p *platform) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for _, s := range p.stacks {
		var template map[string]any
		if err := json.Unmarshal(s.raw, &template); err != nil {
			t.Fatal(err)
		}
		out[s.properties["stackName"].(string)] = template
	}
	return out
}

// takeAction removes the nth action that a function's role is allowed, and tells
// which it was; "" when there are fewer.
func takeAction(stacks map[string]map[string]any, n int) (action, role string) {
	var policies []string
	for stack, template := range stacks {
		for id, resource := range template["Resources"].(object) {
			if resource.(object)["Type"] == "AWS::IAM::Policy" && strings.Contains(stack, "pipeline") && !strings.Contains(id, "Canary") {
				policies = append(policies, stack+" "+id)
			}
		}
	}
	slices.Sort(policies)
	for _, policy := range policies {
		var stack, id string
		if _, err := fmt.Sscan(policy, &stack, &id); err != nil {
			panic(err)
		}
		document := stacks[stack]["Resources"].(object)[id].(object)["Properties"].(object)["PolicyDocument"].(object)
		for _, each := range document["Statement"].([]any) {
			statement := each.(object)
			if statement["Effect"] != "Allow" {
				continue
			}
			actions, several := statement["Action"].([]any)
			if !several {
				actions = []any{statement["Action"]}
			}
			if n < len(actions) {
				action = actions[n].(string)
				statement["Action"] = slices.Delete(slices.Clone(actions), n, n+1)
				return action, id
			}
			n -= len(actions)
		}
	}
	return "", ""
}
