package privilege

import (
	"go/types"
	"io"
	"slices"

	"golang.org/x/tools/go/packages"

	"github.com/fluxa/fluxa/cdk/template"
)

// Report is Run once the code and the templates are read.
func Report(handlers []Handler, stages []*template.Stage, out, errs io.Writer) int {
	return report(handlers, stages, out, errs)
}

// Fits reports whether a method is that of another's interface.
func Fits(another, signature *types.Signature) bool { return fits(another, signature) }

// Operations returns the operations that the table knows.
func Operations() []string {
	var out []string
	for operation := range operations() {
		out = append(out, operation)
	}
	return out
}

// Constructors returns those that say which queue a call is for.
func Constructors() []string {
	var out []string
	for _, a := range adapters() {
		out = append(out, a.constructor)
	}
	for _, u := range uses() {
		out = append(out, u.constructor)
	}
	return out
}

// Variables returns the environment variables that point to resources.
func Variables() []string {
	var out []string
	for _, s := range settings() {
		out = append(out, s.variable)
	}
	return out
}

// Unseen checks a command's imports for what may call AWS out of sight.
func Unseen(main *packages.Package) error { return unseen(main) }

// Operations returns the operations that may be called, each once, in order.
func (r Reach) Operations() []string {
	var out []string
	for _, call := range r.Calls {
		out = append(out, call.Operation)
	}
	return slices.Compact(out)
}

// Judge returns the findings of Roles.
func Judge(handlers []Handler, stage *template.Stage) ([]Finding, error) {
	roles, err := Roles(handlers, stage)
	var out []Finding
	for _, r := range roles {
		out = append(out, r.Findings...)
	}
	return out, err
}
