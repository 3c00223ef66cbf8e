// Command cdk is Fluxa's CDK app: every stage, each with its four stacks. The CDK
// CLI runs it as cdk.json says; `-c stage=dev` makes one stage only.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stack"
	"github.com/fluxa/fluxa/cdk/zips"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cdk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	folder, err := zips.Build(ctx, ".", os.Stderr)
	if err != nil {
		return err
	}
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	if err = stack.AddPlatforms(app, folder); err == nil {
		app.Synth(nil)
	}
	return err
}
