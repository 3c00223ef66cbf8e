package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/telemetry"
)

func fixedNow() time.Time { return time.Date(2026, 11, 23, 20, 0, 0, 123_456_789, time.UTC) }

func newEmitter(t *testing.T, w *bytes.Buffer) *telemetry.Emitter {
	t.Helper()
	e, err := telemetry.NewEmitter(w, telemetry.EmitterConfig{Namespace: contract.NamespaceProcessor, Service: service, Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEmitter_lines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := newEmitter(t, &out)
	e.Count(contract.MetricProcessedSuccess, 8)
	e.Count(contract.MetricProcessedSuccess, 1)
	e.Count(contract.MetricProcessedFailure, 0)
	e.Observe(contract.MetricProcessLatency, 12.25)
	e.Observe(contract.MetricEndToEndLatency, 100)
	e.Observe(contract.MetricEndToEndLatency, 0.5)
	e.Observe(contract.MetricEndToEndLatency, 100)
	if err := e.Flush(map[string]string{"request_id": "r-1", "function_version": "7"}); err != nil {
		t.Fatal(err)
	}
	e.Count(contract.MetricNotified, 1)
	if err := e.Flush(nil); err != nil {
		t.Fatal(err)
	}
	golden(t, "emf.golden", out.String())
}

// A line has the outcomes of the version once, zeros included, beside the other
// metrics or alone.
func TestEmitter_outcomes_of_a_version(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e, err := telemetry.NewEmitter(&out, telemetry.EmitterConfig{Namespace: contract.NamespaceProcessor, Service: service, Version: "12", Now: fixedNow})
	if err != nil {
		t.Fatal(err)
	}
	e.Outcome(8, 1)
	e.Outcome(2, 0)
	e.Count(contract.MetricProcessedSuccess, 9)
	for i := range 101 {
		e.Observe(contract.MetricEndToEndLatency, float64(i%2))
	}
	errs := []error{e.Flush(map[string]string{"request_id": "r-1"})}
	e.Outcome(1, 0)
	errs = append(errs, e.Flush(nil))
	e.Count(contract.MetricNotified, 1)
	errs = append(errs, e.Flush(nil))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	golden(t, "emf.version.golden", out.String())
}

func TestEmitter_without_a_version_counts_no_outcomes(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := newEmitter(t, &out)
	e.Outcome(3, 3)
	if err := e.Flush(nil); err != nil || out.Len() != 0 {
		t.Errorf("%q, error %v", out.String(), err)
	}
}

func TestEmitter_writes_nothing_when_there_is_nothing(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := newEmitter(t, &out)
	if err := e.Flush(map[string]string{"request_id": "r"}); err != nil || out.Len() != 0 {
		t.Errorf("%q, error %v", out.String(), err)
	}
}

func TestEmitter_more_values_than_a_line_holds_go_to_further_lines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := newEmitter(t, &out)
	for i := range 250 {
		e.Observe(contract.MetricEndToEndLatency, float64(i))
	}
	for i := range 101 {
		e.Observe(contract.MetricDBLatency, float64(i))
	}
	e.Count(contract.MetricProcessedSuccess, 250)
	if err := e.Flush(map[string]string{"request_id": "r"}); err != nil {
		t.Fatal(err)
	}
	var lengths [][2]int
	sum, counted := 0.0, 0.0
	for _, line := range lines(t, out.String()) {
		end, db := values(line[contract.MetricEndToEndLatency]), values(line[contract.MetricDBLatency])
		lengths = append(lengths, [2]int{len(end), len(db)})
		for _, v := range append(end, db...) {
			sum += v
		}
		for _, v := range values(line[contract.MetricProcessedSuccess]) {
			counted += v
		}
		if line["request_id"] != "r" {
			t.Errorf("a line without its properties: %v", line)
		}
	}
	if want := [][2]int{{100, 100}, {100, 1}, {50, 0}}; !slices.Equal(lengths, want) {
		t.Errorf("values a line %v, want %v", lengths, want)
	}
	if want := float64(249*250/2 + 100*101/2); sum != want || counted != 250 {
		t.Errorf("sum %v, want %v; counted %v, want 250", sum, want, counted)
	}
}

func lines(t *testing.T, text string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(text) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if len(line) > 1<<20 {
			t.Errorf("a line of %d bytes", len(line))
		}
		out = append(out, object)
	}
	return out
}

func values(v any) []float64 {
	switch v := v.(type) {
	case float64:
		return []float64{v}
	case []any:
		out := make([]float64, len(v))
		for i, one := range v {
			out[i] = one.(float64)
		}
		return out
	}
	return nil
}

// Every metric of the contract, in every namespace, comes out with its unit and
// with the two dimensions only.
func TestEmitter_writes_every_metric_of_the_contract(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{contract.NamespaceIngest, contract.NamespaceProcessor, contract.NamespaceQuery} {
		var out bytes.Buffer
		e, err := telemetry.NewEmitter(&out, telemetry.EmitterConfig{Namespace: namespace, Service: service})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, m := range contract.Metrics() {
			if m.Namespace != namespace {
				continue
			}
			want[m.Name] = m.Unit
			if m.Unit == contract.UnitCount {
				e.Count(m.Name, 1)
			} else {
				e.Observe(m.Name, 1)
			}
		}
		if err := e.Flush(nil); err != nil {
			t.Fatal(err)
		}
		var line struct {
			AWS struct {
				Timestamp         int64
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name, Unit string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		directive := line.AWS.CloudWatchMetrics[0]
		if directive.Namespace != namespace || len(directive.Dimensions) != 1 || !slices.Equal(directive.Dimensions[0], []string{"Service", "Environment"}) {
			t.Errorf("directive %+v", directive)
		}
		if len(directive.Metrics) != len(want) {
			t.Errorf("%s: %d metrics, want %d", namespace, len(directive.Metrics), len(want))
		}
		for _, m := range directive.Metrics {
			if want[m.Name] != m.Unit {
				t.Errorf("%s is in %s, want %s", m.Name, m.Unit, want[m.Name])
			}
		}
	}
}

func TestEmitter_reports_what_it_dropped_and_keeps_the_rest(t *testing.T) {
	t.Parallel()
	for want, measure := range map[string]func(*telemetry.Emitter){
		`metric "ingest_success" is not one of Fluxa/Processor`:       func(e *telemetry.Emitter) { e.Count(contract.MetricIngestSuccess, 1) },
		`metric "db_latency_ms" is in Milliseconds, not in Count`:     func(e *telemetry.Emitter) { e.Count(contract.MetricDBLatency, 1) },
		`metric "processed_success" is in Count, not in Milliseconds`: func(e *telemetry.Emitter) { e.Observe(contract.MetricProcessedSuccess, 1) },
		`metric "processed_success" cannot be -1`:                     func(e *telemetry.Emitter) { e.Count(contract.MetricProcessedSuccess, -1) },
		`metric "db_latency_ms" cannot be NaN`:                        func(e *telemetry.Emitter) { e.Observe(contract.MetricDBLatency, math.NaN()) },
		`metric "db_latency_ms" cannot be +Inf`:                       func(e *telemetry.Emitter) { e.Observe(contract.MetricDBLatency, math.Inf(1)) },
	} {
		var out bytes.Buffer
		e := newEmitter(t, &out)
		measure(e)
		e.Count(contract.MetricNotified, 3)
		if err := e.Flush(nil); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		written := lines(t, out.String())
		if len(written) != 1 || written[0]["notified"] != 3.0 || len(written[0]) != 4 {
			t.Errorf("written %v", written)
		}
		if err := e.Flush(nil); err != nil {
			t.Errorf("it is reported twice: %v", err)
		}
	}
}

func TestEmitter_bounds_what_it_reports(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := newEmitter(t, &out)
	for range 1_000 {
		e.Count("unknown", 1)
	}
	if err := e.Flush(nil); err == nil || strings.Count(err.Error(), "\n") != 19 {
		t.Errorf("error %v", err)
	}
}

func TestEmitter_properties_never_replace_anything(t *testing.T) {
	t.Parallel()
	many := map[string]string{"zz": "last"}
	for i := range 20 {
		many["p"+strconv.Itoa(i)] = "v"
	}
	for want, properties := range map[string]map[string]string{
		`property "Service" has the name of something else`:       {"Service": "x"},
		`property "_aws" has the name of something else`:          {"_aws": "x"},
		`property "db_latency_ms" has the name of something else`: {"db_latency_ms": "x"},
		`property "" has the name of something else`:              {"": "x"},
		`property 1 is more than 20 properties of 1024 bytes`:     {"long": strings.Repeat("x", 1_025)},
		`property 21 is more than 20 properties of 1024 bytes`:    many,
	} {
		var out bytes.Buffer
		e := newEmitter(t, &out)
		e.Count(contract.MetricNotified, 1)
		if err := e.Flush(properties); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		line := lines(t, out.String())[0]
		if line["Service"] != "processor" || line["notified"] != 1.0 || line["zz"] != nil || line["long"] != nil {
			t.Errorf("line %v", line)
		}
	}
}

func TestEmitter_is_safe_for_concurrent_use(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := newEmitter(t, &out)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				e.Count(contract.MetricNotified, 1)
				e.Observe(contract.MetricDBLatency, 1)
				if err := e.Flush(nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	notified, observed := 0.0, 0
	for _, line := range lines(t, out.String()) {
		for _, v := range values(line[contract.MetricNotified]) {
			notified += v
		}
		observed += len(values(line[contract.MetricDBLatency]))
	}
	if notified != 800 || observed != 800 {
		t.Errorf("counted %v and observed %d, want 800 each", notified, observed)
	}
}

func TestEmitter_reports_a_writer_that_fails(t *testing.T) {
	t.Parallel()
	closed := errors.New("closed")
	e, err := telemetry.NewEmitter(writer(func([]byte) (int, error) { return 0, closed }),
		telemetry.EmitterConfig{Namespace: contract.NamespaceQuery, Service: service})
	if err != nil {
		t.Fatal(err)
	}
	e.Count(contract.MetricQuerySuccess, 1)
	if err := e.Flush(nil); !errors.Is(err, closed) {
		t.Errorf("error %v", err)
	}
}

func TestNewEmitter_refuses(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]telemetry.EmitterConfig{
		`telemetry: Namespace "Fluxa/Nothing" has no metrics`:                                 {Namespace: "Fluxa/Nothing", Service: service},
		`telemetry: Service must have a name and an environment, got "" and "dev"`:            {Namespace: contract.NamespaceQuery, Service: telemetry.Service{Environment: "dev"}},
		`telemetry: Service must have a name and an environment, got "query" and ""`:          {Namespace: contract.NamespaceQuery, Service: telemetry.Service{Name: "query"}},
		`telemetry: Version is "3", but Namespace "Fluxa/Maintain" has no metrics by version`: {Namespace: contract.NamespaceMaintain, Service: service, Version: "3"},
	} {
		if _, err := telemetry.NewEmitter(&bytes.Buffer{}, c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func ExampleEmitter() {
	e, err := telemetry.NewEmitter(os.Stdout, telemetry.EmitterConfig{
		Namespace: contract.NamespaceQuery,
		Service:   telemetry.Service{Name: "query", Environment: "dev"},
		Now:       func() time.Time { return time.UnixMilli(1_700_000_000_000) },
	})
	if err != nil {
		panic(err)
	}
	e.Count(contract.MetricQuerySuccess, 1)
	if err := e.Flush(nil); err != nil {
		panic(err)
	}
	// Output:
	// {"Environment":"dev","Service":"query","_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"Fluxa/Query","Dimensions":[["Service","Environment"]],"Metrics":[{"Name":"query_success","Unit":"Count"}]}]},"query_success":1}
}
