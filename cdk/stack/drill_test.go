package stack_test

import (
	"slices"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cdk/drill"
	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/template"
)

// TestDrill_hears_of_what_is_not_done_once_a_day has the alarms that neither dev nor prod
// has, those of a stage with daily exports and with copies of its database: each fires in
// its time when its work fails or is not begun, and none does in the quiet week.
func TestDrill_hears_of_what_is_not_done_once_a_day(t *testing.T) {
	t.Parallel()
	p := abroad(t)
	assembly, err := template.Read(p.out)
	if err != nil {
		t.Fatal(err)
	}
	alarms, err := drill.AlarmsOf(assembly[slices.IndexFunc(assembly, func(s *template.Stage) bool { return s.Name == p.settings.Name })])
	if err != nil {
		t.Fatal(err)
	}
	exports, failed, missing := p.settings.Named("exports-behind"), p.settings.Named("backup-copy-failed"), p.settings.Named("backup-copy-missing")
	alarms.Composite = nil
	alarms.Metric = slices.DeleteFunc(alarms.Metric, func(a cloudwatch.Alarm) bool { return !slices.Contains([]string{exports, failed, missing}, a.Name) })
	if err := drill.CheckMetrics(p.settings, alarms); err != nil || len(alarms.Metric) != 3 {
		t.Fatalf("%d alarms, error %v", len(alarms.Metric), err)
	}
	want := map[string]string{
		"exports-fail": exports, "exports-unknown": exports, "snapshot-fails": failed, "copy-fails": failed, "no-copies": missing, "quiet-week": "",
	}
	for _, scenario := range drill.Of(p.settings) {
		alarm, is := want[scenario.Name]
		if !is {
			continue
		}
		delete(want, scenario.Name)
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			outcome, err := drill.Run(p.settings, alarms, scenario, 20*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if err := outcome.Check(); err != nil {
				t.Error(err)
			}
			if first, _ := outcome.First(); first.Alarm != alarm {
				t.Errorf("%q fires first, want %q", first.Alarm, alarm)
			}
		})
	}
	if len(want) > 0 {
		t.Errorf("a stage with exports and copies does not know of %v", want)
	}
}

// A day on which copies fail is none of a stage that has no copies.
func TestDrill_has_no_days_of_what_a_stage_does_not_do(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		same(t, p.settings.Name, len(drill.Scenarios())-len(drill.Of(p.settings)), 5)
	}
}
