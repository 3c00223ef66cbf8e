package cost_test

import (
	"math"
	"testing"

	"github.com/fluxa/fluxa/cdk/cost"
	"github.com/fluxa/fluxa/cdk/stage"
)

// TestEstimate_of_a_copy_in_another_region: the database once in each region, and what is
// new crosses between them.
func TestEstimate_of_a_copy_in_another_region(t *testing.T) {
	t.Parallel()
	for _, engine := range []stage.Engine{stage.Postgres, stage.Aurora} {
		s := byName(t, "prod") // keeps events for ever: a month of them is counted
		if s.Database.Engine = engine; engine == stage.Aurora {
			s.Database.MinimumACU, s.Database.MaximumACU = 1, 2
		}
		const snapshots, crossing = "snapshots and their copies", "copies to the other region"
		before := quantities(estimate(t, s, cost.DefaultWorkload()).PerMillion)
		s.Database.BackupCopy = stage.BackupCopy{VaultARN: "arn:aws:backup:eu-west-1:123456789012:backup-vault:central", Days: 35}
		after := quantities(estimate(t, s, cost.DefaultWorkload()).PerMillion)
		const stored = 1_000_000.0 * (1024 + 800) / (1 << 30)
		if before[snapshots]+before[crossing] != 0 || math.Abs(after[snapshots]-2*stored) > 0.01 || math.Abs(after[crossing]-stored) > 0.01 {
			t.Errorf("%s: %v and %v GB before, %v and %v after, want 0, 0, %v, %v", engine, before[snapshots], before[crossing], after[snapshots], after[crossing], 2*stored, stored)
		}
	}
}
