package terraform

func apiGateway() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::ApiGateway::RestApi", terraform: "aws_api_gateway_rest_api",
			attributes: map[string]string{"Ref": "id", "RootResourceId": "root_resource_id"},
			properties: []property{
				{from: "Name", to: "name"},
				{from: "Description", to: "description"},
				tagged(),
				{from: "EndpointConfiguration.Types", to: "endpoint_configuration{}.types"},
			},
		},
		{
			cloudformation: "AWS::ApiGateway::Resource", terraform: "aws_api_gateway_resource",
			attributes: map[string]string{"Ref": "id"},
			properties: []property{
				{from: "RestApiId", to: "rest_api_id"},
				{from: "ParentId", to: "parent_id"},
				{from: "PathPart", to: "path_part"},
			},
		},
		apiMethod(),
		{
			cloudformation: "AWS::ApiGateway::Model", terraform: "aws_api_gateway_model",
			attributes: map[string]string{"Ref": "name"},
			properties: []property{
				{from: "RestApiId", to: "rest_api_id"},
				{from: "Name", to: "name"},
				{from: "ContentType", to: "content_type"},
				{from: "Schema", to: "schema", write: "json"},
			},
		},
		{
			cloudformation: "AWS::ApiGateway::RequestValidator", terraform: "aws_api_gateway_request_validator",
			attributes: map[string]string{"Ref": "id"},
			properties: []property{
				{from: "RestApiId", to: "rest_api_id"},
				{from: "Name", to: "name"},
				{from: "ValidateRequestBody", to: "validate_request_body"},
				{from: "ValidateRequestParameters", to: "validate_request_parameters"},
			},
		},
		{
			cloudformation: "AWS::ApiGateway::GatewayResponse", terraform: "aws_api_gateway_gateway_response",
			properties: []property{
				{from: "RestApiId", to: "rest_api_id"},
				{from: "ResponseType", to: "response_type"},
				{from: "StatusCode", to: "status_code"},
				{from: "ResponseParameters", to: "response_parameters"},
				{from: "ResponseTemplates", to: "response_templates"},
			},
		},
		{
			cloudformation: "AWS::ApiGateway::Deployment", terraform: "aws_api_gateway_deployment",
			nouns:        []string{"Deployment"},
			attributes:   map[string]string{"Ref": "id"},
			replaceFirst: true,
			properties: []property{
				{from: "RestApiId", to: "rest_api_id"},
				{from: "Description", to: "description"},
			},
			always: []fixed{{"triggers", deployedAgain, "CloudFormation deploys again since the CDK gives the deployment another id; Terraform needs to be told"}},
		},
		apiStage(),
	}
}

// deployedAgain stands for a hash of all that the deployment depends on.
const deployedAgain = "@dependencies"

func apiMethod() mapping {
	const integration = "aws_api_gateway_integration:"
	return mapping{
		cloudformation: "AWS::ApiGateway::Method", terraform: "aws_api_gateway_method",
		properties: []property{
			{from: "RestApiId", to: "rest_api_id"},
			{from: "ResourceId", to: "resource_id"},
			{from: "HttpMethod", to: "http_method"},
			{from: "AuthorizationType", to: "authorization"},
			{from: "ApiKeyRequired", to: "api_key_required"},
			{from: "OperationName", to: "operation_name"},
			{from: "RequestValidatorId", to: "request_validator_id"},
			{from: "RequestModels", to: "request_models"},
			{from: "Integration.Type", to: integration + "type"},
			{from: "Integration.IntegrationHttpMethod", to: integration + "integration_http_method"},
			{from: "Integration.Uri", to: integration + "uri"},
		},
		splits: []split{{terraform: "aws_api_gateway_integration", parent: map[string]string{
			"rest_api_id": "rest_api_id", "resource_id": "resource_id", "http_method": "http_method",
		}}},
	}
}

func apiStage() mapping {
	const settings = "aws_api_gateway_method_settings[]:"
	return mapping{
		cloudformation: "AWS::ApiGateway::Stage", terraform: "aws_api_gateway_stage",
		nouns:      []string{"DeploymentStage.stage"},
		attributes: map[string]string{"Ref": "stage_name"},
		properties: []property{
			{from: "RestApiId", to: "rest_api_id"},
			{from: "DeploymentId", to: "deployment_id"},
			{from: "StageName", to: "stage_name"},
			{from: "TracingEnabled", to: "xray_tracing_enabled"},
			tagged(),
			{from: "AccessLogSetting.DestinationArn", to: "access_log_settings{}.destination_arn"},
			{from: "AccessLogSetting.Format", to: "access_log_settings{}.format", read: "json", write: "json"},
			{from: "MethodSettings[].HttpMethod", left: "method_path says it", while: "*"},
			{from: "MethodSettings[].ResourcePath", to: settings + "method_path", write: "all_methods"},
			{from: "MethodSettings[].LoggingLevel", to: settings + "settings{}.logging_level"},
			{from: "MethodSettings[].DataTraceEnabled", to: settings + "settings{}.data_trace_enabled"},
			{from: "MethodSettings[].MetricsEnabled", to: settings + "settings{}.metrics_enabled"},
			{from: "MethodSettings[].ThrottlingBurstLimit", to: settings + "settings{}.throttling_burst_limit"},
			{from: "MethodSettings[].ThrottlingRateLimit", to: settings + "settings{}.throttling_rate_limit"},
		},
		splits: []split{{terraform: "aws_api_gateway_method_settings", parent: map[string]string{
			"rest_api_id": "rest_api_id", "stage_name": "stage_name",
		}}},
	}
}

func apiGatewayCallers() []mapping {
	return []mapping{
		{
			cloudformation: "AWS::ApiGateway::Account", terraform: "aws_api_gateway_account",
			nouns: []string{"Account"},
			properties: []property{
				{from: "CloudWatchRoleArn", to: "cloudwatch_role_arn"},
				retained("the settings are the account's, and the provider leaves the account's role in place"),
			},
		},
		{
			cloudformation: "AWS::ApiGateway::ApiKey", terraform: "aws_api_gateway_api_key",
			nouns:      []string{"Key"},
			attributes: map[string]string{"Ref": "id"},
			properties: []property{
				{from: "Name", to: "name"},
				{from: "Description", to: "description"},
				{from: "Enabled", to: "enabled"},
				{from: "StageKeys", left: "the usage plan ties the key to the stage; the provider has no other tie"},
				tagged(),
			},
		},
		{
			cloudformation: "AWS::ApiGateway::UsagePlan", terraform: "aws_api_gateway_usage_plan",
			nouns:      []string{"Plan"},
			attributes: map[string]string{"Ref": "id"},
			properties: []property{
				{from: "UsagePlanName", to: "name"},
				tagged(),
				{from: "ApiStages[].ApiId", to: "api_stages[].api_id"},
				{from: "ApiStages[].Stage", to: "api_stages[].stage"},
				{from: "ApiStages[].Throttle", left: "it says nothing", while: "map[]"},
				{from: "Throttle.BurstLimit", to: "throttle_settings{}.burst_limit"},
				{from: "Throttle.RateLimit", to: "throttle_settings{}.rate_limit"},
			},
		},
		{
			cloudformation: "AWS::ApiGateway::UsagePlanKey", terraform: "aws_api_gateway_usage_plan_key",
			nouns: []string{"UsagePlanKeyResource:PipelineAPIKey", "Plan"},
			properties: []property{
				{from: "KeyId", to: "key_id"},
				{from: "KeyType", to: "key_type"},
				{from: "UsagePlanId", to: "usage_plan_id"},
			},
		},
	}
}
