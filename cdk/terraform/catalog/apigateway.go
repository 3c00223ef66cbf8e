package catalog

import "github.com/fluxa/fluxa/cdk/template"

func apiGateway() []Type {
	return []Type{
		{
			CloudFormation: "AWS::ApiGateway::RestApi", Terraform: "aws_api_gateway_rest_api",
			Attributes: map[string]Attribute{"Ref": {Name: "id"}, "RootResourceId": {Name: "root_resource_id"}},
			Properties: []Property{
				{From: prop("Name"), To: Attr("name")},
				{From: prop("Description"), To: Attr("description")},
				{From: prop("MinimumCompressionSize"), To: Attr("minimum_compression_size")},
				tagged(),
				{From: prop("EndpointConfiguration", "Types"), To: Block("endpoint_configuration").Attr("types")},
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::Resource", Terraform: "aws_api_gateway_resource",
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("RestApiId"), To: Attr("rest_api_id")},
				{From: prop("ParentId"), To: Attr("parent_id")},
				{From: prop("PathPart"), To: Attr("path_part")},
			},
		},
		apiMethod(),
		{
			CloudFormation: "AWS::ApiGateway::Model", Terraform: "aws_api_gateway_model",
			Attributes: map[string]Attribute{"Ref": {Name: "name"}},
			Properties: []Property{
				{From: prop("RestApiId"), To: Attr("rest_api_id")},
				{From: prop("Name"), To: Attr("name")},
				{From: prop("ContentType"), To: Attr("content_type")},
				{From: prop("Schema"), To: Attr("schema"), Write: asJSON()},
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::RequestValidator", Terraform: "aws_api_gateway_request_validator",
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("RestApiId"), To: Attr("rest_api_id")},
				{From: prop("Name"), To: Attr("name")},
				{From: prop("ValidateRequestBody"), To: Attr("validate_request_body")},
				{From: prop("ValidateRequestParameters"), To: Attr("validate_request_parameters")},
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::GatewayResponse", Terraform: "aws_api_gateway_gateway_response",
			Properties: []Property{
				{From: prop("RestApiId"), To: Attr("rest_api_id")},
				{From: prop("ResponseType"), To: Attr("response_type")},
				{From: prop("StatusCode"), To: Attr("status_code")},
				{From: prop("ResponseParameters"), To: Attr("response_parameters")},
				{From: prop("ResponseTemplates"), To: Attr("response_templates")},
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::Deployment", Terraform: "aws_api_gateway_deployment",
			Nouns:        []string{"Deployment"},
			Attributes:   map[string]Attribute{"Ref": {Name: "id"}},
			ReplaceFirst: true,
			Properties: []Property{
				{From: prop("RestApiId"), To: Attr("rest_api_id")},
				{From: prop("Description"), To: Attr("description")},
			},
			Always: []Fixed{{"triggers", DependenciesHash{}, "CloudFormation deploys again since the CDK gives the deployment another id; Terraform needs to be told"}},
		},
		apiStage(),
	}
}

func apiMethod() Type {
	integration := At("aws_api_gateway_integration")
	return Type{
		CloudFormation: "AWS::ApiGateway::Method", Terraform: "aws_api_gateway_method",
		Properties: []Property{
			{From: prop("RestApiId"), To: Attr("rest_api_id")},
			{From: prop("ResourceId"), To: Attr("resource_id")},
			{From: prop("HttpMethod"), To: Attr("http_method")},
			{From: prop("AuthorizationType"), To: Attr("authorization")},
			{From: prop("AuthorizerId"), To: Attr("authorizer_id")},
			{From: prop("ApiKeyRequired"), To: Attr("api_key_required")},
			{From: prop("OperationName"), To: Attr("operation_name")},
			{From: prop("RequestValidatorId"), To: Attr("request_validator_id")},
			{From: prop("RequestModels"), To: Attr("request_models")},
			{From: prop("Integration", "Type"), To: integration.Attr("type")},
			{From: prop("Integration", "IntegrationHttpMethod"), To: integration.Attr("integration_http_method")},
			{From: prop("Integration", "Uri"), To: integration.Attr("uri")},
		},
		Splits: []Split{{Terraform: integration.Split, Parent: map[string]string{
			"rest_api_id": "rest_api_id", "resource_id": "resource_id", "http_method": "http_method",
		}}},
	}
}

func apiStage() Type {
	method := AtEach("aws_api_gateway_method_settings")
	return Type{
		CloudFormation: "AWS::ApiGateway::Stage", Terraform: "aws_api_gateway_stage",
		Nouns:      []string{"DeploymentStage.stage"},
		Attributes: map[string]Attribute{"Ref": {Name: "stage_name"}},
		Properties: []Property{
			{From: prop("RestApiId"), To: Attr("rest_api_id")},
			{From: prop("DeploymentId"), To: Attr("deployment_id")},
			{From: prop("StageName"), To: Attr("stage_name")},
			{From: prop("TracingEnabled"), To: Attr("xray_tracing_enabled")},
			tagged(),
			{From: prop("AccessLogSetting", "DestinationArn"), To: Block("access_log_settings").Attr("destination_arn")},
			{From: prop("AccessLogSetting", "Format"), To: Block("access_log_settings").Attr("format"), Read: fromJSON(), Write: asJSON()},
			{From: prop("MethodSettings").each("HttpMethod"), Omitted: "method_path says it", While: "*"},
			{From: prop("MethodSettings").each("ResourcePath"), To: method.Attr("method_path"), Write: ofAllMethods()},
			{From: prop("MethodSettings").each("LoggingLevel"), To: method.Block("settings").Attr("logging_level")},
			{From: prop("MethodSettings").each("DataTraceEnabled"), To: method.Block("settings").Attr("data_trace_enabled")},
			{From: prop("MethodSettings").each("MetricsEnabled"), To: method.Block("settings").Attr("metrics_enabled")},
			{From: prop("MethodSettings").each("ThrottlingBurstLimit"), To: method.Block("settings").Attr("throttling_burst_limit")},
			{From: prop("MethodSettings").each("ThrottlingRateLimit"), To: method.Block("settings").Attr("throttling_rate_limit")},
		},
		Splits: []Split{{Terraform: method.Split, Parent: map[string]string{
			"rest_api_id": "rest_api_id", "stage_name": "stage_name",
		}}},
	}
}

func apiGatewayCallers() []Type {
	return []Type{
		{
			CloudFormation: "AWS::ApiGateway::Authorizer", Terraform: "aws_api_gateway_authorizer",
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("RestApiId"), To: Attr("rest_api_id")},
				{From: prop("Name"), To: Attr("name")},
				{From: prop("Type"), To: Attr("type")},
				{From: prop("AuthorizerUri"), To: Attr("authorizer_uri")},
				{From: prop("AuthorizerResultTtlInSeconds"), To: Attr("authorizer_result_ttl_in_seconds")},
				{From: prop("IdentitySource"), To: Attr("identity_source")},
				{From: prop("IdentityValidationExpression"), To: Attr("identity_validation_expression")},
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::DomainName", Terraform: "aws_api_gateway_domain_name",
			Nouns: []string{"Name"},
			Attributes: map[string]Attribute{
				"Ref": {Name: "domain_name"}, "RegionalDomainName": {Name: "regional_domain_name"}, "RegionalHostedZoneId": {Name: "regional_zone_id"},
			},
			Properties: []Property{
				{From: prop("DomainName"), To: Attr("domain_name")},
				{From: prop("RegionalCertificateArn"), To: Attr("regional_certificate_arn")},
				{From: prop("SecurityPolicy"), To: Attr("security_policy")},
				{From: prop("EndpointConfiguration", "Types"), To: Block("endpoint_configuration").Attr("types")},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::BasePathMapping", Terraform: "aws_api_gateway_base_path_mapping",
			Nouns: []string{"Mapping"},
			Properties: []Property{
				{From: prop("DomainName"), To: Attr("domain_name")},
				{From: prop("RestApiId"), To: Attr("api_id")},
				{From: prop("Stage"), To: Attr("stage_name")},
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::Account", Terraform: "aws_api_gateway_account",
			Nouns: []string{"Account"},
			Properties: []Property{
				{From: prop("CloudWatchRoleArn"), To: Attr("cloudwatch_role_arn")},
				retained("the settings are the account's, and the provider leaves the account's role in place"),
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::ApiKey", Terraform: "aws_api_gateway_api_key",
			Nouns:      []string{"Key"},
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("Name"), To: Attr("name")},
				{From: prop("Description"), To: Attr("description")},
				{From: prop("Enabled"), To: Attr("enabled")},
				{From: prop("StageKeys"), Omitted: "the usage plan ties the key to the stage; the provider has no other tie"},
				tagged(),
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::UsagePlan", Terraform: "aws_api_gateway_usage_plan",
			Nouns:      []string{"Plan"},
			Attributes: map[string]Attribute{"Ref": {Name: "id"}},
			Properties: []Property{
				{From: prop("UsagePlanName"), To: Attr("name")},
				tagged(),
				{From: prop("ApiStages").each("ApiId"), To: Blocks("api_stages").Attr("api_id")},
				{From: prop("ApiStages").each("Stage"), To: Blocks("api_stages").Attr("stage")},
				{From: prop("ApiStages").each("Throttle"), Omitted: "it says nothing", While: template.Object{}},
				{From: prop("Throttle", "BurstLimit"), To: Block("throttle_settings").Attr("burst_limit")},
				{From: prop("Throttle", "RateLimit"), To: Block("throttle_settings").Attr("rate_limit")},
			},
		},
		{
			CloudFormation: "AWS::ApiGateway::UsagePlanKey", Terraform: "aws_api_gateway_usage_plan_key",
			Nouns: []string{"UsagePlanKeyResource:PipelineAPIKey", "Plan", "PlanKey"},
			Properties: []Property{
				{From: prop("KeyId"), To: Attr("key_id")},
				{From: prop("KeyType"), To: Attr("key_type")},
				{From: prop("UsagePlanId"), To: Attr("usage_plan_id")},
			},
		},
	}
}
