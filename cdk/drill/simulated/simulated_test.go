package simulated

import (
	"math"
	"testing"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

var midnight = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// value is a metric of a queue in the minute that ends at a time, as it can be seen later.
func value(s *cloudwatch.Store, queue, name string, end, now time.Time) float64 {
	return s.Statistic(cloudwatch.ID{Namespace: "AWS/SQS", Name: name, Dimensions: "QueueName=" + queue}, "Maximum", end.Add(-time.Minute), end, now)
}

func TestQueue_forgets_the_age_of_what_was_received_three_times(t *testing.T) {
	t.Parallel()
	q, s := newQueue("q", 10*time.Second), cloudwatch.NewStore()
	q.send(midnight, "a")
	for minute, want := range []float64{60, 120, 0, 0} { // after 1, 2, 3 and 4 receives
		now := midnight.Add(time.Duration(minute) * time.Minute)
		q.show(now)
		if got := q.receive(now, 10); len(got) != 1 || got[0].receives != minute+1 {
			t.Fatalf("received %v", got)
		}
		end := now.Add(time.Minute)
		q.show(end)
		q.report(s, end)
		if got := value(s, "q", "ApproximateAgeOfOldestMessage", end, end.Add(time.Hour)); got != want {
			t.Errorf("after %d receives the age is %v, want %v", minute+1, got, want)
		}
	}
}

func TestQueue_counts_what_is_hidden_and_what_is_not(t *testing.T) {
	t.Parallel()
	q, s := newQueue("q", time.Hour), cloudwatch.NewStore()
	for range 5 {
		q.send(midnight, "a")
	}
	got := q.receive(midnight, 3)
	q.remove(got[0].id)
	q.postpone(got[1].id, midnight.Add(30*time.Second))
	end := midnight.Add(time.Minute)
	q.show(end)
	q.report(s, end)
	for name, want := range map[string]float64{
		"ApproximateNumberOfMessagesVisible": 3, "ApproximateNumberOfMessagesNotVisible": 1,
		"NumberOfMessagesSent": 5, "NumberOfMessagesReceived": 3, "NumberOfMessagesDeleted": 1, "NumberOfEmptyReceives": 0,
	} {
		if got := value(s, "q", name, end, end.Add(time.Hour)); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

func TestQueue_is_silent_after_six_hours_and_wakes_fifteen_minutes_late(t *testing.T) {
	t.Parallel()
	q, s := newQueue("q", time.Hour), cloudwatch.NewStore()
	at := func(d time.Duration) float64 {
		end := midnight.Add(d)
		q.report(s, end)
		return value(s, "q", "NumberOfMessagesSent", end, end.Add(cloudwatch.Lag))
	}
	if got := at(time.Minute); !math.IsNaN(got) {
		t.Errorf("a queue that was never used reports %v", got)
	}
	q.touch(midnight)
	if got := at(13 * time.Minute); !math.IsNaN(got) {
		t.Errorf("it reports %v before it is awake", got)
	}
	if got := at(15 * time.Minute); got != 0 {
		t.Errorf("awake it reports %v", got)
	}
	if got := at(6*time.Hour + time.Minute); !math.IsNaN(got) {
		t.Errorf("after six hours it reports %v", got)
	}
}

func TestQueue_moves_what_was_received_too_often(t *testing.T) {
	t.Parallel()
	q, letters := newQueue("q", time.Second), newQueue("dlq", time.Second)
	q.redriveTo, q.receives = letters, 2
	q.send(midnight, "a")
	for n := range 3 {
		now := midnight.Add(time.Duration(n) * time.Minute)
		q.show(now)
		q.receive(now, 1)
	}
	if len(q.all) != 0 || len(letters.all) != 1 {
		t.Errorf("%d on the queue, %d in the DLQ", len(q.all), len(letters.all))
	}
}

func world(t *testing.T, name string) *World {
	t.Helper()
	all, err := stage.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Name == name {
			w, err := New(s, midnight)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
	}
	t.Fatalf("there is no stage %s", name)
	return nil
}

func run(t *testing.T, w *World, d time.Duration) {
	t.Helper()
	if err := w.Run(w.Now().Add(d), func(time.Time) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// sum adds a metric up over all that was simulated.
func sum(w *World, namespace, name, dimensions string) float64 {
	id := cloudwatch.ID{Namespace: namespace, Name: name, Dimensions: dimensions}
	v := w.Metrics.Statistic(id, "Sum", midnight, w.Now().Add(time.Minute), w.Now().Add(time.Hour))
	if math.IsNaN(v) {
		return 0
	}
	return v
}

const processorDimensions = "Environment=dev,Service=processor"

func TestWorld_stores_every_event_of_a_good_day(t *testing.T) {
	t.Parallel()
	w := world(t, "dev")
	w.Traffic(60, 0)
	run(t, w, 10*time.Minute)
	for name, want := range map[string]float64{contract.MetricProcessedSuccess: 600, contract.MetricNotified: 600, contract.MetricProcessedFailure: 0, contract.MetricRetried: 0} {
		if got := sum(w, contract.NamespaceProcessor, name, processorDimensions); math.Abs(got-want) > 1 { // the last one may be under way
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := sum(w, "AWS/Lambda", "Errors", "FunctionName=fluxa-processor-dev"); got != 0 {
		t.Errorf("%v errors", got)
	}
}

// TestWorld_retries_by_the_back_off_of_the_processor has one event meet an outage: it is
// tried again after about 5, 15, 45 and 60 seconds and those that each try takes.
func TestWorld_retries_by_the_back_off_of_the_processor(t *testing.T) {
	t.Parallel()
	w := world(t, "dev")
	w.Faults.Database = true
	w.At(midnight, func() { w.request() })
	run(t, w, 150*time.Second)
	if got := sum(w, contract.NamespaceProcessor, contract.MetricRetried, processorDimensions); got != 5 {
		t.Errorf("%v deliveries, want 5", got)
	}
	w.Faults.Database = false
	run(t, w, 70*time.Second)
	if got := sum(w, contract.NamespaceProcessor, contract.MetricProcessedSuccess, processorDimensions); got != 1 {
		t.Errorf("%v stored after the outage, want 1", got)
	}
	if len(w.queue.all) != 0 {
		t.Errorf("%d messages are left", len(w.queue.all))
	}
}

func TestWorld_sends_poison_to_the_DLQ(t *testing.T) {
	t.Parallel()
	w := world(t, "dev")
	w.Traffic(0, 60)
	run(t, w, time.Minute)
	w.Traffic(0, 0)
	run(t, w, time.Minute)
	sent := sum(w, contract.NamespaceProcessor, contract.MetricDLQSent, processorDimensions)
	if sent < 59 || float64(len(w.letters.all)) != sent || len(w.queue.all) != 0 {
		t.Errorf("%v sent to the DLQ, %d in it, %d left", sent, len(w.letters.all), len(w.queue.all))
	}
}

// TestWorld_returns_what_a_crash_leaves has a release exit: Lambda counts errors, and
// the messages come back after the visibility time-out.
func TestWorld_returns_what_a_crash_leaves(t *testing.T) {
	t.Parallel()
	w := world(t, "dev")
	w.Faults.Release = Release{Share: 1, Crashes: true}
	w.At(midnight, func() { w.request() })
	run(t, w, 10*time.Second)
	w.Faults.Release = Release{}
	run(t, w, 160*time.Second)
	if got := sum(w, contract.NamespaceProcessor, contract.MetricProcessedSuccess, processorDimensions); got != 0 {
		t.Errorf("it is stored before the visibility time-out")
	}
	run(t, w, 20*time.Second)
	stored := sum(w, contract.NamespaceProcessor, contract.MetricProcessedSuccess, processorDimensions)
	if failed := sum(w, "AWS/Lambda", "Errors", "FunctionName=fluxa-processor-dev,Resource=fluxa-processor-dev:live"); stored != 1 || failed != 1 {
		t.Errorf("%v stored, %v errors, want one of each", stored, failed)
	}
}

func TestWorld_runs_a_failed_maintenance_twice_more(t *testing.T) {
	t.Parallel()
	w := world(t, "dev")
	w.stage.Events.MaintainEveryHours = 1
	run(t, w, 30*time.Minute)
	w.maintain.partitions = nil
	w.Faults.Partitions = true
	run(t, w, time.Hour)
	const dimensions = "Environment=dev,Service=maintain"
	failed, done := sum(w, contract.NamespaceMaintain, contract.MetricMaintainFailure, dimensions), sum(w, contract.NamespaceMaintain, contract.MetricMaintainSuccess, dimensions)
	if failed != 3 || done != 1 {
		t.Errorf("%v runs failed and %v did not, want 3 and 1", failed, done)
	}
}
