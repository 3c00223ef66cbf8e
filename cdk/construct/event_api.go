package construct

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Authorization says how a caller of the API identifies itself.
type Authorization string

// The authorizations: an API key of the usage plan, a signature of IAM, or a JSON Web
// Token.
const (
	APIKey Authorization = "api_key"
	IAM    Authorization = "iam"
	JWT    Authorization = "jwt"
)

// EventAPIProps describes the HTTP API.
type EventAPIProps struct {
	// Name has 1 to 255 of A-Z a-z 0-9 _ -.
	Name string
	// StageName is the first part of every path: 1 to 128 of A-Z a-z 0-9 _ -.
	StageName string
	// Handlers has the alias of each function that a route names.
	Handlers map[contract.Function]awslambda.IFunction

	// AccountRole sets the role by which API Gateway writes logs in this account and
	// region. One API of them does; default: another one did.
	AccountRole bool
	// Authorization is APIKey, IAM or JWT. Authorizer is the alias of the function that
	// checks tokens; it is required with JWT.
	Authorization Authorization
	Authorizer    awslambda.IFunction
	// ValidateBodies lets API Gateway check bodies before a function runs; default
	// false.
	ValidateBodies bool
	// RatePerSecond is how many requests all callers together may send in the long
	// run, 1 to 10000, and Burst how many at once, 1 to 5000. A key has the same, but that
	// of a client.
	RatePerSecond, Burst int
	// Clients have the only keys of the API, with APIKey; default one key for everybody.
	Clients []*APIClient
	// Tracing sends X-Ray traces; default off.
	Tracing bool

	// LogRetentionDays, LogKey and Removal are those of the logs, as in LogGroupProps.
	LogRetentionDays int
	LogKey           awskms.IKey
	Removal          awscdk.RemovalPolicy
}

// EventAPI is the REST API: the routes of the contract, each to its function.
// Callers need an API key, sign with IAM or bring a token, save for the health check. What API
// Gateway itself refuses is a problem document, as it is from the functions.
type EventAPI struct {
	Construct constructs.Construct
	API       awsapigateway.RestApi
	AccessLog awslogs.LogGroup      // a line for each request
	Key       awsapigateway.IApiKey // nil but with APIKey and without clients

	tokens awsapigateway.TokenAuthorizer // nil but with JWT
}

// NewEventAPI makes the API.
func NewEventAPI(scope constructs.Construct, id string, props *EventAPIProps) *EventAPI {
	props.check()
	this := constructs.NewConstruct(scope, text(id))
	a := &EventAPI{Construct: this}
	a.AccessLog = NewLogGroup(this, "AccessLog", &LogGroupProps{
		Name: "/aws/apigateway/" + props.Name + "/access", RetentionDays: props.LogRetentionDays, Key: props.LogKey, Removal: props.Removal,
	})
	a.API = awsapigateway.NewRestApi(this, text("API"), &awsapigateway.RestApiProps{
		RestApiName: text(props.Name),
		Description: text("Fluxa takes transaction events and tells what became of them"),
		EndpointConfiguration: &awsapigateway.EndpointConfiguration{
			Types: &[]awsapigateway.EndpointType{awsapigateway.EndpointType_REGIONAL},
		},
		// Of an API that compresses, API Gateway inflates no body smaller than this either.
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html
		MinCompressionSize:          awscdk.Size_Bytes(number(0)),
		CloudWatchRole:              jsii.Bool(props.AccountRole),
		CloudWatchRoleRemovalPolicy: accountRoleRemoval(props),
		DeployOptions:               deployOptions(props, a.AccessLog),
	})
	// The construct's own output has a name that nobody can rely on.
	a.API.Node().TryRemoveChild(text("Endpoint"))
	if role := a.API.Node().TryFindChild(text("CloudWatchRole")); role != nil {
		Accept(role, "AwsSolutions-IAM4", "AmazonAPIGatewayPushToCloudWatchLogs is what API Gateway itself needs to write logs, kept by AWS",
			"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
	}
	a.keepExecutionLog(props)
	if props.Authorization == JWT {
		a.addTokens(props)
	}
	a.addRoutes(props)
	a.addAnswers(props.Authorization)
	if props.Authorization == APIKey && len(props.Clients) == 0 {
		a.addKey(props)
	}
	for _, client := range props.Clients {
		client.admit(a.API)
	}
	return a
}

// accountRoleRemoval keeps the role when a stage goes or its first deploy is rolled
// back, since another stage may use it by then ("Set up CloudWatch logging for REST
// APIs", https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html).
// The CDK takes no policy where there is no role.
func accountRoleRemoval(props *EventAPIProps) awscdk.RemovalPolicy {
	if !props.AccountRole {
		return ""
	}
	return awscdk.RemovalPolicy_RETAIN
}

func (p *EventAPIProps) check() {
	c := &check{part: "EventAPI"}
	c.name(p.Name, 1, 255, "A-Za-z0-9_-", "Name")
	c.name(p.StageName, 1, 128, "A-Za-z0-9_-", "StageName")
	missed := map[contract.Function]bool{}
	for _, route := range contract.Routes() {
		c.require(p.Handlers[route.Function] != nil || missed[route.Function], "Handlers", "has no %q, which route %s %s needs", route.Function, route.Method, route.Path)
		missed[route.Function] = true
	}
	authorizations := []Authorization{APIKey, IAM, JWT}
	c.require(slices.Contains(authorizations, p.Authorization), "Authorization", "must be one of %v, got %s", authorizations, p.Authorization)
	c.require(p.Authorization != JWT || p.Authorizer != nil, "Authorizer", "is required with Authorization %s", JWT)
	c.between(p.RatePerSecond, 1, 10_000, "RatePerSecond")
	c.between(p.Burst, 1, 5_000, "Burst")
	p.checkClients(c)
	c.retention(p.LogRetentionDays, "LogRetentionDays")
	c.removal(p.Removal)
	c.done()
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
		ThrottlingRateLimit:  number(props.RatePerSecond),
		ThrottlingBurstLimit: number(props.Burst),
		AccessLogDestination: awsapigateway.NewLogGroupLogDestination(access),
		AccessLogFormat:      awsapigateway.AccessLogFormat_Custom(text(accessLogFormat())),
	}
}

// accessLogFormat is one JSON line a request, with the key's id and never the key. Of
// caller, principal and subject there is the one that the API asks for, and "-" for the
// others ("Variables for access logging for API Gateway",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html).
func accessLogFormat() string {
	fields := map[string]string{
		"request_id": "requestId", "extended_request_id": "extendedRequestId", "trace_id": "xrayTraceId",
		"caller": "identity.apiKeyId", "principal": "identity.userArn", "subject": "authorizer.principalId", "source_ip": "identity.sourceIp", "user_agent": "identity.userAgent",
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
// itself, and keep for ever.
func (a *EventAPI) keepExecutionLog(props *EventAPIProps) {
	log := NewLogGroup(a.Construct, "ExecutionLog", &LogGroupProps{
		Name:          "API-Gateway-Execution-Logs_" + *a.API.RestApiId() + "/" + props.StageName,
		RetentionDays: props.LogRetentionDays, Key: props.LogKey, Removal: props.Removal,
	})
	a.API.DeploymentStage().Node().AddDependency(log)
}

func (a *EventAPI) addRoutes(props *EventAPIProps) {
	validator := a.API.AddRequestValidator(text("Validator"), &awsapigateway.RequestValidatorOptions{
		RequestValidatorName: text(props.Name), ValidateRequestBody: jsii.Bool(true), ValidateRequestParameters: jsii.Bool(true),
	})
	models := map[string]map[string]any{}
	if props.ValidateBodies {
		models = requestSchemas()
	}
	for _, route := range contract.Routes() {
		options := &awsapigateway.MethodOptions{OperationName: text(route.ID), RequestValidator: validator}
		if schema, has := models[route.ID]; has {
			options.RequestModels = &map[string]awsapigateway.IModel{contract.MediaJSON: a.addModel(route.ID, schema)}
		}
		switch {
		case !route.KeyRequired:
			options.AuthorizationType = awsapigateway.AuthorizationType_NONE
		case props.Authorization == IAM:
			options.AuthorizationType = awsapigateway.AuthorizationType_IAM
		case props.Authorization == JWT:
			options.AuthorizationType, options.Authorizer = awsapigateway.AuthorizationType_CUSTOM, a.tokens
		default:
			options.AuthorizationType, options.ApiKeyRequired = awsapigateway.AuthorizationType_NONE, jsii.Bool(true)
		}
		resource := a.API.Root().ResourceForPath(text(route.Path))
		integration := awsapigateway.NewLambdaIntegration(props.Handlers[route.Function], &awsapigateway.LambdaIntegrationOptions{
			Proxy: jsii.Bool(true), AllowTestInvoke: jsii.Bool(false),
		})
		method := resource.AddMethod(text(route.Method), integration, options)
		acceptOpenRoute(method, route, props.Authorization)
	}
}

// tokensKept is how long API Gateway keeps what the authorizer said of a token: so
// long may one pass after it has expired.
const tokensKept = time.Minute

// addTokens makes the authorizer. A REST API has none for tokens of an issuer of one's
// own ("JWT authorizers" are of HTTP APIs: "Choose between REST APIs and HTTP APIs",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-vs-rest.html),
// so a function checks them. A header that cannot be one is 401 without a call.
func (a *EventAPI) addTokens(props *EventAPIProps) {
	a.tokens = awsapigateway.NewTokenAuthorizer(a.Construct, text("Tokens"), &awsapigateway.TokenAuthorizerProps{
		AuthorizerName: text(props.Name), Handler: props.Authorizer, ResultsCacheTtl: seconds(tokensKept),
		IdentitySource:  awsapigateway.IdentitySource_Header(text("Authorization")),
		ValidationRegex: text(`^[Bb]earer [A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$`),
	})
	// The construct's own address takes region and partition out of the alias.
	stack := awscdk.Stack_Of(a.Construct)
	a.tokens.Node().DefaultChild().(awsapigateway.CfnAuthorizer).SetAuthorizerUri(text(fmt.Sprintf(
		"arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations", *stack.Partition(), *stack.Region(), *props.Authorizer.FunctionArn())))
}

func acceptOpenRoute(method awsapigateway.Method, route contract.Route, authorization Authorization) {
	const userPool = "callers are machines: they have API keys, IAM roles or tokens of an issuer of the team, not accounts in a user pool of ours"
	switch {
	case !route.KeyRequired:
		Accept(method, "AwsSolutions-APIG4", "the health check tells that the API answers and nothing else; monitors have no key")
		Accept(method, "AwsSolutions-COG4", "the health check is open")
	case authorization == IAM, authorization == JWT:
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
			RateLimit: number(props.RatePerSecond), BurstLimit: number(props.Burst),
		},
		ApiStages: &[]*awsapigateway.UsagePlanPerApiStage{{Api: a.API, Stage: a.API.DeploymentStage()}},
	})
	plan.AddApiKey(a.Key, nil)
}

// Endpoint is the API's address, to which a path is appended: it ends in no slash,
// unlike that of the CDK.
func (a *EventAPI) Endpoint() *string {
	stack := awscdk.Stack_Of(a.Construct)
	return text(fmt.Sprintf("https://%s.execute-api.%s.%s/%s",
		*a.API.RestApiId(), *stack.Region(), *stack.UrlSuffix(), *a.API.DeploymentStage().StageName()))
}

// MetricRequests is how many requests reached the API.
func (a *EventAPI) MetricRequests() awscloudwatch.Metric {
	return apiMetric("Count", a.API.RestApiName(), a.API.DeploymentStage().StageName())
}

// Metric5xx is how many requests were answered with 5xx.
func (a *EventAPI) Metric5xx() awscloudwatch.Metric {
	return MetricAPI5xx(a.API.RestApiName(), a.API.DeploymentStage().StageName())
}

// Metric5xxRate is the percentage of requests that were answered with 5xx.
func (a *EventAPI) Metric5xxRate() awscloudwatch.MathExpression {
	return percent("5xx of the API", a.Metric5xx(), a.MetricRequests())
}

// MetricAPI5xx is Metric5xx of an API that is known by its names: the alarm of a
// release comes before the API, which calls the functions that are released.
func MetricAPI5xx(name, stageName *string) awscloudwatch.Metric {
	return apiMetric("5XXError", name, stageName)
}

func apiMetric(metric string, name, stageName *string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: text("AWS/ApiGateway"), MetricName: text(metric), Statistic: text("Sum"), Period: minute(),
		DimensionsMap: &map[string]*string{"ApiName": name, "Stage": stageName},
	})
}
