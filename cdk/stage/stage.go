// Package stage holds the settings of each stage that is deployed. A stage is
// one YAML file of this folder, named for it, in which every setting stands:
// there are no defaults, so that what a reviewer reads is what is deployed.
package stage

import (
	"net/url"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Stage is everything in which one deployment may differ from another. All sizes
// and times carry their unit in the name.
type Stage struct {
	Name string `yaml:"-"` // from the name of its file

	// Account and Region say where the stage is deployed; empty means where the
	// caller's credentials point to. A stage in three zones names its region.
	Account string `yaml:"account"`
	Region  string `yaml:"region"`

	// NamePrefix begins every name that the stage gives, such as acme-; empty for none.
	// Two installations with prefixes of their own share an account and a region.
	NamePrefix string `yaml:"name_prefix"`

	// Tags are on every resource that can have tags, beside those of Fluxa itself.
	Tags map[string]string `yaml:"tags"`
	// PermissionsBoundary is the policy of the account that bounds every role of the
	// stage, by its path and name; empty for none.
	PermissionsBoundary string `yaml:"permissions_boundary"`

	Removal               Removal `yaml:"removal"`
	TerminationProtection bool    `yaml:"termination_protection"`

	Logs       Logs       `yaml:"logs"`
	Tracing    bool       `yaml:"tracing"`
	Traces     Traces     `yaml:"traces"`
	OTLP       OTLP       `yaml:"otlp"`
	Network    Network    `yaml:"network"`
	Encryption Encryption `yaml:"encryption"`
	Database   Database   `yaml:"database"`
	Events     Events     `yaml:"events"`
	Payloads   Payloads   `yaml:"payloads"`
	Queue      Queue      `yaml:"queue"`
	Functions  Functions  `yaml:"functions"`
	API        API        `yaml:"api"`
	Release    Release    `yaml:"release"`
	Alarms     Alarms     `yaml:"alarms"`
}

// Removal says what becomes of data whose stack is deleted.
type Removal string

// The removals.
const (
	Destroy Removal = "destroy"
	Retain  Removal = "retain"
)

// Logs holds for every log group of the stage. SystemLevel is that of Lambda's own
// lines: info has two for each invocation, warn has those of failures.
type Logs struct {
	Level         string `yaml:"level"`
	SystemLevel   string `yaml:"system_level"`
	RetentionDays int    `yaml:"retention_days"`
}

// Traces says what X-Ray records with Tracing. RequestsPercent is the share of the
// requests; zero leaves it to X-Ray's default rule: the first of each second, and 5 %
// of the others. RequestsOnly leaves out the processor, whose batches Lambda traces at
// the rate of that rule, which nobody can set.
type Traces struct {
	RequestsPercent int  `yaml:"requests_percent"`
	RequestsOnly    bool `yaml:"requests_only"`
}

// OTLP is where the functions send OpenTelemetry spans, by OTLP over HTTP: a collector
// in a network that the stage's own one reaches by a peering or a transit gateway. An
// empty Endpoint records none. Network is the collector's, an IPv4 network.
type OTLP struct {
	Endpoint       string `yaml:"endpoint"`
	Network        string `yaml:"network"`
	Peering        string `yaml:"peering"`
	TransitGateway string `yaml:"transit_gateway"`
}

// Port returns the port of the collector, zero without one.
func (o OTLP) Port() int {
	u, err := url.Parse(o.Endpoint)
	if err != nil || o.Endpoint == "" {
		return 0
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "http" {
		return 80
	}
	return 443
}

// Network is the VPC. Zones are the availability zones by name, one for each of
// AvailabilityZones; none: the first ones that the account has in the region.
// EndpointZones is in how many of them the interface endpoints have an address, each of
// which costs; the functions of the others call across.
//
// With a VPC the stage makes no network of its own, and CIDR, AvailabilityZones, Zones
// and FlowLogs are empty, zero or false.
type Network struct {
	CIDR              string    `yaml:"cidr"`
	AvailabilityZones int       `yaml:"availability_zones"`
	Zones             []string  `yaml:"zones"`
	Endpoints         Endpoints `yaml:"endpoints"`
	EndpointZones     int       `yaml:"endpoint_zones"`
	FlowLogs          bool      `yaml:"flow_logs"`

	VPC VPC `yaml:"vpc"`
}

// Engine says what runs PostgreSQL.
type Engine string

// The engines: an instance of RDS, and a cluster of Aurora Serverless v2.
const (
	Postgres Engine = "postgres"
	Aurora   Engine = "aurora"
)

// Database is PostgreSQL. EngineVersion is the major version, such as 17: RDS keeps the
// minor one up to date. What the other engine alone has is empty, zero or false.
//
// On RDS, InstanceClass is without its "db.", and the storage grows by itself from
// StorageGiB up to MaxStorageGiB. On Aurora each instance grows from MinimumACU to
// MaximumACU and back, by halves of 2 GiB of memory; with a minimum of 0 it pauses.
// Query asks the Readers, or else the writer. MultiAZ keeps a standby in another zone:
// on Aurora the readers, which are then as large as the writer. The windows are in UTC;
// without one RDS chooses it.
type Database struct {
	Engine             Engine  `yaml:"engine"`
	EngineVersion      string  `yaml:"engine_version"`
	InstanceClass      string  `yaml:"instance_class"`
	StorageGiB         int     `yaml:"storage_gib"`
	MaxStorageGiB      int     `yaml:"max_storage_gib"`
	MinimumACU         float64 `yaml:"minimum_acu"`
	MaximumACU         float64 `yaml:"maximum_acu"`
	Readers            int     `yaml:"readers"`
	MultiAZ            bool    `yaml:"multi_az"`
	BackupDays         int     `yaml:"backup_days"`
	BackupWindow       string  `yaml:"backup_window"`
	MaintenanceWindow  string  `yaml:"maintenance_window"`
	DeletionProtection bool    `yaml:"deletion_protection"`
	Proxy              bool    `yaml:"proxy"`

	BackupCopy BackupCopy `yaml:"backup_copy"`
	Adopted    Adopted    `yaml:"adopted"`
}

// BackupCopy has a snapshot of each day copied to the vault, which is AWS Backup's in
// another region of the account; all empty and zero for none. The snapshot begins within
// Hour, in UTC. Days is how long snapshots and copies are kept.
type BackupCopy struct {
	VaultARN string `yaml:"vault_arn"`
	Hour     int    `yaml:"hour"`
	Days     int    `yaml:"days"`
}

// Adopted is the instance that the stage uses in place of its own, such as one that was
// restored from a backup; all empty for none. The stage's own stays as it is. ResourceID
// is what IAM calls the instance, SecretARN that of its administrator's password.
type Adopted struct {
	Name       string `yaml:"name"`
	Host       string `yaml:"host"`
	ResourceID string `yaml:"resource_id"`
	SecretARN  string `yaml:"secret_arn"`
}

// Events are the rows of the events. RetentionDays is how long one is kept after it
// was stored; zero keeps all. MaintainEveryHours is the time between two runs of the
// maintain function, which drops what has expired. DailyExport is the format in which it
// exports each day, or NoExport; ExportRetentionDays how long files of exports are kept,
// zero for ever.
type Events struct {
	RetentionDays       int    `yaml:"retention_days"`
	MaintainEveryHours  int    `yaml:"maintain_every_hours"`
	DailyExport         string `yaml:"daily_export"`
	ExportRetentionDays int    `yaml:"export_retention_days"`
}

// NoExport says that no day is exported by itself.
const NoExport = "none"

// ExportFormat returns the format of the daily export; empty for none.
func (e Events) ExportFormat() string {
	if e.DailyExport == NoExport {
		return ""
	}
	return e.DailyExport
}

// PayloadDays returns for how long the payload objects of events are kept; zero for ever.
// They outlive their rows as the keys do: a message of theirs may come back as long.
func (e Events) PayloadDays() int {
	if e.RetentionDays == 0 {
		return 0
	}
	return e.RetentionDays + int(contract.KeysOutliveEvents/(24*time.Hour))
}

// MaintainEvery returns the time between two runs of the maintain function.
func (e Events) MaintainEvery() time.Duration { return time.Duration(e.MaintainEveryHours) * time.Hour }

// Payloads is the bucket of the large payloads. GlacierDays is the age at which
// an object moves to Glacier Instant Retrieval, OldVersionDays how long an
// overwritten or deleted version is kept.
type Payloads struct {
	GlacierDays    int  `yaml:"glacier_days"`
	OldVersionDays int  `yaml:"old_version_days"`
	AccessLogs     bool `yaml:"access_logs"`
}

// Queue says how the processor is fed. Pollers are those that Lambda keeps ready for
// the queue; zero leaves their number to Lambda.
type Queue struct {
	BatchSize          int `yaml:"batch_size"`
	BatchWindowSeconds int `yaml:"batch_window_seconds"`
	MinimumPollers     int `yaml:"minimum_pollers"`
	MaximumPollers     int `yaml:"maximum_pollers"`
}

// Function is one Lambda function.
type Function struct {
	MemoryMiB      int `yaml:"memory_mib"`
	TimeoutSeconds int `yaml:"timeout_seconds"`
}

// Timeout returns the function's time-out.
func (f Function) Timeout() time.Duration { return time.Duration(f.TimeoutSeconds) * time.Second }

// HTTPFunction is a function behind the API. A ReservedConcurrency of zero reserves
// and bounds nothing.
type HTTPFunction struct {
	Function            `yaml:",inline"`
	ReservedConcurrency int `yaml:"reserved_concurrency"`
}

// QueueFunction is a function behind the queue. MaximumConcurrency is the event
// source mapping's: unlike a reservation it never throttles a message into its
// redrive count.
type QueueFunction struct {
	Function           `yaml:",inline"`
	MaximumConcurrency int `yaml:"maximum_concurrency"`
}

// Functions has the functions that a stage may size. Authorize is there with the
// authorization JWT.
type Functions struct {
	Ingest    HTTPFunction  `yaml:"ingest"`
	Processor QueueFunction `yaml:"processor"`
	Query     HTTPFunction  `yaml:"query"`
	Migrate   Function      `yaml:"migrate"`
	Maintain  Function      `yaml:"maintain"`
	Authorize Function      `yaml:"authorize"`
}

// Authorization says who may call the API.
type Authorization string

// The authorizations.
const (
	APIKey Authorization = "api_key"
	IAM    Authorization = "iam"
	JWT    Authorization = "jwt"
)

// API is the HTTP API. AccountRole says whether the stage sets the role by which API
// Gateway writes logs, of which an account has one in each region: where stages share an
// account and a region, one of them does. FirewallRatePer5Minutes is how many requests
// one address may send, LeastFirewallRate or more; it is zero without a firewall.
// Clients, by their names, are the only callers where there are any.
type API struct {
	Authorization           Authorization     `yaml:"authorization"`
	AccountRole             bool              `yaml:"account_role"`
	ValidateBodies          bool              `yaml:"validate_bodies"`
	RatePerSecond           int               `yaml:"rate_per_second"`
	Burst                   int               `yaml:"burst"`
	Firewall                bool              `yaml:"firewall"`
	FirewallRatePer5Minutes int               `yaml:"firewall_rate_per_5_minutes"`
	Domain                  Domain            `yaml:"domain"`
	JWT                     Tokens            `yaml:"jwt"`
	Clients                 map[string]Client `yaml:"clients"`
}

// Tokens says whose JSON Web Tokens are taken, with the authorization JWT: those that
// have Issuer as iss, to the letter, and Audience as aud. Both are empty otherwise.
type Tokens struct {
	Issuer   string `yaml:"issuer"`
	Audience string `yaml:"audience"`
}

// Domain is a domain name of the API's own, with a certificate in ACM in the stage's
// region; both are empty for none.
type Domain struct {
	Name           string `yaml:"name"`
	CertificateARN string `yaml:"certificate_arn"`
}

// Release says how a new version takes the traffic over.
type Release string

// The releases.
const (
	AllAtOnce Release = "all_at_once"
	Canary    Release = "canary_10_percent_5_minutes"
)

// NoEmail says that nobody is told by e-mail, and that this is meant.
const NoEmail = "none"

// Alarms are the thresholds at which somebody is told. Email is an address, NoEmail, or,
// for a stage whose data goes with it, empty.
type Alarms struct {
	Email                      string `yaml:"email"`
	DLQDepth                   int    `yaml:"dlq_depth"`
	Retried                    int    `yaml:"retried"`
	NotificationsFailed        int    `yaml:"notifications_failed"`
	ErrorRatePercent           int    `yaml:"error_rate_percent"`
	Throttles                  int    `yaml:"throttles"`
	API5xxPercent              int    `yaml:"api_5xx_percent"`
	QueueAgeSeconds            int    `yaml:"queue_age_seconds"`
	EndToEndP99Milliseconds    int    `yaml:"end_to_end_p99_ms"`
	ConcurrencyPercent         int    `yaml:"concurrency_percent"`
	DatabaseCPUPercent         int    `yaml:"database_cpu_percent"`
	DatabaseFreeStorageGiB     int    `yaml:"database_free_storage_gib"`
	DatabaseFreeMemoryMiB      int    `yaml:"database_free_memory_mib"`
	DatabaseCapacityPercent    int    `yaml:"database_capacity_percent"`
	DatabaseConnectionsPercent int    `yaml:"database_connections_percent"`
}

// Address returns whom alarms are e-mailed to; empty for nobody.
func (a Alarms) Address() string {
	if a.Email == NoEmail {
		return ""
	}
	return a.Email
}

// Environment returns what the stage is called where a name of AWS does not tell
// installations apart, such as dev, or acme-dev with the prefix acme-.
func (s Stage) Environment() string { return contract.Environment(s.NamePrefix, s.Name) }

// Platform returns the name of what a stage has one of, such as fluxa-dev.
func (s Stage) Platform() string { return contract.Platform(s.NamePrefix, s.Name) }

// QueryFolder returns the folder of the stage's saved log queries, such as fluxa/dev.
func (s Stage) QueryFolder() string { return s.NamePrefix + "fluxa/" + s.Name }

// Unprotected returns the stage with nothing protected from deletion, for its first
// deploy. One that fails is rolled back by CloudFormation, which cannot delete a
// protected database, and repeated by the CDK, which cannot delete a protected stack.
func (s Stage) Unprotected() Stage {
	s.TerminationProtection, s.Database.DeletionProtection = false, false
	return s
}

// Named returns a name that carries the stage, such as fluxa-ingest-dev.
func (s Stage) Named(what string) string { return contract.Named(s.NamePrefix, what, s.Name) }
