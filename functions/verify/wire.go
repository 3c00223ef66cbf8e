package main

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// A version answers within the function's time-out, and takes a start before.
const answerTimeout = contract.ProcessorTimeout + 20*time.Second

// wire makes the handler out of the settings; tests start the function by it too.
func wire(ctx context.Context, out io.Writer, c config.Verify) (any, error) {
	base, err := boot.NewBase(ctx, out, contract.FunctionVerify, c.Service)
	if err != nil {
		return nil, err
	}
	patient, err := awsclient.Load(awsclient.Config{Tracer: base.Traces.Tracer(), ResponseTimeout: answerTimeout, CallTimeout: answerTimeout})
	if err != nil {
		return nil, err
	}
	patient.Logger = base.AWS.Logger
	h := &handler{
		base: base, deployments: codedeploy.NewFromConfig(base.AWS), versions: lambda.NewFromConfig(patient), sleep: budget.Sleep,
		arns: []string{c.IngestVersion, c.ProcessorVersion, c.QueryVersion},
	}
	return boot.Handler(h.Handle), nil
}
