package stage

import (
	"testing"
	"time"
)

func TestDatabase_supports_what_seven_tenths_of_its_memory_gives(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]struct{ connections, vcpus int }{
		"t4g.micro": {78, 2}, "t4g.small": {157, 2}, "t4g.medium": {315, 2}, "t4g.large": {630, 2},
		"m7g.large": {630, 2}, "m7g.xlarge": {1261, 4}, "m7g.2xlarge": {2523, 8}, "m7g.4xlarge": {5000, 16},
		"r7g.large": {1261, 2}, "r7g.xlarge": {2523, 4}, "r7g.2xlarge": {5000, 8}, "r7g.4xlarge": {5000, 16},
	} {
		d := Database{InstanceClass: class}
		if got := d.MaxConnections(); got != want.connections {
			t.Errorf("%s supports %d connections, want %d", class, got, want.connections)
		}
		if got := d.VCPUs(); got != want.vcpus {
			t.Errorf("%s has %d vCPUs, want %d", class, got, want.vcpus)
		}
	}
	if known := len(memoryGiB()); known != 12 {
		t.Errorf("there are %d classes: this table has 12", known)
	}
	if got := (Database{InstanceClass: "x2g.large"}).MaxConnections(); got != 0 {
		t.Errorf("a class that no stage may name supports %d", got)
	}
}

func TestDatabase_on_Aurora_supports_what_its_largest_capacity_gives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minimum, maximum float64
		want             int
	}{
		// AWS's table has 189, 823, 1669, 3360 and 5000.
		{1, 1, 157}, {1, 4, 630}, {1, 8, 1261}, {1, 16, 2523}, {1, 32, 5000}, {1, 256, 5000},
		{0.5, 1.5, 236}, {0, 256, 2000}, {0.5, 256, 2000},
	} {
		if got := (Database{Engine: Aurora, MinimumACU: c.minimum, MaximumACU: c.maximum}).MaxConnections(); got != c.want {
			t.Errorf("%v to %v ACU support %d connections, want %d", c.minimum, c.maximum, got, c.want)
		}
	}
}

func TestConnections_are_those_of_the_functions_and_behind_a_proxy_of_what_changes_tables(t *testing.T) {
	t.Parallel()
	s := Stage{Functions: Functions{
		Ingest: HTTPFunction{ReservedConcurrency: 1000}, Processor: QueueFunction{MaximumConcurrency: 7}, Query: HTTPFunction{ReservedConcurrency: 13},
	}}
	// Ten for RDS and for people, one of the migration and one of the maintenance, two
	// of each processor, one of each query.
	if got, want := s.Connections(), 10+2+2*7+13; got != want {
		t.Errorf("without a proxy: %d, want %d", got, want)
	}
	s.Database.Proxy = true
	if got, want := s.Connections(), 10+2; got != want {
		t.Errorf("behind a proxy: %d, want %d", got, want)
	}
	s.Database.Engine = Aurora
	if got, want := s.Connections(), 10+2+13; got != want {
		t.Errorf("behind a proxy on Aurora, whose readers have none: %d, want %d", got, want)
	}
}

func TestVisibility_is_six_time_outs_and_the_window(t *testing.T) {
	t.Parallel()
	s := Stage{Queue: Queue{BatchWindowSeconds: 20}, Functions: Functions{Processor: QueueFunction{Function: Function{TimeoutSeconds: 30}}}}
	if got, want := s.Visibility(), 200*time.Second; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.Queue.BatchWindowSeconds = 0
	if got, want := s.Visibility(), 3*time.Minute; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
