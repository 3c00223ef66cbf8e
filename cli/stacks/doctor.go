package stacks

import (
	"context"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/stacks/checklist"
	"github.com/fluxa/fluxa/cli/stacks/preflight"
	"github.com/fluxa/fluxa/cli/target"
)

type doctorCommand struct {
	console.TextFormat
	Stage    string `required:"" env:"FLUXA_STAGE" placeholder:"NAME" help:"The stage that is to be deployed."`
	Assembly string `default:"cdk.out" placeholder:"FOLDER" help:"Its synthesized templates, as make synth writes them (default ${default})."`
	Region   string `env:"AWS_REGION" placeholder:"REGION" help:"AWS region of a stage that names none."`
}

func (doctorCommand) Help() string {
	return `Compares what the stage's templates ask of AWS with what the account gives: whose credentials these are, the CDK's bootstrap stack, the zones, an existing VPC with its subnets and endpoints, the quotas of Lambda and RDS, API Gateway's role for logs, and stacks that are in the way of a deploy. It says what to raise or to change, and changes nothing. Exit code 0 when no check failed, else 1.

    make synth && fluxa doctor --stage prod`
}

func (d doctorCommand) Run(ctx context.Context, c console.Console) error {
	plan, err := preflight.ReadPlan(d.Assembly, d.Stage)
	if err != nil {
		return err
	}
	region := d.Region
	if plan.Region != "" {
		region = plan.Region
	}
	settings, err := target.AWSConfig(ctx, region, "")
	if err != nil {
		return err
	}
	style := console.StyleFor(c.Out)
	report := func(checklist.Check) {}
	if d.Output == "text" {
		report = func(check checklist.Check) { line(c, style, check) }
	}
	return conclude(c, style, preflight.Run(ctx, settings, plan, report), d.Output)
}
