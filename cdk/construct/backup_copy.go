package construct

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsbackup"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
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

const (
	// startWindow is how late a snapshot may begin, in minutes: the least that AWS Backup takes.
	startWindow = 60

	// copyLate is after how many hours without a copy there is an alarm: a day, an hour for
	// the start window, two in which AWS Backup tries again to begin a copy after an error of
	// its own ("Copy a backup", Copy job retry,
	// https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html),
	// and three by which one may take longer than that of the day before.
	copyLate = 24 + 1 + 2 + 3
)

// BackupCopy is the plan by which a database's snapshots are copied.
type BackupCopy struct {
	name, into string // of the vault of the snapshots, and of that of the copies
}

// NewBackupCopy has AWS Backup take a snapshot of the database each day and copy it. The
// automated backups of RDS go on beside it. A copy is of the time of its snapshot: there is
// no point-in-time restore from it ("Copy a backup",
// https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html),
// and it is kept as long as its snapshot ("AWS::Backup::BackupPlan CopyActionResourceType",
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-backup-backupplan-copyactionresourcetype.html).
func NewBackupCopy(scope constructs.Construct, id string, props *BackupCopyProps) *BackupCopy {
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
	return &BackupCopy{name: props.Name, into: vaultARN.FindStringSubmatch(props.VaultARN)[2]}
}

// MetricCopied is how many copies were completed, MetricCopyFailed how many were not, and
// MetricSnapshotFailed how many snapshots failed. AWS Backup writes them every five minutes,
// and only what is not 0; it counts a copy under the name of the vault that takes it, also
// those of others into a vault of that name ("AWS Backup metrics with Amazon CloudWatch",
// https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html). That it does so in
// the region of the snapshots is not confirmed.
func (b *BackupCopy) MetricCopied() awscloudwatch.Metric {
	return vaultMetric(b.into, "NumberOfCopyJobsCompleted")
}

// MetricCopyFailed counts copies, see MetricCopied.
func (b *BackupCopy) MetricCopyFailed() awscloudwatch.Metric {
	return vaultMetric(b.into, "NumberOfCopyJobsFailed")
}

// MetricSnapshotFailed counts snapshots, see MetricCopied.
func (b *BackupCopy) MetricSnapshotFailed() awscloudwatch.Metric {
	return vaultMetric(b.name, "NumberOfBackupJobsFailed")
}

func vaultMetric(vault, name string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: text("AWS/Backup"), MetricName: text(name), DimensionsMap: &map[string]*string{"BackupVaultName": text(vault)},
		Statistic: text("Sum"), Period: awscdk.Duration_Hours(number(1)), Label: text(name),
	})
}

// alarms tell of a failure at once, and of a copy that is missing for whatever reason: also
// a plan that is gone, or a snapshot that did not begin in its window. None for nil.
func (b *BackupCopy) alarms() []alarm {
	if b == nil {
		return nil
	}
	return []alarm{{
		id: "BackupCopyFailed", name: "backup-copy-failed", periods: 1, threshold: 1,
		metric: awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression: text("copies + snapshots"), Label: text("failed"), Period: awscdk.Duration_Hours(number(1)),
			UsingMetrics: &map[string]awscloudwatch.IMetric{"copies": b.MetricCopyFailed(), "snapshots": b.MetricSnapshotFailed()},
		}),
		description: "AWS Backup could not take today's snapshot of the database, or not copy it to the other region. " +
			"First: aws backup list-copy-jobs and list-backup-jobs tell why; mend that, and copy the last snapshot by hand.",
	}, {
		id: "BackupCopyMissing", name: "backup-copy-missing", periods: copyLate, threshold: 1, below: true, missing: awscloudwatch.TreatMissingData_BREACHING,
		metric: filled("copied", "copies", b.MetricCopied(), 0),
		description: fmt.Sprintf("No copy of the database has reached the other region for %d hours. "+
			"First: aws backup list-copy-jobs and list-backup-jobs tell whether one failed or none began; the latter is the plan, or the window of the database's maintenance.", copyLate),
	}}
}

var vaultARN = regexp.MustCompile(`^arn:aws(-[a-z-]+)?:backup:[a-z0-9-]+:[0-9]{12}:backup-vault:([A-Za-z0-9_-]{2,50})$`)

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
