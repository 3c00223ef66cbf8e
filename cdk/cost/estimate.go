package cost

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	million         = 1e6
	gib             = 1 << 30
	hoursPerMonth   = 730
	daysPerMonth    = hoursPerMonth / 24.0
	secondsPerMonth = hoursPerMonth * 3600

	chunkBytes  = 65_536 // SQS and SNS bill a request for each chunk of its messages
	pollers     = 5      // polls of a queue that Lambda keeps open,
	pollSeconds = 20     // and how long each takes
	keyRequests = 2      // that SNS makes to KMS for a key,
	keySeconds  = 300    // and how long it uses that
	largest     = 3      // lines that a breakdown names
)

// Line is one line of a bill.
type Line struct {
	Item     string  `json:"item"`
	Quantity float64 `json:"quantity"`
	Price    Price   `json:"price"`
	Amount   float64 `json:"amount"` // Quantity × Price
}

// Breakdown is what a stage costs, in dollars. Nothing in it is rounded. A line
// with a quantity of zero is left out.
type Breakdown struct {
	Stage           string    `json:"stage"`
	Footprint       Footprint `json:"footprint"`
	PerMillion      []Line    `json:"per_million_events"`
	PerMillionTotal float64   `json:"per_million_events_total"`
	Monthly         []Line    `json:"per_month"` // fixed: however little arrives
	MonthlyTotal    float64   `json:"per_month_total"`
	IdleTotal       float64   `json:"idle_total"` // of a month in which nothing arrives
	Drivers         []Line    `json:"drivers"`    // the largest lines of a month with the workload's events
	Notes           []string  `json:"notes"`
}

// Estimate computes what the stage costs under the workload. Returns an error that
// names a number of the workload which cannot be, or an instance class without a
// price.
func Estimate(p Prices, s stage.Stage, w Workload, f Footprint) (Breakdown, error) {
	b := Breakdown{Stage: s.Name, Footprint: f}
	if err := w.check(); err != nil {
		return b, err
	}
	var instance Price
	if s.Database.Engine != stage.Aurora {
		var err error
		if instance, err = p.Instance(s.Database.InstanceClass); err != nil {
			return b, fmt.Errorf("stage %s: %w", s.Name, err)
		}
	}
	usage := append(eventsOfMonth(p, s, w), keyEvents(p, s, w, f)...)
	b.Monthly = fixed(p, s, f, instance)
	b.Drivers = slices.Concat(usage, b.Monthly)
	slices.SortStableFunc(b.Drivers, func(x, y Line) int { return cmp.Compare(y.Amount, x.Amount) })
	b.Drivers = b.Drivers[:largest]
	for _, l := range usage {
		l.Quantity, l.Amount = l.Quantity*million/w.EventsPerMonth, l.Amount*million/w.EventsPerMonth
		b.PerMillion = append(b.PerMillion, l)
	}
	b.PerMillionTotal, b.MonthlyTotal = total(b.PerMillion), total(b.Monthly)
	// The functions write nothing then, but for the maintenance.
	b.IdleTotal = b.MonthlyTotal - float64(f.FunctionMetrics-f.MaintainMetrics)*p.CloudWatch.Metrics.Each()

	stored := w.payload().stored / gib * million
	b.Notes = []string{
		fmt.Sprintf("idle, a month in which nothing arrives costs %.2f: metrics cost only in hours in which they are written", b.IdleTotal),
		fmt.Sprintf("a million events take %.2f GB of the database's storage", stored),
	}
	if s.Database.StorageGiB > 0 {
		b.Notes[1] += fmt.Sprintf(": %d GB hold about %.0f million, and then it grows", s.Database.StorageGiB, float64(s.Database.StorageGiB)/stored)
	}
	if s.Region != "" && s.Region != p.Region {
		b.Notes = append(b.Notes, fmt.Sprintf("the stage is in %s, and the prices are those of %s", s.Region, p.Region))
	}
	return b, nil
}

// eventsOfMonth returns what the workload's events cost in a month.
func eventsOfMonth(p Prices, s stage.Stage, w Workload) []Line {
	events, size := w.EventsPerMonth, w.payload()
	posts, reads := events/w.EventsPerRequest, events*w.ReadsPerEvent
	requests, objects := posts+reads, events*size.objects
	fill := w.fill(s, size.message)
	batches := events / fill
	publishes := batches * carried(fill, w.NotificationBytes, contract.PublishLimit)
	seconds := func(calls, base, events float64, f stage.Function) float64 {
		return calls * (base + events*(w.EventMilliseconds+size.objects*w.ObjectMilliseconds)) / 1000 * float64(f.MemoryMiB) / 1024
	}
	logged := (requests*w.RequestLogBytes + batches*w.BatchLogBytes + events*w.EventLogBytes + w.systemLogs(s)*(requests+batches)) / gib
	inspected := when(s.API.Firewall, requests)
	vended := (inspected*w.FirewallLogShare*w.FirewallLogBytes + when(s.Network.FlowLogs, batches*w.FlowLogBytes)) / gib
	standard := min(float64(s.Payloads.GlacierDays)/daysPerMonth, w.MonthsKept)

	var l lines
	l.add("API Gateway", requests, p.APIGateway.Requests)
	l.add("answers to the internet", (requests*w.AnswerBytes+reads*size.read)/gib, p.DataTransfer.Out)
	l.add("firewall", inspected, p.WAF.Requests)
	l.add("Lambda", requests+batches, p.Lambda.Requests)
	l.add("Lambda ingest", seconds(posts, w.IngestMilliseconds, w.EventsPerRequest, s.Functions.Ingest.Function), p.Lambda.GBSecondARM)
	l.add("Lambda processor", seconds(batches, w.ProcessorMilliseconds, fill, s.Functions.Processor.Function), p.Lambda.GBSecondARM)
	l.add("Lambda query", seconds(reads, w.QueryMilliseconds, 1, s.Functions.Query.Function), p.Lambda.GBSecondARM)
	l.add("SQS send", posts*carried(w.EventsPerRequest, size.message, contract.QueueMessageLimit), p.SQS.Requests)
	l.add("SQS receive", batches*carried(fill, size.message, contract.QueueMessageLimit), p.SQS.Requests)
	l.add("SQS delete", batches*math.Ceil(fill/contract.CallEntries), p.SQS.Requests)
	l.add("SNS publish", publishes, p.SNS.Publishes)
	l.add("SNS publish, encrypted", keyRequests*min(publishes, secondsPerMonth/keySeconds), p.KMS.Requests)
	l.add("SNS publish, its endpoint", events*w.NotificationBytes/gib, p.PrivateLink.Data)
	l.add("S3 put", objects, p.S3.Puts)
	l.add("S3 get", objects*(1+w.ReadsPerEvent), p.S3.Gets)
	l.add("S3 storage", events*size.object/gib*standard, p.S3.Storage)
	l.add("S3 to Glacier", when(w.MonthsKept > standard, objects), p.S3.Transitions)
	l.add("S3 storage in Glacier", events*size.object/gib*(w.MonthsKept-standard), p.S3.Archive)
	l.add("logs", logged, p.Logs.Ingestion)
	l.add("logs of firewall and network", vended, p.Logs.Vended)
	l.add(fmt.Sprintf("logs kept for %d days", s.Logs.RetentionDays), (logged+vended)*w.LogCompression*float64(s.Logs.RetentionDays)/daysPerMonth, p.Logs.Storage)
	l.add("X-Ray", when(s.Tracing, w.traces(s, requests, batches)), p.XRay.Traces)
	return append(l, databaseEvents(p, s, w)...)
}

// fixed returns what a month costs before the first event.
func fixed(p Prices, s stage.Stage, f Footprint, instance Price) []Line {
	l := lines(databaseFixed(p, s, instance))
	l.add("database password", float64(f.Secrets), p.SecretsManager.Secrets)
	l.add("interface endpoints", float64(f.InterfaceEndpoints*s.Network.EndpointZones*hoursPerMonth), p.PrivateLink.Endpoints)
	l.add("polls of the empty queue", pollers*secondsPerMonth/pollSeconds, p.SQS.Requests)
	customer := when(s.Encryption.CustomerKey, 1)
	l.add("key of the topics", float64(f.Keys)-customer, p.KMS.Keys)
	l.add("key of what is stored", customer, p.KMS.Keys)
	l.add("metrics of the functions", float64(f.FunctionMetrics-f.MaintainMetrics), p.CloudWatch.Metrics)
	l.add("metrics of the maintenance", float64(f.MaintainMetrics)/float64(s.Events.MaintainEveryHours), p.CloudWatch.Metrics)
	l.add("alarms", float64(f.AlarmMetrics), p.Alarms.Standard)
	l.add("composite alarms", float64(f.CompositeAlarms), p.Alarms.Composite)
	l.add("dashboards", float64(f.Dashboards), p.CloudWatch.Dashboards)
	l.add("firewall", when(f.FirewallRules > 0, 1), p.WAF.ACLs)
	l.add("firewall rules", float64(f.FirewallRules), p.WAF.Rules)
	l.add("canary releases", float64(f.DeployGroups), p.CodeDeploy.Groups)
	return l
}

// payload has what an average event takes: the share of it that is an object in S3
// and its bytes there, and the bytes of its message, its rows and its reading.
type payload struct{ objects, object, message, stored, read float64 }

func (w Workload) payload() payload {
	large := w.LargeShare * w.LargeBytes
	small := (1 - w.LargeShare) * w.PayloadBytes
	if w.PayloadBytes > contract.InlineLimit {
		return payload{1, large + small, w.EnvelopeBytes, w.RowBytes, large + small}
	}
	return payload{w.LargeShare, large, w.PayloadBytes*w.QuotedGrowth + w.EnvelopeBytes, w.PayloadBytes + w.RowBytes, large + small}
}

// fill returns how many messages a batch of the processor has: those of one request
// and what arrives in the window that it opens. It errs towards a higher
// cost, since what waits for a busy processor is not counted.
func (w Workload) fill(s stage.Stage, messageBytes float64) float64 {
	arrived := w.EventsPerRequest + w.EventsPerMonth/secondsPerMonth*float64(s.Queue.BatchWindowSeconds)
	return min(arrived, float64(s.Queue.BatchSize), math.Floor(contract.InvocationLimit/messageBytes))
}

// traced returns how many of a month's calls X-Ray records: the first of each
// second, and a share of the others. At less than one a second that is most.
func (w Workload) traced(calls float64) float64 {
	each := calls / secondsPerMonth
	first := 1 - math.Exp(-each) // the share of seconds that have a call at all
	return secondsPerMonth * (first + w.TraceShare*(each-first))
}

// traces returns how many traces the requests and the batches of a month make. The
// processor's trace is linked to that of the request, and is another one.
func (w Workload) traces(s stage.Stage, requests, batches float64) float64 {
	out := w.traced(requests)
	if s.Traces.RequestsPercent > 0 {
		out = requests * float64(s.Traces.RequestsPercent) / 100
	}
	if !s.Traces.RequestsOnly {
		out += w.traced(batches)
	}
	return out
}

// systemLogs are the bytes of Lambda's own lines for an invocation.
func (w Workload) systemLogs(s stage.Stage) float64 {
	if s.Logs.SystemLevel == "warn" {
		return 0
	}
	return w.SystemLogBytes
}

// carried returns how many requests are billed for n messages of size bytes, of
// which one call takes contract.CallEntries and limit bytes.
func carried(n, size, limit float64) float64 {
	pack := min(contract.CallEntries, math.Floor(limit/size))
	return math.Floor(n/pack)*math.Ceil(pack*size/chunkBytes) + math.Ceil(math.Mod(n, pack)*size/chunkBytes)
}

func when(so bool, quantity float64) float64 {
	if so {
		return quantity
	}
	return 0
}

type lines []Line

// add leaves out what there is nothing of.
func (l *lines) add(item string, quantity float64, price Price) {
	if quantity > 0 {
		*l = append(*l, Line{item, quantity, price, quantity * price.Each()})
	}
}

func total(bill []Line) float64 {
	sum := 0.0
	for _, l := range bill {
		sum += l.Amount
	}
	return sum
}
