package terraform

import "regexp"

// derived is a property that follows from variables. The export computes the
// expression for each stage and stops unless it gives what the template has.
type derived struct{ path, expression string }

func derivedValues() []derived {
	return []derived{
		{"Network/Private/VPC/isolatedSubnet*/Subnet:CidrBlock", `cidrsubnet(var.vpc_cidr, 24 - tonumber(split("/", var.vpc_cidr)[1]), count.index)`},
		{"Network/Private/VPC/isolatedSubnet*:Tags.Name", `"${var.environment}/Network/Private/VPC/isolatedSubnet${count.index + 1}"`},
		{"Pipeline/Events/Queue/Resource:VisibilityTimeout", `var.processor_batch_window_seconds + 6 * var.processor_timeout_seconds`},
		{"Pipeline/*/Function/Resource:LoggingConfig.ApplicationLogLevel", `var.log_level == "debug" ? "DEBUG" : "INFO"`},
		{"Observability/Alarms/DatabaseStorage/Resource:AlarmDescription", `"The database runs out of storage; it grows by itself up to ${var.database_max_storage_gib} GiB."`},
		{"Observability/Alarms/ProcessorConcurrency/Resource:AlarmDescription", `"The processor is near its maximum concurrency of ${var.processor_maximum_concurrency}: the queue will grow."`},
		{"Observability/Dashboard/Resource:DashboardBody.widgets[10].properties.annotations.horizontal[0].value", `var.alarm_queue_age_seconds`},
		{"Observability/Dashboard/Resource:DashboardBody.widgets[12].properties.annotations.horizontal[0].value", `var.processor_maximum_concurrency`},
		{"Observability/Dashboard/Resource:DashboardBody.widgets[15].properties.metrics[2][0].expression", `"calls_ingest * 0.0000002000 + ms_ingest * ${format("%.12f", var.ingest_memory_mib * 0.0000133334 / 1024 / 1000)}"`},
		{"Observability/Dashboard/Resource:DashboardBody.widgets[15].properties.metrics[5][0].expression", `"calls_processor * 0.0000002000 + ms_processor * ${format("%.12f", var.processor_memory_mib * 0.0000133334 / 1024 / 1000)}"`},
		{"Observability/Dashboard/Resource:DashboardBody.widgets[15].properties.metrics[8][0].expression", `"calls_query * 0.0000002000 + ms_query * ${format("%.12f", var.query_memory_mib * 0.0000133334 / 1024 / 1000)}"`},
	}
}

// choice is a property that depends on a flag: with it one value, without it
// another or none.
type choice struct{ path, flag string }

func choices() []choice {
	return []choice{
		{"Data/Payloads/Bucket/Resource:LoggingConfiguration", "payload_access_logs"},
		{"Pipeline/*/Function/Resource:Environment.Variables.DB_HOST", "database_proxy"},
		{"Pipeline/*/Function/Resource:Environment.Variables.DB_CA_FILE", "database_proxy"},
		{"Pipeline/*/Function/Resource:TracingConfig", "tracing"},
		{"Pipeline/*/Role/DefaultPolicy/Resource:PolicyDocument.Statement", "tracing"},
		{"Pipeline/API/API/DeploymentStage.stage/Resource:TracingEnabled", "tracing"},
		{"Pipeline/API/*:AuthorizationType", "api_key"},
		{"Pipeline/API/*:ApiKeyRequired", "api_key"},
		{"Pipeline/API/API/NoSignature/Resource:StatusCode", "api_key"},
		{"Pipeline/API/API/NoSignature/Resource:ResponseTemplates.*", "api_key"},
		{"Pipeline/API/*:RequestModels", "validate_bodies"},
	}
}

func families() []family {
	return []family{
		{pattern: regexp.MustCompile(`^(Network/Private/VPC/isolatedSubnet)(\d+)(/.+)$`), count: "availability_zone_count"},
	}
}

// moduleOutput is an output of a stack that users of the environment call. With a
// flag it is there in the stages that have the flag.
type moduleOutput struct{ from, name, flag string }

func moduleOutputs() []moduleOutput {
	return []moduleOutput{
		{from: "Pipeline/ApiEndpoint", name: "api_endpoint"},
		{from: "Pipeline/ApiKeyId", name: "api_key_id", flag: "api_key"},
		{from: "Data/DbEndpoint", name: "db_endpoint"},
		{from: "Data/DbUsername", name: "db_username"},
		{from: "Data/DbSecretArn", name: "db_secret_arn"},
		{from: "Pipeline/QueueUrl", name: "sqs_queue_url"},
		{from: "Pipeline/DlqUrl", name: "dlq_url"},
		{from: "Data/PayloadBucket", name: "payload_bucket"},
		{from: "Pipeline/TopicArn", name: "topic_arn"},
		{from: "Observability/AlarmTopicArn", name: "alarm_topic_arn"},
		{from: "Observability/DashboardUrl", name: "dashboard_url"},
	}
}

// shortName replaces the beginning of a construct path in names, so that a name
// says what an engineer would say. The first that fits counts.
type shortName struct{ from, to string }

func shortNames() []shortName {
	return []shortName{
		{"Network/Private/VPC/isolatedSubnet*/", "Isolated/"},
		{"Network/Private/VPC/Resource", "Main"},
		{"Network/Private/VPC/", ""},
		{"Network/Private/", ""},
		{"Network/", ""},
		{"Data/", ""},
		{"Pipeline/API/API/Default/", "API/"},
		{"Pipeline/API/API/", "API/"},
		{"Pipeline/API/Model", "API/"},
		{"Pipeline/Notifications/", "Notifications/"},
		{"Pipeline/Canaries/", "Canaries/"},
		{"Pipeline/", ""},
		{"Observability/Alarms/Topic/Topic/", "Alarms/Topic/"},
		{"Observability/Alarms/", ""},
		{"Observability/Queries/", ""},
		{"Observability/", ""},
	}
}

// module is one of the modules: the stacks of which it is made, and what it holds.
type module struct {
	name, description string
	stacks            []string
}

func modules() []module {
	return []module{
		{"stateful", "What must survive: the network, the database and the bucket of payloads.", []string{"Network", "Data"}},
		{"stateless", "What can be made again: the queues, the topic, the functions, the API, the alarms and the dashboard.", []string{"Pipeline", "Observability"}},
	}
}
