package catalog

import (
	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Left is what of a template is left out, each with the reason.
type Left struct {
	Parameters, Rules, Metadata map[string]string
	Resources                   map[Glob]string // by construct paths without the stage
	tags                        map[string]string
}

// Resource reports whether the resource at a construct path is left out.
func (l Left) Resource(path string) bool {
	for glob := range l.Resources {
		if glob.Matches(path) {
			return true
		}
	}
	return false
}

func leftOut() Left {
	// CodeDeploy deploys from the version that an alias has to another one. Terraform
	// moves the alias in the apply that publishes the version, and would move it back
	// from where a deployment put it: a lifecycle cannot ignore that in some stages only.
	const canary = "a group has nothing left to shift once Terraform has moved the alias"
	return Left{
		Resources: map[Glob]string{
			"Pipeline/Canaries/*": canary, "Pipeline/*/Release/Canary/*": canary,
			"Pipeline/*/Release/Errors/*": "only a canary is rolled back by it", "Pipeline/*/Release/Failures/*": "only a canary is rolled back by it",
			"Pipeline/APIErrors/*": "only a canary is rolled back by it", "Pipeline/Verify/*": "only CodeDeploy calls it",
		},
		Parameters: map[string]string{
			"BootstrapVersion": "Terraform uses no bootstrap stack",
		},
		Rules: map[string]string{
			"CheckBootstrapVersion": "Terraform uses no bootstrap stack",
		},
		Metadata: map[string]string{
			"aws:asset:is-bundled":          "the zips come from make package",
			"aws:asset:path":                "the zips come from make package",
			"aws:asset:property":            "the zips come from make package",
			"aws:cdk:do-not-refactor":       "only the CDK reads it",
			"aws:cdk:path":                  "the names come from it",
			"cdk_nag":                       "the checks are of the CDK app",
			"cfn-lint":                      "the checks are of the template",
			contract.AdoptedMetadata:        "the variables database_adopted_… come from it",
			"aws:cdk:enable-asset-metadata": "only the CDK reads it",
		},
		tags: map[string]string{
			"aws-cdk:subnet-name": "only the CDK's lookup of a VPC reads it",
			"aws-cdk:subnet-type": "only the CDK's lookup of a VPC reads it",
		},
	}
}

// custom has the types that are not of AWS, and those that only the CDK needs.
func custom() []Type {
	return []Type{
		{
			CloudFormation: "AWS::CDK::Metadata",
			Omitted:        "tells AWS which constructs are used; nothing is deployed",
		},
		{
			CloudFormation: "Custom::FluxaMigrations", Terraform: "aws_lambda_invocation",
			Nouns: []string{"Run"},
			Properties: []Property{
				{From: prop("ServiceToken"), To: Attr("function_name"), Write: attributeOf("Arn", "function_name")},
				{From: prop("Version"), To: Attr("triggers"), Write: asTrigger()},
				{From: prop("ServiceTimeout"), Omitted: "the provider waits as long as the function may run"},
				{From: prop(Retain), Omitted: "an invocation leaves nothing behind to keep", While: false},
			},
			Always: []Fixed{{"input", hcl.Func("jsonencode", template.Object{}), "the function takes no argument; it migrates to the newest version"}},
		},
	}
}
