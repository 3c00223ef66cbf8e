package drill

import (
	"time"

	"github.com/fluxa/fluxa/cdk/drill/simulated"
	"github.com/fluxa/fluxa/cdk/stage"
)

// daily are days on which something is not done that a stage does once a day. Nothing is
// late before a day is over, and an alarm that looks back farther than a day is evaluated
// once an hour.
func daily() []Scenario {
	copied := func(s stage.Stage) bool { return s.Database.BackupCopy.VaultARN != "" }
	exported := func(s stage.Stage) bool { return s.Events.ExportFormat() != "" }
	const afterMidnight = 24 * time.Hour
	exports := func(name, about string, broken func(*simulated.Faults)) Scenario {
		return Scenario{
			Name: name, About: about, Traffic: 1, Before: afterMidnight - time.Minute, After: 30 * time.Hour, Within: 28 * time.Hour, Of: exported,
			Break: func(w *simulated.World, _ stage.Stage) { broken(&w.Faults) },
		}
	}
	failed := func(name, about string, broken func(*simulated.Faults)) Scenario {
		return Scenario{
			Name: name, About: about, Traffic: 1, Before: time.Hour, After: 20 * time.Minute, Within: 10 * time.Minute, Of: copied,
			Break: func(w *simulated.World, _ stage.Stage) { broken(&w.Faults); w.CopySnapshot() },
		}
	}
	return []Scenario{
		exports("exports-fail", "maintain cannot write the daily exports", func(f *simulated.Faults) { f.Exports = true }),
		exports("exports-unknown", "maintain cannot read which daily exports are complete", func(f *simulated.Faults) { f.Bucket = true }),
		failed("snapshot-fails", "AWS Backup cannot take the snapshot that is to be copied", func(f *simulated.Faults) { f.Snapshots = true }),
		failed("copy-fails", "AWS Backup cannot copy the snapshot", func(f *simulated.Faults) { f.Copies = true }),
		{
			Name: "no-copies", About: "AWS Backup takes no snapshot any more, and says nothing", Traffic: 1, Before: time.Hour, After: 33 * time.Hour, Within: 32 * time.Hour, Of: copied,
			Break: func(w *simulated.World, _ stage.Stage) { w.Faults.NoSnapshots = true },
		},
	}
}
