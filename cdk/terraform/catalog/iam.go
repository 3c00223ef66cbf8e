package catalog

import "strings"

func iam() []Type {
	return []Type{
		{
			CloudFormation: "AWS::IAM::Role", Terraform: "aws_iam_role",
			Nouns:      []string{"Role", "IAMRole", "ServiceRole"},
			Attributes: map[string]Attribute{"Ref": {Name: "name"}, "Arn": {Name: "arn"}},
			Properties: []Property{
				{From: prop("Description"), To: Attr("description")},
				{From: prop("PermissionsBoundary"), To: Attr("permissions_boundary"), Read: asPolicyName(), Write: asPolicyARN()},
				{From: prop("AssumeRolePolicyDocument"), To: Attr("assume_role_policy"), Read: asPolicy(), Write: asJSON()},
				{From: prop("ManagedPolicyArns"), To: At("aws_iam_role_policy_attachment").Attr("policy_arn"), Write: onlyElement()},
				retained("a role holds no data; what keeps it in CloudFormation is that the account's API Gateway settings outlive a stack"),
				tagged(),
			},
			Splits: []Split{{Terraform: "aws_iam_role_policy_attachment", Parent: map[string]string{"role": "name"}}},
			// A role is the account's, and a stage may be in more than one region.
			//   AWS::IAM::Role, RoleName: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
			Always: []Fixed{{"name", OwnName{Stage: true, Region: true, Most: 64}, "CloudFormation names it by a hash"}},
		},
		{
			CloudFormation: "AWS::IAM::Policy", Terraform: "aws_iam_role_policy",
			Nouns:   []string{"DefaultPolicy", "Role", "IAMRole"},
			Shorten: func(name string) string { return strings.Replace(name, "_role_key_access", "_key_access", 1) },
			Properties: []Property{
				{From: prop("PolicyName"), Omitted: "the CDK makes it of the construct path and a hash; the name counts in its role only"},
				{From: prop("Roles"), To: Attr("role"), Write: onlyElement()},
				{From: prop("PolicyDocument"), To: Attr("policy"), Read: asPolicy(), Write: asJSON()},
			},
			Always: []Fixed{{"name", OwnName{}, "the property has a hash"}},
		},
	}
}

func kms() []Type {
	return []Type{
		{
			CloudFormation: "AWS::KMS::Key", Terraform: "aws_kms_key",
			Attributes: map[string]Attribute{"Ref": {Name: "key_id"}, "Arn": {Name: "arn"}},
			Properties: []Property{
				{From: prop("Description"), To: Attr("description")},
				{From: prop("EnableKeyRotation"), To: Attr("enable_key_rotation")},
				{From: prop("KeyPolicy"), To: Attr("policy"), Read: asPolicy(), Write: asJSON()},
				retained("Terraform cannot make prevent_destroy depend on the stage; a deleted key can be restored for 30 days"),
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::KMS::Alias", Terraform: "aws_kms_alias",
			Nouns: []string{"Alias"},
			Properties: []Property{
				{From: prop("AliasName"), To: Attr("name")},
				{From: prop("TargetKeyId"), To: Attr("target_key_id")},
			},
		},
	}
}
