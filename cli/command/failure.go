package command

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/fluxa/fluxa/cli/api"
	"github.com/fluxa/fluxa/cli/console"
)

// describe writes an error for people: a problem of the API with all that it
// says, anything else in its own words.
func describe(w io.Writer, style console.Style, err error) {
	problem, ok := errors.AsType[*api.Problem](err)
	if !ok {
		fmt.Fprintf(w, "%s %s\n", style.Bad("fluxa:"), err)
		if _, ok := errors.AsType[*api.UnreachableError](err); ok {
			fmt.Fprintln(w, "  is the stack up? `make up` starts a local one, --endpoint names another")
		}
		return
	}
	fmt.Fprintf(w, "%s the API answered %d %s\n", style.Bad("fluxa:"), problem.Status, console.Clean(problem.Title))
	if problem.Detail != "" {
		fmt.Fprintf(w, "  %s\n", console.Clean(problem.Detail))
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, field := range problem.Errors {
		pointer := field.Pointer
		if pointer == "" {
			pointer = "(the whole)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", console.Clean(pointer), console.Clean(string(field.Code)), console.Clean(field.Detail))
	}
	if err := table.Flush(); err != nil {
		return // what cannot be written cannot be complained about
	}
	if problem.RetryAfter > 0 {
		fmt.Fprintf(w, "  it asks to be tried again in %s\n", console.Duration(problem.RetryAfter))
	}
	if problem.CorrelationID != "" {
		fmt.Fprintf(w, "  correlation id %s\n", console.Clean(problem.CorrelationID))
	}
	if advice := adviceFor(problem); advice != "" {
		fmt.Fprintf(w, "  %s\n", advice)
	}
}

func adviceFor(p *api.Problem) string {
	switch p.Status {
	case 401, 403:
		return "give the API key with --api-key or FLUXA_API_KEY"
	default:
		return ""
	}
}

// oneLine puts the lines of an error into one.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
