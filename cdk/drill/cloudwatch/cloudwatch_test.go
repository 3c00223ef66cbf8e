package cloudwatch

import (
	"math"
	"strings"
	"testing"
	"time"
)

var midnight = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// TestDecide_is_what_the_tables_of_the_page_say has every row of "How alarm state is
// evaluated when data is missing" and every example of "Avoiding premature transitions
// to alarm state" (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
// Each alarm has 3 evaluation periods.
func TestDecide_is_what_the_tables_of_the_page_say(t *testing.T) {
	t.Parallel()
	const retained = "retained"
	for _, row := range []struct {
		points                                   string
		m                                        int
		missing, ignore, breaching, notBreaching State
	}{
		{"0 - X - X", 3, OK, OK, OK, OK},
		{"0 - - - -", 3, OK, OK, OK, OK},
		{"- - - - -", 3, Insufficient, retained, InAlarm, OK},
		{"0 X X - X", 3, InAlarm, InAlarm, InAlarm, InAlarm},
		{"- - X - -", 3, InAlarm, retained, InAlarm, OK},

		{"0 - X - X", 2, InAlarm, InAlarm, InAlarm, InAlarm},
		{"0 0 X 0 X", 2, InAlarm, InAlarm, InAlarm, InAlarm},
		{"0 - X - -", 2, OK, OK, InAlarm, OK},
		{"- - - - 0", 2, OK, OK, InAlarm, OK},
		{"- - - X -", 2, InAlarm, retained, InAlarm, OK},

		{"X X 0 0 0", 2, OK, OK, OK, OK}, // of the text: older points than it needs are ignored
		{"X 0 - 0 0", 1, OK, OK, OK, OK},

		{"- - - - X", 3, Insufficient, retained, InAlarm, OK},
		{"- - - X -", 3, Insufficient, retained, InAlarm, OK},
		{"- - - X 0", 3, OK, OK, OK, OK},
		{"- - X - 0", 3, OK, OK, OK, OK},
	} {
		for treatment, want := range map[string]State{"missing": row.missing, "ignore": row.ignore, "breaching": row.breaching, "notBreaching": row.notBreaching} {
			for _, before := range []State{OK, InAlarm, Insufficient} {
				expected := want
				if want == retained {
					expected = before
				}
				points := []point(strings.ReplaceAll(row.points, " ", ""))
				if got := decide(points, 3, row.m, treatment, before); got != expected {
					t.Errorf("%d of 3 at %s, %s, before %s: %s, want %s", row.m, row.points, treatment, before, got, expected)
				}
			}
		}
	}
}

// TestExpressions_are_what_the_page_says has the tables and rules of "Using math
// expressions with CloudWatch metrics".
func TestExpressions_are_what_the_page_says(t *testing.T) {
	t.Parallel()
	none := math.NaN()
	series := map[string][]float64{
		"a": {30, 20, 0, 0}, "b": {20, none, 20, none}, // of "Comparison and logical operators"
		"metric1": {1, 1, 0, 0, none}, "metric2": {30, none, 0, 0, 30}, "metric3": {0, 0, 20, none, 20}, // of IF
		"gaps": {none, 1, none, 3, none}, "nothing": {none, none, none, none, none},
	}
	for expression, want := range map[string][]float64{
		"(a < b)":                        {0, 0, 1, 0},
		"(a >= 30)":                      {1, 0, 0, 0},
		"(a > 15 AND b > 15)":            {1, 0, 0, 0},
		"a > 15 || b > 15":               {1, 1, 1, 0},
		"IF(metric1, metric2, metric3)":  {30, 0, 20, none, none},
		"IF(metric1, 5, metric3)":        {5, 5, 20, none, none},
		"IF(metric1, metric2, 5)":        {30, 0, 5, 5, none},
		"IF(metric1, metric2)":           {30, 0, none, none, none},
		"a + b":                          {50, 20, 20, 0},
		"100 * a / b":                    {150, none, 0, none}, // what divides by zero is dropped
		"IF(b > 0, 100 * a / b, 0)":      {150, none, 0, none},
		"-a * 2 - 1":                     {-61, -41, -1, -1},
		"FILL(gaps, 0)":                  {0, 1, 0, 3, 0},
		"FILL(gaps, REPEAT)":             {none, 1, 1, 3, 3},
		"FILL(gaps, metric2)":            {30, 1, 0, 3, 30},
		"SUM([gaps, metric2])":           {30, 1, 0, 3, 30},
		"MAX([gaps, metric3])":           {0, 1, 20, 3, 20},
		"MIN([FILL(gaps, 9), metric2])":  {9, 1, 0, 0, 9},
		"nothing / 2 + nothing":          {none, none, none, none, none},
		"IF(nothing > 0, 100 * nothing)": {none, none, none, none, none},
	} {
		got, err := evaluateExpression(expression, len(want), func(id string) ([]float64, error) { return series[id], nil })
		if err != nil {
			t.Error(err)
			continue
		}
		for i := range want {
			if got[i] != want[i] && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
				t.Errorf("%s is %v, want %v", expression, got, want)
				break
			}
		}
	}
}

func TestExpressions_that_are_not_understood_are_errors(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"ANOMALY_DETECTION_BAND(m1)": `"ANOMALY_DETECTION_BAND" is not supported`,
		"m1 +":                       "it ends too early",
		"(m1":                        "a parenthesis is not closed",
		"m1 m2":                      `"m2" is too much`,
		"SUM(m1)":                    "SUM: takes an array, such as [a, b]",
		"[m1, m1]":                   "the result must be one time series",
		"1 + 2":                      "the result must be one time series",
		"IF(m1)":                     "IF: takes 2 or 3 arguments, got 1",
		"m1 ^ 2":                     `"^" is too much`,
	} {
		_, err := evaluateExpression(expression, 1, func(string) ([]float64, error) { return []float64{1}, nil })
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", expression, err, want)
		}
	}
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	id := ID{"N", "m", "A=1"}
	s := NewStore()
	for i := range 100 {
		s.Put(id, midnight.Add(time.Duration(i)*time.Second/2), float64(i+1))
	}
	s.Put(id, midnight.Add(time.Minute), 1000)
	later := midnight.Add(time.Hour)
	for statistic, want := range map[string]float64{
		"Sum": 5050, "Average": 50.5, "Minimum": 1, "Maximum": 100, "SampleCount": 100, "p99": 99, "p50": 50, "p100": 100, "p99.9": 100,
	} {
		if got := s.Statistic(id, statistic, midnight, midnight.Add(time.Minute), later); got != want {
			t.Errorf("%s is %v, want %v", statistic, got, want)
		}
	}
	if got := s.Statistic(id, "Maximum", midnight, midnight.Add(2*time.Minute), later); got != 1000 {
		t.Errorf("over two minutes the maximum is %v", got)
	}
	if got := s.Statistic(id, "Sum", midnight, midnight.Add(time.Minute), midnight.Add(time.Minute)); !math.IsNaN(got) {
		t.Errorf("a minute can be seen when it ends: %v", got)
	}
	if got := s.Statistic(ID{"N", "m", "A=1,B=2"}, "Sum", midnight, midnight.Add(time.Minute), later); !math.IsNaN(got) {
		t.Errorf("with other dimensions it is the same metric: %v", got)
	}
	if _, err := compute("tm99", []float64{1}); err == nil {
		t.Error("a trimmed mean is computed")
	}
}

func TestPutLine_reads_the_embedded_metric_format(t *testing.T) {
	t.Parallel()
	s := NewStore()
	const line = `{"Environment":"dev","Service":"processor","_aws":{"Timestamp":1793577605000,"CloudWatchMetrics":[{"Namespace":"Fluxa/Processor","Dimensions":[["Service","Environment"]],"Metrics":[{"Name":"retried","Unit":"Count"},{"Name":"db_latency_ms","Unit":"Milliseconds"}]}]},"db_latency_ms":[1,2.5],"retried":3,"request_id":"r"}`
	for _, each := range []string{line, "START RequestId: r", `{"message":"message","retried":9}`} {
		if err := s.PutLine([]byte(each)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]float64{"retried": 3, "db_latency_ms": 3.5} {
		id := ID{"Fluxa/Processor", name, "Environment=dev,Service=processor"}
		at := time.UnixMilli(1793577605000).UTC().Truncate(time.Minute)
		if got := s.Statistic(id, "Sum", at, at.Add(time.Minute), at.Add(time.Hour)); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for bad, want := range map[string]string{
		strings.Replace(line, `"retried":3`, `"retried":"3"`, 1):                "retried: must be a number or an array of numbers of the line",
		strings.Replace(line, `"retried":3`, `"other":3`, 1):                    "retried: must be a number or an array of numbers of the line",
		strings.Replace(line, `"Service":"processor",`, ``, 1):                  "the dimension Service must be a string of the line",
		strings.Replace(line, `[1,2.5]`, `[1`+strings.Repeat(",1", 100)+`]`, 1): "db_latency_ms: has 101 values, a line may have 100 of a metric",
	} {
		if err := s.PutLine([]byte(bad)); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestAlarm_sees_a_sliding_hour has an hourly alarm over something that happens once
// an hour, as FILL makes zeros of hours without it.
func TestAlarm_sees_a_sliding_hour(t *testing.T) {
	t.Parallel()
	id := ID{"N", "runs", ""}
	a := Alarm{
		Name: "runs", Period: time.Hour, ComparisonOperator: "LessThanThreshold", Threshold: 1, EvaluationPeriods: 3, DatapointsToAlarm: 3, TreatMissingData: "notBreaching",
		Queries: []Query{{ID: "e", Expression: "FILL(runs, 0)", ReturnData: true}, {ID: "runs", Metric: id, Statistic: "Sum"}},
	}
	if err := a.Check(); err != nil {
		t.Fatal(err)
	}
	s := NewStore()
	for hour := range 6 {
		s.Put(id, midnight.Add(time.Duration(hour)*time.Hour+10*time.Minute), 1)
	}
	state, began := OK, time.Time{}
	for now := midnight.Add(6 * time.Hour); now.Before(midnight.Add(12 * time.Hour)); now = now.Add(time.Minute) {
		was := state
		var err error
		if state, err = a.Evaluate(s, now, state); err != nil {
			t.Fatal(err)
		}
		if state == InAlarm && was == OK {
			began = now
		}
	}
	// The last run was in the minute from 05:10 on: three hours without it end at 08:11.
	if want := midnight.Add(8*time.Hour + 11*time.Minute); began != want {
		t.Errorf("it alarms at %s, want %s", began, want)
	}
}

func TestAlarm_that_looks_back_farther_than_a_day_is_evaluated_at_the_hour(t *testing.T) {
	t.Parallel()
	a := Alarm{
		Queries: []Query{{ID: "a", Metric: ID{Namespace: "N", Name: "m"}, Statistic: "Sum", ReturnData: true}}, Period: time.Hour,
		ComparisonOperator: "LessThanThreshold", Threshold: 1, EvaluationPeriods: 25, DatapointsToAlarm: 25, TreatMissingData: "breaching",
	}
	for after, want := range map[time.Duration]State{30 * time.Minute: OK, 59 * time.Minute: OK, time.Hour: InAlarm} {
		if got, err := a.Evaluate(NewStore(), midnight.Add(after), OK); err != nil || got != want {
			t.Errorf("%s after midnight it is %s, error %v, want %s", after, got, err, want)
		}
	}
	a.EvaluationPeriods, a.DatapointsToAlarm = 24, 24
	if got, err := a.Evaluate(NewStore(), midnight.Add(30*time.Minute), OK); err != nil || got != InAlarm {
		t.Errorf("one that looks back a day is %s half an hour after midnight, error %v", got, err)
	}
}

func TestAlarm_that_is_not_understood_is_an_error(t *testing.T) {
	t.Parallel()
	a := Alarm{Name: "a", Queries: []Query{{Expression: "RATE(m1)"}, {Statistic: "tm99"}}, Period: 10 * time.Second, ComparisonOperator: "GreaterThanUpperThreshold", DatapointsToAlarm: 2, EvaluationPeriods: 1, TreatMissingData: "bad"}
	want := `alarm a: expression "RATE(m1)": "RATE" is not supported
the statistic "tm99" is not supported
0 queries return data, one must
the period is 10s, it must be whole minutes
2 of 1 datapoints cannot be
the comparison "GreaterThanUpperThreshold" is not supported
missing data is treated as "bad", which is not supported`
	if err := a.Check(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestComposite(t *testing.T) {
	t.Parallel()
	states := map[string]State{"on": InAlarm, "off": OK, "new one": Insufficient}
	for rule, want := range map[string]State{
		`ALARM("on")`: InAlarm, `ALARM(off)`: OK, `OK('off') AND INSUFFICIENT_DATA("new one")`: InAlarm,
		`(ALARM("off") OR ALARM("on"))`: InAlarm, `NOT (ALARM("off") OR ALARM("on"))`: OK, `TRUE AND NOT FALSE`: InAlarm,
		`ALARM(off) AND ALARM(off) OR ALARM(on)`: InAlarm,
	} {
		if got, err := (&Composite{Rule: rule}).Evaluate(states); err != nil || got != want {
			t.Errorf("%s is %s, error %v, want %s", rule, got, err, want)
		}
	}
	for rule, want := range map[string]string{
		`ALARM("other")`: "there is no alarm other", `ALARM`: "ALARM must have one alarm in parentheses", `(TRUE`: "a parenthesis is not closed",
		`TRUE FALSE`: `"FALSE" is too much`, ``: `a condition is missing before ""`,
	} {
		if _, err := (&Composite{Rule: rule}).Evaluate(states); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", rule, err, want)
		}
	}
}

func evaluateExpression(text string, length int, lookup func(id string) ([]float64, error)) ([]float64, error) {
	n, err := parseExpression(text)
	if err != nil {
		return nil, err
	}
	return n.series(length, lookup)
}
