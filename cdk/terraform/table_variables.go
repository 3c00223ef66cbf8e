package terraform

// variable is an input of the modules. Its value in a stage is that of the
// properties for which it stands, which must all have the same. One with resources
// says whether the stage has them: true or false, or null for one that is no bool.
type variable struct {
	name, kind, description string
	condition, message      string // of the validation, none when empty
	stands                  []string
	scale                   int64  // the property is the variable times the scale, 1 when zero
	within                  string // the property is this text, with the variable for its {}
	resources               []string
}

// The paths are "construct path:property path"; * stands for anything.
func variables() []variable {
	return append(append(stateVariables(), pipelineVariables()...), alarmVariables()...)
}

func toggle(name, description string, resources ...string) variable {
	return variable{name: name, kind: "bool", description: description, resources: resources}
}

func stateVariables() []variable {
	return []variable{
		{
			name: "log_level", kind: "string", description: "From which level on the functions log: debug, info, warn or error.",
			condition: `contains(["debug", "info", "warn", "error"], var.log_level)`, message: "log_level must be debug, info, warn or error.",
			stands: []string{"Pipeline/*/Function/Resource:Environment.Variables.FLUXA_LOG_LEVEL"},
		},
		toggle("tracing", "Whether Lambda and API Gateway send X-Ray traces.", "Observability/Traces/*"),
		{
			name: "log_retention_days", kind: "number", description: "How long the log groups keep their entries, in days.",
			condition: `contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)`,
			message:   "log_retention_days must be one of the numbers that CloudWatch Logs knows, such as 14, 90 or 365.",
			stands:    []string{"*:RetentionInDays", "Data/Payloads/AccessLogs/Resource:LifecycleConfiguration.Rules[0].ExpirationInDays"},
		},
		{
			name: "retain_data", kind: "bool", description: "Whether what is destroyed leaves its data behind: the log groups, the parameter group, a last snapshot of the database.",
			stands: []string{"*/AccessLog/Resource:@Retain", "*/ExecutionLog/Resource:@Retain", "*/Log/Resource:@Retain", "*FlowLog/Resource:@Retain", "Data/Database/*:@Retain"},
		},
		{
			name: "vpc_cidr", kind: "string", description: "The addresses of the VPC.",
			condition: `can(cidrnetmask(var.vpc_cidr)) && can(regex("/(1[6-9]|2[0-2])$", var.vpc_cidr))`, message: "vpc_cidr must be an IPv4 block of the size /16 to /22, such as 10.20.0.0/16.",
			stands: []string{"Network/Private/VPC/Resource:CidrBlock"},
		},
		{
			name: "availability_zone_count", kind: "number", description: "In how many zones there is a subnet.",
			condition: `contains([2, 3], var.availability_zone_count)`, message: "availability_zone_count must be 2 or 3: the database wants two, and more than three brings nothing.",
		},
		toggle("flow_logs", "Whether the VPC logs its connections.", "Network/FlowLog/*", "Network/Private/VPC/FlowLogs/*"),
		{
			name: "database_instance_class", kind: "string", description: "The size of the database, such as db.t4g.micro.",
			condition: `startswith(var.database_instance_class, "db.")`, message: "database_instance_class must begin with db., such as db.t4g.micro.",
			stands: []string{"Data/Database/Instance/Resource:DBInstanceClass"},
		},
		{
			name: "database_storage_gib", kind: "number", description: "The database's storage at first, in GiB.",
			condition: `var.database_storage_gib >= 20 && var.database_storage_gib <= 65536`, message: "database_storage_gib must be 20 to 65536.",
			stands: []string{"Data/Database/Instance/Resource:AllocatedStorage"},
		},
		{
			name: "database_max_storage_gib", kind: "number", description: "Up to which size the storage grows by itself, in GiB.",
			condition: `var.database_max_storage_gib >= 22 && var.database_max_storage_gib <= 65536`, message: "database_max_storage_gib must be 22 to 65536, and 10 % above database_storage_gib.",
			stands: []string{"Data/Database/Instance/Resource:MaxAllocatedStorage"},
		},
		{
			name: "database_multi_az", kind: "bool", description: "Whether the database has a standby in another zone.",
			stands: []string{"Data/Database/Instance/Resource:MultiAZ"},
		},
		{
			name: "database_backup_days", kind: "number", description: "How long the daily backups are kept, in days.",
			condition: `var.database_backup_days >= 1 && var.database_backup_days <= 35`, message: "database_backup_days must be 1 to 35.",
			stands: []string{"Data/Database/Instance/Resource:BackupRetentionPeriod"},
		},
		{
			name: "database_delete_backups", kind: "bool", description: "Whether the daily backups go when the database is destroyed.",
			stands: []string{"Data/Database/Instance/Resource:DeleteAutomatedBackups"},
		},
		{
			name: "database_deletion_protection", kind: "bool", description: "Whether AWS refuses to delete the database.",
			stands: []string{"Data/Database/Instance/Resource:DeletionProtection"},
		},
		toggle("database_proxy", "Whether the functions reach the database over an RDS Proxy.",
			"Data/Database/Proxy/*", "Data/Database/ProxyAccess/*", "Data/Database/InstanceAccess/from DataDatabaseProxyAccess:*"),
		toggle("payload_access_logs", "Whether accesses to the bucket of payloads are logged to a bucket of their own.", "Data/Payloads/AccessLogs/*"),
		{
			name: "payload_glacier_days", kind: "number", description: "The age at which a payload moves to Glacier Instant Retrieval, in days.",
			condition: `var.payload_glacier_days >= 1`, message: "payload_glacier_days must be at least 1.",
			stands: []string{"Data/Payloads/Bucket/Resource:LifecycleConfiguration.Rules[0].Transitions[0].TransitionInDays"},
		},
		{
			name: "payload_old_version_days", kind: "number", description: "How long an overwritten or deleted payload is kept, in days.",
			condition: `var.payload_old_version_days >= 1`, message: "payload_old_version_days must be at least 1.",
			stands: []string{"Data/Payloads/Bucket/Resource:LifecycleConfiguration.Rules[1].NoncurrentVersionExpiration.NoncurrentDays"},
		},
	}
}

func pipelineVariables() []variable {
	memory := func(function string) variable {
		name := function + "_memory_mib"
		return variable{
			name: name, kind: "number", description: "The memory of the function " + function + ", in MiB.",
			condition: "var." + name + " >= 128 && var." + name + " <= 10240", message: name + " must be 128 to 10240.",
			stands: []string{"Pipeline/" + title(function) + "/Function/Resource:MemorySize"},
		}
	}
	timeout := func(function string, longest string) variable {
		name := function + "_timeout_seconds"
		return variable{
			name: name, kind: "number", description: "How long a call of the function " + function + " may take, in seconds.",
			condition: "var." + name + " >= 3 && var." + name + " <= " + longest, message: name + " must be 3 to " + longest + ".",
			stands: []string{"Pipeline/" + title(function) + "/Function/Resource:Timeout"},
		}
	}
	reserved := func(function string) variable {
		name := function + "_reserved_concurrency"
		return variable{
			name: name, kind: "number", description: "How many calls of the function " + function + " may run at once, reserved for it; null for no reservation.",
			condition: "var." + name + " == null || coalesce(var." + name + ", 0) >= 0", message: name + " must be null or at least 0.",
			stands: []string{"Pipeline/" + title(function) + "/Function/Resource:ReservedConcurrentExecutions"},
		}
	}
	return []variable{
		memory("ingest"), timeout("ingest", "28"), reserved("ingest"),
		memory("migrate"), timeout("migrate", "900"),
		memory("processor"), timeout("processor", "900"),
		{
			name: "processor_maximum_concurrency", kind: "number", description: "How many batches are processed at once.",
			condition: `var.processor_maximum_concurrency >= 2 && var.processor_maximum_concurrency <= 1000`, message: "processor_maximum_concurrency must be 2 to 1000.",
			stands: []string{"Pipeline/Processor/Events/Resource:ScalingConfig.MaximumConcurrency"},
		},
		{
			name: "processor_batch_size", kind: "number", description: "How many events a batch has at most.",
			condition: `var.processor_batch_size >= 1 && var.processor_batch_size <= 10000`, message: "processor_batch_size must be 1 to 10000.",
			stands: []string{"Pipeline/Processor/Events/Resource:BatchSize"},
		},
		{
			name: "processor_batch_window_seconds", kind: "number", description: "How long a batch is gathered, in seconds; the queue's visibility time-out grows with it.",
			condition: `var.processor_batch_window_seconds >= 0 && var.processor_batch_window_seconds <= 300`, message: "processor_batch_window_seconds must be 0 to 300.",
			stands: []string{"Pipeline/Processor/Events/Resource:MaximumBatchingWindowInSeconds"},
		},
		memory("query"), timeout("query", "28"), reserved("query"),
		toggle("api_key", "Whether callers of the API show a key of its usage plan; else they sign with their IAM identity.", "Pipeline/API/API/Key/*", "Pipeline/API/API/Plan/*"),
		toggle("validate_bodies", "Whether API Gateway checks events by their schema before it calls a function.", "Pipeline/API/Model*"),
		{
			name: "api_rate_per_second", kind: "number", description: "How many requests a second the API takes in the long run.",
			condition: `var.api_rate_per_second >= 1 && var.api_rate_per_second <= 10000`, message: "api_rate_per_second must be 1 to 10000.",
			stands: []string{"Pipeline/API/*:*.RateLimit", "Pipeline/API/*:*.ThrottlingRateLimit"},
		},
		{
			name: "api_burst", kind: "number", description: "How many requests at once the API takes.",
			condition: `var.api_burst >= 1 && var.api_burst <= 5000`, message: "api_burst must be 1 to 5000.",
			stands: []string{"Pipeline/API/*:*.BurstLimit", "Pipeline/API/*:*.ThrottlingBurstLimit"},
		},
		toggle("web_firewall", "Whether a WAF stands before the API.", "Pipeline/Firewall/*"),
		{
			name: "firewall_rate_per_5_minutes", kind: "number", description: "How many requests one address may send in 5 minutes; null without web_firewall.",
			condition: `var.firewall_rate_per_5_minutes == null || coalesce(var.firewall_rate_per_5_minutes, 0) >= 10`, message: "firewall_rate_per_5_minutes must be null or at least 10.",
			stands: []string{"Pipeline/Firewall/ACL:Rules[0].Statement.RateBasedStatement.Limit"},
		},
		toggle("canary_releases", "Whether there are the CodeDeploy groups and the alarms by which a release is shifted step by step.",
			"Pipeline/APIErrors/*", "Pipeline/Canaries/*", "Pipeline/*/Release/Canary/*", "Pipeline/*/Release/Errors/*"),
	}
}

func alarmVariables() []variable {
	threshold := func(name, description, condition, message string, alarms ...string) variable {
		v := variable{name: name, kind: "number", description: description, condition: condition, message: message}
		for _, alarm := range alarms {
			v.stands = append(v.stands, "Observability/Alarms/"+alarm+"/Resource:Threshold")
		}
		return v
	}
	percent := func(name, description string, alarms ...string) variable {
		return threshold(name, description, "var."+name+" >= 1 && var."+name+" <= 100", name+" must be 1 to 100.", alarms...)
	}
	positive := func(name, description string, alarms ...string) variable {
		return threshold(name, description, "var."+name+" > 0", name+" must be above 0.", alarms...)
	}
	storage := positive("alarm_database_free_storage_gib", "The free storage of the database under which there is an alarm, in GiB.", "DatabaseStorage")
	storage.scale = 1 << 30
	return []variable{
		{
			name: "alarm_email", kind: "string", description: "Who is told of alarms by e-mail; null for nobody.",
			condition: `var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.alarm_email))`, message: "alarm_email must be null or an address, such as team@example.com.",
			resources: []string{"Observability/Alarms/Email/Resource"},
			stands:    []string{"Observability/Alarms/Email/Resource:Endpoint"},
		},
		positive("alarm_dlq_depth", "The number of dead letters from which there is an alarm.", "DLQDepth"),
		percent("alarm_api_5xx_percent", "The share of 5xx answers from which there is an alarm, in percent.", "API5xx"),
		percent("alarm_error_rate_percent", "The share of failed calls of a function from which there is an alarm, in percent.", "*Errors"),
		positive("alarm_throttles", "The throttled calls a minute from which there is an alarm.", "*Throttles"),
		positive("alarm_queue_age_seconds", "The age of the oldest event from which there is an alarm, in seconds.", "QueueAge"),
		positive("alarm_end_to_end_p99_ms", "The 99th percentile from accepted to stored from which there is an alarm, in milliseconds.", "EndToEnd"),
		positive("alarm_processor_concurrency", "The concurrency of the processor from which there is an alarm.", "ProcessorConcurrency"),
		percent("alarm_database_cpu_percent", "The load of the database from which there is an alarm, in percent.", "DatabaseCPU"),
		storage,
		positive("alarm_database_connections", "The number of connections to the database from which there is an alarm.", "DatabaseConnections"),
		{
			name: "database_connections", kind: "number", description: "About how many connections the database's size bears.",
			condition: "var.database_connections >= 1", message: "database_connections must be at least 1.",
			stands: []string{"Observability/Alarms/DatabaseConnections/Resource:AlarmDescription"},
			within: "The database has many of the about {} connections that it bears.",
		},
	}
}
