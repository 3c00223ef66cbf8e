package preview_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/drill/preview"
	"github.com/fluxa/fluxa/cdk/template"
)

var update = flag.Bool("update", false, "rewrite the picture in docs")

// golden reads a stage from the reviewed templates.
func golden(t *testing.T, name string, change func(string) string) *template.Stage {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "stack", "testdata", name+"-*.template.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden templates of %s: %v", name, err)
	}
	var stacks []*template.Stack
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stack := &template.Stack{Name: "fluxa-" + strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), name+"-"), ".template.json") + "-" + name}
		if err := stack.Decode([]byte(change(string(raw)))); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		stacks = append(stacks, stack)
	}
	s, err := template.NewStage(name, stacks...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func asReviewed(text string) string { return text }

func TestPicture_in_docs_is_the_dashboard_that_is_deployed(t *testing.T) {
	t.Parallel()
	s := golden(t, "prod", asReviewed)
	widgets, err := preview.Read(s)
	if err != nil {
		t.Fatal(err)
	}
	run, err := preview.Afternoon(s)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := preview.Draw(&got, widgets, run); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "..", "docs", "pictures", "dashboard.svg")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got.Bytes()) {
		t.Errorf("%s is not what the templates say: run make dashboard-preview, and look at it", path)
	}
	for _, text := range []string{"Events, a minute", "the processor's limit", "fluxa-events-retried-prod: ALARM for ", "fluxa-api-5xx-rate-prod: OK", "Where is it stuck?"} {
		if !strings.Contains(got.String(), text) && !strings.Contains(got.String(), strings.ReplaceAll(text, "'", "&#39;")) {
			t.Errorf("the picture lacks %q", text)
		}
	}
}

func TestLogged_reads_what_a_local_stack_wrote(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if _, err := preview.Logged(folder, "dev"); err == nil || !strings.Contains(err.Error(), "run `make up`") {
		t.Errorf("a folder without logs: %v", err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const line = `{"Environment":"local","Service":"ingest","_aws":{"Timestamp":1767323045000,"CloudWatchMetrics":[{"Namespace":"Fluxa/Ingest","Dimensions":[["Service","Environment"]],"Metrics":[{"Name":"ingest_success","Unit":"Count"}]}]},"ingest_success":[3,4]}` + "\n"
	if err := os.WriteFile(filepath.Join(folder, "ingest.log"), []byte("text\n{\"message\":\"a log line\"}\n"+line), 0o600); err != nil {
		t.Fatal(err)
	}
	run, err := preview.Logged(folder, "dev")
	if err != nil {
		t.Fatal(err)
	}
	minute := at.Truncate(time.Minute)
	if !run.From.Equal(minute) || !run.Until.Equal(minute.Add(time.Minute)) {
		t.Errorf("from %s until %s", run.From, run.Until)
	}
	id := cloudwatch.ID{Namespace: "Fluxa/Ingest", Name: "ingest_success", Dimensions: "Environment=dev,Service=ingest"}
	got, err := cloudwatch.Series(run.Metrics, []cloudwatch.Query{
		{ID: "m", Metric: id, Statistic: "Sum", ReturnData: true}, {Expression: "m * 2", ReturnData: true},
	}, time.Minute, run.From, run.Until)
	if err != nil || !slices.Equal(got[0], []float64{7}) || !slices.Equal(got[1], []float64{14}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestRead_refuses_what_it_would_not_draw(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"another view":       {`\"view\":\"timeSeries\",\"title\":\"Query, ms\"`, `\"view\":\"pie\",\"title\":\"Query, ms\"`, `widget "Query, ms", view "pie"`},
		"another widget":     {`\"type\":\"text\"`, `\"type\":\"explorer\"`, `a widget of the type "explorer" is not supported`},
		"an unknown setting": {`\"stacked\":true`, `\"liveData\":true`, `unknown field "liveData"`},
		"a short form":       {`[\"Fluxa/Query\",\"query_latency_ms\"`, `[\".\",\"query_latency_ms\"`, `the metric ["." "query_latency_ms"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := false
			s := golden(t, "dev", func(text string) string {
				changed = changed || strings.Contains(text, c.from)
				return strings.ReplaceAll(text, c.from, c.to)
			})
			if !changed {
				t.Fatal("the templates no longer have what is changed here")
			}
			if _, err := preview.Read(s); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
