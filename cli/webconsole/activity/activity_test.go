package activity_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cli/webconsole/activity"
	"github.com/fluxa/fluxa/pkg/contract"
)

var now = time.Date(2026, 11, 30, 8, 0, 10, 0, time.UTC)

func metrics(l *activity.Log, function contract.Function, at time.Time, fields string) {
	l.Take(function, fmt.Appendf(nil, `{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[]},%s}`, at.UnixMilli(), fields))
}

func entry(at time.Time, fields string) []byte {
	return fmt.Appendf(nil, `{"timestamp":%q,"level":"INFO","message":"m",%s}`, at.Format(time.RFC3339Nano), fields)
}

func TestPoints_are_the_sums_and_percentiles_of_each_second(t *testing.T) {
	t.Parallel()
	l := activity.New()
	metrics(l, contract.FunctionIngest, now.Add(-2*time.Second), `"ingest_success":3,"ingest_latency_ms":[1,2,100]`)
	metrics(l, contract.FunctionIngest, now.Add(-2*time.Second), `"ingest_failure":1`)
	metrics(l, contract.FunctionProcessor, now.Add(-time.Second), `"processed_success":2,"retried":1,"dlq_sent":1,"notified":2,"db_latency_ms":5,"process_latency_ms":7,"end_to_end_latency_ms":[20,30]`)
	metrics(l, contract.FunctionProcessor, now.Add(-activity.Window*time.Second), `"processed_success":1`) // too old
	l.Take(contract.FunctionIngest, []byte(`not "_aws" metrics`))
	number := func(v float64) *float64 { return &v }
	want := []activity.Point{
		{At: now.Unix() - 3},
		{At: now.Unix() - 2, Accepted: 3, Refused: 1, Ingest50: number(2), Ingest99: number(100)},
		{At: now.Unix() - 1, Stored: 2, Retried: 1, DLQ: 1, Whole50: number(30), Whole99: number(30)},
	}
	if diff := cmp.Diff(want, l.Points(now, 3)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	wantNow := activity.Now{
		Accepted: 0.3, Refused: 0.1, Stored: 0.2, Retried: 0.1, DLQ: 0.1, Notified: 0.2,
		Ingest: number(2), Process: number(7), Database: number(5), Whole: number(30), Whole99: number(30),
	}
	if diff := cmp.Diff(wantNow, l.Now(now)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := len(l.Points(now, activity.Window+100)); got != activity.Window {
		t.Errorf("%d seconds are told, want %d", got, activity.Window)
	}
}

func TestEvents_show_what_became_of_each(t *testing.T) {
	t.Parallel()
	l := activity.New()
	take := func(function contract.Function, seconds int, fields string) {
		l.Take(function, entry(now.Add(time.Duration(seconds)*time.Second), fmt.Sprintf(`"service":%q,`, function)+fields))
	}
	take(contract.FunctionProcessor, 1, `"event_id":"a","correlation_id":"c","result":"retried","deliveries":1,"error_code":"database_unavailable"`)
	take(contract.FunctionProcessor, 2, `"event_id":"a","correlation_id":"c","result":"processed","deliveries":2,"notified":true,"end_to_end_ms":41.5`)
	take(contract.FunctionProcessor, 3, `"event_id":"b","result":"dead_lettered","deliveries":1,"error_code":"invalid_event"`)
	take(contract.FunctionIngest, 0, `"event_id":"a","correlation_id":"c","status":202`)
	take(contract.FunctionIngest, 4, `"event_id":"d","status":202`)
	take(contract.FunctionIngest, 5, `"correlation_id":"e","status":422,"error_code":"invalid_value"`)
	take(contract.FunctionIngest, 6, `"correlation_id":"batch","status":202`) // it names no event
	l.Take(contract.FunctionProcessor, []byte("panic: no JSON"))
	if got := l.Events(10); len(got) != 0 {
		t.Errorf("before Settle there are %v", got)
	}
	l.Settle()
	take(contract.FunctionIngest, 4, `"event_id":"b","status":202`) // answered after the processor was done
	l.Settle()
	want := []activity.Event{
		{CorrelationID: "e", At: now.Add(5 * time.Second), State: activity.Refused, ErrorCode: "invalid_value"},
		{ID: "b", At: now.Add(3 * time.Second), State: activity.DeadLettered, ErrorCode: "invalid_event", Deliveries: 1},
		{ID: "a", CorrelationID: "c", At: now.Add(2 * time.Second), State: activity.Stored, Deliveries: 2, EndToEndMS: 41.5, Announced: true},
		{ID: "d", At: now.Add(4 * time.Second), State: activity.Accepted},
	}
	got := l.Events(10)
	byID := func(list []activity.Event) map[string]activity.Event {
		out := map[string]activity.Event{}
		for _, e := range list {
			out[e.ID] = e
		}
		return out
	}
	if diff := cmp.Diff(byID(want), byID(got)); diff != "" || len(got) != len(want) {
		t.Errorf("%d events, want %d (-want +got)\n%s", len(got), len(want), diff)
	}
}

func TestRuns_of_maintain_are_kept(t *testing.T) {
	t.Parallel()
	l := activity.New()
	for i := range 100 {
		l.Take(contract.FunctionMaintain, entry(now.Add(time.Duration(i)*time.Hour), fmt.Sprintf(`"report":{"partitions_made":%d,"partitions_ahead":7}`, i)))
		l.Take(contract.FunctionMaintain, entry(now.Add(time.Duration(i)*time.Hour), `"operation":"replay","done":true,"report":{"sent":7}`)) // is no run
		l.Settle()
	}
	runs := l.Runs()
	if len(runs) != 48 || runs[0].Report != (activity.MaintainReport{Made: 99, Ahead: 7}) || !runs[0].At.After(runs[1].At) {
		t.Errorf("%d runs, the first %+v", len(runs), runs[0])
	}
}

// TestMemory_is_bounded_however_long_events_come takes twice ten minutes of 1,000 events
// a second, in the time of the lines: the second ten add nothing. It measures the heap, and so runs alone.
func TestMemory_is_bounded_however_long_events_come(t *testing.T) {
	l := activity.New()
	latencies := "1"
	for i := range 99 {
		latencies += fmt.Sprintf(",%d", i)
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	minutes := func(from int) uint64 {
		for s := range 600 {
			at := now.Add(time.Duration(from+s) * time.Second)
			for i := range 10 {
				metrics(l, contract.FunctionProcessor, at, `"processed_success":100,"end_to_end_latency_ms":[`+latencies+`]`)
				l.Take(contract.FunctionProcessor, entry(at, fmt.Sprintf(`"service":"processor","event_id":"e-%d-%d","result":"processed"`, from+s, i)))
			}
			l.Settle()
		}
		return heap()
	}
	first := minutes(0)
	second := minutes(600)
	if grown := int64(second) - int64(first); grown > 1<<20 {
		t.Errorf("the second ten minutes added %d bytes to %d", grown, first)
	}
	for range 5_000 { // half a million latencies in a second
		metrics(l, contract.FunctionProcessor, now.Add(20*time.Minute), `"end_to_end_latency_ms":[`+latencies+`]`)
	}
	if grown := int64(heap()) - int64(second); grown > 1<<20 {
		t.Errorf("a busy second added %d bytes", grown)
	}
	if got := len(l.Events(1_000_000)); got != 200 {
		t.Errorf("%d events are kept", got)
	}
	runtime.KeepAlive(l)
}
