// Command fluxa-preflight checks an AWS account before a stage is deployed to it, for
// `fluxa doctor`. It is a program of its own since AWS's packages that it needs, that of
// EC2 above all, take longer to compile than all the rest of fluxa.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fluxa/fluxa/cdk/preflight"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	os.Exit(preflight.Command(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
