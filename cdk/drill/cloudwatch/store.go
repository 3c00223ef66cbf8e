// Package cloudwatch does with metrics what Amazon CloudWatch's documentation says that
// CloudWatch does: it keeps them by the minute, computes statistics and metric math, and
// evaluates alarms. It knows nothing of Fluxa. What no page says is marked "not
// confirmed"; there it takes what makes an alarm later rather than sooner.
package cloudwatch

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ID identifies a metric. Two metrics with other dimensions are two metrics, also when
// one has some of the other's ("Metrics concepts", Dimensions:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html).
type ID struct {
	Namespace, Name string
	Dimensions      string // Name=Value in the order of their names, see Dimensions
}

func (id ID) String() string { return id.Namespace + " " + id.Name + " {" + id.Dimensions + "}" }

// Dimensions writes dimensions down in one way.
func Dimensions(all map[string]string) string {
	out := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, name+"="+all[name])
	}
	return strings.Join(out, ",")
}

// Lag is how long after the end of its minute a value can be seen. No page gives it for
// the metrics of a service or for the embedded metric format: not confirmed.
const Lag = time.Minute

// Store has the values of metrics, those of one minute together. It is not safe for
// concurrent use.
type Store struct{ metrics map[ID]map[int64]*minute }

// minute is what was put for one minute, by its number since 1970. Some of it may be seen
// later than the rest.
type minute struct {
	values []float64
	seen   []time.Time // when, by the index of the value
}

// NewStore returns an empty store.
func NewStore() *Store { return &Store{metrics: map[ID]map[int64]*minute{}} }

// Put adds values of a time, which can be seen Lag after the end of their minute.
func (s *Store) Put(id ID, at time.Time, values ...float64) {
	s.PutLate(id, at, time.Time{}, values...)
}

// PutLate adds values of a time that cannot be seen before another time either.
func (s *Store) PutLate(id ID, at, seen time.Time, values ...float64) {
	start := at.UTC().Truncate(time.Minute)
	if usual := start.Add(time.Minute + Lag); seen.Before(usual) {
		seen = usual
	}
	if s.metrics[id] == nil {
		s.metrics[id] = map[int64]*minute{}
	}
	number := minuteOf(start)
	m := s.metrics[id][number]
	if m == nil {
		m = &minute{}
		s.metrics[id][number] = m
	}
	for _, v := range values {
		m.values, m.seen = append(m.values, v), append(m.seen, seen)
	}
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// Has reports whether a value was ever put.
func (s *Store) Has(id ID) bool { return len(s.metrics[id]) > 0 }

// Span returns the first minute for which a value was put, and the end of the last one. It
// reports false when there is none.
func (s *Store) Span() (from, until time.Time, ok bool) {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, minutes := range s.metrics {
		for number := range minutes {
			first, last = min(first, number), max(last, number)
		}
	}
	if first > last {
		return from, until, false
	}
	return time.Unix(first*60, 0).UTC(), time.Unix((last+1)*60, 0).UTC(), true
}

// Statistic computes a statistic of the values from one time on until before another,
// both of whole minutes, as it can be seen now. It is NaN when there are none: missing.
func (s *Store) Statistic(id ID, statistic string, from, until, now time.Time) float64 {
	var values []float64
	of := s.metrics[id]
	for number := minuteOf(from); number < minuteOf(until) && len(of) > 0; number++ {
		m := of[number]
		if m == nil {
			continue
		}
		for i, v := range m.values {
			if !m.seen[i].After(now) {
				values = append(values, v)
			}
		}
	}
	if len(values) == 0 {
		return math.NaN()
	}
	v, err := compute(statistic, values)
	if err != nil {
		panic(err) // an alarm's statistics are checked before it is evaluated
	}
	return v
}

// compute returns a statistic of at least one value. A percentile is a value that so
// many percent of the values are at or below; how CloudWatch interpolates between two
// values is not confirmed ("CloudWatch statistics definitions":
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html).
func compute(statistic string, values []float64) (float64, error) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	switch statistic {
	case "Sum":
		return sum, nil
	case "SampleCount":
		return float64(len(values)), nil
	case "Average":
		return sum / float64(len(values)), nil
	case "Minimum":
		return slices.Min(values), nil
	case "Maximum":
		return slices.Max(values), nil
	}
	percentile, err := strconv.ParseFloat(strings.TrimPrefix(statistic, "p"), 64)
	if err != nil || !strings.HasPrefix(statistic, "p") || percentile <= 0 || percentile > 100 {
		return 0, fmt.Errorf("the statistic %q is not supported", statistic)
	}
	slices.Sort(values)
	return values[int(math.Ceil(percentile/100*float64(len(values))))-1], nil
}
