package terraform

func lambda() []mapping {
	return []mapping{
		lambdaFunction(),
		{
			cloudformation: "AWS::Lambda::Version", into: "FunctionName",
			attributes: map[string]string{"Version": "version"},
			properties: []property{
				{from: "FunctionName"},
				retained("the provider publishes a version with each new code and deletes none"),
			},
			always: []fixed{{"publish", "true", "there is an AWS::Lambda::Version of the function"}},
		},
		{
			cloudformation: "AWS::Lambda::Alias", terraform: "aws_lambda_alias",
			nouns:      []string{"Alias", "Release"},
			attributes: map[string]string{"Ref": "arn", "@FunctionName": "function_name", "@Name": "name"},
			properties: []property{
				{from: "Name", to: "name"},
				{from: "FunctionName", to: "function_name"},
				{from: "FunctionVersion", to: "function_version"},
				{from: "@UpdatePolicy", left: "CodeDeploy shifts an alias for CloudFormation only; Terraform moves it at once"},
			},
		},
		{
			cloudformation: "AWS::Lambda::EventSourceMapping", terraform: "aws_lambda_event_source_mapping",
			attributes: map[string]string{"Ref": "id"},
			properties: []property{
				{from: "EventSourceArn", to: "event_source_arn"},
				{from: "FunctionName", to: "function_name", write: "qualified"},
				{from: "BatchSize", to: "batch_size"},
				{from: "MaximumBatchingWindowInSeconds", to: "maximum_batching_window_in_seconds"},
				{from: "FunctionResponseTypes", to: "function_response_types"},
				tagged(),
				{from: "ScalingConfig.MaximumConcurrency", to: "scaling_config{}.maximum_concurrency"},
			},
		},
		{
			cloudformation: "AWS::Lambda::Permission", terraform: "aws_lambda_permission",
			nouns: []string{"ApiPermission*"},
			properties: []property{
				{from: "Action", to: "action"},
				{from: "FunctionName", to: "function_name", write: "alias_function"},
				{from: "FunctionName", to: "qualifier", write: "alias_name"},
				{from: "Principal", to: "principal"},
				{from: "SourceArn", to: "source_arn"},
			},
		},
	}
}

func lambdaFunction() mapping {
	return mapping{
		cloudformation: "AWS::Lambda::Function", terraform: "aws_lambda_function",
		nouns:      []string{"Function"},
		attributes: map[string]string{"Ref": "function_name", "Arn": "arn"},
		properties: []property{
			{from: "FunctionName", to: "function_name"},
			{from: "Description", to: "description"},
			{from: "Code", to: "filename", read: "asset", write: "zip"},
			{from: "Code", to: "source_code_hash", write: "zip_hash"},
			{from: "Runtime", to: "runtime"},
			{from: "Handler", to: "handler"},
			{from: "Architectures", to: "architectures"},
			{from: "MemorySize", to: "memory_size"},
			{from: "Timeout", to: "timeout"},
			{from: "ReservedConcurrentExecutions", to: "reserved_concurrent_executions"},
			{from: "Role", to: "role"},
			tagged(),
			{from: "Environment.Variables", to: "environment{}.variables"},
			{from: "LoggingConfig.LogFormat", to: "logging_config{}.log_format"},
			{from: "LoggingConfig.LogGroup", to: "logging_config{}.log_group"},
			{from: "LoggingConfig.ApplicationLogLevel", to: "logging_config{}.application_log_level"},
			{from: "LoggingConfig.SystemLogLevel", to: "logging_config{}.system_log_level"},
			{from: "TracingConfig.Mode", to: "tracing_config{}.mode"},
			{from: "VpcConfig.SecurityGroupIds", to: "vpc_config{}.security_group_ids"},
			{from: "VpcConfig.SubnetIds", to: "vpc_config{}.subnet_ids"},
		},
	}
}
