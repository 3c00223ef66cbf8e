package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/export"
	"github.com/fluxa/fluxa/pkg/operate"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

func exporting(aws *lambdatest.AWS, database string) map[string]string {
	e := environment(database)
	e["AWS_ENDPOINT_URL"], e["PAYLOAD_BUCKET"] = aws.URL, "payloads"
	return e
}

// stored has the database keep events of a day, those with the largest payload that the
// API takes among them: a random one, which nothing compresses much.
func stored(t *testing.T, database string, aws *lambdatest.AWS, day time.Time, small, large int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	random := make([]byte, contract.BodyLimit/4*3)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	payload := []byte(base64.StdEncoding.EncodeToString(random))
	hash := event.Hash(payload)
	for i := range large {
		aws.Put("/payloads/"+event.ObjectKey(event.Identity{ID: fmt.Sprint("large-", i)}, hash), payload)
	}
	for _, sql := range []string{
		`SELECT make_partition($1::timestamptz::date)`,
		`INSERT INTO events (event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, payload)
			SELECT 'small-' || n, $1::timestamptz, now(), now(), 'u', 1.50, 'EUR', 'm', 'c', sha256('{"small":1}'), '{"small":1}' FROM generate_series(1, ` + fmt.Sprint(small) + `) AS n`,
		`INSERT INTO events (event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, s3_bucket, s3_key)
			SELECT 'large-' || n, $1::timestamptz, now(), now(), 'u', 1.50, 'EUR', 'm', 'c', decode('` + hash + `', 'hex'), 'payloads', 'k' FROM generate_series(0, ` + fmt.Sprint(large-1) + `) AS n`,
	} {
		if _, err := conn.Exec(t.Context(), sql, day); err != nil {
			t.Fatal(err)
		}
	}
}

// exported invokes the operation until it is done.
func exported(t *testing.T, p *lambdatest.Process, arguments export.Arguments) (report export.Report) {
	t.Helper()
	encoded, err := json.Marshal(arguments)
	if err != nil {
		t.Fatal(err)
	}
	request := operate.Request{Operation: "export", By: "eva", Arguments: encoded}
	for {
		payload, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := p.Invoke(payload)
		if err != nil {
			t.Fatalf("%v\n%s", err, p.Output)
		}
		var answer operate.Answer
		if err := json.Unmarshal(raw, &answer); err != nil || answer.Error != nil {
			t.Fatalf("answer %s, error %v", raw, err)
		}
		if answer.Done {
			if err := json.Unmarshal(answer.Report, &report); err != nil {
				t.Fatal(err)
			}
			return report
		}
		request.Token = answer.Token
	}
}

// TestMain_exports_the_largest_payloads_in_256_MiB: as much memory as a stage gives
// maintain. A file ends by its bytes, and an object more.
func TestMain_exports_the_largest_payloads_in_256_MiB(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("RLIMIT_DATA bounds a process on Linux only")
	}
	const small, large = 51_000, 16
	database, aws := pgtest.MigratedURL(t), lambdatest.StartAWS(t)
	yesterday := time.Now().UTC().Truncate(24 * time.Hour).Add(-time.Hour)
	stored(t, database, aws, yesterday, small, large)
	p := lambdatest.StartWithin(t, exporting(aws, pgtest.As(t, database, contract.DatabaseUser(contract.FunctionMaintain))), 256)
	defer p.Stop()
	for _, format := range contract.ExportFormats() {
		report := exported(t, p, export.Arguments{Format: format, Name: format, Range: event.Range{From: yesterday, To: yesterday.Add(time.Second)}})
		if report.Events != small+large || report.Unreadable != 0 || report.Files < 4 || report.Bytes < large*contract.BodyLimit/2 {
			t.Errorf("%s: report %+v", format, report)
		}
		parts := 0
		for path := range aws.Objects() {
			if strings.HasPrefix(path, "/payloads/exports/"+format+"/date="+yesterday.Format(time.DateOnly)+"/part-") {
				parts++
			}
		}
		if parts != report.Files {
			t.Errorf("%s: %d files are there, want %d", format, parts, report.Files)
		}
	}
}

func TestMain_exports_each_day_by_its_schedule(t *testing.T) {
	t.Parallel()
	database, aws := pgtest.MigratedURL(t), lambdatest.StartAWS(t)
	yesterday := time.Now().UTC().Truncate(24 * time.Hour).Add(-time.Hour)
	stored(t, database, aws, yesterday, 10, 1)
	settings := exporting(aws, pgtest.As(t, database, contract.DatabaseUser(contract.FunctionMaintain)))
	settings["FLUXA_DAILY_EXPORT"] = "parquet"
	p := lambdatest.Start(t, settings)
	for range 9 { // a run with little time left leaves days to the next one
		if _, err := p.Invoke([]byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	p.Stop()
	output := p.Output.String()
	if last := output[strings.LastIndex(output, `"message":"daily export"`):]; !strings.Contains(last, `"report":{"days_exported":0,"events_exported":0,"days_behind":0}`) ||
		!strings.Contains(last, `"export_days_behind":0`) {
		t.Errorf("days are left, or nobody says that none are: %s", last)
	}
	objects := aws.Objects()
	folder := "/payloads/exports/daily-parquet/"
	file := objects[folder+"date="+yesterday.Format(time.DateOnly)+"/part-00001.parquet"]
	if !bytes.HasPrefix(file, []byte("PAR1")) || !bytes.HasSuffix(file, []byte("PAR1")) {
		t.Errorf("there is no Parquet file of yesterday among %v", slices.Sorted(maps.Keys(objects)))
	}
	if sql := string(objects[folder+"table.sql"]); !strings.Contains(sql, "LOCATION 's3://payloads/exports/daily-parquet/'") {
		t.Errorf("table %s", sql)
	}
}

// TestMain_fails_when_the_daily_export_does: Lambda then runs it again, and no run says
// that nothing is behind.
func TestMain_fails_when_the_daily_export_does(t *testing.T) {
	t.Parallel()
	database := pgtest.MigratedURL(t)
	settings := environment(pgtest.As(t, database, contract.DatabaseUser(contract.FunctionMaintain)))
	settings["FLUXA_DAILY_EXPORT"], settings["AWS_ENDPOINT_URL"], settings["PAYLOAD_BUCKET"] = "ndjson", "http://127.0.0.1:1", "payloads"
	p := lambdatest.Start(t, settings)
	if raw, err := p.Invoke([]byte(`{}`)); err == nil {
		t.Errorf("answer %s", raw)
	}
	p.Stop()
	output := p.Output.String()
	if strings.Contains(output, contract.MetricExportDaysBehind) && strings.Contains(output, `"export_days_behind":0`) || !strings.Contains(output, `"message":"daily export"`) || !strings.Contains(output, `"maintain_success":1`) {
		t.Errorf("output %s", output)
	}
}
