// Package stack composes the constructs into the four stacks of a stage: Network,
// Data (what must survive), Pipeline (what is replaced at each release) and
// Observability.
package stack

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Platform is one stage of Fluxa.
type Platform struct {
	Stage         awscdk.Stage
	Network       *Network
	Data          *Data
	Pipeline      *Pipeline
	Observability *Observability
}

// Materials are what a platform is made of besides its settings.
type Materials struct {
	Zips  string // the folder that has a zip of each function
	Rates construct.Rates
}

// NewPlatform makes the stacks of a stage.
func NewPlatform(scope constructs.Construct, s stage.Stage, m Materials) *Platform {
	env := &awscdk.Environment{}
	if s.Account != "" {
		env.Account = jsii.String(s.Account)
	}
	if s.Region != "" {
		env.Region = jsii.String(s.Region)
	}
	props := &awscdk.StageProps{Env: env, StageName: jsii.String(s.Name)}
	if s.PermissionsBoundary != "" {
		props.PermissionsBoundary = awscdk.PermissionsBoundary_FromName(jsii.String(s.PermissionsBoundary))
	}
	p := &Platform{Stage: awscdk.NewStage(scope, jsii.String(s.Name), props)}
	if s.Account != "" && s.Region != "" {
		// Otherwise the CLI would look the zones up in the account, to which a
		// review has no access.
		p.Stage.Node().SetContext(jsii.String(fmt.Sprintf("availability-zones:account=%s:region=%s", s.Account, s.Region)),
			append([]string{}, s.Network.Zones...))
	}
	p.Network = NewNetwork(p.Stage, s)
	p.Data = NewData(p.Stage, s, p.Network)
	p.Pipeline = NewPipeline(p.Stage, s, p.Network, p.Data, m.Zips)
	p.Observability = NewObservability(p.Stage, s, p.Data, p.Pipeline, m.Rates)

	tags := awscdk.Tags_Of(p.Stage)
	tags.Add(jsii.String(contract.TagApplication), jsii.String("fluxa"), nil)
	tags.Add(jsii.String(contract.TagStage), jsii.String(s.Environment()), nil)
	for _, name := range slices.Sorted(maps.Keys(s.Tags)) {
		tags.Add(jsii.String(name), jsii.String(s.Tags[name]), nil)
	}
	awscdk.Aspects_Of(p.Stage).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	return p
}

// newStack makes one stack; its CloudFormation name is that of other names of the
// stage, such as fluxa-data-dev.
func newStack(scope constructs.Construct, s stage.Stage, id, name, description string) awscdk.Stack {
	return awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		StackName:             jsii.String(s.Named(name)),
		Description:           jsii.String("Fluxa, stage " + s.Environment() + ": " + description),
		TerminationProtection: jsii.Bool(s.TerminationProtection),
	})
}

// removal is what the stage's data does when its stack is deleted.
func removal(s stage.Stage) awscdk.RemovalPolicy {
	if s.Removal == stage.Retain {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

// output makes a value known to whoever deploys, under a name that a script can
// rely on.
func output(scope constructs.Construct, name, description string, value *string) {
	awscdk.NewCfnOutput(scope, jsii.String(name), &awscdk.CfnOutputProps{
		Key: jsii.String(name), Description: jsii.String(description), Value: value,
	})
}
