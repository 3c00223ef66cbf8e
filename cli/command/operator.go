// Package operator is the command line `fluxa`: it starts and stops a local
// stack, sends and reads events, looks after the dead-letter queue, and verifies
// that a stack, local or deployed, does its work.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"github.com/alecthomas/kong"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/local/stack"
)

// Exit codes. Failure is also that of a run in which one event of many was not
// accepted, or one check did not pass.
const (
	ExitOK          = 0
	ExitFailure     = 1
	ExitUsage       = 2
	ExitInterrupted = 130
)

// Config holds what a command reads and writes, and what it cannot do itself.
// Stack is required for the command `up`; the rest has defaults.
type Config struct {
	In       io.Reader // default os.Stdin
	Out, Err io.Writer // default os.Stdout and os.Stderr
	// Stack runs a local stack until ctx ends.
	Stack func(ctx context.Context, cfg stack.Config) error
	// Getenv reads NO_COLOR and TERM. Default os.Getenv.
	Getenv func(string) string
	// Executable is the path of this program, for `up --detach`. Default
	// os.Executable.
	Executable func() (string, error)
	// Now defaults to time.Now.
	Now func() time.Time
}

// app is what the commands share.
type app struct {
	Config
	style console.Style // of Out
	plain bool          // Err is no terminal
}

// errQuiet ends a command with ExitFailure when it has said all there is to say.
var errQuiet = errors.New("the command failed and has said why")

// usageError is a wrong use of flags that the parser does not find.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// Run executes one command line, without the program's name, and returns the exit
// code. Errors are written to cfg.Err. ctx ends when the person interrupts.
func Run(ctx context.Context, args []string, cfg Config) int {
	if cfg.In == nil {
		cfg.In = os.Stdin
	}
	if cfg.Out == nil {
		cfg.Out = os.Stdout
	}
	if cfg.Err == nil {
		cfg.Err = os.Stderr
	}
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	if cfg.Executable == nil {
		cfg.Executable = os.Executable
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &app{Config: cfg, style: console.StyleFor(cfg.Out, cfg.Getenv), plain: !console.IsTerminal(cfg.Err)}
	command, code, done := a.parse(args)
	if done {
		return code
	}
	command.BindTo(ctx, (*context.Context)(nil))
	return a.exitCode(ctx, command.Run(a))
}

// exited carries an exit code out of the parser, which prints help and then wants
// to end the process.
type exited struct{ code int }

func (a *app) parse(args []string) (command *kong.Context, code int, done bool) {
	defer func() {
		if r := recover(); r != nil {
			end, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code, done = end.code, true
		}
	}()
	parser, err := kong.New(&grammar{},
		kong.Name("fluxa"),
		kong.Description("Runs a local Fluxa stack, and operates a local or deployed one."),
		kong.Writers(a.Out, a.Err),
		kong.Exit(func(code int) { panic(exited{code}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.TypeMapper(reflect.TypeFor[rate](), kong.MapperFunc(decodeRate)),
		kong.TypeMapper(reflect.TypeFor[size](), kong.MapperFunc(decodeSize)),
		limits(),
		kong.ExplicitGroups([]kong.Group{
			{Key: "stack", Title: "A stack:"}, {Key: "events", Title: "Events:"}, {Key: "dlq", Title: "The dead-letter queue:"},
			{Key: "one", Title: "One event:"}, {Key: "many", Title: "Many events:"},
		}),
	)
	if err != nil {
		panic(fmt.Sprintf("the grammar of the command line is wrong: %v", err)) // tests parse it
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err = parser.Parse(args)
	if err != nil {
		fmt.Fprintf(a.Err, "fluxa: %v\n", err)
		fmt.Fprintln(a.Err, "`fluxa --help` shows the commands, `fluxa COMMAND --help` one of them.")
		return nil, ExitUsage, true
	}
	return command, ExitOK, false
}

// exitCode says what went wrong, where that was not said before.
func (a *app) exitCode(ctx context.Context, err error) int {
	if err == nil {
		return ExitOK
	}
	if ctx.Err() != nil {
		if !errors.Is(err, errQuiet) {
			fmt.Fprintln(a.Err, "fluxa: interrupted")
		}
		return ExitInterrupted
	}
	if errors.Is(err, errQuiet) {
		return ExitFailure
	}
	describe(a.Err, console.StyleFor(a.Err, a.Getenv), err)
	if _, ok := errors.AsType[*usageError](err); ok {
		return ExitUsage
	}
	return ExitFailure
}
