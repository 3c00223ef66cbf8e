package config

import (
	"slices"

	"github.com/fluxa/fluxa/pkg/contract"
)

// DailyExport says in which format the events of each day are exported, if at all.
type DailyExport struct {
	ExportFormat string `env:"FLUXA_DAILY_EXPORT" want:"ndjson, parquet, or empty for no daily export"`
}

func (d *DailyExport) check(l *faultList) {
	l.require(d.ExportFormat == "" || slices.Contains(contract.ExportFormats(), d.ExportFormat), &d.ExportFormat)
}
