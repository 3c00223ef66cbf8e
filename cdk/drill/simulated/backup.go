package simulated

import (
	"strings"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
)

// backupEvery is how often AWS Backup writes its metrics, and what it writes is not 0 ("AWS
// Backup metrics with Amazon CloudWatch":
// https://docs.aws.amazon.com/aws-backup/latest/devguide/cloudwatch.html).
const backupEvery = 5 * time.Minute

// backUp begins the snapshot of the day: it and its copy end after one and a half to four
// and a half hours, which differs from day to day.
func (w *World) backUp() {
	if w.Faults.NoSnapshots || w.now.Unix()%int64((24*time.Hour).Seconds()) != int64(w.stage.Database.BackupCopy.Hour*3600) {
		return
	}
	takes := 90*time.Minute + time.Duration(w.now.Day()%3)*90*time.Minute
	w.At(w.now.Add(takes), w.CopySnapshot)
}

// CopySnapshot ends a snapshot and its copy. A stage without copies has neither.
func (w *World) CopySnapshot() {
	_, into, copied := strings.Cut(w.stage.Database.BackupCopy.VaultARN, ":backup-vault:")
	switch {
	case !copied:
	case w.Faults.Snapshots:
		w.backedUp(w.stage.Platform(), "NumberOfBackupJobsFailed")
	case w.Faults.Copies:
		w.backedUp(w.stage.Platform(), "NumberOfBackupJobsCompleted")
		w.backedUp(into, "NumberOfCopyJobsFailed")
	default:
		w.backedUp(w.stage.Platform(), "NumberOfBackupJobsCompleted")
		w.backedUp(into, "NumberOfCopyJobsCompleted")
	}
}

// backedUp counts a job under the name of its vault, for a copy that which takes it.
func (w *World) backedUp(vault, name string) {
	id := cloudwatch.ID{Namespace: "AWS/Backup", Name: name, Dimensions: cloudwatch.Dimensions(map[string]string{"BackupVaultName": vault})}
	w.Metrics.PutLate(id, w.now, w.now.Add(backupEvery), 1)
}
