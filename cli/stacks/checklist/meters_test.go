package checklist

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// emit writes what a function's invocation writes.
func emit(t *testing.T, path, namespace string, function contract.Function, metric string, n int) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	emitter, err := telemetry.NewEmitter(file, telemetry.EmitterConfig{
		Namespace: namespace, Service: telemetry.Service{Name: string(function), Environment: "local"},
	})
	if err != nil {
		t.Fatal(err)
	}
	emitter.Count(metric, n)
	if err := errors.Join(emitter.Flush(nil), file.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestEMFLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ingest, processor := filepath.Join(dir, "ingest.log"), filepath.Join(dir, "processor.log")
	logs := NewEMFLogs(dir)
	missing := func(step, want string) {
		t.Helper()
		got, err := logs.Missing(t.Context(), wantedMetrics())
		if err != nil || names(got) != want {
			t.Errorf("%s: missing %q, %v; want %q", step, names(got), err, want)
		}
	}
	write := func(path, text string) {
		t.Helper()
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	const both = "Fluxa/Ingest ingest_success, Fluxa/Processor processed_success"

	emit(t, ingest, contract.NamespaceIngest, contract.FunctionIngest, contract.MetricIngestSuccess, 1)
	time.Sleep(2 * time.Millisecond) // EMF counts in milliseconds
	if err := logs.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	missing("what was there before does not count", both)
	write(ingest, "not JSON\n{\"message\":\"no metric\"}\n{\"_aws\":7}\n")
	missing("other lines are passed over", both)
	emit(t, ingest, contract.NamespaceIngest, contract.FunctionIngest, contract.MetricIngestSuccess, 0)
	missing("a zero counts nothing", both)
	emit(t, ingest, contract.NamespaceIngest, contract.FunctionIngest, contract.MetricIngestFailure, 1)
	missing("another metric is not it", both)
	emit(t, ingest, contract.NamespaceIngest, contract.FunctionIngest, contract.MetricIngestSuccess, 2)
	missing("a metric is seen", "Fluxa/Processor processed_success")
	line := `{"_aws":{"Timestamp":32503680000000,"CloudWatchMetrics":[{"Namespace":"Fluxa/Processor","Metrics":[{"Name":"processed_success"}]}]},"processed_success":[0,3]}`
	write(processor, line[:40])
	missing("half a line waits for its end", "Fluxa/Processor processed_success")
	write(processor, line[40:]+"\n")
	missing("a new file is read, and what was seen stays so", "")

	if err := NewEMFLogs(filepath.Join(dir, "no")).Begin(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if want := "EMF lines in " + filepath.Join(dir, "*.log"); logs.Source() != want {
		t.Errorf("the source is %q", logs.Source())
	}
}

type metricData struct {
	in  *cloudwatch.GetMetricDataInput
	out *cloudwatch.GetMetricDataOutput
	err error
}

func (m *metricData) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	m.in = in
	return m.out, m.err
}

func TestCloudWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testCloudWatch)
}

func testCloudWatch(t *testing.T) {
	time.Sleep(10*time.Hour + 20*time.Minute + 30*time.Second) // from midnight, where the test's clock begins
	client := &metricData{out: &cloudwatch.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{
		{Id: aws.String("m0"), Values: []float64{0, 2}}, {Id: aws.String("m1"), Values: []float64{0}},
	}}}
	meter := NewCloudWatch(client, "dev")
	if err := meter.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Minute)
	got, err := meter.Missing(t.Context(), wantedMetrics())
	if err != nil || names(got) != "Fluxa/Processor processed_success" || meter.Source() != "CloudWatch, environment dev" {
		t.Errorf("missing %q, %v, by %s", names(got), err, meter.Source())
	}
	if start, end := *client.in.StartTime, *client.in.EndTime; start.Format(time.TimeOnly) != "10:20:00" || end.Format(time.TimeOnly) != "10:23:30" {
		t.Errorf("asked from %s to %s", start, end)
	}
	var asked []string
	for _, q := range client.in.MetricDataQueries {
		text := *q.Id + " " + *q.MetricStat.Metric.Namespace + " " + *q.MetricStat.Metric.MetricName + " " + *q.MetricStat.Stat
		for _, d := range q.MetricStat.Metric.Dimensions {
			text += " " + *d.Name + "=" + *d.Value
		}
		asked = append(asked, text)
	}
	want := "m0 Fluxa/Ingest ingest_success Sum Service=ingest Environment=dev; m1 Fluxa/Processor processed_success Sum Service=processor Environment=dev"
	if strings.Join(asked, "; ") != want {
		t.Errorf("asked for %s\nwant      %s", strings.Join(asked, "; "), want)
	}
	client.err = errors.New("denied")
	if _, err := meter.Missing(t.Context(), wantedMetrics()); err == nil || err.Error() != "ask CloudWatch for the metrics: denied" {
		t.Errorf("got %v", err)
	}
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	url := pgtest.MigratedURL(t)
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	_, err = connection.Exec(t.Context(), `INSERT INTO events
		(event_id, correlation_id, user_id, amount, currency, merchant, ts, payload, payload_sha256, received_at, created_at)
		VALUES ('e1', 'c', 'u', 123456789123456.6789, 'XTS', 'm', now(), '{}', decode(repeat('00', 32), 'hex'), now(), now())`)
	if err := errors.Join(err, connection.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	rows, err := NewPostgreSQL(url)
	if err != nil {
		t.Fatal(err)
	}
	if amount, found, err := rows.Amount(t.Context(), "e1"); err != nil || !found || amount != "123456789123456.6789" {
		t.Errorf("got %q, %v, %v", amount, found, err)
	}
	if _, found, err := rows.Amount(t.Context(), "e2"); err != nil || found {
		t.Errorf("an event that is not there: %v, %v", found, err)
	}

	bare, err := NewPostgreSQL(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := bare.Amount(t.Context(), "e1"); err == nil || !strings.HasPrefix(err.Error(), "read the event from the database: ") {
		t.Errorf("without the table: %v", err)
	}
	gone, err := NewPostgreSQL("postgres://u:secret@127.0.0.1:1/d?connect_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := gone.Amount(t.Context(), "e1"); err == nil || !strings.HasPrefix(err.Error(), "connect to the database: ") || strings.Contains(err.Error(), "secret") {
		t.Errorf("without a server: %v", err)
	}
	if _, err := NewPostgreSQL("postgres://u:secret@h:port/d"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a URL that is none: %v", err)
	}
}
