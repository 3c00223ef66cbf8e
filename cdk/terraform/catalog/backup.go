package catalog

func backup() []Type {
	plan := prop("BackupPlan", "BackupPlanRule")
	return []Type{
		{
			CloudFormation: "AWS::Backup::BackupVault", Terraform: "aws_backup_vault",
			Nouns:      []string{"Vault"},
			Attributes: map[string]Attribute{"Ref": {Name: "name"}},
			Properties: []Property{
				{From: prop("BackupVaultName"), To: Attr("name")},
				{From: prop(Retain), To: Attr("force_destroy"), Write: negated()},
				{From: prop("BackupVaultTags"), To: Attr("tags"), Read: asTagMap(), Write: ownTags()},
			},
		},
		{
			CloudFormation: "AWS::Backup::BackupPlan", Terraform: "aws_backup_plan",
			Nouns:      []string{"Plan"},
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("BackupPlan", "BackupPlanName"), To: Attr("name")},
				{From: plan.each("RuleName"), To: Blocks("rule").Attr("rule_name")},
				{From: plan.each("TargetBackupVault"), To: Blocks("rule").Attr("target_vault_name")},
				{From: plan.each("ScheduleExpression"), To: Blocks("rule").Attr("schedule")},
				{From: plan.each("StartWindowMinutes"), To: Blocks("rule").Attr("start_window")},
				{From: plan.each("Lifecycle", "DeleteAfterDays"), To: Blocks("rule").Block("lifecycle").Attr("delete_after")},
				{From: plan.each("CopyActions").each("DestinationBackupVaultArn"), To: Blocks("rule").Blocks("copy_action").Attr("destination_vault_arn")},
				{From: prop("BackupPlanTags"), To: Attr("tags"), Read: asTagMap(), Write: ownTags()},
			},
		},
		{
			CloudFormation: "AWS::Backup::BackupSelection", Terraform: "aws_backup_selection",
			Nouns: []string{"Selection"},
			Properties: []Property{
				{From: prop("BackupPlanId"), To: Attr("plan_id")},
				{From: prop("BackupSelection", "SelectionName"), To: Attr("name")},
				{From: prop("BackupSelection", "IamRoleArn"), To: Attr("iam_role_arn")},
				{From: prop("BackupSelection", "Resources"), To: Attr("resources")},
			},
		},
	}
}

func backupVariables() []Variable {
	copied := func(property Glob) Place {
		return Place{"Data/BackupCopy/Plan", "BackupPlan.BackupPlanRule[0]." + property}
	}
	copyHour := within("database_backup_copy_hour", "The hour of the day in UTC within which the snapshot begins that is copied; null for no copies.", 0, 23, 24, copied("ScheduleExpression"))
	copyHour.Within = Within{"cron(0 ", " ? * * *)"}
	return []Variable{
		copyHour,
		within("database_backup_copy_days", "How long those snapshots and copies are kept, in days; null for no copies.", 1, 36500, 36501,
			copied("Lifecycle.DeleteAfterDays")),
		under(optionalText("database_backup_copy_vault_arn", "The vault of AWS Backup in another region to which a snapshot of each day is copied; null for no copies.",
			"^arn:aws[a-z-]*:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:", "the ARN of a vault of AWS Backup", "fluxa", copied("CopyActions[0].DestinationBackupVaultArn")),
			"Data/BackupCopy/*", "Observability/Alarms/BackupCopy*/Resource"),
	}
}
