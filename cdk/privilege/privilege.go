// Package privilege tells whether each function is allowed what it needs and
// nothing else. What it needs comes from its code: Calls finds the operations of
// AWS that it can reach, and tables say which actions those and the Lambda
// platform take. What it is allowed comes from the synthesized templates.
//
// It holds for the four functions of the contract. The functions that CDK makes
// for custom resources are not looked at, nor are permissions boundaries and what
// an organization allows.
package privilege

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Finding is a grant too many or too few, or what keeps one from being judged.
type Finding struct {
	Function string
	Text     string
}

// String returns the finding as a sentence.
func (f Finding) String() string { return f.Function + ": " + f.Text }

// Check reads the functions' code in the repository at root and holds the
// templates of one stage, by the name of their stack, against it. It loads all of
// the code, which takes seconds: for several stages, call Handlers once, and Judge
// for each.
func Check(ctx context.Context, root string, stacks map[string]map[string]any) ([]Finding, error) {
	reached, err := Handlers(ctx, root)
	if err != nil {
		return nil, err
	}
	return Judge(reached, stacks)
}

// Handlers returns what each function of the contract can reach.
func Handlers(ctx context.Context, root string) (map[contract.Function]Reach, error) {
	const folder = module + "functions/"
	var paths []string
	for _, function := range contract.Functions() {
		paths = append(paths, folder+string(function))
	}
	reached, err := Calls(ctx, root, paths...)
	if err != nil {
		return nil, err
	}
	out := map[contract.Function]Reach{}
	for path, reach := range reached {
		out[contract.Function(strings.TrimPrefix(path, folder))] = reach
	}
	return out, nil
}

// Judge returns the findings for every function of the contract, in its order.
// Returns an error when the templates cannot be read, or are of several stages, or
// when a function makes a call of which it is not known what it takes.
func Judge(reached map[contract.Function]Reach, stacks map[string]map[string]any) ([]Finding, error) {
	functions, err := Granted(stacks)
	if err != nil {
		return nil, err
	}
	byName := map[string][]Function{}
	var out []Finding
	for _, f := range functions {
		byName[f.Name] = append(byName[f.Name], f)
		if f.Stage != "" && !slices.Contains(contract.Functions(), contract.Function(f.Name)) {
			out = append(out, Finding{f.Name, "its code is not known: the contract has no such function"})
		}
	}
	for _, function := range contract.Functions() {
		found := byName[string(function)]
		if len(found) != 1 {
			return nil, fmt.Errorf("%d functions of the templates are named fluxa-%s-STAGE: it must be one, of one stage", len(found), function)
		}
		needs, err := Needs(found[0], reached[function])
		if err != nil {
			return nil, err
		}
		out = append(out, Compare(found[0], needs)...)
	}
	return out, nil
}
