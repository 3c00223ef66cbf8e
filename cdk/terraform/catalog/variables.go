package catalog

import (
	"fmt"
	"slices"

	"github.com/fluxa/fluxa/cdk/terraform/hcl"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Kind is the type of a variable.
type Kind string

// The kinds of variables.
const (
	Bool    Kind = "bool"
	Number  Kind = "number"
	String  Kind = "string"
	Strings Kind = "list of strings"
	Texts   Kind = "map of strings"
	Clients Kind = "map of clients"
)

// Type is the type as a variable's block has it.
func (k Kind) Type() hcl.Value {
	switch k {
	case Strings:
		return hcl.Func("list", hcl.Keyword("string"))
	case Texts:
		return hcl.Func("map", hcl.Keyword("string"))
	case Clients:
		return hcl.Func("map", clientType())
	default:
		return hcl.Keyword(k)
	}
}

// Variable is an input of the modules. Its value in a stage is that of the
// properties for which it stands, which must all have the same. One with resources
// says whether the stage has them: true or false, or null for one that is no bool.
type Variable struct {
	Name        string
	Kind        Kind
	Description string
	Validation  Validation
	Stands      []Place
	Scale       int64  // the property is the variable times the scale, 1 when zero
	PercentOf   string // the property is as many percent of this other variable
	Within      Within
	Hundredths  bool      // the property is that many hundredths
	Resources   []Glob    // construct paths
	Leads       []Place   // lists of the first members of a family, which it counts
	Has         []Place   // properties of resources; it says whether they are there
	Entry       bool      // it stands for an entry of a map, which is not there where it is null
	Tacit       bool      // it is no variable where every stage has its resources
	Sample      hcl.Value // a value that the validation takes, where the module's tests want one
}

// Validation says which values a variable may have; the zero value, any. Refused
// is one that it may not have, for the module's tests: of a number the first beyond a
// bound, so that a bound that is wider is seen.
type Validation struct {
	Condition hcl.Value
	Message   string
	Refused   hcl.Value
}

// Within is a text that has the variable in it.
type Within struct{ Before, After string }

// validated is a variable with a validation, which says "NAME must MESSAGE.".
func validated(name string, kind Kind, description string, condition hcl.Value, message string, refused hcl.Value, stands ...Place) Variable {
	return Variable{Name: name, Kind: kind, Description: description, Validation: Validation{condition, name + " must " + message + ".", refused}, Stands: stands}
}

// between is a number from low to high.
func between(name, description string, low, high, refused int, stands ...Place) Variable {
	v := hcl.Variable(name)
	condition := hcl.Op(hcl.Op(v, ">=", hcl.Number(low)), "&&", hcl.Op(v, "<=", hcl.Number(high)))
	return validated(name, Number, description, condition, fmt.Sprintf("be %d to %d", low, high), hcl.Number(refused), stands...)
}

// within is a number from low to high, or null.
func within(name, description string, low, high, refused int, stands ...Place) Variable {
	v := hcl.Func("coalesce", hcl.Variable(name), hcl.Number(max(low, 1)))
	condition := hcl.Op(hcl.Op(v, ">=", hcl.Number(low)), "&&", hcl.Op(v, "<=", hcl.Number(high)))
	return validated(name, Number, description, condition, fmt.Sprintf("be null or %d to %d", low, high), hcl.Number(refused), stands...)
}

// positive is a number from one on.
func positive(name, description string, stands ...Place) Variable {
	return validated(name, Number, description, hcl.Op(hcl.Variable(name), ">=", hcl.Number(1)), "be at least 1", hcl.Number(0), stands...)
}

// optional is a number from low on, or null.
func optional(name, description string, low int, stands ...Place) Variable {
	v := hcl.Variable(name)
	condition := hcl.Op(hcl.Op(v, "==", nil), "||", hcl.Op(hcl.Func("coalesce", v, hcl.Number(0)), ">=", hcl.Number(low)))
	return validated(name, Number, description, condition, fmt.Sprintf("be null or at least %d", low), hcl.Number(low-1), stands...)
}

// optionalText is a text that matches an expression, or null.
func optionalText(name, description, expression, what, refused string, stands ...Place) Variable {
	v := hcl.Variable(name)
	condition := hcl.Op(hcl.Op(v, "==", nil), "||", matching(expression, v))
	return validated(name, String, description, condition, "be null or "+what, refused, stands...)
}

// under makes some resources, too, those of stages that do not have the variable null.
func under(v Variable, resources ...Glob) Variable {
	v.Resources = resources
	return v
}

func sampled(sample hcl.Value, v Variable) Variable {
	v.Sample = sample
	return v
}

// toggle says whether a stage has some resources.
func toggle(name, description string, resources ...Glob) Variable {
	return Variable{Name: name, Kind: Bool, Description: description, Resources: resources}
}

// choice is a setting that is on or off.
func choice(name, description string, stands ...Place) Variable {
	return Variable{Name: name, Kind: Bool, Description: description, Stands: stands}
}

func matching(expression string, v hcl.Value) hcl.Value {
	return hcl.Func("can", hcl.Func("regex", expression, v))
}

// variables are all variables but those with which a module takes from another.
func variables() []Variable {
	out := []Variable{environment(), namePrefix(), {Name: Tags, Kind: Texts, Description: "Tags of every resource that can have some, beside those of Fluxa itself."}}
	for _, function := range []string{"authorize", "ingest", "maintain", "migrate", "processor", "query"} {
		out = append(out, zip(function))
	}
	return slices.Concat(out, networkVariables(), stateVariables(), backupVariables(), encryptionVariables(), pipelineVariables(), callerVariables(), alarmVariables())
}

func stateVariables() []Variable {
	level, class, days := hcl.Variable("logs_level"), hcl.Variable("database_instance_class"), hcl.Variable("logs_retention_days")
	var retention hcl.Row
	for _, n := range []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653} {
		retention = append(retention, hcl.Number(n))
	}
	instance := func(property Glob) Place { return Place{"Data/Database/Instance/Resource", property} }
	cluster := func(property Glob) Place { return Place{"Data/Database/Cluster/Resource", property} }
	payloads := func(property Glob) Place {
		return Place{"Data/Payloads/Bucket/Resource", "LifecycleConfiguration." + property}
	}
	boundary, collectors := hcl.Variable("permissions_boundary"), hcl.Variable("otlp_network")
	return []Variable{
		validated("permissions_boundary", String, "The policy of the account that bounds every role, by its path and name; null for none.",
			hcl.Op(hcl.Op(boundary, "==", nil), "||", matching("^[A-Za-z0-9_.,+=@/-]+$", boundary)), "be null or the name of a policy, such as team/boundary",
			"arn:aws:iam::123456789012:policy/boundary",
			Place{"*", "PermissionsBoundary"}),
		validated("logs_level", String, "From which level on the functions log: debug, info, warn or error.",
			hcl.Func("contains", hcl.Row{"debug", "info", "warn", "error"}, level), "be debug, info, warn or error", "loud",
			Place{"Pipeline/*/Function/Resource", "Environment.Variables.FLUXA_LOG_LEVEL"}),
		validated("logs_system_level", String, "From which level on Lambda logs by itself: INFO has two lines for each call, WARN those of failures.",
			hcl.Func("contains", hcl.Row{"INFO", "WARN"}, hcl.Variable("logs_system_level")), "be INFO or WARN", "ERROR",
			Place{"Pipeline/*/Function/Resource", "LoggingConfig.SystemLogLevel"}),
		toggle("tracing", "Whether Lambda and API Gateway send X-Ray traces.", "Observability/Traces/*"),
		{
			Name: "traces_requests_percent", Kind: Number, Description: "The share of the requests that X-Ray records, in percent; null for X-Ray's default rule.",
			Validation: within("traces_requests_percent", "", 1, 100, 101).Validation, Hundredths: true,
			Stands: []Place{{"Observability/TraceSampling/Rule", "SamplingRule.FixedRate"}}, Resources: []Glob{"Observability/TraceSampling/*"},
		},
		{
			Name: "traces_processor", Kind: Bool, Description: "Whether the processor sends X-Ray traces too, with tracing.",
			Has: []Place{{"Pipeline/Processor/Function/Resource", "TracingConfig"}},
		},
		validated("logs_retention_days", Number, "How long the log groups keep their entries, in days.",
			hcl.Func("contains", retention, days), "be one of the numbers that CloudWatch Logs knows, such as 14, 90 or 365", hcl.Number(15),
			Place{"*", "RetentionInDays"}, Place{"Data/Payloads/AccessLogs/Resource", "LifecycleConfiguration.Rules[0].ExpirationInDays"}),
		choice("retain_data", "Whether what is destroyed leaves its data behind: the log groups, the parameter group, a last snapshot of the database.",
			Place{"*/AccessLog/Resource", Retain}, Place{"*/ExecutionLog/Resource", Retain}, Place{"*/Log/Resource", Retain},
			Place{"*FlowLog/Resource", Retain}, Place{"Data/Database/*", Retain}, Place{"Data/BackupCopy/Vault", Retain}),
		{
			Name: "otlp_network", Kind: String, Description: "The IPv4 network of the collector of OpenTelemetry spans, which the functions may reach; null for none.",
			Validation: Validation{
				Condition: hcl.Op(hcl.Op(collectors, "==", nil), "||", hcl.Func("can", hcl.Func("cidrnetmask", collectors))),
				Message:   "otlp_network must be null or an IPv4 network, such as 10.40.0.0/16.", Refused: "10.40.0.0",
			},
			Stands: []Place{{"Network/Private/Collector", "CidrIp"}, {"Network/Private/VPC/*/Peering", "DestinationCidrBlock"}, {"Network/Private/VPC/*/TransitGateway", "DestinationCidrBlock"}}, Resources: []Glob{"Network/Private/Collector"},
		},
		under(optionalText("otlp_peering", "The peering connection that leads to the collector; null for none.", "^pcx-[0-9a-f]{8,17}$", "the id of a peering connection, such as pcx-0a1b2c3d4e5f67890", "tgw-0a1b2c3d4e5f67890",
			Place{"Network/Private/VPC/*/Peering", "VpcPeeringConnectionId"}), "Network/Private/VPC/*/Peering"),
		under(optionalText("otlp_transit_gateway", "The transit gateway that leads to the collector; null for none.", "^tgw-[0-9a-f]{8,17}$", "the id of a transit gateway, such as tgw-0a1b2c3d4e5f67890", "pcx-0a1b2c3d4e5f67890",
			Place{"Network/Private/VPC/*/TransitGateway", "TransitGatewayId"}), "Network/Private/VPC/*/TransitGateway"),
		optional("otlp_port", "The port of the collector; null for none.", 1, Place{"Network/Private/Collector", "FromPort"}, Place{"Network/Private/Collector", "ToPort"}),
		validated("database_engine_version", String, "The major version of PostgreSQL, such as 17. Another one upgrades the database.",
			matching("^(1[4-9]|[2-9][0-9])$", hcl.Variable("database_engine_version")), "be a major version from 14 on, such as 17", "17.4",
			instance("EngineVersion"), cluster("EngineVersion")),
		toggle("database_instance", "Whether PostgreSQL runs on an instance of RDS; else on a cluster of Aurora.",
			"Data/Database/Instance/*", "Data/Database/Parameters/*", "Data/Database/upgradeLog/*", "Observability/Alarms/DatabaseStorage/*",
			"Observability/Alarms/InstanceEvents"),
		toggle("database_cluster", "Whether PostgreSQL runs on a cluster of Aurora Serverless v2.",
			"Data/Database/Cluster/Resource", "Data/Database/Cluster/Writer/*", "Data/Database/ClusterParameters/*",
			"Observability/Alarms/DatabaseCapacity/*", "Observability/Alarms/DatabaseReplicaLag/*",
			"Observability/Alarms/ClusterEvents", "Observability/Alarms/MemberEvents"),
		validated("database_instance_class", String, "The size of the instance, such as db.t4g.micro; null for a cluster.",
			hcl.Func("startswith", hcl.Func("coalesce", class, "db."), "db."), "be null or begin with db., such as db.t4g.micro", "t4g.micro", instance("DBInstanceClass")),
		within("database_storage_gib", "The instance's storage at first, in GiB; null for a cluster.", 20, 65536, 19, instance("AllocatedStorage")),
		{
			Name: "database_max_storage_gib", Kind: Number, Description: "Up to which size the storage of an instance grows by itself, in GiB; null for a cluster.",
			Validation: Validation{
				Condition: within("database_max_storage_gib", "", 22, 65536, 21).Validation.Condition,
				Message:   "database_max_storage_gib must be null or 22 to 65536, and 10 % above database_storage_gib.", Refused: hcl.Number(21),
			},
			Stands: []Place{instance("MaxAllocatedStorage")},
		},
		within("database_minimum_acu", "The least capacity of each instance of a cluster, in ACU; with 0 it pauses. Null for an instance.", 0, 256, 257,
			cluster("ServerlessV2ScalingConfiguration.MinCapacity")),
		within("database_maximum_acu", "The most capacity of each instance of a cluster, in ACU; null for an instance.", 1, 256, 257,
			cluster("ServerlessV2ScalingConfiguration.MaxCapacity")),
		within("database_readers", "How many instances of a cluster serve reads alone.", 0, 15, 16),
		within("database_reader_tier", "1 for readers that are as large as the writer, 2 for such that are as large as their load demands; null for an instance.", 1, 2, 3,
			Place{"Data/Database/Cluster/Reader*", "PromotionTier"}),
		choice("database_cluster_insights", "Whether the instances of a cluster have Performance Insights; null for an instance.",
			Place{"Data/Database/Cluster/*", "EnablePerformanceInsights"}),
		sampled("fluxa-prod-restored", optionalText("database_adopted_name", "The name of the instance that is used in place of the one made here, such as one restored from a backup; null for none.",
			"^[a-z][a-z0-9-]*$", "the name of an instance, such as fluxa-prod-restored", "fluxa.prod")),
		sampled("fluxa-prod-restored.c1a2b3c4d5e6.us-east-1.rds.amazonaws.com", optionalText("database_adopted_host", "The endpoint of the adopted instance; null for none.",
			"[.]rds[.]amazonaws[.]com", "a host of RDS", "db.example.com")),
		sampled("db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", optionalText("database_adopted_resource_id", "What IAM calls the adopted instance, its DbiResourceId; null for none.",
			"^db-[A-Z0-9]+$", "a resource id, such as db-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "fluxa-prod")),
		sampled("arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-restored", optionalText("database_adopted_secret_arn", "The secret of the adopted instance's administrator, which RDS keeps; null for none.",
			"^arn:aws[a-z-]*:secretsmanager:.*:secret:rds!", "the ARN of a secret that RDS keeps", "secret")),
		optionalText("database_backup_window", "When the daily backup is taken, in UTC; null: RDS chooses.",
			"^[0-9:]+-[0-9:]+$", "a time of the day, such as 02:00-02:30", "at night", instance("PreferredBackupWindow"), cluster("PreferredBackupWindow")),
		optionalText("database_maintenance_window", "When RDS maintains the database, in UTC; null: RDS chooses.",
			"^[a-z]{3}:[0-9:]+-[a-z]{3}:[0-9:]+$", "a time of the week, such as sun:03:00-sun:03:30", "02:00-02:30", instance("PreferredMaintenanceWindow"), cluster("PreferredMaintenanceWindow")),
		choice("database_multi_az", "Whether the instance has a standby in another zone; null for a cluster.", instance("MultiAZ")),
		between("database_backup_days", "How long the daily backups are kept, in days.", 1, 35, 0,
			instance("BackupRetentionPeriod"), cluster("BackupRetentionPeriod")),
		choice("database_delete_backups", "Whether the daily backups go when the database is destroyed.",
			instance("DeleteAutomatedBackups"), cluster("DeleteAutomatedBackups")),
		choice("database_deletion_protection", "Whether AWS refuses to delete the database.",
			instance("DeletionProtection"), cluster("DeletionProtection")),
		toggle("database_proxy", "Whether the functions reach the database over an RDS Proxy.",
			"Data/Database/Proxy/*", "Data/Database/ProxyRole/*", "Data/Database/ProxyAccess/*", "Data/Database/InstanceAccess/from DataDatabaseProxyAccess:*",
			"Observability/Alarms/ProxyConnections/*", "Observability/Alarms/ProxyEvents"),
		toggle("payloads_access_logs", "Whether accesses to the bucket of payloads are logged to a bucket of their own.", "Data/Payloads/AccessLogs/*"),
		positive("payloads_glacier_days", "The age at which a payload moves to Glacier Instant Retrieval, in days.",
			payloads("Rules[0].Transitions[0].TransitionInDays")),
		positive("payloads_days", "How long a payload is kept after it was accepted, in days: 36 more than events_retention_days, or 36600.",
			payloads("Rules[0].ExpirationInDays")),
		positive("events_export_retention_days", "How long the files of exports are kept, in days: up to 36600.",
			payloads("Rules[3].ExpirationInDays")),
		positive("payloads_old_version_days", "How long an overwritten or deleted payload is kept, in days.",
			payloads("Rules[1].NoncurrentVersionExpiration.NoncurrentDays")),
	}
}

func pipelineVariables() []Variable {
	of := func(function string, property Glob) Place {
		return Place{Glob("Pipeline/" + Title(function) + "/Function/Resource"), property}
	}
	var collected []Place // authorize and verify, which are outside of the network, send no spans
	for _, function := range contract.Functions() {
		collected = append(collected, of(string(function), "Environment.Variables."+contract.VariableOTLPEndpoint))
	}
	collector := under(optionalText("otlp_endpoint", "The address of the collector of OpenTelemetry spans; null for no spans.",
		"^https?://", "a URL, such as http://collector.example.internal:4318", "collector:4318", collected...), "Pipeline/Ingest/NetworkAccess/*")
	collector.Entry = true
	memory := func(function string, least int) Variable {
		return between("functions_"+function+"_memory_mib", "The memory of the function "+function+", in MiB.", least, 10240, least-1, of(function, "MemorySize"))
	}
	timeout := func(function string, longest, refused int) Variable {
		return between("functions_"+function+"_timeout_seconds", "How long a call of the function "+function+" may take, in seconds.", 3, longest, refused, of(function, "Timeout"))
	}
	reserved := func(function string) Variable {
		return optional("functions_"+function+"_reserved_concurrency", "How many calls of the function "+function+" may run at once, reserved for it; null for no reservation.",
			0, of(function, "ReservedConcurrentExecutions"))
	}
	maintained := between("events_maintain_every_hours", "The time between two runs of the function maintain, in hours.", 1, 24, 25,
		Place{"Pipeline/Maintenance/Schedule", "Target.RetryPolicy.MaximumEventAgeInSeconds"})
	maintained.Scale = 3600
	events := func(property Glob) Place { return Place{"Pipeline/Processor/Events/Resource", property} }
	exported := under(optionalText("events_daily_export", "The format in which each day is exported; null for none.", "^(ndjson|parquet)$", "ndjson or parquet", "csv",
		of("maintain", "Environment.Variables.FLUXA_DAILY_EXPORT")), "Observability/Alarms/ExportsBehind/Resource")
	exported.Entry = true
	return []Variable{
		collector, exported,
		memory("ingest", 128), timeout("ingest", 28, 29), reserved("ingest"),
		memory("maintain", 128), timeout("maintain", 900, 901),
		between("events_retention_days", "How long an event is kept after it was stored, in days; 0 keeps all.", 0, 36500, -1,
			of("maintain", "Environment.Variables.FLUXA_RETENTION_DAYS")),
		maintained,
		memory("migrate", 128), timeout("migrate", 900, 901),
		memory("processor", contract.ProcessorMemory), timeout("processor", 900, 2),
		between("functions_processor_maximum_concurrency", "How many batches are processed at once.", 2, 1000, 1, events("ScalingConfig.MaximumConcurrency"),
			Place{"Observability/Dashboard/Resource", "DashboardBody.widgets[13].properties.annotations.horizontal[0].value"}),
		optional("queue_minimum_pollers", "How many pollers are kept ready for the queue; null leaves it to Lambda.", 2, events("ProvisionedPollerConfig.MinimumPollers")),
		optional("queue_maximum_pollers", "Up to how many pollers there are, each for 10 batches at once; null leaves it to Lambda.", 2,
			events("ProvisionedPollerConfig.MaximumPollers")),
		between("queue_batch_size", "How many events a batch has at most.", 1, contract.QueueBatchLimit, contract.QueueBatchLimit+1, events("BatchSize")),
		between("queue_batch_window_seconds", "How long a batch is gathered, in seconds; the queue's visibility time-out grows with it.",
			0, 300, 301, events("MaximumBatchingWindowInSeconds")),
		memory("query", 128), timeout("query", 28, 29), reserved("query"),
		toggle("api_account_role", "Whether this stage sets the role by which API Gateway writes logs, of which an account has one in each region. "+
			"Where stages share them one does, the one that is destroyed last: without the role, API Gateway stops logging.",
			"Pipeline/API/API/CloudWatchRole/*", "Pipeline/API/API/Account"),
		toggle("api_validate_bodies", "Whether API Gateway checks events by their schema before it calls a function.", "Pipeline/API/Model*"),
		between("api_rate_per_second", "How many requests a second the API takes in the long run.", 1, 10000, 0,
			Place{"Pipeline/API/*", "*.RateLimit"}, Place{"Pipeline/API/*", "*.ThrottlingRateLimit"}),
		between("api_burst", "How many requests at once the API takes.", 1, 5000, 5001,
			Place{"Pipeline/API/*", "*.BurstLimit"}, Place{"Pipeline/API/*", "*.ThrottlingBurstLimit"}),
		toggle("api_firewall", "Whether a WAF stands before the API.", "Pipeline/Firewall/*"),
		optional("api_firewall_rate_per_5_minutes", "How many requests one address may send in 5 minutes; null without api_firewall.", 10,
			Place{"Pipeline/Firewall/ACL", "Rules[0].Statement.RateBasedStatement.Limit"}),
		optional("functions_authorize_memory_mib", "The memory of the function authorize, in MiB; null without api_jwt.", 128, of("authorize", "MemorySize")),
		optional("functions_authorize_timeout_seconds", "How long a call of the function authorize may take, in seconds; null without api_jwt.", 3, of("authorize", "Timeout")),
		toggle("api_domain", "Whether the API has a domain name of its own.", "Pipeline/API/Domain/*"),
		optionalText("api_domain_name", "The API's own domain name; null without api_domain.", "^([a-z0-9-]+[.])+[a-z]+$", "a host name, such as events.example.com", "*",
			Place{"Pipeline/API/Domain/Name", "DomainName"}),
		optionalText("api_domain_certificate_arn", "The certificate of the domain name, in ACM in the same region; null without api_domain.",
			"^arn:aws[a-z-]*:acm:", "the ARN of a certificate in ACM", "certificate", Place{"Pipeline/API/Domain/Name", "RegionalCertificateArn"}),
	}
}

func alarmVariables() []Variable {
	threshold := func(alarm Glob) Place { return Place{"Observability/Alarms/" + alarm + "/Resource", "Threshold"} }
	percent := func(name, description string, refused int, alarm Glob) Variable {
		return between(name, description, 1, 100, refused, threshold(alarm))
	}
	above := func(name, description string, alarm Glob) Variable {
		return validated(name, Number, description, hcl.Op(hcl.Variable(name), ">", hcl.Number(0)), "be above 0", hcl.Number(0), threshold(alarm))
	}
	storage := optional("alarms_database_free_storage_gib", "The free storage of an instance under which there is an alarm, in GiB; null for a cluster.", 1, threshold("DatabaseStorage"))
	storage.Scale = 1 << 30
	memory := above("alarms_database_free_memory_mib", "The free memory of the database under which there is an alarm, in MiB.", "DatabaseMemory")
	memory.Scale = 1 << 20
	email := hcl.Variable("alarms_email")
	told := validated("alarms_email", String, "Who is told of alarms by e-mail; null for nobody.",
		hcl.Op(hcl.Op(email, "==", nil), "||", matching("^[^@ ]+@[^@ ]+$", email)), "be null or an address, such as team@example.com", "the team",
		Place{"Observability/Alarms/Email/Resource", "Endpoint"})
	told.Resources = []Glob{"Observability/Alarms/Email/Resource"}
	concurrency := percent("alarms_concurrency_percent", "The share of the processor's maximum concurrency from which there is an alarm, in percent.", 0, "ProcessorConcurrency")
	concurrency.PercentOf = "functions_processor_maximum_concurrency"
	crowded := percent("alarms_database_connections_percent", "The share of database_connections from which there is an alarm, in percent.", 101, "DatabaseConnections")
	crowded.PercentOf = "database_connections"
	connections := positive("database_connections", "About how many connections the database's size allows.",
		Place{"Observability/Alarms/DatabaseConnections/Resource", "AlarmDescription"})
	connections.Within = Within{"The database has many of the about ",
		" connections that it allows. First: see in pg_stat_activity whose they are; lower the functions' concurrency, or put a proxy before it."}
	return []Variable{
		told,
		above("alarms_dlq_depth", "The number of dead letters from which there is an alarm.", "DLQ*"),
		above("alarms_retried", "The deliveries a minute that stay on the queue from which there is an alarm.", "Retried"),
		above("alarms_notifications_failed", "The deliveries a minute that SNS gives up from which there is an alarm.", "NotificationsFailed"),
		percent("alarms_api_5xx_percent", "The share of 5xx answers from which there is an alarm, in percent.", 0, "API5xx"),
		percent("alarms_error_rate_percent", "The share of failed calls of a function from which there is an alarm, in percent.", 101, "*Errors"),
		above("alarms_throttles", "The throttled calls a minute from which there is an alarm.", "*Throttles"),
		above("alarms_queue_age_seconds", "The age of the oldest event from which there is an alarm, in seconds.", "QueueAge"),
		above("alarms_end_to_end_p99_ms", "The 99th percentile from accepted to stored from which there is an alarm, in milliseconds.", "EndToEnd"),
		concurrency,
		percent("alarms_database_cpu_percent", "The load of the database from which there is an alarm, in percent.", 101, "DatabaseCPU"),
		storage,
		memory,
		within("alarms_database_capacity_percent", "The share of the most capacity of a cluster from which there is an alarm, in percent; null for an instance.", 1, 100, 101,
			threshold("DatabaseCapacity")),
		crowded,
		connections,
		optional("alarms_proxy_connections_percent", "The share of the proxy's connections that are lent from which there is an alarm, in percent; null without database_proxy.",
			1, threshold("ProxyConnections")),
		toggle("database_credits", "Whether the database is of a class that has CPU credits, which are then watched.", "Observability/Alarms/DatabaseCredits/*"),
	}
}
