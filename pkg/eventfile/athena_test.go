package eventfile_test

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/eventfile"
)

// columnTypes are the columns of a table that Athena would read, and their types.
func columnTypes(t *testing.T, format string) map[string]string {
	t.Helper()
	sql := eventfile.Formats()[format].Table("t", "s3://b/exports/t/", "2026-11-01", "NOW")
	columns, _, ok := strings.Cut(sql, ")\nPARTITIONED BY (`date` string)\n")
	if !ok {
		t.Fatalf("no partitions in\n%s", sql)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+) (.*?),?$`).FindAllStringSubmatch(columns, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func TestTable_has_the_columns_of_the_files(t *testing.T) {
	t.Parallel()
	e := stored(t, "a", "1.50", "{}")

	raw := write(t, contract.ExportParquet, e)
	file, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"STRING": "string", "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)": "timestamp", "DECIMAL(19,4)": "decimal(19,4)"}
	want := map[string]string{}
	for _, field := range file.Schema().Fields() {
		want[field.Name()] = types[field.Type().String()]
	}
	if got := columnTypes(t, contract.ExportParquet); !maps.Equal(got, want) {
		t.Errorf("the table of Parquet has %v, the files %v", got, want)
	}

	zipped, err := gzip.NewReader(bytes.NewReader(write(t, contract.ExportNDJSON, e)))
	if err != nil {
		t.Fatal(err)
	}
	var line map[string]jsontext.Value
	if err := json.UnmarshalRead(zipped, &line); err != nil {
		t.Fatal(err)
	}
	got := columnTypes(t, contract.ExportNDJSON)
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(line))) {
		t.Errorf("the table of NDJSON has %v, the files %v", got, line)
	}
	for name, kind := range got {
		if kind != "string" || line[name].Kind() != '"' {
			t.Errorf("%s is a %s in the table and %s in the files", name, kind, line[name])
		}
	}
}

func TestTable_finds_its_partitions_by_itself(t *testing.T) {
	t.Parallel()
	const want = `STORED AS PARQUET
LOCATION 's3://b/exports/week/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '2026-11-23,2026-11-29',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'storage.location.template' = 's3://b/exports/week/date=${date}/'
);
`
	if got := eventfile.Formats()[contract.ExportParquet].Table("fluxa_week", "s3://b/exports/week/", "2026-11-23", "2026-11-29"); !strings.HasPrefix(got, "CREATE EXTERNAL TABLE IF NOT EXISTS fluxa_week (\n") || !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s", got)
	}
}
