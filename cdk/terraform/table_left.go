package terraform

// left is what of a template is left out, each with the reason.
type left struct{ parameters, rules, metadata, tags map[string]string }

func leftOut() left {
	return left{
		parameters: map[string]string{
			"BootstrapVersion": "Terraform uses no bootstrap stack",
		},
		rules: map[string]string{
			"CheckBootstrapVersion": "Terraform uses no bootstrap stack",
		},
		metadata: map[string]string{
			"aws:asset:is-bundled":          "the zips come from make package",
			"aws:asset:path":                "the zips come from make package",
			"aws:asset:property":            "the zips come from make package",
			"aws:cdk:do-not-refactor":       "only the CDK reads it",
			"aws:cdk:path":                  "the names come from it",
			"cdk_nag":                       "the checks are of the CDK app",
			"cfn-lint":                      "the checks are of the template",
			"aws:cdk:enable-asset-metadata": "only the CDK reads it",
		},
		tags: map[string]string{
			"aws-cdk:subnet-name": "only the CDK's lookup of a VPC reads it",
			"aws-cdk:subnet-type": "only the CDK's lookup of a VPC reads it",
		},
	}
}

// custom has the types that are not of AWS, and those that only the CDK needs.
func custom() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::CDK::Metadata",
			left:           "tells AWS which constructs are used; nothing is deployed",
		},
		{
			cloudformation: "Custom::FluxaMigrations", terraform: "aws_lambda_invocation",
			nouns: []string{"Run"},
			properties: []property{
				{from: "ServiceToken", to: "function_name", write: "function_name"},
				{from: "Version", to: "triggers", write: "migrations"},
				{from: "ServiceTimeout", left: "the provider waits as long as the function may run"},
				{from: "@Retain", left: "an invocation leaves nothing behind to keep", while: "false"},
			},
			always: []fixed{{"input", `jsonencode({})`, "the function takes no argument; it migrates to the newest version"}},
		},
	}
}
