package drill

import (
	"testing"
	"time"
)

// TestAlarms_fire_in_time_and_only_then is what the drill is for. It breaks a stage at
// several moments of a minute: the first bad event, and the end of the first bad minute,
// are nearer or farther.
func TestAlarms_fire_in_time_and_only_then(t *testing.T) {
	t.Parallel()
	for _, s := range stages(t) {
		alarms := read(t, s.Name)
		for _, scenario := range Of(s) {
			phases := []time.Duration{20 * time.Second}
			if scenario.After < 3*time.Hour && scenario.Name != "lagging-queue" {
				phases = []time.Duration{2 * time.Second, 58 * time.Second}
			}
			for _, phase := range phases {
				t.Run(s.Name+"/"+scenario.Name+"/"+phase.String(), func(t *testing.T) {
					t.Parallel()
					outcome, err := Run(s, alarms, scenario, phase)
					if err != nil {
						t.Fatal(err)
					}
					if err := outcome.Check(); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}
