package terraform

func iam() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::IAM::Role", terraform: "aws_iam_role",
			nouns:      []string{"Role", "IAMRole", "ServiceRole"},
			attributes: map[string]string{"Ref": "name", "Arn": "arn"},
			properties: []property{
				{from: "Description", to: "description"},
				{from: "AssumeRolePolicyDocument", to: "assume_role_policy", read: "policy", write: "json"},
				{from: "ManagedPolicyArns", to: "aws_iam_role_policy_attachment:policy_arn", write: "only"},
				retained("a role holds no data; what keeps it in CloudFormation is that the account's API Gateway settings outlive a stack"),
				tagged(),
			},
			splits: []split{{terraform: "aws_iam_role_policy_attachment", parent: map[string]string{"role": "name"}}},
		},
		{
			cloudformation: "AWS::IAM::Policy", terraform: "aws_iam_role_policy",
			nouns: []string{"DefaultPolicy", "Role", "IAMRole"},
			properties: []property{
				{from: "PolicyName", to: "name"},
				{from: "Roles", to: "role", write: "only"},
				{from: "PolicyDocument", to: "policy", read: "policy", write: "json"},
			},
		},
	}
}

func kms() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::KMS::Key", terraform: "aws_kms_key",
			attributes: map[string]string{"Ref": "key_id", "Arn": "arn"},
			properties: []property{
				{from: "Description", to: "description"},
				{from: "EnableKeyRotation", to: "enable_key_rotation"},
				{from: "KeyPolicy", to: "policy", read: "policy", write: "json"},
				retained("Terraform cannot make prevent_destroy depend on the stage; a deleted key can be restored for 30 days"),
				tagged(),
			},
		},
		{
			cloudformation: "AWS::KMS::Alias", terraform: "aws_kms_alias",
			nouns: []string{"Alias"},
			properties: []property{
				{from: "AliasName", to: "name"},
				{from: "TargetKeyId", to: "target_key_id"},
			},
		},
	}
}
