package stage

import (
	"slices"
	"strings"
	"testing"
)

func TestWindows(t *testing.T) {
	t.Parallel()
	const (
		shortBackup      = "database.backup_window must be empty or at least 30 minutes such as 02:00-02:30, got "
		shortMaintenance = "database.maintenance_window must be empty or at least 30 minutes such as sun:03:00-sun:03:30, got "
	)
	for _, c := range []struct {
		backup, maintenance string
		want                []string
	}{
		{"", "", nil},
		{"02:00-02:30", "sun:02:30-sun:03:00", nil},
		{"23:45-00:15", "sun:23:00-sun:23:45", nil},
		{"02:00-02:29", "", []string{shortBackup + `"02:00-02:29"`}},
		{"2:00-3:00", "", []string{shortBackup + `"2:00-3:00"`}},
		{"24:00-24:30", "", []string{shortBackup + `"24:00-24:30"`}},
		{"", "sun:03:00-sun:03:10", []string{shortMaintenance + `"sun:03:00-sun:03:10"`}},
		{"", "Sun:03:00-Sun:04:00", []string{shortMaintenance + `"Sun:03:00-Sun:04:00"`}},
		{"02:00-03:00", "sun:02:59-sun:03:29", []string{"database.maintenance_window is sun:02:59-sun:03:29 and overlaps database.backup_window, 02:00-03:00: RDS wants them apart"}},
		{"23:45-00:15", "sun:23:30-mon:00:01", []string{"database.maintenance_window is sun:23:30-mon:00:01 and overlaps database.backup_window, 23:45-00:15: RDS wants them apart"}},
	} {
		var l faultList
		Database{BackupWindow: c.backup, MaintenanceWindow: c.maintenance}.checkWindows(&l)
		var got []string
		for _, err := range l.errs {
			got = append(got, strings.TrimPrefix(err.Error(), "stage : "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q and %q: got %q, want %q", c.backup, c.maintenance, got, c.want)
		}
	}
}
