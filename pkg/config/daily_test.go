package config_test

import (
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/config"
)

func TestLoad_takes_a_daily_export_of_a_known_format_or_none(t *testing.T) {
	t.Parallel()
	for format, good := range map[string]bool{"": true, "ndjson": true, "parquet": true, "csv": false, "Parquet": false} {
		got, err := config.Load[config.Maintain](with(map[string]string{"FLUXA_DAILY_EXPORT": format}))
		if good != (err == nil) || good && got.ExportFormat != format {
			t.Errorf("%q: %+v, error %v", format, got.DailyExport, err)
		}
		if !good && !strings.Contains(err.Error(), "FLUXA_DAILY_EXPORT must be ndjson, parquet, or empty for no daily export, got") {
			t.Errorf("%q: error %v", format, err)
		}
	}
}

func TestLoad_wants_a_bucket_for_the_daily_export(t *testing.T) {
	t.Parallel()
	_, err := config.Load[config.Maintain](with(map[string]string{"FLUXA_DAILY_EXPORT": "ndjson", "PAYLOAD_BUCKET": ""}))
	if err == nil || !strings.Contains(err.Error(), "PAYLOAD_BUCKET must be set for the daily export (FLUXA_DAILY_EXPORT)") {
		t.Errorf("error %v", err)
	}
}
