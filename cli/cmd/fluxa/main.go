// Command fluxa runs a local stack and operates a local or deployed one.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fluxa/fluxa/cli/command"
	"github.com/fluxa/fluxa/local/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(command.Run(ctx, os.Args[1:], command.Config{Stack: stack.Run}))
}
