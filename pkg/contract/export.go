package contract

// The formats in which events are exported.
const (
	ExportNDJSON  = "ndjson"
	ExportParquet = "parquet"
)

// ExportFormats lists the formats.
func ExportFormats() []string { return []string{ExportNDJSON, ExportParquet} }

// Where exported events live in the bucket.
const (
	ExportPrefix = "exports/"

	// DailyExport begins the names of the daily exports, of which there is one for each
	// format. DailyExportDays is for how many days past they make up: so long may the runs
	// of the maintain function fail before a day is left out.
	DailyExport     = "daily"
	DailyExportDays = 7

	// DownloadExport begins the names of exports that somebody takes away, DownloadDays is
	// how long they stay.
	DownloadExport = "download"
	DownloadDays   = 7
)
