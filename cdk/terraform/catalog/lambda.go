package catalog

func lambda() []Type {
	return []Type{
		lambdaFunction(),
		{
			CloudFormation: "AWS::Lambda::Version", Into: "FunctionName",
			Attributes: map[string]Attribute{"Version": {Name: "version"}},
			Properties: []Property{
				{From: prop("FunctionName")},
				retained("the provider publishes a version with each new code and deletes none"),
			},
			Always: []Fixed{{"publish", true, "there is an AWS::Lambda::Version of the function"}},
		},
		{
			CloudFormation: "AWS::Lambda::Alias", Terraform: "aws_lambda_alias",
			Nouns:      []string{"Alias", "Release"},
			Attributes: map[string]Attribute{"Ref": {Name: "arn"}},
			Properties: []Property{
				{From: prop("Name"), To: Attr("name")},
				{From: prop("FunctionName"), To: Attr("function_name")},
				{From: prop("FunctionVersion"), To: Attr("function_version")},
				{From: prop(UpdatePolicy), Omitted: "CodeDeploy shifts an alias for CloudFormation only; Terraform moves it at once"},
			},
		},
		{
			CloudFormation: "AWS::Lambda::EventSourceMapping", Terraform: "aws_lambda_event_source_mapping",
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("EventSourceArn"), To: Attr("event_source_arn")},
				{From: prop("FunctionName"), To: Attr("function_name"), Write: aliasArn()},
				{From: prop("BatchSize"), To: Attr("batch_size")},
				{From: prop("MaximumBatchingWindowInSeconds"), To: Attr("maximum_batching_window_in_seconds")},
				{From: prop("FunctionResponseTypes"), To: Attr("function_response_types")},
				tagged(),
				{From: prop("ProvisionedPollerConfig", "MinimumPollers"), To: Block("provisioned_poller_config").Attr("minimum_pollers")},
				{From: prop("ProvisionedPollerConfig", "MaximumPollers"), To: Block("provisioned_poller_config").Attr("maximum_pollers")},
				{From: prop("ScalingConfig", "MaximumConcurrency"), To: Block("scaling_config").Attr("maximum_concurrency")},
			},
		},
		{
			CloudFormation: "AWS::Lambda::Permission", Terraform: "aws_lambda_permission",
			Nouns: []string{"ApiPermission*", "PipelineAPITokens*"},
			Properties: []Property{
				{From: prop("Action"), To: Attr("action")},
				{From: prop("FunctionName"), To: Attr("function_name"), Write: attributeOf("Ref", "function_name")},
				{From: prop("FunctionName"), To: Attr("qualifier"), Write: attributeOf("Ref", "name")},
				{From: prop("Principal"), To: Attr("principal")},
				{From: prop("SourceArn"), To: Attr("source_arn")},
			},
		},
		{
			CloudFormation: "AWS::Scheduler::Schedule", Terraform: "aws_scheduler_schedule",
			Nouns: []string{"Schedule"},
			Properties: []Property{
				{From: prop("Name"), To: Attr("name")},
				{From: prop("Description"), To: Attr("description")},
				{From: prop("ScheduleExpression"), To: Attr("schedule_expression")},
				{From: prop("State"), To: Attr("state")},
				{From: prop("FlexibleTimeWindow", "Mode"), To: Block("flexible_time_window").Attr("mode")},
				{From: prop("Target", "Arn"), To: Block("target").Attr("arn")},
				{From: prop("Target", "RoleArn"), To: Block("target").Attr("role_arn")},
				{From: prop("Target", "Input"), To: Block("target").Attr("input")},
				{From: prop("Target", "RetryPolicy", "MaximumEventAgeInSeconds"), To: Block("target").Block("retry_policy").Attr("maximum_event_age_in_seconds")},
				{From: prop("Target", "RetryPolicy", "MaximumRetryAttempts"), To: Block("target").Block("retry_policy").Attr("maximum_retry_attempts")},
			},
		},
	}
}

func lambdaFunction() Type {
	return Type{
		CloudFormation: "AWS::Lambda::Function", Terraform: "aws_lambda_function",
		Nouns:      []string{"Function"},
		Attributes: map[string]Attribute{"Ref": {Name: "function_name"}, "Arn": {Name: "arn"}},
		Properties: []Property{
			{From: prop("FunctionName"), To: Attr("function_name")},
			{From: prop("Description"), To: Attr("description")},
			{From: prop("Code"), To: Attr("filename"), Read: asAsset(), Write: zipPath()},
			{From: prop("Code"), To: Attr("source_code_hash"), Write: zipHash()},
			{From: prop("Runtime"), To: Attr("runtime")},
			{From: prop("Handler"), To: Attr("handler")},
			{From: prop("Architectures"), To: Attr("architectures")},
			{From: prop("MemorySize"), To: Attr("memory_size")},
			{From: prop("Timeout"), To: Attr("timeout")},
			{From: prop("ReservedConcurrentExecutions"), To: Attr("reserved_concurrent_executions")},
			{From: prop("Role"), To: Attr("role")},
			tagged(),
			{From: prop("Environment", "Variables"), To: Block("environment").Attr("variables"), Read: asVariables()},
			{From: prop("LoggingConfig", "LogFormat"), To: Block("logging_config").Attr("log_format")},
			{From: prop("LoggingConfig", "LogGroup"), To: Block("logging_config").Attr("log_group")},
			{From: prop("LoggingConfig", "ApplicationLogLevel"), To: Block("logging_config").Attr("application_log_level")},
			{From: prop("LoggingConfig", "SystemLogLevel"), To: Block("logging_config").Attr("system_log_level")},
			{From: prop("TracingConfig", "Mode"), To: Block("tracing_config").Attr("mode")},
			{From: prop("VpcConfig", "SecurityGroupIds"), To: Block("vpc_config").Attr("security_group_ids")},
			{From: prop("VpcConfig", "SubnetIds"), To: Block("vpc_config").Attr("subnet_ids")},
		},
	}
}
