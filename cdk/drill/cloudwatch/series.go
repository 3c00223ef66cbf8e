package cloudwatch

import (
	"fmt"
	"time"
)

// Series computes the queries that return data over periods, from one time on until before
// another. A point without a value is NaN. A query that has no id needs none.
func Series(s *Store, queries []Query, period time.Duration, from, until time.Time) ([][]float64, error) {
	if period < time.Minute || period%time.Minute != 0 {
		return nil, fmt.Errorf("the period is %s, it must be whole minutes", period)
	}
	length := int(until.Sub(from) / period)
	known := map[string][]float64{}
	of := Alarm{Queries: append([]Query(nil), queries...)}
	for i := range of.Queries {
		q := &of.Queries[i]
		if q.ID == "" {
			q.ID = fmt.Sprintf("unnamed %d", i) // no expression can name it
		}
		if q.Expression != "" {
			continue
		}
		series := make([]float64, length)
		for n := range series {
			at := from.Add(time.Duration(n) * period)
			series[n] = s.Statistic(q.Metric, q.Statistic, at, at.Add(period), until.Add(time.Hour))
		}
		known[q.ID] = series
	}
	var out [][]float64
	for _, q := range of.Queries {
		if !q.ReturnData {
			continue
		}
		series, err := of.resolve(q.ID, known, length)
		if err != nil {
			return nil, err
		}
		out = append(out, series)
	}
	return out, nil
}
