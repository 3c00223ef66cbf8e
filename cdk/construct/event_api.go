package construct

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// EventAPIProps describes the HTTP API. All fields are required.
type EventAPIProps struct {
	Name      string
	StageName string // the first part of every path
	Settings  stage.API
	// Handlers has the alias of each function that a route names.
	Handlers map[contract.Function]awslambda.IFunction
	Tracing  bool

	LogRetentionDays int
	Removal          stage.Removal
}

// EventAPI is the REST API: the routes of the contract, each to its function.
// Callers need an API key or sign with IAM, save for the health check. What API
// Gateway itself refuses is a problem document, as it is from the functions.
type EventAPI struct {
	Construct constructs.Construct
	API       awsapigateway.RestApi
	Key       awsapigateway.IApiKey // nil with IAM
}

// NewEventAPI makes the API.
func NewEventAPI(scope constructs.Construct, id string, props *EventAPIProps) *EventAPI {
	mustBeOneOf("EventAPI", "Settings.Authorization", props.Settings.Authorization, stage.APIKey, stage.IAM)
	this := constructs.NewConstruct(scope, text(id))
	a := &EventAPI{Construct: this}
	access := NewLogGroup(this, "AccessLog", &LogGroupProps{
		Name: "/aws/apigateway/" + props.Name + "/access", RetentionDays: props.LogRetentionDays, Removal: props.Removal,
	})
	a.API = awsapigateway.NewRestApi(this, text("API"), &awsapigateway.RestApiProps{
		RestApiName: text(props.Name),
		Description: text("Fluxa takes transaction events and tells what became of them"),
		EndpointConfiguration: &awsapigateway.EndpointConfiguration{
			Types: &[]awsapigateway.EndpointType{awsapigateway.EndpointType_REGIONAL},
		},
		// The role by which API Gateway writes logs is one for the whole account
		// and region. It stays when a stage goes, since another may need it.
		CloudWatchRole:              jsii.Bool(true),
		CloudWatchRoleRemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		DeployOptions:               deployOptions(props, access),
	})
	// The construct's own output has a name that nobody can rely on.
	a.API.Node().TryRemoveChild(text("Endpoint"))
	Accept(a.API.Node().FindChild(text("CloudWatchRole")), "AwsSolutions-IAM4", "AmazonAPIGatewayPushToCloudWatchLogs is what API Gateway itself needs to write logs, kept by AWS",
		"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
	a.keepExecutionLog(props)
	a.addRoutes(props)
	a.addAnswers(props.Settings.Authorization)
	if props.Settings.Authorization == stage.APIKey {
		a.addKey(props)
	}
	return a
}

func deployOptions(props *EventAPIProps, access awslogs.LogGroup) *awsapigateway.StageOptions {
	return &awsapigateway.StageOptions{
		StageName:      text(props.StageName),
		TracingEnabled: jsii.Bool(props.Tracing),
		// The stage's metrics come anyway; those of each method are billed, and the
		// functions log each request with its route.
		MetricsEnabled:       jsii.Bool(false),
		LoggingLevel:         awsapigateway.MethodLoggingLevel_ERROR,
		DataTraceEnabled:     jsii.Bool(false), // it would log payloads
		ThrottlingRateLimit:  number(props.Settings.RatePerSecond),
		ThrottlingBurstLimit: number(props.Settings.Burst),
		AccessLogDestination: awsapigateway.NewLogGroupLogDestination(access),
		AccessLogFormat:      awsapigateway.AccessLogFormat_Custom(text(accessLogFormat())),
	}
}

// accessLogFormat is one JSON line a request, with the key's id and never the key.
func accessLogFormat() string {
	fields := map[string]string{
		"request_id": "requestId", "extended_request_id": "extendedRequestId", "trace_id": "xrayTraceId",
		"caller": "identity.apiKeyId", "principal": "identity.userArn", "source_ip": "identity.sourceIp", "user_agent": "identity.userAgent",
		"timestamp": "requestTime", "method": "httpMethod", "route": "resourcePath", "path": "path", "protocol": "protocol",
		"status": "status", "response_bytes": "responseLength", "latency_ms": "responseLatency",
		"integration_latency_ms": "integrationLatency", "integration_status": "integrationStatus",
		"error": "error.message", "error_type": "error.responseType", "firewall": "wafResponseCode",
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		parts = append(parts, fmt.Sprintf("%q:\"$context.%s\"", name, fields[name]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// keepExecutionLog makes the log group that API Gateway would otherwise make
// itself, without an end.
func (a *EventAPI) keepExecutionLog(props *EventAPIProps) {
	log := NewLogGroup(a.Construct, "ExecutionLog", &LogGroupProps{
		Name:          "API-Gateway-Execution-Logs_" + *a.API.RestApiId() + "/" + props.StageName,
		RetentionDays: props.LogRetentionDays, Removal: props.Removal,
	})
	a.API.DeploymentStage().Node().AddDependency(log)
}

func (a *EventAPI) addRoutes(props *EventAPIProps) {
	validator := a.API.AddRequestValidator(text("Validator"), &awsapigateway.RequestValidatorOptions{
		RequestValidatorName: text(props.Name), ValidateRequestBody: jsii.Bool(true), ValidateRequestParameters: jsii.Bool(true),
	})
	models := map[string]map[string]any{}
	if props.Settings.ValidateBodies {
		models = requestSchemas()
	}
	for _, route := range contract.Routes() {
		handler, known := props.Handlers[route.Function]
		if !known {
			panic(fmt.Sprintf("EventAPI: Handlers has no %q, which route %s %s needs", route.Function, route.Method, route.Path))
		}
		options := &awsapigateway.MethodOptions{OperationName: text(route.ID), RequestValidator: validator}
		if schema, has := models[route.ID]; has {
			options.RequestModels = &map[string]awsapigateway.IModel{contract.MediaJSON: a.addModel(route.ID, schema)}
		}
		switch {
		case !route.KeyRequired:
			options.AuthorizationType = awsapigateway.AuthorizationType_NONE
		case props.Settings.Authorization == stage.IAM:
			options.AuthorizationType = awsapigateway.AuthorizationType_IAM
		default:
			options.AuthorizationType, options.ApiKeyRequired = awsapigateway.AuthorizationType_NONE, jsii.Bool(true)
		}
		resource := a.API.Root().ResourceForPath(text(route.Path))
		integration := awsapigateway.NewLambdaIntegration(handler, &awsapigateway.LambdaIntegrationOptions{
			Proxy: jsii.Bool(true), AllowTestInvoke: jsii.Bool(false),
		})
		method := resource.AddMethod(text(route.Method), integration, options)
		acceptOpenRoute(method, route, props.Settings.Authorization)
	}
}

func acceptOpenRoute(method awsapigateway.Method, route contract.Route, authorization stage.Authorization) {
	const userPool = "callers are machines: they have API keys or IAM roles, not accounts in a user pool"
	switch {
	case !route.KeyRequired:
		Accept(method, "AwsSolutions-APIG4", "the health check tells that the API answers and nothing else; monitors have no key")
		Accept(method, "AwsSolutions-COG4", "the health check is open")
	case authorization == stage.IAM:
		Accept(method, "AwsSolutions-COG4", userPool)
	default:
		Accept(method, "AwsSolutions-APIG4", "the method asks for an API key of the usage plan; api.authorization: iam asks for a signature")
		Accept(method, "AwsSolutions-COG4", userPool)
	}
}

// addModel makes a model by CloudFormation's own resource, whose schema is any
// document; a change of it is a change of the deployed API.
func (a *EventAPI) addModel(routeID string, schema map[string]any) awsapigateway.IModel {
	model := awsapigateway.NewCfnModel(a.Construct, text("Model"+routeID), &awsapigateway.CfnModelProps{
		RestApiId: a.API.RestApiId(), Name: text(routeID), ContentType: text(contract.MediaJSON), Schema: schema,
	})
	deployment := a.API.LatestDeployment()
	deployment.Node().AddDependency(model)
	deployment.AddToLogicalId(schema)
	return awsapigateway.Model_FromModelName(a.Construct, text("ModelName"+routeID), model.Ref())
}

func (a *EventAPI) addKey(props *EventAPIProps) {
	a.Key = a.API.AddApiKey(text("Key"), &awsapigateway.ApiKeyOptions{
		ApiKeyName: text(props.Name), Description: text("The first caller's; make one for each further caller"),
	})
	plan := a.API.AddUsagePlan(text("Plan"), &awsapigateway.UsagePlanProps{
		Name: text(props.Name),
		Throttle: &awsapigateway.ThrottleSettings{
			RateLimit: number(props.Settings.RatePerSecond), BurstLimit: number(props.Settings.Burst),
		},
		ApiStages: &[]*awsapigateway.UsagePlanPerApiStage{{Api: a.API, Stage: a.API.DeploymentStage()}},
	})
	plan.AddApiKey(a.Key, nil)
}
