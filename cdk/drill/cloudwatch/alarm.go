package cloudwatch

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// State is that of an alarm.
type State string

// The states.
const (
	OK           State = "OK"
	InAlarm      State = "ALARM"
	Insufficient State = "INSUFFICIENT_DATA"
)

// Alarm is a metric alarm, in the words of AWS::CloudWatch::Alarm.
type Alarm struct {
	Name, Description  string
	Queries            []Query
	Period             time.Duration // of every query; whole minutes
	ComparisonOperator string
	Threshold          float64
	EvaluationPeriods  int
	DatapointsToAlarm  int
	TreatMissingData   string
	Tells              bool // it has an action when it begins
}

// Query is one metric of an alarm, or an expression over others by their ids.
type Query struct {
	ID         string
	Expression string `json:",omitzero"`
	Metric     ID     `json:",omitzero"`
	Statistic  string `json:",omitzero"`
	ReturnData bool   `json:",omitzero"` // the one that the threshold is compared with

	parsed *node // of the expression, from the first evaluation on
}

// Check returns an error for what cannot be evaluated.
func (a *Alarm) Check() error {
	var errs []error
	returned := 0
	for _, q := range a.Queries {
		if q.ReturnData {
			returned++
		}
		if q.Expression != "" {
			_, err := parseExpression(q.Expression)
			errs = append(errs, err)
			continue
		}
		_, err := compute(q.Statistic, []float64{0})
		errs = append(errs, err)
	}
	if returned != 1 {
		errs = append(errs, fmt.Errorf("%d queries return data, one must", returned))
	}
	if a.Period < time.Minute || a.Period%time.Minute != 0 {
		errs = append(errs, fmt.Errorf("the period is %s, it must be whole minutes", a.Period))
	}
	if a.EvaluationPeriods < 1 || a.DatapointsToAlarm < 1 || a.DatapointsToAlarm > a.EvaluationPeriods {
		errs = append(errs, fmt.Errorf("%d of %d datapoints cannot be", a.DatapointsToAlarm, a.EvaluationPeriods))
	}
	if _, known := compare(a.ComparisonOperator, 0, 0); !known {
		errs = append(errs, fmt.Errorf("the comparison %q is not supported", a.ComparisonOperator))
	}
	if !slices.Contains([]string{"missing", "notBreaching", "breaching", "ignore"}, a.TreatMissingData) {
		errs = append(errs, fmt.Errorf("missing data is treated as %q, which is not supported", a.TreatMissingData))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("alarm %s: %w", a.Name, err)
	}
	return nil
}

func compare(operator string, value, threshold float64) (breaching, known bool) {
	switch operator {
	case "GreaterThanOrEqualToThreshold":
		return value >= threshold, true
	case "GreaterThanThreshold":
		return value > threshold, true
	case "LessThanThreshold":
		return value < threshold, true
	case "LessThanOrEqualToThreshold":
		return value <= threshold, true
	}
	return false, false
}

// extraPoints is by how much the evaluation range is longer than the evaluation
// periods. The page gives one example, 5 for 3, and says that it depends on the period
// ("Configuring how CloudWatch alarms treat missing data":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html):
// for other periods not confirmed.
const extraPoints = 2

// Evaluate returns the state at a time, given the state before. An alarm without an
// evaluation window of the wall clock has a sliding one: its points end at the time,
// not at the hour ("Alarm evaluation window":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html).
// One that looks back farther than a day is evaluated once an hour, on what there is up to
// the hour ("Alarm evaluation", multi-day alarms:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html).
func (a *Alarm) Evaluate(s *Store, now time.Time, before State) (State, error) {
	if time.Duration(a.EvaluationPeriods)*a.Period > 24*time.Hour && now.Minute() != 0 {
		return before, nil
	}
	values, err := a.values(s, now)
	if err != nil {
		return before, fmt.Errorf("alarm %s: %w", a.Name, err)
	}
	points := make([]point, len(values))
	for i, v := range values {
		points[i] = missing
		if !math.IsNaN(v) {
			points[i] = good
			if breaching, _ := compare(a.ComparisonOperator, v, a.Threshold); breaching {
				points[i] = breach
			}
		}
	}
	return decide(points, a.EvaluationPeriods, a.DatapointsToAlarm, a.TreatMissingData, before), nil
}

// values are those of the evaluation range, the oldest first.
func (a *Alarm) values(s *Store, now time.Time) ([]float64, error) {
	length := a.EvaluationPeriods + extraPoints
	end := now.Truncate(time.Minute)
	known := map[string][]float64{}
	for _, q := range a.Queries {
		if q.Expression != "" {
			continue
		}
		series := make([]float64, length)
		for i := range series {
			until := end.Add(-time.Duration(length-1-i) * a.Period)
			series[i] = s.Statistic(q.Metric, q.Statistic, until.Add(-a.Period), until, now)
		}
		known[q.ID] = series
	}
	result := ""
	for _, q := range a.Queries {
		if q.ReturnData {
			result = q.ID
		}
	}
	return a.resolve(result, known, length)
}

// resolve returns the series of an id, and computes it if it is an expression.
func (a *Alarm) resolve(id string, known map[string][]float64, length int) ([]float64, error) {
	if series, is := known[id]; is {
		return series, nil
	}
	at := slices.IndexFunc(a.Queries, func(q Query) bool { return q.ID == id })
	if at < 0 {
		return nil, fmt.Errorf("no query has the id %q", id)
	}
	q := &a.Queries[at]
	if q.parsed == nil {
		n, err := parseExpression(q.Expression)
		if err != nil {
			return nil, err
		}
		q.parsed = &n
	}
	series, err := q.parsed.series(length, func(id string) ([]float64, error) { return a.resolve(id, known, length) })
	known[id] = series
	return series, err
}

// point is a data point as an alarm sees it.
type point byte

const (
	missing point = '-'
	good    point = '0'
	breach  point = 'X'
)

// decide is "How alarm state is evaluated when data is missing" and "Avoiding premature
// transitions to alarm state" of the page named at extraPoints. The points are those of
// the evaluation range, the newest last; m of n alarm.
func decide(points []point, n, m int, treatment string, before State) State {
	var found []point
	oldestBreach := 0 // how old it is, in points: 1 for the newest
	for i, p := range points {
		if p != missing {
			found = append(found, p)
		}
		if p == breach && oldestBreach == 0 {
			oldestBreach = len(points) - i
		}
	}
	enough := len(found) >= n
	found = found[max(0, len(found)-n):]
	breaching := 0
	for _, p := range found {
		if p == breach {
			breaching++
		}
	}
	if treatment == "breaching" && !enough {
		breaching += n - len(found)
	}
	switch {
	case breaching >= m:
		return InAlarm
	case enough || treatment == "breaching" || treatment == "notBreaching" || breaching < len(found):
		return OK
	case treatment == "ignore":
		return before
	case len(found) > 0 && oldestBreach >= m:
		return InAlarm // all that is newer is breaching or missing
	}
	return Insufficient
}
