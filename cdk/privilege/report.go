package privilege

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/fluxa/fluxa/cdk/template"
)

// Run is the command: it prints the table of every stage's roles and returns the
// exit status: 1 when an action is granted that nothing needs, or is needed and not
// granted, or when that cannot be judged; 2 for flags that it does not understand.
func Run(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("privileges", flag.ContinueOnError)
	flags.SetOutput(errs)
	in := flags.String("in", "cdk.out", "cloud assembly that cdk synth wrote")
	root := flags.String("root", ".", "repository that has the code of the functions")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	stages, err := template.Read(*in)
	if err == nil {
		var handlers []Handler
		if handlers, err = Handlers(ctx, *root); err == nil {
			return report(handlers, stages, out, errs)
		}
	}
	fmt.Fprintln(errs, "privileges:", err)
	return 1
}

// report returns the exit status of Run.
func report(handlers []Handler, stages []*template.Stage, out, errs io.Writer) (status int) {
	fail := func(stage *template.Stage, what any) {
		status = 1
		fmt.Fprintf(errs, "privileges: stage %s: %v\n", stage.Name, what)
	}
	for _, stage := range stages {
		roles, err := Roles(handlers, stage)
		if err == nil {
			err = WriteTable(out, stage.Name, roles)
		}
		if err != nil {
			fail(stage, err)
		}
		for _, role := range roles {
			for _, finding := range role.Findings {
				fail(stage, finding)
			}
		}
	}
	return status
}

// WriteTable writes what each role is allowed, and for what, as Markdown whose
// columns are aligned. Below each table stand the role's findings.
func WriteTable(out io.Writer, stage string, roles []Role) error {
	var text strings.Builder
	fmt.Fprintf(&text, "# %s\n", stage)
	for _, role := range roles {
		fmt.Fprintf(&text, "\n## %s: %s\n\n", role.Function.Name, role.Function.Role)
		table := tabwriter.NewWriter(&text, 0, 0, 1, ' ', 0)
		fmt.Fprint(table, "| Action\t| Resource\t| AWS operation\t| Needed by\t|\n| ---\t| ---\t| ---\t| ---\t|\n")
		for _, s := range role.Function.Allow {
			for _, reason := range role.reasons(s) {
				fmt.Fprintf(table, "| %s\t| %s\t| %s\t| %s\t|\n", s.Action, role.Function.label(s.Resource), reason.Operation, strings.TrimSpace(reason.Caller+" "+reason.Position))
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
		for i, finding := range role.Findings {
			fmt.Fprintf(&text, "%s- %s\n", []string{"\n", ""}[min(i, 1)], finding.Text)
		}
	}
	_, err := fmt.Fprintln(out, text.String())
	return err
}

// reasons returns the calls that need what a statement allows, those of the code
// and what Lambda does; one that says so when nothing needs it.
func (r Role) reasons(s Statement) []Call {
	var out []Call
	for _, n := range r.Needs {
		if !s.covers(n.Action, r.Function.target(n.Kind)) {
			continue
		}
		out = append(out, n.Calls...)
		if n.Lambda != "" {
			out = append(out, Call{Caller: "Lambda " + n.Lambda})
		}
	}
	if len(out) == 0 {
		return []Call{{Caller: "nothing"}}
	}
	return slices.Compact(out)
}
