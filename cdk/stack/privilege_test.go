package stack_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/privilege"
	"github.com/fluxa/fluxa/cdk/template"
)

// Each function of each stage may do what its code calls and what Lambda does for
// it, no more and no less. And each action that is taken from a role is missed.
func TestRoles_have_what_the_code_calls_and_nothing_else(t *testing.T) {
	platforms := append(both(t), abroad(t), one(t, adopting, "dev"))
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
			findings, err := judge(reached, templates(t, p))
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
				findings, err := judge(reached, without)
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

// templates returns a fresh copy of a stage's templates.
func templates(t *testing.T, p *platform) *template.Stage {
	t.Helper()
	stage, err := p.parse()
	if err != nil {
		t.Fatal(err)
	}
	return stage
}

// takeAction removes the nth action that a function's role is allowed, and returns
// which it was; "" when there are fewer.
func takeAction(stage *template.Stage, n int) (action, role string) {
	for _, r := range stage.Stack(pipeline).Resources {
		if r.Type != "AWS::IAM::Policy" || strings.Contains(r.ID, "Canary") || strings.HasPrefix(r.ID, "MaintenanceRole") {
			continue
		}
		for _, each := range r.At("PolicyDocument", "Statement").(template.List) {
			statement := each.(template.Object)
			if statement["Effect"] != "Allow" {
				continue
			}
			actions, several := statement["Action"].(template.List)
			if !several {
				actions = template.List{statement["Action"]}
			}
			if n < len(actions) {
				statement["Action"] = slices.Delete(slices.Clone(actions), n, n+1)
				return actions[n].(string), r.ID
			}
			n -= len(actions)
		}
	}
	return "", ""
}

func judge(handlers []privilege.Handler, stage *template.Stage) ([]privilege.Finding, error) {
	roles, err := privilege.Roles(handlers, stage)
	var out []privilege.Finding
	for _, r := range roles {
		out = append(out, r.Findings...)
	}
	return out, err
}
