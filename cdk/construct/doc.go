// Package construct has the typed parts of the platform on AWS, one a file. A
// part checks what it is given, names what it makes, and grants exactly the
// actions that its GrantX methods document.
package construct

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/fluxa/fluxa/cdk/stage"
)

// text and number spare the callers the pointers of the CDK's API.
func text(s string) *string                { return jsii.String(s) }
func number[T int | float64](n T) *float64 { return jsii.Number(float64(n)) }
func list(values ...string) *[]*string     { return jsii.Strings(values...) }

func policy(r stage.Removal) awscdk.RemovalPolicy {
	if r == stage.Retain {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

// grant adds one statement to what the grantee may do: these actions on these
// resources, and nothing else.
func grant(grantee awsiam.IGrantable, resources []string, actions ...string) awsiam.Grant {
	return awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee: grantee, Actions: list(actions...), ResourceArns: list(resources...),
	})
}

// Accept tells the policy checks why a rule does not hold for a part and all below
// it. For the IAM rules appliesTo names what exactly is accepted, so that anything
// else is still found.
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

// mustBeOneOf stops the synthesis when a value is not among those that a part
// knows.
func mustBeOneOf[T comparable](part, field string, value T, choices ...T) {
	if !slices.Contains(choices, value) {
		panic(fmt.Sprintf("%s: %s must be one of %v, got %v", part, field, choices, value))
	}
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

// acceptLint tells cfn-lint that its warnings do not hold for this resource.
func acceptLint(resource awscdk.CfnResource, checks ...string) {
	resource.AddMetadata(text("cfn-lint"), map[string]any{"config": map[string]any{"ignore_checks": checks}})
}
