// Package construct is a library of the platform's parts on AWS, one a file. It
// knows no stage: each part can be used in any CDK app, and takes what it needs
// from its props.
//
// NewX checks its props before it makes anything. A wrong prop is a mistake in the
// program, and is reported as the CDK reports one of its own, whose errors reach
// Go as panics: the panic's text has one sentence a field, which names the
// construct, the field, its limit and the value. A field that documents no default
// is required. Names may be tokens, which are not checked.
//
// GrantX adds exactly the actions that it documents, to a role. MetricX is over one
// minute; another period is set on the metric itself, with With.
//
// The ids below a construct are a contract: CloudFormation replaces a resource
// whose id changes, with the data in it.
package construct

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

// grant adds one statement to what the grantee may do: these actions on these
// resources, and nothing else.
func grant(grantee awsiam.IGrantable, resources []string, actions ...string) {
	awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee: grantee, Actions: list(actions...), ResourceArns: list(resources...),
	})
}

// Accept states for the policy checks why a rule does not hold for a part and all
// below it. For the IAM rules appliesTo names what exactly is accepted, so that
// anything else is still found.
func Accept(part constructs.IConstruct, rule, reason string, appliesTo ...string) {
	s := &cdknag.NagPackSuppression{Id: text(rule), Reason: text(reason)}
	if len(appliesTo) > 0 {
		exact := make([]any, len(appliesTo))
		for i, finding := range appliesTo {
			exact[i] = finding
		}
		s.AppliesTo = &exact
	}
	cdknag.NagSuppressions_AddResourceSuppressions(part, &[]*cdknag.NagPackSuppression{s}, jsii.Bool(true))
}

// acceptPolicy is Accept for the grantee's own policy.
func acceptPolicy(grantee awsiam.IGrantable, reason string, appliesTo string) {
	var finding any = appliesTo
	if len(appliesTo) > 1 && appliesTo[0] == '/' {
		finding = &cdknag.RegexAppliesTo{Regex: text(appliesTo)}
	}
	cdknag.NagSuppressions_AddResourceSuppressions(grantee.GrantPrincipal().(awsiam.IRole), &[]*cdknag.NagPackSuppression{{
		Id: text("AwsSolutions-IAM5"), Reason: text(reason), AppliesTo: &[]any{finding},
	}}, jsii.Bool(true))
}

// acceptLint turns warnings of cfn-lint off for this resource.
func acceptLint(resource awscdk.CfnResource, checks ...string) {
	resource.AddMetadata(text("cfn-lint"), map[string]any{"config": map[string]any{"ignore_checks": checks}})
}
