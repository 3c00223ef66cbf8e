package cost

import (
	"fmt"
	"math"

	"github.com/fluxa/fluxa/cdk/stage"
)

const (
	acuPerVCPU   = 4   // an r7g.large has two processors and the 16 GiB of 8 ACU
	leastACU     = 0.5 // of an instance that does not pause
	proxyACU     = 8   // for which RDS Proxy is billed at the least
	pauseSeconds = 300 // without a connection, before an instance pauses,
	idleSeconds  = 60  // after which the database ends one that is not used,
	wakeSeconds  = 60  // and how long it takes to resume and to be used, rounded up
	resumeACU    = 2   // at which it resumes
	ioBytes      = 4096
	copiesKept   = 2 // of the database: one in each region, of which the next ones differ by what is new
)

// databaseFixed returns what the stage's database costs in a month in which nothing
// arrives.
func databaseFixed(p Prices, s stage.Stage, instance Price) []Line {
	d := s.Database
	var l lines
	if d.Engine == stage.Aurora {
		if d.MinimumACU > 0 {
			l.add(fmt.Sprintf("database, %d instances of %v ACU", 1+d.Readers, d.MinimumACU), float64(1+d.Readers)*d.MinimumACU*hoursPerMonth, p.Aurora.Capacity)
		} else {
			l.add("database, awake for the maintenance", hoursPerMonth/float64(s.Events.MaintainEveryHours)*awakeHours*min(resumeACU, d.MaximumACU), p.Aurora.Capacity)
		}
		l.add("database proxy", when(d.Proxy, max(proxyACU, d.MinimumACU)*hoursPerMonth), p.Aurora.Proxy)
		return l
	}
	storage := p.RDS.Storage
	if d.MultiAZ {
		storage = p.RDS.StorageMulti
	}
	l.add("database, db."+d.InstanceClass, hoursPerMonth+when(d.MultiAZ, hoursPerMonth), instance)
	l.add("database storage", float64(d.StorageGiB), storage)
	l.add("database proxy", when(d.Proxy, float64(d.VCPUs())*hoursPerMonth), p.RDS.Proxy)
	return l
}

// awakeHours is how long a database that pauses is awake for a run of the maintenance.
const awakeHours = (pauseSeconds + idleSeconds + wakeSeconds) / 3600.0

// databaseEvents returns what the workload's events add to that in a month.
func databaseEvents(p Prices, s stage.Stage, w Workload) []Line {
	d, size := s.Database, w.payload()
	kept := w.EventsPerMonth * size.stored / gib * w.monthsStored(s)
	crossed := when(d.BackupCopy.VaultARN != "", w.EventsPerMonth*size.stored/gib)
	copies := when(d.BackupCopy.VaultARN != "", copiesKept*kept)
	backups := w.EventsPerMonth * size.stored * w.WALGrowth / gib * float64(d.BackupDays) / daysPerMonth
	var l lines
	if d.Engine == stage.Aurora {
		l.add("database, capacity for events", capacityHours(s, w), p.Aurora.Capacity)
		l.add("database storage", kept, p.Aurora.Storage)
		l.add("database writes", w.EventsPerMonth*(1+math.Ceil(size.stored*w.WALGrowth/ioBytes)), p.Aurora.IO)
		l.add("database backups", backups-kept, p.Aurora.Backups)
		l.add("snapshots and their copies", copies, p.Aurora.Backups)
		l.add("copies to the other region", crossed, p.DataTransfer.Regions)
		return l
	}
	storage := p.RDS.Storage
	if d.MultiAZ {
		storage = p.RDS.StorageMulti
	}
	l.add("database storage for events", kept-float64(d.StorageGiB), storage)
	l.add("database backups", backups-max(kept, float64(d.StorageGiB)), p.RDS.Backups)
	l.add("snapshots and their copies", copies, p.RDS.Backups)
	l.add("copies to the other region", crossed, p.DataTransfer.Regions)
	return l
}

// capacityHours is how many hours of an ACU the events of a month take beyond the
// least capacity. One that pauses is awake as long as an event comes before it would
// pause again.
func capacityHours(s stage.Stage, w Workload) float64 {
	d, each := s.Database, w.EventsPerMonth/secondsPerMonth
	busy := each / w.EventsPerVCPU * acuPerVCPU
	if d.MinimumACU > 0 {
		return max(0, busy-d.MinimumACU) * hoursPerMonth
	}
	awake := 1 - math.Exp(-each*(pauseSeconds+idleSeconds))
	return max(busy, leastACU*awake) * hoursPerMonth
}

// monthsStored is for how long an event's rows are paid for in each month: as long as
// they are kept, or for one month where they are kept for ever and the bill grows.
func (w Workload) monthsStored(s stage.Stage) float64 {
	if s.Events.RetentionDays == 0 {
		return 1
	}
	return float64(s.Events.RetentionDays) / daysPerMonth
}
