package stage

import "testing"

func TestParse_wants_payloads_to_move_to_Glacier_before_they_expire(t *testing.T) {
	t.Parallel()
	if _, err := Parse("x9", edited(t, "dev", changes{"payloads.glacier_days": 65})); err != nil {
		t.Error(err)
	}
	_, err := Parse("x9", edited(t, "dev", changes{"payloads.glacier_days": 66}))
	refused(t, err, "payloads.glacier_days must be less than 66, after which payloads expire by events.retention_days, got 66")
}

func TestParse_takes_a_daily_export_of_a_known_format_or_none(t *testing.T) {
	t.Parallel()
	for daily, want := range map[string]string{"none": "", "ndjson": "ndjson", "parquet": "parquet"} {
		s, err := Parse("x9", edited(t, "dev", changes{"events.daily_export": daily}))
		if err != nil || s.Events.ExportFormat() != want {
			t.Errorf("%s: %q, %v", daily, s.Events.ExportFormat(), err)
		}
	}
	_, err := Parse("x9", edited(t, "dev", changes{"events.daily_export": "csv"}))
	refused(t, err, `events.daily_export must be one of [none ndjson parquet], got "csv"`)
}
