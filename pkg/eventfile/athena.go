package eventfile

import (
	"fmt"
	"strings"
)

// tableFormat is how a table names its columns' types and its files' format.
type tableFormat struct {
	times  string // the type of a time
	number bool   // whether there is amount_decimal
	stored string
}

var (
	// Athena reads Parquet compressed with Snappy, and text compressed with gzip.
	// https://docs.aws.amazon.com/athena/latest/ug/compression-support-hive.html
	tableOfParquet = tableFormat{"timestamp", true, "STORED AS PARQUET"}
	// JSON SerDe libraries: https://docs.aws.amazon.com/athena/latest/ug/json-serde.html
	tableOfNDJSON = tableFormat{"string", false, "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\nSTORED AS TEXTFILE"}
)

// columns are those of a table, in their order.
func (t tableFormat) columns() []string {
	out := []string{
		"client string", "event_id string", "created_at " + t.times, "received_at " + t.times, "ts " + t.times, "user_id string",
		"amount string", "currency string", "merchant string", "correlation_id string", "payload_sha256 string", "payload string",
	}
	if t.number {
		out = append(out, "amount_decimal decimal(19,4)")
	}
	return out
}

// statement defines a table of the files under location, by the days from first to last
// of its partitions: Athena looks for no others, and nobody has to add one. last may be
// NOW. DATE is a reserved word, and so in back quotes; in a query, in double ones.
//
// Supported types for partition projection
// https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
// Escape reserved keywords in queries
// https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
func (t tableFormat) statement(name, location, first, last string) string {
	return fmt.Sprintf(`CREATE EXTERNAL TABLE IF NOT EXISTS %s (
  %s
)
PARTITIONED BY (`+"`date`"+` string)
%s
LOCATION '%s'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.date.type' = 'date',
  'projection.date.format' = 'yyyy-MM-dd',
  'projection.date.range' = '%s,%s',
  'projection.date.interval' = '1',
  'projection.date.interval.unit' = 'DAYS',
  'storage.location.template' = '%sdate=${date}/'
);
`, name, strings.Join(t.columns(), ",\n  "), t.stored, location, first, last, location)
}
