package catalog

import (
	"encoding/json"
	"regexp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// Place is that of a property in the platform: of which resources, by their
// construct paths without the stage, and where in them, such as Rules[0].Prefix.
type Place struct{ Construct, Property Glob }

// Matches reports whether the property of the resource is one of the place.
func (p Place) Matches(construct, property string) bool {
	return p.Construct.Matches(construct) && p.Property.Matches(property)
}

// Derived is a property that follows from variables. The export computes the value
// for each stage and stops unless it is what the template has.
type Derived struct {
	Place Place
	Value hcl.Value
}

func derivedValues() []Derived {
	variable := func(name string) hcl.Value { return hcl.Variable(name) }
	number := func(s string) hcl.Value { return json.Number(s) }
	vault := template.Element{Of: hcl.Func("split", ":", variable("database_backup_copy_vault_arn")), Key: hcl.Number(6)}
	length := template.Element{Of: hcl.Func("split", "/", variable("network_cidr")), Key: hcl.Number(1)}
	dashboard := func(property Glob, v hcl.Value) Derived {
		return Derived{Place{"Observability/Dashboard/Resource", "DashboardBody." + property}, v}
	}
	cost := func(metric Glob, function string) Derived {
		perMillisecond := hcl.Op(hcl.Op(hcl.Op(variable("functions_"+function+"_memory_mib"), "*", number("0.0000133334")), "/", number("1024")), "/", number("1000"))
		return dashboard("widgets[18].properties.metrics["+metric+"][0].expression", template.Join(
			"calls_"+function+" * 0.0000002000 + ms_"+function+" * ", hcl.Func("format", "%.12f", perMillisecond)))
	}
	return []Derived{
		{Place{"Network/Private/VPC/isolatedSubnet*/Subnet", "CidrBlock"}, hcl.Func("cidrsubnet",
			variable("network_cidr"), hcl.Op(number("24"), "-", hcl.Func("tonumber", length)), hcl.CountIndex{})},
		{Place{"Network/Private/VPC/isolatedSubnet*", "Tags.Name"}, template.Join(
			variable("name_prefix"), "fluxa-", variable("environment"), "-isolated-", hcl.Op(hcl.CountIndex{}, "+", number("1")))},
		{Place{"Data/Database/Parameters/Resource", "Family"}, template.Join("postgres", variable("database_engine_version"))},
		{Place{"Data/Database/Parameters/Resource", "DBParameterGroupName"}, template.Join(
			variable("name_prefix"), "fluxa-", variable("environment"), "-postgres", variable("database_engine_version"))},
		{Place{"Data/Database/ClusterParameters/Resource", "Family"}, template.Join("aurora-postgresql", variable("database_engine_version"))},
		{Place{"Data/Database/ClusterParameters/Resource", "DBClusterParameterGroupName"}, template.Join(
			variable("name_prefix"), "fluxa-", variable("environment"), "-aurora", variable("database_engine_version"))},
		{Place{"Pipeline/Events/Queue/Resource", "VisibilityTimeout"}, hcl.Op(
			variable("queue_batch_window_seconds"), "+", hcl.Op(number("6"), "*", variable("functions_processor_timeout_seconds")))},
		{Place{"Pipeline/*/Function/Resource", "LoggingConfig.ApplicationLogLevel"}, template.Conditional{
			If: hcl.Op(variable("logs_level"), "==", "debug"), Then: "DEBUG", Else: "INFO"}},
		{Place{"Data/Database/ClusterParameters/Resource", "Parameters.idle_session_timeout"}, template.Conditional{
			If: hcl.Op(variable("database_minimum_acu"), "==", number("0")), Then: "60000", Else: "0"}},
		{Place{"Data/Database/Cluster/Reader*", "DBInstanceIdentifier"}, template.Join(
			variable("name_prefix"), "fluxa-", variable("environment"), "-reader", hcl.Op(hcl.CountIndex{}, "+", number("1")))},
		{Place{"Observability/Alarms/DatabaseCapacity/Resource", "AlarmDescription"}, template.Join(
			"The database is near the ", variable("database_maximum_acu"), " ACU that it may grow to. First: see in pg_stat_activity what keeps it busy; if it is ours, raise database.maximum_acu.")},
		{Place{"Observability/Alarms/DatabaseStorage/Resource", "AlarmDescription"}, template.Join(
			"The database runs out of storage; it grows by itself up to ", variable("database_max_storage_gib"),
			" GiB. First: raise database.max_storage_gib, or keep events for fewer days.")},
		{Place{"Observability/Alarms/ProcessorConcurrency/Resource", "AlarmDescription"}, template.Join(
			"The processor is near its maximum concurrency of ", variable("functions_processor_maximum_concurrency"),
			": the queue will grow. First: see whether the database has room; then raise the maximum, or the size of a batch.")},
		{Place{"Pipeline/Maintenance/Schedule", "ScheduleExpression"}, template.Conditional{
			If:   hcl.Op(variable("events_maintain_every_hours"), "==", number("1")),
			Then: "rate(1 hour)", Else: template.Join("rate(", variable("events_maintain_every_hours"), " hours)")}},
		{Place{"Observability/Alarms/Maintenance/Resource", "EvaluationPeriods"}, hcl.Op(variable("events_maintain_every_hours"), "+", number("2"))},
		{Place{"Observability/Alarms/Maintenance/Resource", "DatapointsToAlarm"}, hcl.Op(variable("events_maintain_every_hours"), "+", number("2"))},
		{Place{"Observability/Alarms/BackupCopy*/Resource", "Metrics[1].MetricStat.Metric.Dimensions.BackupVaultName"}, vault},
		{Place{"Observability/Alarms/OldestRetried/Resource", "Threshold"}, hcl.Op(variable("alarms_queue_age_seconds"), "*", number("1000"))},
		{Place{"Observability/Alarms/InFlight/Resource", "Threshold"}, hcl.Func("min", number("96000"),
			hcl.Op(number("2"), "*", hcl.Op(variable("functions_processor_maximum_concurrency"), "*", variable("queue_batch_size"))))},
		dashboard("widgets[10].properties.annotations.horizontal[0].value", variable("alarms_queue_age_seconds")),
		cost("2", "ingest"), cost("5", "processor"), cost("8", "query"),
	}
}

// Choice is a property that depends on a flag: with it one value, without it
// another or none.
type Choice struct {
	Place Place
	Flag  string
}

func choices() []Choice {
	const instance = "database_instance" // else a cluster
	dimension := func(alarm Glob) Choice {
		return Choice{Place{"Observability/Alarms/" + alarm + "/Resource", "Metrics[*].MetricStat.Metric.Dimensions"}, instance}
	}
	return []Choice{
		{Place{"Data/Payloads/Bucket/Resource", "LoggingConfiguration"}, "payloads_access_logs"},
		{Place{"Data/Database/postgresqlLog/Resource", "LogGroupName"}, instance},
		{Place{"Data/Database/*Access/*", "*Port"}, instance},
		{Place{"Data/Database/*Access/*", "Description"}, instance},
		{Place{"Data/Database/ProxyRole/*", "PolicyDocument.Statement[*].Resource"}, instance},
		{Place{"Data/Database/Proxy/ProxyTargetGroup", "DB*Identifiers"}, instance},
		{Place{"Data/BackupCopy/Selection", "BackupSelection.Resources*"}, instance},
		{Place{"Pipeline/*/Function/Resource", "Environment.Variables.DB_*"}, instance},
		{Place{"Pipeline/Migrations/Run/Default", "Version"}, instance},
		{Place{"Pipeline/*/Role/DefaultPolicy/Resource", "PolicyDocument.Statement[*].Resource"}, instance},
		{Place{"Observability/Alarms/DatabaseCPU/Resource", "Metrics[*].MetricStat.Stat"}, instance},
		{Place{"Observability/Alarms/DatabaseCPU/Resource", "AlarmDescription"}, instance},
		{Place{"Observability/Alarms/DatabaseMemory/Resource", "AlarmDescription"}, instance},
		{Place{"Observability/Alarms/DatabaseMemory/Resource", "Metrics[*].MetricStat.Stat"}, instance},
		{Place{"Observability/Alarms/Unhealthy/Resource", "AlarmRule"}, instance},
		{Place{"Observability/Dashboard/Resource", "DashboardBody.widgets[*].properties.metrics[*][2]"}, instance},
		{Place{"Observability/Dashboard/Resource", "DashboardBody.widgets[*].properties.metrics[*][3]"}, instance},
		{Place{"Observability/Dashboard/Resource", "DashboardBody.widgets[*].properties.metrics[*][4].stat"}, instance},
		{Place{"output Data/Db*", ""}, instance},
		dimension("DatabaseCPU"), dimension("DatabaseConnections"), dimension("DatabaseMemory"),
		{Place{"Data/Database/Cluster/*", "PerformanceInsightsRetentionPeriod"}, "database_cluster_insights"},
		{Place{"Pipeline/*/Function/Resource", "Environment.Variables.DB_HOST"}, "database_proxy"},
		{Place{"Pipeline/*/Function/Resource", "Environment.Variables.DB_CA_FILE"}, "database_proxy"},
		{Place{"Pipeline/*/Role/DefaultPolicy/Resource", "PolicyDocument.Statement[*].Resource"}, "database_proxy"},
		{Place{"Pipeline/*/Function/Resource", "TracingConfig"}, "tracing"},
		{Place{"Pipeline/*/Role/DefaultPolicy/Resource", "PolicyDocument.Statement"}, "tracing"},
		{Place{"Pipeline/Processor/Function/Resource", "TracingConfig"}, "traces_processor"},
		{Place{"Pipeline/Processor/Role/DefaultPolicy/Resource", "PolicyDocument.Statement"}, "traces_processor"},
		{Place{"Pipeline/API/API/DeploymentStage.stage/Resource", "TracingEnabled"}, "tracing"},
		{Place{"Pipeline/API/*", "AuthorizationType"}, "api_jwt"},
		{Place{"Pipeline/API/*", "AuthorizerId"}, "api_jwt"},
		{Place{"Pipeline/API/API/Unauthorized/Resource", "ResponseTemplates.*"}, "api_jwt"},
		{Place{"Pipeline/API/API/Denied/Resource", "ResponseTemplates.*"}, "api_jwt"},
		{Place{"Pipeline/API/API/NoSignature/Resource", "StatusCode"}, "api_jwt"},
		{Place{"Pipeline/API/API/NoSignature/Resource", "ResponseTemplates.*"}, "api_jwt"},
		{Place{"Pipeline/API/*", "AuthorizationType"}, "api_key"},
		{Place{"Pipeline/API/*", "ApiKeyRequired"}, "api_key"},
		{Place{"Pipeline/API/API/NoSignature/Resource", "StatusCode"}, "api_key"},
		{Place{"Pipeline/API/API/NoSignature/Resource", "ResponseTemplates.*"}, "api_key"},
		{Place{"Pipeline/API/*", "RequestModels"}, "api_validate_bodies"},
		{Place{"Pipeline/Ingest/Function/Resource", "VpcConfig"}, "otlp_endpoint"},
		{Place{"Network/Private/VPC/S3/Resource", "PolicyDocument.Statement*.Action"}, "otlp_network"},
		{Place{"Pipeline/Processor/Events/Resource", "ProvisionedPollerConfig"}, "queue_maximum_pollers"},
		{Place{"Pipeline/Processor/Events/Resource", "ScalingConfig"}, "queue_maximum_pollers"},
	}
}

func families() []Family {
	return []Family{
		{regexp.MustCompile(`^(Network/Private/VPC/isolatedSubnet)(\d+)(/.+)$`), "network_availability_zones"},
		{regexp.MustCompile(`^(Data/Database/Cluster/Reader)(\d+)(/.+)$`), "database_readers"},
	}
}

func listed() []Listed {
	return []Listed{{Place{"Network/Private/VPC/isolatedSubnet*/Subnet", "AvailabilityZone"}, "network_zones", template.Zones{}}}
}

// Output is an output of a stack that users of the environment call. With a flag
// it is there in the stages that have the flag.
type Output struct{ From, Name, Flag string }

func outputs() []Output {
	return []Output{
		{From: "Pipeline/ApiEndpoint", Name: "api_endpoint"},
		{From: "Pipeline/ApiDomainEndpoint", Name: "api_domain_endpoint", Flag: "api_domain"},
		{From: "Pipeline/ApiDomainTarget", Name: "api_domain_target", Flag: "api_domain"},
		{From: "Pipeline/ApiDomainTargetZone", Name: "api_domain_target_zone", Flag: "api_domain"},
		{From: "Pipeline/ApiKeyId", Name: "api_key_id", Flag: "api_general_key"},
		{From: "Pipeline/ApiKeyIds", Name: "api_key_ids", Flag: ClientKeys},
		{From: "Network/OperatorSecurityGroupId", Name: "operator_security_group_id"},
		{From: "Data/DbEndpoint", Name: "db_endpoint"},
		{From: "Data/DbUsername", Name: "db_username"},
		{From: "Data/DbSecretArn", Name: "db_secret_arn"},
		{From: "Pipeline/QueueUrl", Name: "sqs_queue_url"},
		{From: "Pipeline/DlqUrl", Name: "dlq_url"},
		{From: "Data/PayloadBucket", Name: "payload_bucket"},
		{From: "Pipeline/TopicArn", Name: "topic_arn"},
		{From: "Pipeline/IngestFunction", Name: "ingest_function"},
		{From: "Pipeline/ProcessorFunction", Name: "processor_function"},
		{From: "Pipeline/QueryFunction", Name: "query_function"},
		{From: "Pipeline/MigrateFunction", Name: "migrate_function"},
		{From: "Pipeline/MaintainFunction", Name: "maintain_function"},
		{From: "Observability/AlarmTopicArn", Name: "alarm_topic_arn"},
		{From: "Observability/DashboardUrl", Name: "dashboard_url"},
	}
}

// Module is one of the modules: the stacks of which it is made, and what it holds.
type Module struct {
	Name, Description string
	Stacks            []string
}

func modules() []Module {
	return []Module{
		{"stateful", "What must survive: the network, the database and the bucket of payloads.", []string{"Network", "Data"}},
		{"stateless", "What can be made again: the queues, the topic, the functions, the API, the alarms and the dashboard.", []string{"Pipeline", "Observability"}},
	}
}
