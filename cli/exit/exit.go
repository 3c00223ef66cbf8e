// Package exit turns how a command ended into an exit code and, where the command
// has not said why it failed, into a text for people.
package exit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"

	"github.com/fluxa/fluxa/cli/console"
	api "github.com/fluxa/fluxa/pkg/client"
)

// Exit codes, which docs/OPERATE.md tells. Failure is also that of a run in which one event
// of many was not accepted, or one check did not pass.
const (
	OK          = 0
	Failure     = 1
	Usage       = 2
	Interrupted = 130
)

// ErrSaid ends a command with Failure when it has already said why.
var ErrSaid = errors.New("the command failed and has said why")

type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Usagef returns the error of a wrong use of flags that the parser does not find.
func Usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// Code returns the exit code of a command that ended with err, and writes to c.Err
// what went wrong. ctx ends when the person interrupts.
func Code(ctx context.Context, c console.Console, err error) int {
	if err == nil {
		return OK
	}
	said := errors.Is(err, ErrSaid)
	if ctx.Err() != nil {
		if !said {
			fmt.Fprintln(c.Err, "fluxa: interrupted")
		}
		return Interrupted
	}
	if said {
		return Failure
	}
	describe(c.Err, console.StyleFor(c.Err), err)
	if _, ok := errors.AsType[*usageError](err); ok {
		return Usage
	}
	return Failure
}

type advised struct {
	error
	next string
}

func (e *advised) Unwrap() error { return e.error }

// Advise adds to an error what to do next, in a line of its own.
func Advise(err error, next string) error { return &advised{err, next} }

// Line returns an error in one line: one of AWS without the SDK's chain, and with what to do
// next.
func Line(err error) string {
	if text, next, is := ofAWS(err); is {
		return text + "; " + next
	}
	return err.Error()
}

// describe writes an error, and what to do next.
func describe(w io.Writer, style console.Style, err error) {
	describeCause(w, style, err)
	if a, ok := errors.AsType[*advised](err); ok {
		fmt.Fprintf(w, "  %s\n", a.next)
	}
}

// describeCause writes an error: a problem of the API with all its details, anything
// else as its text.
func describeCause(w io.Writer, style console.Style, err error) {
	problem, ok := errors.AsType[*api.Problem](err)
	if !ok {
		if text, next, is := ofAWS(err); is {
			fmt.Fprintf(w, "%s %s\n  %s\n", style.Bad("fluxa:"), text, next)
			return
		}
		fmt.Fprintf(w, "%s %s\n", style.Bad("fluxa:"), err)
		if _, ok := errors.AsType[*api.UnreachableError](err); ok {
			fmt.Fprintln(w, "  is the stack up? `make up` starts a local one, --endpoint names another")
		}
		return
	}
	fmt.Fprintf(w, "%s the API answered %d %s\n", style.Bad("fluxa:"), problem.Status, console.Clean(problem.Title))
	// One bad field is the whole detail.
	if problem.Detail != "" && (len(problem.Errors) != 1 || problem.Errors[0].Detail != problem.Detail) {
		fmt.Fprintf(w, "  %s\n", console.Clean(problem.Detail))
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, field := range problem.Errors {
		pointer := field.Pointer
		if pointer == "" {
			pointer = "(the whole event)"
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", console.Clean(pointer), console.Clean(string(field.Code)), console.Clean(field.Detail))
	}
	if err := table.Flush(); err != nil {
		return // w cannot be written to: there is nowhere left to say so
	}
	if problem.RetryAfter > 0 {
		fmt.Fprintf(w, "  it asks to be tried again in %s\n", console.Duration(problem.RetryAfter))
	}
	if problem.CorrelationID != "" {
		fmt.Fprintf(w, "  correlation id %s\n", console.Clean(problem.CorrelationID))
	}
	if problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden {
		fmt.Fprintln(w, keyAdvice(problem.KeySent))
	}
}

func keyAdvice(sent bool) string {
	if sent {
		return "  the API key that was sent does not allow this: see whose it is (--api-key, FLUXA_API_KEY, or --key-of with --stage)"
	}
	return "  give the API key with --api-key or FLUXA_API_KEY, or name the stage with --stage"
}
