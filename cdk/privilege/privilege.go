// Package privilege reports whether each function is allowed what it needs and
// nothing else. What it needs comes from its code: Calls finds the operations of
// AWS that it can reach, and tables say which actions those and the Lambda
// platform take. What it is allowed comes from the synthesized templates.
//
// It covers the functions of the contract. The functions that CDK makes for custom
// resources are not looked at, nor are permissions boundaries and what an
// organization allows.
package privilege

import (
	"context"
	"fmt"
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Finding is a grant too many or too few, or what keeps one from being judged.
type Finding struct {
	Function string
	Text     string
}

// String returns the finding as a sentence.
func (f Finding) String() string { return f.Function + ": " + f.Text }

// Handler is the code of a function.
type Handler struct {
	Name string // in the templates it is fluxa-NAME-STAGE
	Reach
}

// Role is what a function's role is allowed, by Function, and what it needs.
type Role struct {
	Function Function
	Needs    []Need
	Findings []Finding
}

// Handlers returns what each function of the contract can reach, in its order. It
// loads all of the code of the repository at root, which takes seconds.
func Handlers(ctx context.Context, root string) ([]Handler, error) {
	const folder = module + "functions/"
	var paths []string
	for _, function := range contract.Packaged() {
		paths = append(paths, folder+string(function))
	}
	reached, err := Calls(ctx, root, paths...)
	if err != nil {
		return nil, err
	}
	var out []Handler
	for i, function := range contract.Packaged() {
		out = append(out, Handler{string(function), reached[paths[i]]})
	}
	return out, nil
}

// Roles compares the roles of a stage's functions with what the handlers need: first
// those of functions that are none of the handlers, then one for each handler.
//
// Returns an error when the templates cannot be read or lack a handler, or when a
// function makes a call of which it is not known which actions it takes.
func Roles(handlers []Handler, stage *template.Stage) ([]Role, error) {
	functions, err := Granted(stage)
	if err != nil {
		return nil, err
	}
	byName := map[string][]Function{}
	var out []Role
	for _, f := range functions {
		byName[f.Name] = append(byName[f.Name], f)
		if f.Stage != "" && !slices.ContainsFunc(handlers, func(h Handler) bool { return h.Name == f.Name }) {
			out = append(out, Role{f, nil, []Finding{{f.Name, "its code is not known: the contract has no such function"}}})
		}
	}
	for _, h := range handlers {
		found := byName[h.Name]
		if len(found) == 0 && !asksFor(stage, contract.Function(h.Name)) {
			continue
		}
		if len(found) != 1 {
			return nil, fmt.Errorf("%d functions of the templates are named fluxa-%s-STAGE: it must be one, of one stage", len(found), h.Name)
		}
		needs, err := Needs(found[0], h.Reach)
		if err != nil {
			return nil, err
		}
		out = append(out, Role{found[0], needs, Compare(found[0], needs)})
	}
	return out, nil
}

// asksFor says whether a stage has the function: nothing is verified where no release is
// a canary, and no token is checked where nobody brings one.
func asksFor(stage *template.Stage, function contract.Function) bool {
	switch function {
	case contract.FunctionVerify:
		return len(stage.All("AWS::CodeDeploy::DeploymentGroup")) > 0
	case contract.FunctionAuthorize:
		return len(stage.All("AWS::ApiGateway::Authorizer")) > 0
	default:
		return true
	}
}
