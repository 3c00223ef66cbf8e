// Package drill tells which alarms of a stage fire when, on simulated days. It takes the
// alarms out of the synthesized templates, has the stage simulated with something broken
// (package simulated), and evaluates the alarms minute by minute by the rules that
// CloudWatch documents (package cloudwatch).
package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Alarms are all alarms of a stage.
type Alarms struct {
	Metric    []cloudwatch.Alarm
	Composite []cloudwatch.Composite
}

// AlarmsOf reads the alarms of a stage's templates. Returns an error for each that the
// drill could not evaluate as CloudWatch does.
func AlarmsOf(s *template.Stage) (Alarms, error) {
	var out Alarms
	var errs []error
	for _, r := range s.All("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm") {
		raw, err := properties(s, r)
		if err != nil {
			errs = append(errs, fmt.Errorf("read the alarm %s: %w", r.Path, err))
			continue
		}
		if r.Type == "AWS::CloudWatch::CompositeAlarm" {
			out.Composite = append(out.Composite, cloudwatch.Composite{
				Name: raw.AlarmName, Description: raw.AlarmDescription, Rule: raw.AlarmRule, Tells: len(raw.AlarmActions) > 0,
			})
			continue
		}
		if raw.ofVersion() {
			continue
		}
		a, err := raw.alarm()
		out.Metric, errs = append(out.Metric, a), append(errs, err)
	}
	if len(out.Metric) == 0 {
		errs = append(errs, fmt.Errorf("the stage %s has no alarms", s.Name))
	}
	return out, errors.Join(errs...)
}

// ofVersion reports whether the alarm reads one version of a function: it is there for a
// release, and tells CodeDeploy alone.
func (p *alarmProperties) ofVersion() bool {
	read := []metricStat{p.metricStat}
	for _, m := range p.Metrics {
		if m.MetricStat != nil {
			read = append(read, m.MetricStat.Metric)
		}
	}
	return slices.ContainsFunc(read, func(m metricStat) bool {
		return slices.ContainsFunc(m.Dimensions, func(d struct{ Name, Value string }) bool {
			return d.Name == "ExecutedVersion" || d.Name == contract.DimensionVersion
		})
	})
}

// alarmProperties are those of both types; what is not here, Check does not know of.
type alarmProperties struct {
	AlarmName, AlarmDescription, AlarmRule string
	AlarmActions, OKActions                []string
	Tags                                   []struct{ Key, Value string }

	metricStat
	Metrics []struct {
		ID, Expression, Label string
		Period                int
		ReturnData            *bool
		MetricStat            *struct {
			Stat, Unit string
			Period     int
			Metric     metricStat
		}
	}
	Statistic, ExtendedStatistic, Unit   string
	Period                               int
	ComparisonOperator, TreatMissingData string
	Threshold                            float64
	EvaluationPeriods, DatapointsToAlarm int
}

type metricStat struct {
	Namespace, MetricName string
	Dimensions            []struct{ Name, Value string }
}

func (m metricStat) id() cloudwatch.ID {
	dimensions := map[string]string{}
	for _, d := range m.Dimensions {
		dimensions[d.Name] = d.Value
	}
	return cloudwatch.ID{Namespace: m.Namespace, Name: m.MetricName, Dimensions: cloudwatch.Dimensions(dimensions)}
}

// properties reads the properties of an alarm, with names for what it refers to.
func properties(s *template.Stage, r *template.Resource) (out alarmProperties, err error) {
	literal, err := Known(s, r.Properties)
	if err != nil {
		return out, err
	}
	raw, err := json.Marshal(literal)
	if err != nil {
		return out, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields() // a property that would be passed over
	return out, decoder.Decode(&out)
}

// Known is a value with names for what it refers to.
func Known(s *template.Stage, v template.Value) (any, error) {
	known, err := template.Resolve(v, func(v template.Value) (template.Value, error) { return identity(s, v) })
	if err != nil {
		return nil, err
	}
	return template.Literal(known)
}

// identity is one text for what a template refers to, the name it has on AWS where it is
// stated.
func identity(s *template.Stage, v template.Value) (template.Value, error) {
	switch v := v.(type) {
	case template.Pseudo:
		return strings.ToLower(strings.TrimPrefix(string(v), "AWS::")), nil
	case template.Reference:
		r := s.Resource(v)
		if r == nil {
			return nil, fmt.Errorf("there is no resource %s", v.Resource)
		}
		if r.Type == "AWS::Lambda::Alias" && v.Attribute == "Ref" {
			name, err := template.Resolve(r.At("FunctionName"), func(v template.Value) (template.Value, error) { return identity(s, v) })
			return fmt.Sprintf("arn:aws:lambda:region:accountid:function:%v:%v", name, r.At("Name")), err
		}
		for _, property := range []string{"AlarmName", "QueueName", "TopicName", "FunctionName", "DBInstanceIdentifier", "DBProxyName", "StageName", "Name"} {
			if name, is := r.At(property).(string); is {
				return name, nil
			}
		}
		return r.Path + "." + v.Attribute, nil
	}
	return nil, fmt.Errorf("%v is not supported", v)
}

// alarm is a metric alarm of the properties, checked.
func (p alarmProperties) alarm() (cloudwatch.Alarm, error) {
	a := cloudwatch.Alarm{
		Name: p.AlarmName, Description: p.AlarmDescription, Period: time.Duration(p.Period) * time.Second,
		ComparisonOperator: p.ComparisonOperator, Threshold: p.Threshold,
		EvaluationPeriods: p.EvaluationPeriods, DatapointsToAlarm: p.DatapointsToAlarm, TreatMissingData: p.TreatMissingData,
		Tells: len(p.AlarmActions) > 0,
	}
	if a.DatapointsToAlarm == 0 {
		a.DatapointsToAlarm = a.EvaluationPeriods
	}
	if a.TreatMissingData == "" {
		a.TreatMissingData = "missing"
	}
	if p.MetricName != "" {
		a.Queries = []cloudwatch.Query{{ID: "m", Metric: p.id(), Statistic: p.Statistic + p.ExtendedStatistic, ReturnData: true}}
	}
	for _, m := range p.Metrics {
		q := cloudwatch.Query{ID: m.ID, Expression: m.Expression, ReturnData: m.ReturnData == nil || *m.ReturnData}
		if m.MetricStat != nil {
			q.Metric, q.Statistic = m.MetricStat.Metric.id(), m.MetricStat.Stat
			period := time.Duration(m.MetricStat.Period) * time.Second
			if a.Period != 0 && a.Period != period {
				return a, fmt.Errorf("alarm %s: its metrics have periods of %s and %s, one is supported", a.Name, a.Period, period)
			}
			a.Period = period
		}
		a.Queries = append(a.Queries, q)
	}
	return a, a.Check()
}
