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

// overlap reports whether a daily window and a weekly one share a minute.
func overlap(daily, weekly window) bool {
	for n := range weekly.length {
		if at := (weekly.from + n - daily.from + week) % day; at < daily.length {
			return true
		}
	}
	return false
}
