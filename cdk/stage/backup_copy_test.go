package stage

import (
	"slices"
	"strings"
	"testing"
)

func TestBackupCopy(t *testing.T) {
	t.Parallel()
	const (
		vault   = "arn:aws:backup:eu-central-1:123456789012:backup-vault:central"
		pattern = "database.backup_copy.vault_arn must be empty or the ARN of a vault of AWS Backup such as arn:aws:backup:eu-west-1:123456789012:backup-vault:fluxa, got "
		around  = " or the 60 minutes before it, in which AWS Backup begins nothing"
	)
	for name, c := range map[string]struct {
		Database
		account, region string
		want            []string
	}{
		"none":                        {Database{}, "", "eu-west-1", nil},
		"days of no copy":             {Database{BackupCopy: BackupCopy{Days: 1}}, "", "", []string{"database.backup_copy must be empty and 0 without database.backup_copy.vault_arn, got hour 0 and days 1"}},
		"an hour of no copy":          {Database{BackupCopy: BackupCopy{Hour: 1}}, "", "", []string{"database.backup_copy must be empty and 0 without database.backup_copy.vault_arn, got hour 1 and days 0"}},
		"at midnight":                 {Database{BackupCopy: BackupCopy{vault, 0, 36_500}}, "123456789012", "eu-west-1", nil},
		"in an account of nobody's":   {Database{BackupCopy: BackupCopy{vault, 23, 1}}, "", "", nil},
		"no vault":                    {Database{BackupCopy: BackupCopy{"central", 1, 1}}, "", "", []string{pattern + `"central"`}},
		"in the same region":          {Database{BackupCopy: BackupCopy{vault, 1, 1}}, "", "eu-central-1", []string{"database.backup_copy.vault_arn must be of another region than the stage's eu-central-1, got \"" + vault + `"`}},
		"in another account":          {Database{BackupCopy: BackupCopy{vault, 1, 1}}, "210987654321", "", []string{"database.backup_copy.vault_arn must be of the stage's account 210987654321, got \"" + vault + `"`}},
		"for ever, at no hour":        {Database{BackupCopy: BackupCopy{vault, 24, 0}}, "", "", []string{"database.backup_copy.days must be 1 to 36500, got 0", "database.backup_copy.hour must be 0 to 23, got 24"}},
		"after the window":            {Database{BackupWindow: "02:00-03:00", BackupCopy: BackupCopy{vault, 3, 1}}, "", "", nil},
		"long before the window":      {Database{BackupWindow: "02:00-03:00", BackupCopy: BackupCopy{vault, 0, 1}}, "", "", nil},
		"just before the window":      {Database{BackupWindow: "02:00-03:00", BackupCopy: BackupCopy{vault, 1, 1}}, "", "", []string{"database.backup_copy.hour is 1, in database.backup_window 02:00-03:00" + around}},
		"before a window at night":    {Database{BackupWindow: "00:15-00:45", BackupCopy: BackupCopy{vault, 23, 1}}, "", "", []string{"database.backup_copy.hour is 23, in database.backup_window 00:15-00:45" + around}},
		"as the maintenance ends":     {Database{MaintenanceWindow: "mon:00:00-mon:01:30", BackupCopy: BackupCopy{vault, 1, 1}}, "", "", []string{"database.backup_copy.hour is 1, in database.maintenance_window mon:00:00-mon:01:30" + around}},
		"before the maintenance":      {Database{MaintenanceWindow: "mon:00:00-mon:01:30", BackupCopy: BackupCopy{vault, 23, 1}}, "", "", []string{"database.backup_copy.hour is 23, in database.maintenance_window mon:00:00-mon:01:30" + around}},
		"in a window that Aurora has": {Database{Engine: Aurora, BackupWindow: "02:00-03:00", MaintenanceWindow: "mon:02:00-mon:03:00", BackupCopy: BackupCopy{vault, 2, 1}}, "", "", nil},
	} {
		var l faultList
		c.checkBackupCopy(&l, c.account, c.region)
		var got []string
		for _, err := range l.errs {
			got = append(got, strings.TrimPrefix(err.Error(), "stage : "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
