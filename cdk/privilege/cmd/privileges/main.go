// Command privileges prints what each function may do on AWS, and which of its calls
// need it: see `privileges -help`.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/fluxa/fluxa/cdk/privilege"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return privilege.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
