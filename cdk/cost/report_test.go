package cost_test

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/cost"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

var update = flag.Bool("update", false, "write the golden files")

func TestText_of_each_stage(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev", "prod"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := cost.NewReport([]stage.Stage{byName(t, name)}, []*template.Stage{templates(t, name)}, cost.DefaultWorkload())
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(r.Text()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), r.Text()); diff != "" {
				t.Errorf("not the golden file; if this is meant, go test ./cost -update:\n%s", diff)
			}
		})
	}
}

func TestNewReport_wants_the_templates_of_each_stage(t *testing.T) {
	t.Parallel()
	_, err := cost.NewReport([]stage.Stage{byName(t, "dev"), byName(t, "prod")}, []*template.Stage{templates(t, "dev")}, cost.DefaultWorkload())
	if err == nil || err.Error() != "the cloud assembly has no stage prod: synthesize every stage" {
		t.Error(err)
	}
}

func run(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	var out, errs strings.Builder
	status := cost.Run(append([]string{"-in", assembly(t)}, args...), &out, &errs)
	return status, out.String(), errs.String()
}

func TestRun_prints_every_stage(t *testing.T) {
	t.Parallel()
	status, out, errs := run(t)
	if status != 0 || errs != "" || !strings.Contains(out, "\ndev, per million events\n") || !strings.Contains(out, "\nprod, fixed monthly cost\n") {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
}

func TestRun_prints_JSON_that_adds_up(t *testing.T) {
	t.Parallel()
	status, out, errs := run(t, "-json", "-events", "5e6", "-payload-bytes", "2048", "-batch", "10", "-reads", "0.5")
	var r cost.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || status != 0 || errs != "" {
		t.Fatalf("status %d, %q: %v", status, errs, err)
	}
	want := cost.DefaultWorkload()
	want.EventsPerMonth, want.PayloadBytes, want.EventsPerRequest, want.ReadsPerEvent = 5e6, 2048, 10, 0.5
	if diff := cmp.Diff(want, r.Workload); diff != "" || len(r.Stages) < 2 || r.AsOf == "" || r.Region == "" || r.Currency == "" {
		t.Fatalf("%d stages, as of %q, %q, %q, workload:\n%s", len(r.Stages), r.AsOf, r.Region, r.Currency, diff)
	}
	adds := func(stage string, bill []cost.Line, sum float64) {
		for _, l := range bill {
			sum -= l.Quantity * l.Price.Value / float64(l.Price.Per)
			if l.Price.Source == "" || l.Item == "" {
				t.Errorf("%s: %+v", stage, l)
			}
		}
		if math.Abs(sum) > 1e-9 {
			t.Errorf("%s: the total is %v more than its lines", stage, sum)
		}
	}
	for _, b := range r.Stages {
		adds(b.Stage, b.PerMillion, b.PerMillionTotal)
		adds(b.Stage, b.Monthly, b.MonthlyTotal)
		if requests := quantities(b.PerMillion)["API Gateway"]; math.Abs(requests-600_000) > 1e-6 { // 100,000 posts, 500,000 reads
			t.Errorf("%s: %v requests", b.Stage, requests)
		}
	}
}

func TestRun_says_what_it_does_not_accept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"an unknown flag":       {[]string{"-event", "3"}, 2, "flag provided but not defined: -event"},
		"a word":                {[]string{"dev"}, 1, `cost: accepts flags only, got ["dev"]; see -help`},
		"too few events":        {[]string{"-events", "0"}, 1, "cost: workload: EventsPerMonth (-events) must be 1 to"},
		"no cloud assembly":     {[]string{"-in", "nowhere"}, 1, "cost: read the cloud assembly: open nowhere"},
		"a request for its use": {[]string{"-help"}, 0, "events that are posted in one request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status, out, errs := run(t, c.args...); status != c.status || out != "" || !strings.Contains(errs, c.want) {
				t.Errorf("status %d, %q, %q; want %d and %q", status, out, errs, c.status, c.want)
			}
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestRun_reports_what_it_could_not_print(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"-json"}} {
		var errs strings.Builder
		if status := cost.Run(append([]string{"-in", assembly(t)}, args...), full{}, &errs); status != 1 || errs.String() != "cost: no space left\n" {
			t.Errorf("%q: status %d, %q", args, status, errs.String())
		}
	}
}
