package construct

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
)

// BackupCopyProps describes the copies of a database's snapshots in another region.
type BackupCopyProps struct {
	// Name of the vault, the plan and what is in it: 2 to 50 of A-Z a-z 0-9 - _.
	Name string
	// Database is the ARN of an instance of RDS or of a cluster of Aurora. For the latter
	// the account must have opted in to Aurora in AWS Backup ("Assign resources with AWS
	// CLI", https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources-json.html).
	Database *string
	// VaultARN is of the vault that takes the copies, which is there already: of another
	// region of the same account, whose key encrypts them.
	VaultARN string
	// Hour of the day, in UTC, within which the snapshot begins: 0 to 23. AWS Backup
	// begins none of an instance of RDS in its maintenance window and the hour before.
	Hour int
	// Days is how long snapshots and copies are kept: 1 to 36500.
	Days int
	// Removal is what happens to the vault of the snapshots when the stack is deleted:
	// RETAIN (the default) or DESTROY, which fails while it has some.
	Removal awscdk.RemovalPolicy
}

// startWindow is how late a snapshot may begin, in minutes: the least that AWS Backup takes.
const startWindow = 60

// NewBackupCopy has AWS Backup take a snapshot of the database each day and copy it. The
// automated backups of RDS go on beside it. A copy is of the time of its snapshot: there is
// no point-in-time restore from it ("Copy a backup",
// https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html),
// and it is kept as long as its snapshot ("AWS::Backup::BackupPlan CopyActionResourceType",
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-backup-backupplan-copyactionresourcetype.html).
func NewBackupCopy(scope constructs.Construct, id string, props *BackupCopyProps) {
	props.check()
	this := constructs.NewConstruct(scope, text(id))
	vault := awsbackup.NewCfnBackupVault(this, text("Vault"), &awsbackup.CfnBackupVaultProps{BackupVaultName: text(props.Name)})
	vault.ApplyRemovalPolicy(removal(props.Removal), nil)
	plan := awsbackup.NewCfnBackupPlan(this, text("Plan"), &awsbackup.CfnBackupPlanProps{
		BackupPlan: &awsbackup.CfnBackupPlan_BackupPlanResourceTypeProperty{
			BackupPlanName: text(props.Name),
			BackupPlanRule: []any{&awsbackup.CfnBackupPlan_BackupRuleResourceTypeProperty{
				RuleName: text(props.Name), TargetBackupVault: vault.Ref(),
				ScheduleExpression: text(fmt.Sprintf("cron(0 %d ? * * *)", props.Hour)), StartWindowMinutes: number(startWindow),
				Lifecycle:   &awsbackup.CfnBackupPlan_LifecycleResourceTypeProperty{DeleteAfterDays: number(props.Days)},
				CopyActions: []any{&awsbackup.CfnBackupPlan_CopyActionResourceTypeProperty{DestinationBackupVaultArn: text(props.VaultARN)}},
			}},
		},
	})
	role := awsiam.NewRole(this, text("Role"), &awsiam.RoleProps{
		Description:     text(props.Name + ": takes and copies snapshots of the database"),
		AssumedBy:       awsiam.NewServicePrincipal(text("backup.amazonaws.com"), nil),
		ManagedPolicies: &[]awsiam.IManagedPolicy{awsiam.ManagedPolicy_FromAwsManagedPolicyName(text("service-role/AWSBackupServiceRolePolicyForBackup"))},
	})
	Accept(role, "AwsSolutions-IAM4", "AWS keeps the policy in step with what AWS Backup calls, and AWS Backup alone may assume the role",
		"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup")
	awsbackup.NewCfnBackupSelection(this, text("Selection"), &awsbackup.CfnBackupSelectionProps{
		BackupPlanId: plan.Ref(),
		BackupSelection: &awsbackup.CfnBackupSelection_BackupSelectionResourceTypeProperty{
			SelectionName: text(props.Name), IamRoleArn: role.RoleArn(), Resources: &[]*string{props.Database},
		},
	})
}

var vaultARN = regexp.MustCompile(`^arn:aws(-[a-z-]+)?:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:[A-Za-z0-9_-]{2,50}$`)

func (p *BackupCopyProps) check() {
	c := &check{part: "BackupCopy"}
	c.name(p.Name, 2, 50, "A-Za-z0-9_-", "Name")
	c.given(p.Database != nil, "Database")
	c.require(vaultARN.MatchString(p.VaultARN), "VaultARN", "must be the ARN of a vault of AWS Backup, got %q", p.VaultARN)
	c.between(p.Hour, 0, 23, "Hour")
	c.between(p.Days, 1, 36_500, "Days")
	c.removal(p.Removal)
	c.done()
}
