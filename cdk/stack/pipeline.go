package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/migrations"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Pipeline is the stack of what a release replaces: queues, topic, functions, API.
type Pipeline struct {
	Stack         awscdk.Stack
	TopicKey      awskms.Key
	Queue         *construct.EventQueue
	Notifications *construct.NotificationTopic
	API           *construct.EventAPI
	Handlers      map[contract.Function]*construct.Handler
	Aliases       map[contract.Function]awslambda.IFunction // of those that serve events
	Clients       map[string]*construct.APIClient           // that show keys, by name

	stage stage.Stage
	zips  string
	key   awskms.IKey // of messages and logs, see Data
}

// NewPipeline makes the stack. Zips is the folder that has a zip of each function.
func NewPipeline(scope constructs.Construct, s stage.Stage, network *Network, data *Data, zips string) *Pipeline {
	p := &Pipeline{
		Stack: newStack(scope, s, "Pipeline", contract.StackPipeline, "the queues, the topic, the functions and the API"),
		stage: s, zips: zips, key: data.Key, Handlers: map[contract.Function]*construct.Handler{}, Aliases: map[contract.Function]awslambda.IFunction{},
		Clients: map[string]*construct.APIClient{},
	}
	p.TopicKey = construct.NewTopicKey(p.Stack, "TopicKey", &construct.TopicKeyProps{Alias: s.Named("topics"), Removal: removal(s)})
	p.Queue = construct.NewEventQueue(p.Stack, "Events", &construct.EventQueueProps{
		QueueName: s.Named("events"), DeadLetterQueueName: s.Named("dlq"), VisibilityTimeout: s.Visibility(), Key: p.key,
	})
	p.Notifications = construct.NewNotificationTopic(p.Stack, "Notifications", &construct.NotificationTopicProps{
		TopicName: s.Named("notifications"), DisplayName: "Fluxa " + s.Environment(), Key: p.TopicKey,
	})
	p.addClients()
	p.addHandlers(network, data)
	migrations := p.migrate(data)
	p.release(migrations)
	p.maintain(migrations)
	p.feedProcessor()
	p.addAPI()
	output(p.Stack, contract.OutputQueueURL, "The events queue", p.Queue.Queue.QueueUrl())
	output(p.Stack, contract.OutputDLQURL, "The dead-letter queue", p.Queue.DeadLetters.QueueUrl())
	output(p.Stack, contract.OutputTopicARN, "The topic that announces each stored event", p.Notifications.Topic.TopicArn())
	for _, function := range contract.Functions() {
		output(p.Stack, contract.OutputFunction(function), "The name of the function "+string(function), p.Handlers[function].Function.FunctionName())
	}
	return p
}

func (p *Pipeline) addHandlers(network *Network, data *Data) {
	s, f := p.stage, p.stage.Functions
	service := config.Service{Environment: s.Environment(), LogLevel: level(s.Logs.Level)}
	released := service // of the functions that have an alias
	if s.Release == stage.Canary {
		released.Release = config.Canary
	}
	queue := config.Queue{QueueURL: *p.Queue.Queue.QueueUrl()}
	payloads := config.Payloads{PayloadBucket: *data.Payloads.Bucket.BucketName()}
	known := s.API.Known(p.keyID)

	// It needs no database. A collector of spans is where the others are.
	var ingestNetwork *construct.PrivateNetwork
	if s.OTLP.Endpoint != "" {
		ingestNetwork = network.Private
	}
	ingest := p.add(contract.FunctionIngest, "Ingest", f.Ingest.Function, construct.HandlerProps{
		Description: "Fluxa: takes events over HTTP and puts them on the queue", MetricNamespace: contract.NamespaceIngest,
		ReservedConcurrency: f.Ingest.ReservedConcurrency, Network: ingestNetwork,
		Environment: config.Environ(config.Ingest{Service: released, Known: known, Queue: queue, Payloads: payloads}),
	})
	p.Queue.GrantSend(ingest.Role)
	data.Payloads.GrantPut(ingest.Role)

	processor := p.add(contract.FunctionProcessor, "Processor", f.Processor.Function, construct.HandlerProps{
		Description: "Fluxa: stores the queue's events and announces them", MetricNamespace: contract.NamespaceProcessor,
		Network: network.Private,
		Environment: config.Environ(config.Processor{
			Service: released, Queue: queue, Payloads: payloads, Database: data.Database.Settings(contract.DatabaseUser(contract.FunctionProcessor), stage.ProcessorConnections),
			DLQURL: *p.Queue.DeadLetters.QueueUrl(), TopicARN: *p.Notifications.Topic.TopicArn(),
		}),
	})
	p.Queue.GrantProcess(processor.Role)
	p.Queue.GrantDeadLetter(processor.Role)
	p.Notifications.GrantPublish(processor.Role)
	data.Payloads.GrantGet(processor.Role)
	data.Database.GrantConnect(processor.Role, contract.DatabaseUser(contract.FunctionProcessor))

	query := p.add(contract.FunctionQuery, "Query", f.Query.Function, construct.HandlerProps{
		Description: "Fluxa: reads events and their status", MetricNamespace: contract.NamespaceQuery,
		Network: network.Private, ReservedConcurrency: f.Query.ReservedConcurrency,
		Environment: config.Environ(config.Query{
			Service: released, Known: known, Payloads: payloads, Database: data.Database.ReadSettings(contract.DatabaseUser(contract.FunctionQuery), stage.QueryConnections),
		}),
	})
	data.Payloads.GrantGet(query.Role)
	data.Database.GrantRead(query.Role, contract.DatabaseUser(contract.FunctionQuery))

	migrate := p.add(contract.FunctionMigrate, "Migrate", f.Migrate, construct.HandlerProps{
		Description: "Fluxa: applies the migrations during a deployment", Network: network.Private,
		Environment: config.Environ(config.Migrate{Service: service, Administration: data.Database.Administration()}),
	})
	data.Database.GrantAdminister(migrate.Role)

	maintain := p.add(contract.FunctionMaintain, "Maintain", f.Maintain, construct.HandlerProps{
		Description: "Fluxa: makes partitions ahead, drops expired ones, prunes keys, and does what operators ask for", MetricNamespace: contract.NamespaceMaintain,
		Network: network.Private,
		Environment: config.Environ(config.Maintain{
			Service: service, Database: data.Database.DirectSettings(contract.DatabaseUser(contract.FunctionMaintain), stage.MaintainConnections), RetentionDays: s.Events.RetentionDays,
			Reach:       config.Reach{QueueURL: queue.QueueURL, TopicARN: *p.Notifications.Topic.TopicArn(), PayloadBucket: payloads.PayloadBucket},
			DailyExport: config.DailyExport{ExportFormat: s.Events.ExportFormat()},
		}),
	})
	data.Payloads.GrantExport(maintain.Role)
	p.Queue.GrantSend(maintain.Role)
	p.Notifications.GrantPublish(maintain.Role)
	data.Payloads.GrantErase(maintain.Role)
	data.Database.GrantConnectDirectly(maintain.Role, contract.DatabaseUser(contract.FunctionMaintain))

	if s.API.Authorization == stage.JWT {
		// It is in no network: the issuer is somewhere in the internet.
		p.add(contract.FunctionAuthorize, "Authorize", f.Authorize, construct.HandlerProps{
			Description: "Fluxa: tells API Gateway whose token a request has",
			Environment: config.Environ(config.Authorize{Service: service, Issuer: s.API.JWT.Issuer, Audience: s.API.JWT.Audience}),
		})
	}
}

// add makes a handler of what all of them have in common and what only this one
// has.
func (p *Pipeline) add(function contract.Function, id string, f stage.Function, props construct.HandlerProps) *construct.Handler {
	s := p.stage
	props.Name = s.Named(string(function))
	props.Code = awslambda.Code_FromAsset(jsii.String(filepath.Join(p.zips, string(function)+".zip")), nil)
	if s.OTLP.Endpoint != "" && props.Network != nil { // what is in no network cannot reach it
		props.Environment[contract.VariableOTLPEndpoint] = s.OTLP.Endpoint
	}
	props.MemoryMiB, props.Timeout = f.MemoryMiB, f.Timeout()
	props.Tracing = s.Tracing && !(s.Traces.RequestsOnly && function == contract.FunctionProcessor)
	props.LogLevel, props.LogRetentionDays, props.LogKey, props.Removal = s.Logs.Level, s.Logs.RetentionDays, p.key, removal(s)
	props.SystemLogLevel = s.Logs.SystemLevel
	props.MetricDimensions = map[string]string{contract.DimensionService: string(function), contract.DimensionEnvironment: s.Environment()}
	h := construct.NewHandler(p.Stack, id, &props)
	p.Handlers[function] = h
	return h
}

func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		panic(fmt.Sprintf("logs.level: %v", err)) // the stage was checked
	}
	return l
}

// migrate runs the migrations whenever they, or the users and their grants, differ from
// those of the deployment before, and on another database: what was restored may be older
// than the last migration.
func (p *Pipeline) migrate(data *Data) *construct.Migration {
	return construct.NewMigration(p.Stack, "Migrations", &construct.MigrationProps{
		Handler: p.Handlers[contract.FunctionMigrate], Version: migrationsVersion() + " on " + *data.Database.ResourceID(),
	})
}

func migrationsVersion() string {
	sum := sha256.New()
	for _, text := range []string{migrations.Users(), migrations.Grants()} {
		fmt.Fprintf(sum, "%d\n%s", len(text), text)
	}
	err := fs.WalkDir(migrations.Files(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(migrations.Files(), path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(raw), raw)
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("read the migrations: %v", err)) // they are embedded
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// release makes the aliases. Those of functions that use the tables wait for the
// migrations.
func (p *Pipeline) release(migrations *construct.Migration) {
	s := p.stage
	var canaries *construct.Canaries
	var alarms []awscloudwatch.IAlarm
	if s.Release == stage.Canary {
		canaries = construct.NewCanaries(p.Stack, "Canaries", &construct.CanariesProps{ApplicationName: s.Platform(), Named: s.Named, Hook: p.verify()})
		// An HTTP function may answer 5xx without failing.
		alarms = append(alarms, construct.NewReleaseAlarm(p.Stack, "APIErrors", &construct.ReleaseAlarmProps{
			Name: s.Named("api-release"), Description: "The API answers 5xx: a release of a function behind it is rolled back. First: read the log of the version that was being released.",
			Metric: construct.MetricAPI5xx(jsii.String(s.Platform()), jsii.String(s.Environment())), Threshold: 5,
		}))
	}
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery} {
		handler := p.Handlers[function]
		props := &construct.ReleaseProps{Handler: handler, Canaries: canaries}
		if function != contract.FunctionProcessor {
			props.Alarms = alarms
		}
		release := construct.NewRelease(handler.Construct, "Release", props)
		if function != contract.FunctionIngest {
			migrations.Before(release.Alias)
		}
		p.Aliases[function] = release.Alias
	}
}

// verifyMemoryMiB is as little as Lambda has: the function waits.
const verifyMemoryMiB = 128

// verify makes the function that asks new versions whether they can work.
func (p *Pipeline) verify() *construct.Handler {
	version := func(function contract.Function) string {
		return *p.Handlers[function].Function.CurrentVersion().FunctionArn()
	}
	verify := p.add(contract.FunctionVerify, "Verify", stage.Function{MemoryMiB: verifyMemoryMiB, TimeoutSeconds: int(contract.VerifyTimeout.Seconds())}, construct.HandlerProps{
		Description: "Fluxa: asks a new version of another function whether it can work, before it gets traffic",
		Environment: config.Environ(config.Verify{
			Service:       config.Service{Environment: p.stage.Environment(), LogLevel: level(p.stage.Logs.Level)},
			IngestVersion: version(contract.FunctionIngest), ProcessorVersion: version(contract.FunctionProcessor), QueryVersion: version(contract.FunctionQuery),
		}),
	})
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery} {
		p.Handlers[function].GrantInvokeVersion(verify.Role)
	}
	return verify
}

// authorizer releases the function that checks tokens, all at once: a canary of it would
// let the same token pass and not. It is nil where the stage asks for none.
func (p *Pipeline) authorizer() awslambda.IFunction {
	handler := p.Handlers[contract.FunctionAuthorize]
	if handler == nil {
		return nil
	}
	return construct.NewRelease(handler.Construct, "Release", &construct.ReleaseProps{Handler: handler}).Alias
}

// maintain makes the schedule, whose first run needs the tables.
func (p *Pipeline) maintain(migrations *construct.Migration) {
	maintenance := construct.NewMaintenance(p.Stack, "Maintenance", &construct.MaintenanceProps{
		Name: p.stage.Named("maintain"), Handler: p.Handlers[contract.FunctionMaintain], Every: p.stage.Events.MaintainEvery(),
	})
	migrations.Before(maintenance.Schedule)
}

// feedProcessor maps the queue to the processor. Each message fails for itself.
func (p *Pipeline) feedProcessor() {
	s := p.stage
	props := &awslambda.EventSourceMappingProps{
		Target:                  p.Aliases[contract.FunctionProcessor],
		EventSourceArn:          p.Queue.Queue.QueueArn(),
		BatchSize:               jsii.Number(s.Queue.BatchSize),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(s.Queue.BatchWindowSeconds)),
		ReportBatchItemFailures: jsii.Bool(true),
	}
	if s.Queue.MaximumPollers > 0 {
		props.ProvisionedPollerConfig = &awslambda.ProvisionedPollerConfig{
			MinimumPollers: jsii.Number(s.Queue.MinimumPollers), MaximumPollers: jsii.Number(s.Queue.MaximumPollers),
		}
	} else {
		props.MaxConcurrency = jsii.Number(s.Functions.Processor.MaximumConcurrency)
	}
	awslambda.NewEventSourceMapping(p.Handlers[contract.FunctionProcessor].Construct, jsii.String("Events"), props)
}

func (p *Pipeline) addAPI() {
	s, name := p.stage, p.stage.Platform()
	p.API = construct.NewEventAPI(p.Stack, "API", &construct.EventAPIProps{
		Name: name, StageName: s.Environment(), Handlers: p.Aliases, Tracing: s.Tracing,
		AccountRole: s.API.AccountRole, Authorization: construct.Authorization(s.API.Authorization), Authorizer: p.authorizer(), ValidateBodies: s.API.ValidateBodies,
		RatePerSecond: s.API.RatePerSecond, Burst: s.API.Burst, Clients: p.clients(),
		LogRetentionDays: s.Logs.RetentionDays, LogKey: p.key, Removal: removal(s),
	})
	if s.API.Firewall {
		construct.NewWebFirewall(p.Stack, "Firewall", &construct.WebFirewallProps{
			Name: name, API: p.API, RatePer5Minutes: s.API.FirewallRatePer5Minutes, LogRetentionDays: s.Logs.RetentionDays, LogKey: p.key, Removal: removal(s),
		})
	} else {
		construct.Accept(p.API.API.DeploymentStage(), "AwsSolutions-APIG3", "the stage has no firewall: its API is behind a key and a throttle, and its data is that of tests")
	}
	output(p.Stack, contract.OutputAPIEndpoint, "The API's address", p.API.Endpoint())
	if d := s.API.Domain; d.Name != "" {
		domain := construct.NewAPIDomain(p.API.Construct, "Domain", &construct.APIDomainProps{Name: d.Name, CertificateARN: d.CertificateARN, API: p.API})
		output(p.Stack, "ApiDomainEndpoint", "The API's address under its own domain, once the DNS record is there", domain.Endpoint)
		output(p.Stack, "ApiDomainTarget", "The DNS record of the domain leads here: a CNAME, or in Route 53 an alias", domain.Target)
		output(p.Stack, "ApiDomainTargetZone", "The hosted zone of the target, for an alias in Route 53", domain.TargetZone)
	}
	if p.API.Key != nil {
		output(p.Stack, contract.OutputAPIKeyID, "The id of the first caller's API key", p.API.Key.KeyId())
	}
	if len(p.Clients) > 0 {
		output(p.Stack, contract.OutputAPIKeyIDs, "The ids of the clients' API keys, by client and key", jsii.String(p.clientKeyIDs()))
	}
}
