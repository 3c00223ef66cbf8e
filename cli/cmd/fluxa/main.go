// Command fluxa runs a local stack and operates a local or deployed one.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fluxa/fluxa/cli"
	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/local/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(cli.Run(ctx, os.Args[1:], console.Standard(), stacks.Launcher{Run: stack.Run, Program: os.Executable}))
}
