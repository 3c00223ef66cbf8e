package stack_test

import "testing"

// TestBackupCopy_is_of_the_database_of_either_engine: each day, to the vault of the stage,
// and kept as long as the stage says.
func TestBackupCopy_is_of_the_database_of_either_engine(t *testing.T) {
	t.Parallel()
	for p, want := range map[*platform]struct {
		schedule, database, deleted string
	}{
		abroad(t): {"cron(0 12 ? * * *)", "arn:aws:rds:eu-west-1:210987654321:db:${Data/Database/Instance}", "RetainExceptOnCreate"},
		paused(t): {"cron(0 0 ? * * *)", "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster:${Data/Database/Cluster}", "Delete"},
	} {
		s, name := p.stacks[data], p.settings.Platform()
		vault := s.at(t, "BackupCopy/Vault")
		same(t, vault, []any{vault.plain("BackupVaultName"), vault.DeletionPolicy}, []any{name, want.deleted})
		plan := s.at(t, "BackupCopy/Plan")
		same(t, plan, plan.plain("BackupPlan"), object{"BackupPlanName": name, "BackupPlanRule": []object{{
			"RuleName": name, "TargetBackupVault": "${Data/BackupCopy/Vault}", "ScheduleExpression": want.schedule, "StartWindowMinutes": 60,
			"Lifecycle":   object{"DeleteAfterDays": p.settings.Database.BackupCopy.Days},
			"CopyActions": []object{{"DestinationBackupVaultArn": "arn:aws:backup:us-east-1:210987654321:backup-vault:central"}},
		}}})
		selection := s.at(t, "BackupCopy/Selection")
		same(t, selection, selection.plain(), object{"BackupPlanId": "${Data/BackupCopy/Plan}", "BackupSelection": object{
			"SelectionName": name, "IamRoleArn": "${Data/BackupCopy/Role.Arn}", "Resources": []string{want.database},
		}})
		role := s.at(t, "BackupCopy/Role")
		same(t, role, role.plain("AssumeRolePolicyDocument", "Statement"), []object{{
			"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": object{"Service": "backup.amazonaws.com"},
		}})
		for _, tagged := range []any{vault.plain("BackupVaultTags"), plan.plain("BackupPlanTags")} {
			same(t, "the tag of "+name, tagged.(object)["stage"], p.settings.Environment())
		}
	}
	for _, p := range both(t) {
		same(t, p.settings.Name, len(p.all("AWS::Backup::BackupPlan"))+len(p.all("AWS::Backup::BackupVault")), 0)
	}
}
