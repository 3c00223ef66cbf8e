package cost_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/cost"
	"github.com/fluxa/fluxa/cdk/stage"
)

func byName(t *testing.T, name string) stage.Stage {
	t.Helper()
	stages, err := stage.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stages {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no stage %s", name)
	return stage.Stage{}
}

func estimate(t *testing.T, s stage.Stage, w cost.Workload) cost.Breakdown {
	t.Helper()
	b, err := cost.Estimate(load(t), s, w, cost.FootprintOf(templates(t, s.Name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type figures struct{ quantity, amount float64 }

func compare(t *testing.T, bill []cost.Line, sum float64, want map[string]figures) {
	t.Helper()
	near := func(got, want float64) bool { return math.Abs(got-want) <= 1e-9*math.Abs(want) }
	wanted := 0.0
	for _, l := range bill {
		w, known := want[l.Item]
		if !known || !near(l.Quantity, w.quantity) || !near(l.Amount, w.amount) {
			t.Errorf("%s: %v costs %v, want %v", l.Item, l.Quantity, l.Amount, w)
		}
		delete(want, l.Item)
		wanted += w.amount
	}
	if len(want) > 0 || !near(sum, wanted) {
		t.Errorf("total %v, want %v; missing %v", sum, wanted, want)
	}
}

// kilo is the bytes of which a million are a GB.
const kilo = 1 << 30 / 1e6

// TestEstimate_worked_out_by_hand has a thousand events a second (2628 million in
// the 730 hours of a month), posted by tens, and a read for each tenth: a hundred
// posts and a hundred reads a second. 73 days are 2.4 months.
func TestEstimate_worked_out_by_hand(t *testing.T) {
	t.Parallel()
	memory := stage.Function{MemoryMiB: 1024}
	s := stage.Stage{
		Name: "hand", Tracing: true,
		Logs: stage.Logs{RetentionDays: 73}, Network: stage.Network{AvailabilityZones: 2, EndpointZones: 2, FlowLogs: true},
		Database: stage.Database{InstanceClass: "t4g.micro", StorageGiB: 20, BackupDays: 1, Proxy: true},
		Payloads: stage.Payloads{GlacierDays: 73}, Queue: stage.Queue{BatchSize: 10}, API: stage.API{Firewall: true},
		Functions: stage.Functions{
			Ingest: stage.HTTPFunction{Function: memory}, Query: stage.HTTPFunction{Function: memory}, Processor: stage.QueueFunction{Function: memory},
		},
	}
	w := cost.Workload{
		EventsPerMonth: 2_628_000_000, EventsPerRequest: 10, ReadsPerEvent: 0.1,
		PayloadBytes: kilo, LargeShare: 0.001, LargeBytes: 1000 * kilo, MonthsKept: 12,
		IngestMilliseconds: 20, QueryMilliseconds: 15, ProcessorMilliseconds: 40, EventMilliseconds: 0.5, ObjectMilliseconds: 100,
		QuotedGrowth: 1.1, EnvelopeBytes: 700, NotificationBytes: kilo, AnswerBytes: kilo, RowBytes: kilo, WALGrowth: 2,
		RequestLogBytes: kilo, BatchLogBytes: kilo, EventLogBytes: kilo, FirewallLogBytes: kilo, FirewallLogShare: 1, FlowLogBytes: kilo,
		LogCompression: 0.15, TraceShare: 0.05,
	}
	f := cost.Footprint{InterfaceEndpoints: 3, AlarmMetrics: 17, CompositeAlarms: 2, Dashboards: 1, FunctionMetrics: 10,
		Keys: 1, Secrets: 1, FirewallRules: 4, DeployGroups: 3}
	b, err := cost.Estimate(load(t), s, w, f)
	if err != nil {
		t.Fatal(err)
	}
	// A million events: 100,000 posts, reads and batches each; 1000 objects of 1 GB.
	compare(t, b.PerMillion, b.PerMillionTotal, map[string]figures{
		"API Gateway":                  {200_000, 0.70},      // × 3.50 / 1,000,000
		"answers to the internet":      {0.3999, 0.035991},   // 0.2 GB, and 0.1 × (0.999 + 1) GB of payloads; × 0.09
		"firewall":                     {200_000, 0.12},      // × 0.60 / 1,000,000
		"Lambda":                       {300_000, 0.06},      // × 0.20 / 1,000,000
		"Lambda ingest":                {2_600, 0.03466684},  // 100,000 × (20 + 10 × 0.6) ms × 1 GB; × 0.0000133334
		"Lambda processor":             {4_600, 0.06133364},  // 100,000 × (40 + 10 × 0.6) ms × 1 GB
		"Lambda query":                 {1_560, 0.020800104}, // 100,000 × (15 + 0.6) ms × 1 GB
		"SQS send":                     {100_000, 0.04},      // ten messages of 1.9 kB are one chunk; × 0.40 / 1,000,000
		"SQS receive":                  {100_000, 0.04},      //
		"SQS delete":                   {100_000, 0.04},      //
		"SNS publish":                  {100_000, 0.05},      // × 0.50 / 1,000,000
		"SNS publish, encrypted":       {20.0 / 3, 0.00002},  // 2 × 8760 times five minutes / 2628; × 0.03 / 10,000
		"SNS publish, its endpoint":    {1, 0.01},            // × 0.01
		"S3 put":                       {1_000, 0.005},       // × 0.005 / 1000
		"S3 get":                       {1_100, 0.00044},     // the processor's and a tenth of reads; × 0.0004 / 1000
		"S3 storage":                   {2.4, 0.0552},        // × 0.023
		"S3 to Glacier":                {1_000, 0.02},        // × 0.02 / 1000
		"S3 storage in Glacier":        {9.6, 0.0384},        // × 0.004
		"logs":                         {1.3, 0.65},          // 0.2 of requests, 0.1 of batches, 1 of events; × 0.50
		"logs of firewall and network": {0.3, 0.15},          // 0.2 of requests, 0.1 of batches; × 0.50
		"logs kept for 73 days":        {0.576, 0.01728},     // 1.6 × 0.15 × 2.4; × 0.03
		"X-Ray":                        {16_900, 0.0845},     // (1 + 0.05 × 199) + (1 + 0.05 × 99) a second, × 1000; × 5.00 / 1,000,000
		// The month's events take 5256 GB, of which 20 are there; the backups of a day are less.
		"database storage for events": {5236.0 / 2628, 5236.0 / 2628 * 0.115},
	})
	compare(t, b.Monthly, b.MonthlyTotal, map[string]figures{
		"database, db.t4g.micro":   {730, 11.68},      // × 0.016
		"database storage":         {20, 2.30},        // × 0.115
		"database proxy":           {1_460, 21.90},    // 2 × 730; × 0.015
		"database password":        {1, 0.40},         //
		"interface endpoints":      {4_380, 43.80},    // 3 × 2 × 730; × 0.01
		"polls of the empty queue": {657_000, 0.2628}, // 5 × 2,628,000 / 20; × 0.40 / 1,000,000
		"key of the topics":        {1, 1},            //
		"metrics of the functions": {10, 3},           // × 0.30
		"alarms":                   {17, 1.70},        // × 0.10
		"composite alarms":         {2, 1},            // × 0.50
		"dashboards":               {1, 3},            //
		"firewall":                 {1, 5},            //
		"firewall rules":           {4, 4},            // × 1.00
		"canary releases":          {3, 0},            // free
	})
	var largest []string
	for _, l := range b.Drivers {
		largest = append(largest, l.Item)
	}
	// 2628 × 0.70, × 0.65 and 5236 GB × 0.115: more than any line of a month.
	if want := []string{"API Gateway", "logs", "database storage for events"}; !cmp.Equal(largest, want) {
		t.Errorf("the largest are %q, want %q", largest, want)
	}
}

func quantities(bill []cost.Line) map[string]float64 {
	out := map[string]float64{}
	for _, l := range bill {
		out[l.Item] = l.Quantity
	}
	return out
}

func TestEstimate_follows_the_settings_and_the_templates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		item    string
		change  func(*stage.Stage)
		monthly bool
		before  float64
		after   float64
	}{
		"a second zone is a second instance": {"database, db.t4g.micro", func(s *stage.Stage) { s.Database.MultiAZ = true }, true, 730, 1460},
		"a proxy by its processors":          {"database proxy", func(s *stage.Stage) { s.Database.Proxy = true }, true, 0, 1460},
		"endpoints in two zones":             {"interface endpoints", func(s *stage.Stage) { s.Network.EndpointZones = 2 }, true, 2190, 4380},
		"a firewall in the templates":        {"firewall rules", func(s *stage.Stage) { s.Name = "prod" }, true, 0, 4},
		"a firewall inspects":                {"firewall", func(s *stage.Stage) { s.API.Firewall = true }, false, 0, 1_100_000},
		"canaries in the templates":          {"canary releases", func(s *stage.Stage) { s.Name = "prod" }, true, 0, 3},
		"alarms in the templates":            {"alarms", func(s *stage.Stage) { s.Name = "prod" }, true, 28, 39},
		"no tracing":                         {"X-Ray", func(s *stage.Stage) { s.Tracing = false }, false, 11_000, 0},
		"a share of the requests":            {"X-Ray", func(s *stage.Stage) { s.Traces.RequestsPercent = 5 }, false, 11_000, 55_000},
		"X-Ray's default rule":               {"X-Ray", func(s *stage.Stage) { s.Traces = stage.Traces{} }, false, 11_000, 1_749_023.2},
		"batches at Lambda's rate":           {"X-Ray", func(s *stage.Stage) { s.Traces.RequestsOnly = false }, false, 11_000, 851_154.9},
		"Lambda's own log lines":             {"logs", func(s *stage.Stage) { s.Logs.SystemLevel = "info" }, false, 2.375, 3.548},
		"memory":                             {"Lambda query", func(s *stage.Stage) { s.Functions.Query.MemoryMiB *= 2 }, false, 780, 1560},
		"a window fills batches":             {"SQS receive", func(s *stage.Stage) { s.Queue.BatchWindowSeconds = 10; s.Queue.BatchSize = 2 }, false, 1_000_000, 500_000},
		"nothing moves to Glacier in time":   {"S3 to Glacier", func(s *stage.Stage) { s.Payloads.GlacierDays = 400 }, false, 1000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := byName(t, "dev")
			pick := func(b cost.Breakdown) float64 {
				if c.monthly {
					return quantities(b.Monthly)[c.item]
				}
				return quantities(b.PerMillion)[c.item]
			}
			before := pick(estimate(t, s, cost.DefaultWorkload()))
			c.change(&s)
			after := pick(estimate(t, s, cost.DefaultWorkload()))
			if math.Abs(before-c.before) > 0.1 || math.Abs(after-c.after) > 0.1 {
				t.Errorf("%s: %v before, %v after; want %v, %v", c.item, before, after, c.before, c.after)
			}
		})
	}
}

func TestEstimate_storage_in_two_zones_has_a_price_of_its_own(t *testing.T) {
	t.Parallel()
	s := byName(t, "prod") // 100 GB
	for _, l := range estimate(t, s, cost.DefaultWorkload()).Monthly {
		if l.Item == "database storage" && math.Abs(l.Amount-23) > 1e-9 {
			t.Errorf("costs %v, want 100 × 0.23", l.Amount)
		}
	}
}

// The payload has a tenth more bytes as a string of the message, and 700 beside it.
func TestEstimate_counts_chunks_of_64_KiB(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ payload, batch, sends, receives float64 }{
		{1_000, 1, 1_000_000, 1_000_000},
		{58_000, 1, 1_000_000, 1_000_000},   // 64,500 bytes
		{59_000, 1, 2_000_000, 2_000_000},   // 65,600
		{262_144, 1, 5_000_000, 5_000_000},  // 289,058: the largest in the queue
		{262_145, 1, 1_000_000, 1_000_000},  // in S3
		{1_000, 500, 100_000, 100_000},      // ten at once
		{50_000, 100, 900_000, 900_000},     // ten of 55,700 bytes: nine chunks
		{250_000, 20, 4_350_000, 4_400_000}, // 275,700: three at once are 13 chunks, two 9, one 5: 6 × 13 + 9 for twenty, 3 × 13 + 5 for ten
	} {
		w := cost.DefaultWorkload()
		w.PayloadBytes, w.EventsPerRequest = c.payload, c.batch
		b := quantities(estimate(t, byName(t, "dev"), w).PerMillion)
		if math.Abs(b["SQS send"]-c.sends) > 1 || math.Abs(b["SQS receive"]-c.receives) > 1 {
			t.Errorf("%v bytes, %v to a request: %v sends, %v receives; want %v, %v", c.payload, c.batch, b["SQS send"], b["SQS receive"], c.sends, c.receives)
		}
	}
}

func TestEstimate_rises_with_the_payload(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev", "prod"} {
		last := 0.0
		for _, size := range []float64{1, 100, 1_024, 10_000, 59_000, 100_000, 262_144, 262_145, 1 << 20, 5 << 20} {
			w := cost.DefaultWorkload()
			w.PayloadBytes = size
			got := estimate(t, byName(t, name), w).PerMillionTotal
			if got <= last {
				t.Errorf("%s: %v bytes cost %v, fewer cost %v", name, size, got, last)
			}
			last = got
		}
	}
}

func TestEstimate_falls_with_the_events_of_a_request(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev", "prod"} {
		last := math.Inf(1)
		for _, events := range []float64{1, 2, 5, 10, 50, 100, 500} {
			w := cost.DefaultWorkload()
			w.EventsPerRequest = events
			got := estimate(t, byName(t, name), w).PerMillionTotal
			if got >= last {
				t.Errorf("%s: by %v a million cost %v, by fewer %v", name, events, got, last)
			}
			last = got
		}
	}
}

func TestEstimate_traces_nearly_all_of_few_calls_and_few_of_many(t *testing.T) {
	t.Parallel()
	traced := func(events float64) float64 {
		w := cost.DefaultWorkload()
		w.EventsPerMonth, w.ReadsPerEvent = events, 0
		s := byName(t, "dev")
		s.Traces = stage.Traces{}
		return quantities(estimate(t, s, w).PerMillion)["X-Ray"]
	}
	// Each event is a request and a batch: two calls, so that all were two million.
	if few := traced(1_000); few < 1_999_000 || few > 2_000_000 {
		t.Errorf("%v of a thousand a month", few)
	}
	if many := traced(2_628_000 * 1000); math.Abs(many-2*50_950) > 1 { // 1 + 0.05 × 999 of a thousand
		t.Errorf("%v of a thousand a second", many)
	}
}

func TestEstimate_refuses_what_cannot_be(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*cost.Workload)
		want   string
	}{
		"no events":         {func(w *cost.Workload) { w.EventsPerMonth = 0 }, "workload: EventsPerMonth (-events) must be 1 to 1,000,000,000,000, got 0"},
		"no number":         {func(w *cost.Workload) { w.EventsPerMonth = math.NaN() }, "workload: EventsPerMonth (-events) must be 1 to 1,000,000,000,000, got NaN"},
		"too many at once":  {func(w *cost.Workload) { w.EventsPerRequest = 501 }, "workload: EventsPerRequest (-batch) must be 1 to 500, got 501"},
		"negative reads":    {func(w *cost.Workload) { w.ReadsPerEvent = -0.5 }, "workload: ReadsPerEvent (-reads) must be 0 to 1,000, got -0.5"},
		"no payload":        {func(w *cost.Workload) { w.PayloadBytes = 0 }, "workload: PayloadBytes (-payload-bytes) must be 1 to 5,242,880, got 0"},
		"too large a body":  {func(w *cost.Workload) { w.PayloadBytes, w.EventsPerRequest = 20_000, 500 }, "workload: the body, PayloadBytes × EventsPerRequest, must be 1 to 5,242,880, got 10,000,000"},
		"a negative amount": {func(w *cost.Workload) { w.PayloadBytes = -5000 }, "workload: PayloadBytes (-payload-bytes) must be 1 to 5,242,880, got -5,000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := cost.DefaultWorkload()
			c.change(&w)
			s := byName(t, "dev")
			_, err := cost.Estimate(load(t), s, w, cost.FootprintOf(templates(t, s.Name)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q in it", err, c.want)
			}
		})
	}
}

func TestEstimate_says_when_the_stage_is_in_another_region(t *testing.T) {
	t.Parallel()
	s := byName(t, "dev")
	says := func() bool {
		return strings.Contains(strings.Join(estimate(t, s, cost.DefaultWorkload()).Notes, "\n"), "the stage is in eu-west-1, and the prices are those of us-east-1")
	}
	if says() {
		t.Error("says so of a stage without a region")
	}
	if s.Region = "eu-west-1"; !says() {
		t.Error("does not say so")
	}
}

func TestFootprintOf(t *testing.T) {
	t.Parallel()
	dev := cost.Footprint{InterfaceEndpoints: 3, AlarmMetrics: 28, CompositeAlarms: 1, Dashboards: 1, FunctionMetrics: 29, MaintainMetrics: 8, Keys: 1, Secrets: 1}
	prod := dev
	prod.AlarmMetrics, prod.FirewallRules, prod.DeployGroups = 39, 4, 3
	prod.FunctionMetrics += 6 // by version
	for name, want := range map[string]cost.Footprint{"dev": dev, "prod": prod} {
		if diff := cmp.Diff(want, cost.FootprintOf(templates(t, name))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
