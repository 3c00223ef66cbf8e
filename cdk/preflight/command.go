package preflight

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"github.com/fluxa/fluxa/pkg/awsclient"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Command makes the checks that its arguments ask for, and writes each as a line of JSON
// as it ends. It returns the exit code: 0 when all were made, whatever they found.
func Command(ctx context.Context, args []string, out, errOut io.Writer) int {
	err := command(ctx, args, out, errOut)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 2
	case err != nil:
		fmt.Fprintln(errOut, err)
		return 1
	}
	return 0
}

func command(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("fluxa-preflight", flag.ContinueOnError)
	flags.SetOutput(errOut)
	assembly := flags.String("assembly", "cdk.out", "folder of the synthesized templates")
	stage := flags.String("stage", "", "the stage that is to be deployed")
	region := flags.String("region", "", "AWS region of a stage that names none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	plan, err := ReadPlan(*assembly, *stage)
	if err != nil {
		return err
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(cmp.Or(plan.Region, *region)), awsconfig.WithLogger(logging.Nop{}))
	if err != nil {
		return fmt.Errorf("read the AWS settings: %w", err)
	}
	if cfg.Region == "" {
		return errors.New("the AWS region is not known: give --region or AWS_REGION")
	}
	cfg.HTTPClient = awsclient.ReadOnly(awshttp.NewBuildableClient())
	lines := json.NewEncoder(out)
	var broken error
	Run(ctx, cfg, plan, func(check contract.Check) { broken = errors.Join(broken, lines.Encode(check)) })
	return broken
}
