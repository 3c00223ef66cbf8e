package drill

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/drill/simulated"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/template"
)

// reviewed reads the templates of a stage that the tests of the stacks demand.
func reviewed(t *testing.T, name string) *template.Stage {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "stack", "testdata", name+"-*.template.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the stage %s has the templates %q, error %v", name, files, err)
	}
	var stacks []*template.Stack
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := &template.Stack{Name: strings.TrimSuffix(filepath.Base(file), ".template.json")}
		if err := s.Decode(raw); err != nil {
			t.Fatal(err)
		}
		stacks = append(stacks, s)
	}
	out, err := template.NewStage(name, stacks...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func stages(t *testing.T) []stage.Stage {
	t.Helper()
	all, err := stage.All()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func named(t *testing.T, name string) Scenario {
	t.Helper()
	at := slices.IndexFunc(Scenarios(), func(s Scenario) bool { return s.Name == name })
	if at < 0 {
		t.Fatalf("there is no scenario %s", name)
	}
	return Scenarios()[at]
}

// TestAlarms_of_before_are_silent_or_late has the alarms that there were before the
// processor told what it retries, as testdata/before.json keeps them: the drill shows
// the bad days that nobody heard of.
func TestAlarms_of_before_are_silent_or_late(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("testdata", "before.json"))
	if err != nil {
		t.Fatal(err)
	}
	var before map[string]Alarms
	if err := json.Unmarshal(raw, &before); err != nil {
		t.Fatal(err)
	}
	type first struct {
		alarm string
		after time.Duration
	}
	want := map[string]map[string]first{
		"dev": {
			"database-outage": {"processor-concurrency", time.Hour + 25*time.Minute + 40*time.Second},
			"release-panics":  {"", 0},
			"release-crashes": {"processor-error-rate", 3*time.Minute + 40*time.Second},
			"poison-flood":    {"dlq-depth", 15*time.Minute + 40*time.Second},
			"topic-down":      {"", 0},
			"subscriber-gone": {"", 0},
			"partitions":      {"maintenance", 2*time.Hour + time.Minute + 40*time.Second},
			"lagging-queue":   {"processor-concurrency", 5*time.Minute + 40*time.Second},
		},
		"prod": {
			"database-outage": {"", 0},
			"release-panics":  {"", 0},
			"release-crashes": {"processor-error-rate", 3*time.Minute + 40*time.Second},
			"poison-flood":    {"dlq-depth", 15*time.Minute + 40*time.Second},
			"topic-down":      {"", 0},
			"subscriber-gone": {"", 0},
			"partitions":      {"maintenance", 2*time.Hour + time.Minute + 40*time.Second},
			"lagging-queue":   {"end-to-end-p99", 5*time.Minute + 40*time.Second},
		},
	}
	for _, s := range stages(t) {
		s.Events.MaintainEveryHours = 1 // as both had it
		for name, want := range want[s.Name] {
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				outcome, err := Run(s, before[s.Name], named(t, name), 20*time.Second)
				if err != nil {
					t.Fatal(err)
				}
				got, _ := outcome.First()
				if name := strings.TrimSuffix(strings.TrimPrefix(got.Alarm, "fluxa-"), "-"+s.Name); name != want.alarm || got.After != want.after {
					t.Errorf("first is %q after %s, want %q after %s", name, got.After, want.alarm, want.after)
				}
			})
		}
	}
}

func read(t *testing.T, stage string) Alarms {
	t.Helper()
	alarms, err := AlarmsOf(reviewed(t, stage))
	if err != nil {
		t.Fatal(err)
	}
	return alarms
}

func TestAlarms_read_metrics_that_are_written(t *testing.T) {
	t.Parallel()
	for _, s := range stages(t) {
		if err := CheckMetrics(s, read(t, s.Name)); err != nil {
			t.Error(err)
		}
	}
}

func TestCheckMetrics_names_what_nothing_writes(t *testing.T) {
	t.Parallel()
	s := stages(t)[0]
	alarms := Alarms{Metric: []cloudwatch.Alarm{{Name: "a", Queries: []cloudwatch.Query{
		{Metric: cloudwatch.ID{Namespace: "AWS/Lambda", Name: "Errors", Dimensions: "FunctionName=fluxa-processor-dev"}},
		{Metric: cloudwatch.ID{Namespace: "AWS/Lambda", Name: "Errors", Dimensions: "FunctionName=fluxa-procesor-dev"}},
	}}}}
	err := CheckMetrics(s, alarms)
	if want := "dev: a reads AWS/Lambda Errors {FunctionName=fluxa-procesor-dev}, which nothing writes: check its name and dimensions"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestOutcome_Check(t *testing.T) {
	t.Parallel()
	fires := func(after time.Duration, tells bool) Fired {
		return Fired{Alarm: "a", State: cloudwatch.InAlarm, After: after, Tells: tells}
	}
	bad := Scenario{Name: "bad", After: time.Hour, Break: func(*simulated.World, stage.Stage) {}}
	slow := bad
	slow.Within = 30 * time.Minute
	for name, c := range map[string]struct {
		scenario Scenario
		changes  []Fired
		want     string
	}{
		"in time":          {bad, []Fired{fires(Within, true)}, ""},
		"late":             {bad, []Fired{fires(Within+1, true)}, "dev, bad: a fires first, after 5m0.000000001s; the limit is 5m0s"},
		"in its own time":  {slow, []Fired{fires(slow.Within, true)}, ""},
		"late even so":     {slow, []Fired{fires(slow.Within+1, true)}, "dev, bad: a fires first, after 30m0.000000001s; the limit is 30m0s"},
		"never":            {bad, nil, "dev, bad: no alarm fires in 1h0m0s"},
		"told nobody":      {bad, []Fired{fires(0, false)}, "dev, bad: no alarm fires in 1h0m0s"},
		"before":           {bad, []Fired{fires(-time.Minute, true), fires(0, true)}, "dev, bad: a fires 1m0s before anything breaks"},
		"a quiet day":      {Scenario{Name: "quiet"}, nil, ""},
		"a day of alarms":  {Scenario{Name: "quiet"}, []Fired{fires(time.Hour, true)}, "dev, quiet: a fires at 1h0m0s, although nothing is broken"},
		"nobody is called": {Scenario{Name: "quiet"}, []Fired{fires(time.Hour, false)}, ""},
	} {
		err := Outcome{Stage: "dev", Scenario: c.scenario, Changes: c.changes}.Check()
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	for _, o := range []Outcome{
		{Stage: "dev", Scenario: Scenario{Name: "bad", About: "something breaks"}, Changes: []Fired{
			{Alarm: "rollback", State: cloudwatch.InAlarm, After: -90 * time.Second},
			{Alarm: "queue-age", State: cloudwatch.InAlarm, After: 4*time.Minute + 40*time.Second, Tells: true},
			{Alarm: "queue-age", State: cloudwatch.OK, After: 25*time.Hour + time.Second, Tells: true},
			{Alarm: "other", State: cloudwatch.Insufficient, After: 26 * time.Hour, Tells: true},
		}},
		{Stage: "prod", Scenario: Scenario{Name: "quiet", About: "nothing breaks", After: 168 * time.Hour}},
	} {
		if err := o.Print(&out); err != nil {
			t.Fatal(err)
		}
	}
	const want = `dev, bad: something breaks
  -1m30s     ALARM    rollback (tells nobody)
  4m40s      ALARM    queue-age
  25h00m01s  ok       queue-age
  26h00m00s  no data  other
prod, quiet: nothing breaks
  nothing fires in 168h00m00s
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestAlarmsOf_refuses_what_it_could_not_evaluate(t *testing.T) {
	t.Parallel()
	for properties, want := range map[string]string{
		`{"AlarmName": "a", "ThresholdMetricId": "band"}`: `json: unknown field "ThresholdMetricId"`,
		`{"AlarmName": "a", "MetricName": "m", "Namespace": "N", "Statistic": "tm99", "Period": 60, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}`: `alarm a: the statistic "tm99" is not supported`,
		`{"AlarmName": "a", "Metrics": [{"Id": "x", "MetricStat": {"Period": 60}}, {"Id": "y", "MetricStat": {"Period": 300}}]}`:                                           "alarm a: its metrics have periods of 1m0s and 5m0s, one is supported",
		`{"AlarmName": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}`:                                                                                                           "{} is not supported",
	} {
		s := &template.Stack{Name: "S"}
		if err := s.Decode([]byte(`{"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": ` + properties + `}}}`)); err != nil {
			t.Fatal(err)
		}
		one, err := template.NewStage("dev", s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := AlarmsOf(one); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", properties, err, want)
		}
	}
	if _, err := AlarmsOf(&template.Stage{Name: "dev"}); err == nil || err.Error() != "the stage dev has no alarms" {
		t.Errorf("without alarms: error %v", err)
	}
}

func TestCommand_refuses_arguments(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]string{
		"now":             `drill: accepts flags only, got ["now"]; see -help`,
		"-scenario flood": `drill: there is no scenario "flood", choose one of database-outage, `,
		"-in nowhere":     "drill: read the cloud assembly: open nowhere",
		"-speed 3":        "flag provided but not defined: -speed",
	} {
		var out, errs strings.Builder
		status := Command(strings.Fields(arguments), &out, &errs)
		if wanted := 1; status != wanted && !strings.Contains(arguments, "-speed") || !strings.HasPrefix(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: status %d, %q, want %q", arguments, status, errs.String(), want)
		}
	}
}
