package stage

import (
	"regexp"
	"slices"
	"strconv"
)

const (
	day  = 24 * 60 // in minutes
	week = 7 * day

	// leastWindow is the shortest backup or maintenance window of RDS, in minutes.
	leastWindow = 30
)

var (
	backupPattern      = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])$`)
	maintenancePattern = regexp.MustCompile(`^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):([0-5][0-9])-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):([0-5][0-9])$`)
)

// window is a time of the day or of the week, in minutes from its beginning.
type window struct{ from, length int }

// checkWindows wants what RDS does (API Reference, CreateDBInstance,
// PreferredBackupWindow and PreferredMaintenanceWindow): half an hour at least, and not
// both at once.
func (d Database) checkWindows(l *faultList) {
	backup, daily := parseWindow(backupPattern, d.BackupWindow, day)
	l.require(d.BackupWindow == "" || daily, "database.backup_window",
		"must be empty or at least %d minutes such as 02:00-02:30, got %q", leastWindow, d.BackupWindow)
	maintenance, weekly := parseWindow(maintenancePattern, d.MaintenanceWindow, week)
	l.require(d.MaintenanceWindow == "" || weekly, "database.maintenance_window",
		"must be empty or at least %d minutes such as sun:03:00-sun:03:30, got %q", leastWindow, d.MaintenanceWindow)
	l.require(!daily || !weekly || !overlap(backup, maintenance), "database.maintenance_window",
		"is %s and overlaps database.backup_window, %s: RDS wants them apart", d.MaintenanceWindow, d.BackupWindow)
}

// parseWindow reads a window of a period, which may go over its end.
func parseWindow(pattern *regexp.Regexp, text string, period int) (window, bool) {
	parts := pattern.FindStringSubmatch(text)
	if parts == nil {
		return window{}, false
	}
	half := (len(parts) - 1) / 2
	from, until := minutes(parts[1:1+half]), minutes(parts[1+half:])
	w := window{from, (until - from + period) % period}
	return w, w.length >= leastWindow
}

func minutes(parts []string) (total int) {
	if len(parts) == 3 {
		days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
		total, parts = slices.Index(days, parts[0])*day, parts[1:]
	}
	hour, _ := strconv.Atoi(parts[0])   // the pattern has digits only
	minute, _ := strconv.Atoi(parts[1]) // as above
	return total + hour*60 + minute
}

var vaultPattern = regexp.MustCompile(`^arn:aws(-[a-z-]+)?:backup:([a-z0-9-]+):([0-9]{12}):backup-vault:[A-Za-z0-9_-]{2,50}$`)

// aroundWindows is how long before a window of RDS no snapshot of AWS Backup begins, in
// minutes. Aurora has no such time ("Backup plan options and configuration",
// https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html;
// that it holds for the window of the automated backups as well is not confirmed).
const aroundWindows = 60

// checkBackupCopy wants all of a copy or nothing. AWS Backup copies a snapshot of a
// database to another region or to another account, and not to both ("Copy a backup",
// https://docs.aws.amazon.com/aws-backup/latest/devguide/recov-point-create-a-copy.html).
func (d Database) checkBackupCopy(l *faultList, account, region string) {
	b := d.BackupCopy
	if b.VaultARN == "" {
		l.require(b == BackupCopy{}, "database.backup_copy", "must be empty and 0 without database.backup_copy.vault_arn, got hour %d and days %d", b.Hour, b.Days)
		return
	}
	arn := vaultPattern.FindStringSubmatch(b.VaultARN)
	l.require(arn != nil, "database.backup_copy.vault_arn", "must be empty or the ARN of a vault of AWS Backup such as arn:aws:backup:eu-west-1:123456789012:backup-vault:fluxa, got %q", b.VaultARN)
	l.require(arn == nil || arn[2] != region, "database.backup_copy.vault_arn", "must be of another region than the stage's %s, got %q", region, b.VaultARN)
	l.require(arn == nil || account == "" || arn[3] == account, "database.backup_copy.vault_arn", "must be of the stage's account %s, got %q", account, b.VaultARN)
	l.between(b.Days, 1, 36_500, "database.backup_copy.days")
	l.between(b.Hour, 0, 23, "database.backup_copy.hour")
	if d.Engine == Aurora {
		return
	}
	start := window{b.Hour * 60, 60}
	if weekly, is := parseWindow(maintenancePattern, d.MaintenanceWindow, week); is {
		l.require(!overlap(start, weekly.withBefore(aroundWindows)), "database.backup_copy.hour",
			"is %d, in database.maintenance_window %s or the %d minutes before it, in which AWS Backup begins nothing", b.Hour, d.MaintenanceWindow, aroundWindows)
	}
	if daily, is := parseWindow(backupPattern, d.BackupWindow, day); is {
		l.require(!overlap(start, daily.withBefore(aroundWindows)), "database.backup_copy.hour",
			"is %d, in database.backup_window %s or the %d minutes before it, in which AWS Backup begins nothing", b.Hour, d.BackupWindow, aroundWindows)
	}
}

// withBefore is the window with some minutes before it.
func (w window) withBefore(minutes int) window { return window{w.from - minutes, w.length + minutes} }

// overlap reports whether a daily window and a weekly one share a minute.
func overlap(daily, weekly window) bool {
	for n := range weekly.length {
		if at := (weekly.from + n - daily.from + week) % day; at < daily.length {
			return true
		}
	}
	return false
}
