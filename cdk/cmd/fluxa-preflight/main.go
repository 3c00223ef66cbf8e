// Command fluxa-preflight checks an AWS account before a stage is deployed to it, for
// `fluxa doctor`. It is a program of its own so that fluxa compiles without AWS's packages
// of EC2 and RDS, which took more than a third of that time.
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
