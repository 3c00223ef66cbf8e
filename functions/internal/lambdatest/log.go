package lambdatest

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

// Environment is the stage of every test.
const Environment = "test"

// Log takes what a function writes: log lines and metrics. It is safe for
// concurrent use.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a piece of output.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns everything so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Lines returns the log lines, those of metrics left out.
func (l *Log) Lines(t testing.TB) []Object {
	t.Helper()
	var out []Object
	for line := range strings.Lines(l.String()) {
		if object := Decode(t, []byte(line)); object["_aws"] == nil {
			out = append(out, object)
		}
	}
	return out
}

// Only returns the one log line there is.
func (l *Log) Only(t testing.TB) Object {
	t.Helper()
	lines := l.Lines(t)
	if len(lines) != 1 {
		t.Fatalf("%d log lines, want 1:\n%s", len(lines), l.String())
	}
	return lines[0]
}

// Counts returns the sums of all counted metrics, as "name=sum name=sum", in the
// order of their names. Of the latencies it gives the number.
func (l *Log) Counts(t testing.TB) string {
	t.Helper()
	sums := map[string]float64{}
	for line := range strings.Lines(l.String()) {
		object := Decode(t, []byte(line))
		if object["_aws"] == nil {
			continue
		}
		for _, m := range contract.Metrics() {
			value, ok := object[m.Name]
			switch values, list := value.([]any); {
			case !ok:
			case m.Unit == contract.UnitCount:
				sums[m.Name] += value.(float64)
			case list:
				sums[m.Name] += float64(len(values))
			default:
				sums[m.Name]++
			}
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, fmt.Sprintf("%s=%v", name, sums[name]))
	}
	return strings.Join(out, " ")
}

// Outcome compares the sums of what the version handled and what of it failed. Each
// line that has one has both.
func (l *Log) Outcome(t testing.TB, version string, handled, failed float64) {
	t.Helper()
	var sums [2]float64
	for line := range strings.Lines(l.String()) {
		object := Decode(t, []byte(line))
		if object[contract.DimensionVersion] == nil {
			continue
		}
		if object[contract.DimensionVersion] != version {
			t.Errorf("version %v in %s", object[contract.DimensionVersion], line)
		}
		for i, name := range []string{contract.MetricVersionHandled, contract.MetricVersionFailed} {
			sums[i] += object[name].(float64)
		}
	}
	if want := [2]float64{handled, failed}; sums != want {
		t.Errorf("handled and failed: %v, want %v", sums, want)
	}
}

// Base returns what a function starts with, its output in a log. Traces are off
// and no AWS client can be made of it.
func Base(function contract.Function) (boot.Base, *Log) {
	log := &Log{}
	service := telemetry.Service{Name: string(function), Environment: Environment}
	return boot.Base{
		Service: service, Logger: telemetry.NewLogger(log, service, slog.LevelDebug), Traces: &telemetry.Traces{}, Out: log,
	}, log
}

var (
	moments = regexp.MustCompile(`"timestamp":"[^"]*"`)
	epochs  = regexp.MustCompile(`"Timestamp":[0-9]+`)
	periods = regexp.MustCompile(`"([a-z_]+_ms)":[0-9.]+`)
	lists   = regexp.MustCompile(`"([a-z_]+_ms)":\[[0-9.,]+\]`)
)

// Timeless replaces what differs from run to run: times and durations.
func Timeless(text string) string {
	text = moments.ReplaceAllString(text, `"timestamp":"NOW"`)
	text = epochs.ReplaceAllString(text, `"Timestamp":0`)
	text = lists.ReplaceAllString(text, `"$1":[0]`)
	return periods.ReplaceAllString(text, `"$1":0`)
}
