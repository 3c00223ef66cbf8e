package stage

import (
	"cmp"
	"maps"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

var (
	// The name is part of a bucket's, fluxa-access-logs-NAME-ACCOUNT-REGION, which
	// has 63 characters in all; 14 of them for the longest region. It is part of the
	// database's as well, in which RDS takes no two hyphens in a row ("CreateDBInstance",
	// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html).
	namePattern    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	enginePattern  = regexp.MustCompile(`^(1[4-9]|[2-9][0-9])$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	policyPattern  = regexp.MustCompile(`^([A-Za-z0-9_.,+=@-]{1,128}/){0,3}[A-Za-z0-9_.,+=@-]{1,128}$`)

	// What every service takes: https://docs.aws.amazon.com/personalize/latest/dg/personalize-managing-tags.html
	tagPattern    = regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]*$`)
	domainPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)

	certificatePattern = regexp.MustCompile(`^arn:aws(-[a-z-]+)?:acm:([a-z0-9-]+):[0-9]{12}:certificate/[0-9a-zA-Z-]+$`)
)

// retentions are the days that CloudWatch Logs can keep a log group for.
func retentions() []int {
	return []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
}

func (s Stage) check(l *faultList) {
	l.require(namePattern.MatchString(s.Name) && len(s.Name) >= 2 && len(s.Name) <= 16, "the file's name",
		"must be 2 to 16 of a-z 0-9 -, beginning with a letter, each - between two others, got %q", s.Name)
	s.checkPrefix(l)
	l.require(s.Account == "" || accountPattern.MatchString(s.Account), "account", "must be empty or 12 digits, got %q", s.Account)
	l.require(s.Region == "" || regionPattern.MatchString(s.Region), "region", "must be empty or a region such as eu-west-1, got %q", s.Region)
	checkTags(l, s.Tags)
	l.require(s.PermissionsBoundary == "" || policyPattern.MatchString(s.PermissionsBoundary), "permissions_boundary",
		"must be empty or the name of a policy of the account, with its path, such as team/boundary, got %q", s.PermissionsBoundary)
	oneOf(l, s.Removal, "removal", Destroy, Retain)
	oneOf(l, s.Logs.Level, "logs.level", "debug", "info", "warn", "error")
	oneOf(l, s.Logs.SystemLevel, "logs.system_level", "info", "warn")
	s.Traces.check(l, s.Tracing)
	oneOf(l, s.Release, "release", AllAtOnce, Canary)
	l.require(slices.Contains(retentions(), s.Logs.RetentionDays), "logs.retention_days", "must be one of %v, got %d", retentions(), s.Logs.RetentionDays)
	s.OTLP.check(l, s.Network)
	s.Network.check(l, s.Region)
	s.Encryption.check(l)
	s.Database.check(l, s.Account, s.Region)
	l.between(s.Events.RetentionDays, 0, 36_500, "events.retention_days")
	l.between(s.Events.MaintainEveryHours, 1, 24, "events.maintain_every_hours")
	exports := append([]string{NoExport}, contract.ExportFormats()...)
	l.require(slices.Contains(exports, s.Events.DailyExport), "events.daily_export", "must be one of %v, got %q", exports, s.Events.DailyExport)
	l.between(s.Events.ExportRetentionDays, 0, 36_500, "events.export_retention_days")
	l.between(s.Payloads.GlacierDays, 1, 3650, "payloads.glacier_days")
	if kept := s.Events.PayloadDays(); kept > 0 {
		l.require(s.Payloads.GlacierDays < kept, "payloads.glacier_days", "must be less than %d, after which payloads expire by events.retention_days, got %d", kept, s.Payloads.GlacierDays)
	}
	l.between(s.Payloads.OldVersionDays, 1, 3650, "payloads.old_version_days")
	s.Queue.check(l)
	s.Functions.check(l)
	s.API.check(l, s.Region)
	s.Alarms.check(l, s.Database)
	s.checkTogether(l)
}

// maxTags leaves room, among the 50 of a resource, for the tags of Fluxa and of the
// CDK.
const maxTags = 40

func checkTags(l *faultList, tags map[string]string) {
	l.require(len(tags) <= maxTags, "tags", "must be at most %d, got %d", maxTags, len(tags))
	own := []string{contract.TagApplication, contract.TagStage, contract.TagName}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		name, value := "tags."+key, tags[key]
		l.require(!slices.Contains(own, key), name, "is set by Fluxa itself")
		l.require(len(key) >= 1 && len(key) <= 128 && tagPattern.MatchString(key) && !strings.HasPrefix(strings.ToLower(key), "aws:"), name,
			"must have a name of 1 to 128 of A-Z a-z 0-9 space _ . : / = + @ -, not beginning with aws:")
		l.require(len(value) <= 256 && tagPattern.MatchString(value), name, "must have at most 256 of A-Z a-z 0-9 space _ . : / = + @ -, got %q", value)
	}
}

func oneOf[T ~string](l *faultList, value T, field string, choices ...T) {
	l.require(slices.Contains(choices, value), field, "must be one of %q, got %q", choices, value)
}

var (
	peering        = regexp.MustCompile(`^pcx-[0-9a-f]{8,17}$`)
	transitGateway = regexp.MustCompile(`^tgw-[0-9a-f]{8,17}$`)
)

func (o OTLP) check(l *faultList, n Network) {
	if o.Endpoint == "" {
		for _, one := range [][2]string{{"network", o.Network}, {"peering", o.Peering}, {"transit_gateway", o.TransitGateway}} {
			l.require(one[1] == "", "otlp."+one[0], "must be empty without otlp.endpoint, got %q", one[1])
		}
		return
	}
	u, err := url.Parse(o.Endpoint)
	l.require(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "", "otlp.endpoint",
		"must be empty or a URL such as http://collector.example.internal:4318, got %q", o.Endpoint)
	prefix, err := netip.ParsePrefix(o.Network)
	l.require(err == nil && prefix == prefix.Masked() && prefix.Addr().Is4(), "otlp.network", "must be the IPv4 network of otlp.endpoint, such as 10.40.0.0/16, got %q", o.Network)
	own := n.Addresses()
	if cidr, failed := netip.ParsePrefix(own); err == nil && failed == nil {
		l.require(n.VPC.Exists() || !prefix.Overlaps(cidr), "otlp.network", "must not overlap network.cidr %s, got %q", own, o.Network)
	}
	if n.VPC.Exists() {
		const routed = "must be empty with network.vpc.id, by whose own route tables otlp.network is reached, got %q"
		l.require(o.Peering == "", "otlp.peering", routed, o.Peering)
		l.require(o.TransitGateway == "", "otlp.transit_gateway", routed, o.TransitGateway)
		return
	}
	l.require(o.Peering == "" || peering.MatchString(o.Peering), "otlp.peering", "must be empty or the id of a peering connection such as pcx-0a1b2c3d4e5f67890, got %q", o.Peering)
	l.require(o.TransitGateway == "" || transitGateway.MatchString(o.TransitGateway), "otlp.transit_gateway", "must be empty or the id of a transit gateway such as tgw-0a1b2c3d4e5f67890, got %q", o.TransitGateway)
	l.require((o.Peering == "") != (o.TransitGateway == ""), "otlp.peering", "or otlp.transit_gateway must lead to otlp.network, one of them, got %q and %q", o.Peering, o.TransitGateway)
}

func (t Traces) check(l *faultList, tracing bool) {
	if tracing {
		l.between(t.RequestsPercent, 0, 100, "traces.requests_percent")
		return
	}
	l.require(t.RequestsPercent == 0, "traces.requests_percent", "must be 0 without tracing, got %d", t.RequestsPercent)
	l.require(!t.RequestsOnly, "traces.requests_only", "must be false without tracing")
}

func (d Database) check(l *faultList, account, region string) {
	oneOf(l, d.Engine, "database.engine", Postgres, Aurora)
	l.require(enginePattern.MatchString(d.EngineVersion), "database.engine_version",
		"must be a major version of PostgreSQL from 14 on, such as 17, got %q", d.EngineVersion)
	if d.Engine == Aurora {
		d.checkCluster(l)
	} else {
		d.checkInstance(l)
	}
	l.between(d.BackupDays, 1, 35, "database.backup_days")
	d.checkWindows(l)
	d.checkBackupCopy(l, account, region)
	d.Adopted.check(l, region)
}

// checkCluster checks what Aurora has, and that nothing is said of an instance.
func (d Database) checkCluster(l *faultList) {
	const other = "must be %s where database.engine is aurora, got %v"
	l.require(d.InstanceClass == "", "database.instance_class", other, "empty", d.InstanceClass)
	l.require(d.StorageGiB == 0, "database.storage_gib", other, "0", d.StorageGiB)
	l.require(d.MaxStorageGiB == 0, "database.max_storage_gib", other, "0", d.MaxStorageGiB)
	l.require(d.Adopted == Adopted{}, "database.adopted", other, "empty", d.Adopted.Name)
	capacity := func(value, low float64, field string) {
		l.require(value >= low && value <= 256 && math.Mod(value, 0.5) == 0, field, "must be %v to 256 by halves, got %v", low, value)
	}
	capacity(d.MinimumACU, 0, "database.minimum_acu")
	capacity(d.MaximumACU, max(1, d.MinimumACU), "database.maximum_acu")
	l.between(d.Readers, 0, 15, "database.readers")
	l.require(!d.MultiAZ || d.Readers > 0, "database.readers", "must be at least 1 with database.multi_az: they are the standby")
	l.require(!d.Proxy || d.MinimumACU > 0, "database.proxy", "must be false where database.minimum_acu is 0: a proxy is always connected, and nothing would pause")
}

// checkInstance checks what RDS has, and that nothing is said of a cluster.
func (d Database) checkInstance(l *faultList) {
	const other = "must be 0 where database.engine is postgres, got %v"
	l.require(d.MinimumACU == 0, "database.minimum_acu", other, d.MinimumACU)
	l.require(d.MaximumACU == 0, "database.maximum_acu", other, d.MaximumACU)
	l.require(d.Readers == 0, "database.readers", other, d.Readers)
	_, known := memoryGiB()[d.InstanceClass]
	l.require(known, "database.instance_class", "must be one of %q, got %q", slices.Sorted(maps.Keys(memoryGiB())), d.InstanceClass)
	l.between(d.StorageGiB, 20, 65_536, "database.storage_gib")
	// RDS wants the limit a tenth above the storage at least.
	l.require(d.MaxStorageGiB*10 >= d.StorageGiB*11 && d.MaxStorageGiB <= 65_536, "database.max_storage_gib",
		"must be %d (a tenth above database.storage_gib) to 65536, got %d", (d.StorageGiB*11+9)/10, d.MaxStorageGiB)
}

func (q Queue) check(l *faultList) {
	l.between(q.BatchSize, 1, contract.QueueBatchLimit, "queue.batch_size")
	l.between(q.BatchWindowSeconds, 0, 300, "queue.batch_window_seconds")
	l.require(q.BatchSize <= 10 || q.BatchWindowSeconds >= 1, "queue.batch_window_seconds",
		"must be at least 1 for a queue.batch_size above 10, got %d", q.BatchWindowSeconds)
	if q.MinimumPollers == 0 {
		l.require(q.MaximumPollers == 0, "queue.maximum_pollers", "must be 0 without queue.minimum_pollers, got %d", q.MaximumPollers)
		return
	}
	// https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html
	l.between(q.MinimumPollers, 2, 200, "queue.minimum_pollers")
	l.between(q.MaximumPollers, q.MinimumPollers, 100, "queue.maximum_pollers")
}

// invocationsOfPoller is how many invocations one provisioned poller has under way
// at most. It takes the place of the maximum concurrency, beside which there can be
// no such pollers:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
const invocationsOfPoller = 10

func (f Functions) check(l *faultList) {
	// API Gateway gives up after 29 seconds.
	f.Ingest.check(l, "functions.ingest", leastMemory, longestHandler)
	f.Query.check(l, "functions.query", leastMemory, longestHandler)
	f.Processor.check(l, "functions.processor", contract.ProcessorMemory, 900)
	f.Migrate.check(l, "functions.migrate", leastMemory, 900)
	f.Maintain.check(l, "functions.maintain", leastMemory, 900)
	f.Authorize.check(l, "functions.authorize", leastMemory, longestHandler)
	l.between(f.Ingest.ReservedConcurrency, 0, 10_000, "functions.ingest.reserved_concurrency")
	l.between(f.Query.ReservedConcurrency, 0, 10_000, "functions.query.reserved_concurrency")
	l.between(f.Processor.MaximumConcurrency, 2, 1_000, "functions.processor.maximum_concurrency")
}

// longestHandler is the longest time-out of an HTTP function, in seconds. It is below API
// Gateway's 29, and below contract.RequestLimit: an erasure waits that long for requests.
const longestHandler = 28

// This does not compile when it is not.
const _ = uint64(contract.RequestLimit - longestHandler*time.Second - 1)

// leastMemory is the smallest Lambda function there is, in MiB.
const leastMemory = 128

func (f Function) check(l *faultList, name string, memory, longest int) {
	l.between(f.MemoryMiB, memory, 10_240, name+".memory_mib")
	l.between(f.TimeoutSeconds, 3, longest, name+".timeout_seconds")
}

// mostFirewallRate is the most that WAF takes as a limit.
const mostFirewallRate = 2_000_000_000

func (a API) check(l *faultList, region string) {
	oneOf(l, a.Authorization, "api.authorization", APIKey, IAM, JWT)
	l.between(a.RatePerSecond, 1, 10_000, "api.rate_per_second")
	l.between(a.Burst, 1, 5_000, "api.burst")
	if a.Firewall {
		least := a.LeastFirewallRate()
		l.require(a.FirewallRatePer5Minutes >= least && a.FirewallRatePer5Minutes <= mostFirewallRate, "api.firewall_rate_per_5_minutes",
			"must be %d (5 minutes of api.rate_per_second, api.burst, and a tenth of both) to %d, got %d: one producer may send all that the API takes",
			least, mostFirewallRate, a.FirewallRatePer5Minutes)
	} else {
		l.require(a.FirewallRatePer5Minutes == 0, "api.firewall_rate_per_5_minutes", "must be 0 without api.firewall, got %d", a.FirewallRatePer5Minutes)
	}
	a.Domain.check(l, region)
	if a.Authorization == JWT {
		u, err := url.Parse(a.JWT.Issuer)
		l.require(err == nil && u.Scheme == "https" && u.Host != "" && u.RawQuery == "" && u.Fragment == "", "api.jwt.issuer",
			"must be an https URL such as https://login.example.com, got %q", a.JWT.Issuer)
		l.require(a.JWT.Audience != "", "api.jwt.audience", "must be what tokens have in aud where api.authorization is %s", JWT)
	} else {
		l.require(a.JWT == (Tokens{}), "api.jwt", "must be empty where api.authorization is %s", a.Authorization)
	}
	a.checkClients(l)
}

func (d Domain) check(l *faultList, region string) {
	if d == (Domain{}) {
		return
	}
	l.require(len(d.Name) <= 253 && domainPattern.MatchString(d.Name), "api.domain.name",
		"must be a host name such as events.example.com, or empty as api.domain.certificate_arn, got %q", d.Name)
	arn := certificatePattern.FindStringSubmatch(d.CertificateARN)
	l.require(arn != nil, "api.domain.certificate_arn", "must be the ARN of a certificate in ACM, or empty as api.domain.name, got %q", d.CertificateARN)
	// API Gateway takes a certificate of its own region alone.
	l.require(arn == nil || region == "" || arn[2] == region, "api.domain.certificate_arn", "must be of the stage's region %s, got %q", region, d.CertificateARN)
}

func (a Alarms) check(l *faultList, d Database) {
	if to := a.Address(); to != "" {
		address, err := mail.ParseAddress(to)
		l.require(err == nil && address.Address == to, "alarms.email", "must be empty, %s, or an address such as team@example.com, got %q", NoEmail, to)
	}
	l.between(a.DLQDepth, 1, 1_000_000, "alarms.dlq_depth")
	l.between(a.Retried, 1, 1_000_000, "alarms.retried")
	l.between(a.NotificationsFailed, 1, 1_000_000, "alarms.notifications_failed")
	l.between(a.ErrorRatePercent, 1, 100, "alarms.error_rate_percent")
	l.between(a.Throttles, 1, 1_000_000, "alarms.throttles")
	l.between(a.API5xxPercent, 1, 100, "alarms.api_5xx_percent")
	l.between(a.QueueAgeSeconds, 60, 345_600, "alarms.queue_age_seconds")
	l.between(a.EndToEndP99Milliseconds, 100, 3_600_000, "alarms.end_to_end_p99_ms")
	l.between(a.ConcurrencyPercent, 1, 100, "alarms.concurrency_percent")
	l.between(a.DatabaseCPUPercent, 1, 100, "alarms.database_cpu_percent")
	l.between(a.DatabaseFreeMemoryMiB, 1, cmp.Or(d.MemoryMiB(), 1<<20)-1, "alarms.database_free_memory_mib")
	if d.Engine == Aurora {
		l.require(a.DatabaseFreeStorageGiB == 0, "alarms.database_free_storage_gib", "must be 0 where database.engine is aurora, whose storage grows by itself, got %d", a.DatabaseFreeStorageGiB)
		l.between(a.DatabaseCapacityPercent, 1, 100, "alarms.database_capacity_percent")
	} else {
		l.between(a.DatabaseFreeStorageGiB, 1, max(1, d.StorageGiB-1), "alarms.database_free_storage_gib")
		l.require(a.DatabaseCapacityPercent == 0, "alarms.database_capacity_percent", "must be 0 where database.engine is postgres, got %d", a.DatabaseCapacityPercent)
	}
	l.between(a.DatabaseConnectionsPercent, 1, 100, "alarms.database_connections_percent")
}

// checkTogether checks what depends on more than one part.
func (s Stage) checkTogether(l *faultList) {
	retain := s.Removal == Retain
	l.require(!retain || (s.Database.DeletionProtection && s.TerminationProtection), "removal",
		"is %s, which wants database.deletion_protection and termination_protection", s.Removal)
	l.require(retain || !s.Database.DeletionProtection, "database.deletion_protection", "must be false where removal is %s: the stack could not be destroyed", s.Removal)
	l.require(!retain || s.Alarms.Email != "", "alarms.email",
		"is empty where removal is %s: state an address, or %s if somebody else subscribes to the topic of the alarms", s.Removal, NoEmail)
	longest := int(contract.EventsRetention.Seconds())
	l.require(s.Alarms.QueueAgeSeconds < longest, "alarms.queue_age_seconds", "must be less than the %d seconds that the queue keeps a message", longest)
	if pollers := s.Queue.MaximumPollers; s.Queue.MinimumPollers > 0 {
		l.require(s.Functions.Processor.MaximumConcurrency == pollers*invocationsOfPoller, "functions.processor.maximum_concurrency",
			"must be %d, %d for each of queue.maximum_pollers: with pollers of its own a queue has no other bound, got %d",
			pollers*invocationsOfPoller, invocationsOfPoller, s.Functions.Processor.MaximumConcurrency)
	}
	l.require(s.Functions.Query.ReservedConcurrency > 0 || !s.queriesUnpooled(), "functions.query.reserved_concurrency",
		"must be at least 1 without database.proxy, or on aurora: nothing else bounds its connections to the database")
	if needed, supported := s.Connections(), s.Database.MaxConnections(); supported > 0 && needed > supported {
		l.add("functions", "may open %d connections to the database, and %s supports about %d: lower functions.processor.maximum_concurrency or functions.query.reserved_concurrency, or choose a larger database.instance_class or database.maximum_acu, or database.proxy",
			needed, s.Database.Size(), supported)
	}
}
