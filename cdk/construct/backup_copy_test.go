package construct

import "testing"

func TestBackupCopy_names_each_wrong_prop_with_its_limit(t *testing.T) {
	type p = BackupCopyProps
	stack := newStack(t)
	good := func() p {
		return p{
			Name: "fluxa", Database: text("arn:aws:rds:eu-west-1:123456789012:db:fluxa"),
			VaultARN: "arn:aws:backup:us-east-1:123456789012:backup-vault:central", Days: 1,
		}
	}
	refuses(t, "BackupCopy", good, func(props *p) { NewBackupCopy(stack, "Copy", props) },
		wrong[p]{func(p *p) { p.Name = "f" }, `Name must have 2 to 50 characters of A-Za-z0-9_-, got "f"`},
		wrong[p]{func(p *p) { p.Database = nil }, "Database is required"},
		wrong[p]{func(p *p) { p.VaultARN = "central" }, `VaultARN must be the ARN of a vault of AWS Backup, got "central"`},
		wrong[p]{func(p *p) { p.Hour = 24 }, "Hour must be 0 to 23, got 24"},
		wrong[p]{func(p *p) { p.Days = 0 }, "Days must be 1 to 36500, got 0"})
}
