// Package cli is the command line `fluxa`. The commands are in one package a
// group: stacks runs and verifies a stack, events sends and reads events, stored works on
// those that are stored, dlq looks after the dead-letter queue. This package puts the groups together and runs a
// line.
//
// A command is a struct with its flags and two methods, Help and Run. The struct
// is a field of its group's Commands; nothing else names it.
package cli

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/dlq"
	"github.com/fluxa/fluxa/cli/events"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/look"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/cli/stored"
)

// grammar is the command line.
type grammar struct {
	Stacks  stacks.Commands `embed:"" group:"stack"`
	Events  events.Commands `embed:"" group:"events"`
	Stored  stored.Commands `embed:"" group:"stored"`
	Look    look.Commands   `embed:"" group:"look"`
	DLQ     dlq.Commands    `cmd:"" name:"dlq" group:"dlq" help:"List dead letters, send them back to the events queue, delete them."`
	Version versionCommand  `cmd:"" help:"Print the version (also --version)."`

	Completion kongcompletion.Completion `cmd:"" help:"Say how to have the shell complete commands and flags."`
}

// groups are the titles under which help lists commands and flags.
var groups = kong.ExplicitGroups([]kong.Group{
	{Key: "stack", Title: "A stack:"}, {Key: "events", Title: "Events:"}, {Key: "stored", Title: "Stored events:"}, {Key: "look", Title: "Watch it work:"}, {Key: "dlq", Title: "The dead-letter queue:"},
	{Key: "target", Title: "Which stack:"}, {Key: "one", Title: "One event:"}, {Key: "many", Title: "Many events:"},
})

var negative = regexp.MustCompile(`^-\.?[0-9]`)

// exited carries an exit code out of the parser, which prints help and then wants
// to end the process.
type exited struct{ code int }

// Run executes one command line, without the program's name, and returns the exit
// code. ctx ends when the person interrupts; launcher is how `up` starts a stack.
func Run(ctx context.Context, args []string, c console.Console, launcher stacks.Launcher) (code int) {
	defer func() {
		if r := recover(); r != nil {
			end, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = end.code
		}
	}()
	parser := newParser(c)
	// A shell that completes a line calls the program without arguments.
	kongcompletion.Register(parser)
	command, err := parser.Parse(joinNegative(plain(args)))
	if err != nil {
		fmt.Fprintf(c.Err, "fluxa: %v\n", err)
		fmt.Fprintln(c.Err, "`fluxa --help` lists the commands, `fluxa COMMAND --help` describes one.")
		return exit.Usage
	}
	command.BindTo(ctx, (*context.Context)(nil))
	return exit.Code(ctx, c, command.Run(c, launcher))
}

// plain returns the arguments of a line that begins with what other programs take: nothing
// at all or help for --help, help CMD for CMD --help, and --version for version.
func plain(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	}
	return args
}

// joinNegative makes --amount -1 the same as --amount=-1, which kong takes for a flag
// without a value and a flag -1. No flag is called by a digit.
func joinNegative(args []string) []string {
	var out []string
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if last := len(out) - 1; negative.MatchString(arg) && last >= 0 && strings.HasPrefix(out[last], "--") && !strings.Contains(out[last], "=") {
			out[last] += "=" + arg
			continue
		}
		out = append(out, arg)
	}
	return out
}

func newParser(c console.Console) *kong.Kong {
	return kong.Must(&grammar{},
		kong.Name("fluxa"),
		kong.Description("Runs a local Fluxa stack, and operates a local or deployed one."),
		kong.Writers(c.Out, c.Err),
		kong.Exit(func(code int) { panic(exited{code}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		events.Limits(), stored.Limits(), groups,
	)
}
