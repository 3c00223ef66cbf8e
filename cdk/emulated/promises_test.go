package emulated_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// checkPromises compares AWS with the constants that the functions and the
// constructs share. That the templates say the same is not looked at.
func checkPromises(t *testing.T, c *cloud, s stage.Stage) {
	for name, check := range map[string]func(*testing.T, *cloud, stage.Stage){
		"redrive": checkRedrive, "functions": checkFunctions, "event source mapping": checkMapping, "routes": checkRoutes,
		"callers": checkCallers, "alarms": checkAlarms, "dashboard": checkDashboard, "secret": checkSecret, "payloads": checkPayloads,
	} {
		t.Run(name, func(t *testing.T) { check(t, c, s) })
	}
}

// same fails the test when two values that JSON can hold differ.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// must returns the answer, or ends the test.
func must[T any](t *testing.T, answer T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func checkRedrive(t *testing.T, c *cloud, s stage.Stage) {
	attributes := func(name string) map[string]string {
		found, err := c.queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
		url := must(t, found, err).QueueUrl
		got, err := c.queueAttributes(t.Context(), *url)
		return must(t, got, err)
	}
	events, dlq := attributes(s.Named("events")), attributes(s.Named("dlq"))
	same(t, "redrive policy", document(fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arn("sqs", s.Named("dlq")), contract.MaxReceives)),
		document(events["RedrivePolicy"]))
	same(t, "redrive-allow policy", document(fmt.Sprintf(`{"redrivePermission":"byQueue","sourceQueueArns":[%q]}`, arn("sqs", s.Named("events")))),
		document(dlq["RedriveAllowPolicy"]))
	same(t, "visibility", fmt.Sprint(int(s.Visibility().Seconds())), events["VisibilityTimeout"])
	same(t, "retention", fmt.Sprint(int(contract.EventsRetention.Seconds())), events["MessageRetentionPeriod"])
	same(t, "retention of the dead letters", fmt.Sprint(int(contract.DLQRetention.Seconds())), dlq["MessageRetentionPeriod"])
	same(t, "message size", fmt.Sprint(contract.QueueMessageLimit), events["MaximumMessageSize"])
	same(t, "message size of the dead letters", fmt.Sprint(contract.QueueMessageLimit), dlq["MaximumMessageSize"])
}

func checkFunctions(t *testing.T, c *cloud, s stage.Stage) {
	settings := map[contract.Function]stage.Function{
		contract.FunctionIngest: s.Functions.Ingest.Function, contract.FunctionProcessor: s.Functions.Processor.Function,
		contract.FunctionQuery: s.Functions.Query.Function, contract.FunctionMigrate: s.Functions.Migrate,
		contract.FunctionMaintain: s.Functions.Maintain,
	}
	for _, function := range contract.Functions() {
		answer, err := c.lambdas.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{
			FunctionName: aws.String(s.Named(string(function))),
		})
		got := must(t, answer, err)
		want := settings[function]
		same(t, string(function), fmt.Sprint("[arm64] ", want.MemoryMiB, " ", want.TimeoutSeconds), fmt.Sprint(got.Architectures, " ", *got.MemorySize, " ", *got.Timeout))
		traced := s.Tracing && !(s.Traces.RequestsOnly && function == contract.FunctionProcessor)
		same(t, string(function)+"'s tracing", traced, got.TracingConfig.Mode == "Active")
		same(t, string(function)+"'s stage", s.Name, got.Environment.Variables["FLUXA_ENVIRONMENT"])
	}
}

func checkMapping(t *testing.T, c *cloud, s stage.Stage) {
	answer, err := c.lambdas.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
	mappings := must(t, answer, err).EventSourceMappings
	if len(mappings) != 1 {
		t.Fatalf("want one mapping, got %d", len(mappings))
	}
	got := mappings[0]
	same(t, "queue", arn("sqs", s.Named("events")), *got.EventSourceArn)
	same(t, "target", arn("lambda", "function:"+s.Named(string(contract.FunctionProcessor))+":"+construct.Alias), *got.FunctionArn)
	same(t, "response types", "[ReportBatchItemFailures]", fmt.Sprint(got.FunctionResponseTypes))
	same(t, "batch size", s.Queue.BatchSize, int(*got.BatchSize))
	same(t, "window", s.Queue.BatchWindowSeconds, int(*got.MaximumBatchingWindowInSeconds))
	same(t, "maximum concurrency", s.Functions.Processor.MaximumConcurrency, int(*got.ScalingConfig.MaximumConcurrency))
}

func (c *cloud) apiID(t *testing.T, s stage.Stage) *string {
	t.Helper()
	answer, err := c.api.GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
	apis := must(t, answer, err).Items
	if len(apis) != 1 || *apis[0].Name != "fluxa-"+s.Name {
		t.Fatalf("want the one API fluxa-%s, got %v", s.Name, apis)
	}
	return apis[0].Id
}

func checkRoutes(t *testing.T, c *cloud, s stage.Stage) {
	api := c.apiID(t, s)
	answer, err := c.api.GetResources(t.Context(), &apigateway.GetResourcesInput{RestApiId: api})
	resources := must(t, answer, err).Items
	got, want := map[string]bool{}, map[string]bool{}
	for _, resource := range resources {
		for method := range resource.ResourceMethods {
			answer, err := c.api.GetMethod(t.Context(), &apigateway.GetMethodInput{RestApiId: api, ResourceId: resource.Id, HttpMethod: aws.String(method)})
			made := must(t, answer, err)
			_, target, _ := strings.Cut(aws.ToString(made.MethodIntegration.Uri), "/functions/")
			got[fmt.Sprint(*made.OperationName, " ", method, " ", *resource.Path, " to ", target)] = aws.ToBool(made.ApiKeyRequired)
		}
	}
	for _, route := range contract.Routes() {
		target := arn("lambda", "function:"+s.Named(string(route.Function))+":"+construct.Alias) + "/invocations"
		want[fmt.Sprint(route.ID, " ", route.Method, " ", route.Path, " to ", target)] = route.KeyRequired
	}
	same(t, "routes, and whether they need a key", want, got)
}

func checkCallers(t *testing.T, c *cloud, s stage.Stage) {
	plans, err := c.api.GetUsagePlans(t.Context(), &apigateway.GetUsagePlansInput{})
	if len(must(t, plans, err).Items) != 1 {
		t.Fatalf("want one usage plan, got %d", len(plans.Items))
	}
	plan := plans.Items[0]
	same(t, "stages of the plan", *c.apiID(t, s)+"/"+s.Name, *plan.ApiStages[0].ApiId+"/"+*plan.ApiStages[0].Stage)
	same(t, "rate", float64(s.API.RatePerSecond), plan.Throttle.RateLimit)
	same(t, "burst", int32(s.API.Burst), plan.Throttle.BurstLimit)
	keys, err := c.api.GetUsagePlanKeys(t.Context(), &apigateway.GetUsagePlanKeysInput{UsagePlanId: plan.Id})
	if len(must(t, keys, err).Items) != 1 {
		t.Fatalf("want one key of the plan, got %d", len(keys.Items))
	}
	key, err := c.api.GetApiKey(t.Context(), &apigateway.GetApiKeyInput{ApiKey: keys.Items[0].Id})
	same(t, "the key is enabled", true, must(t, key, err).Enabled)
}

func checkAlarms(t *testing.T, c *cloud, s stage.Stage) {
	answer, err := c.watch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	found := must(t, answer, err)
	a := s.Alarms
	want := map[string]float64{
		s.Named("api-5xx-rate"): float64(a.API5xxPercent), s.Named("dlq-depth"): float64(a.DLQDepth), s.Named("queue-age"): float64(a.QueueAgeSeconds),
		s.Named("end-to-end-p99"):        float64(a.EndToEndP99Milliseconds),
		s.Named("processor-concurrency"): float64(s.Functions.Processor.MaximumConcurrency*a.ConcurrencyPercent) / 100,
		s.Named("database-cpu"):          float64(a.DatabaseCPUPercent), s.Named("database-storage"): float64(a.DatabaseFreeStorageGiB << 30),
		s.Named("database-connections"): float64(s.Database.MaxConnections()*a.DatabaseConnectionsPercent) / 100,
		s.Named("database-memory"):      float64(a.DatabaseFreeMemoryMiB << 20),
		s.Named("maintenance"):          1, s.Named("partitions-ahead"): 7, s.Named("events-misplaced"): 1,
		s.Named("dlq-sent"): float64(a.DLQDepth), s.Named("events-retried"): float64(a.Retried), s.Named("oldest-retried"): float64(a.QueueAgeSeconds) * 1000,
		s.Named("in-flight"):            float64(2 * s.Functions.Processor.MaximumConcurrency * s.Queue.BatchSize),
		s.Named("notifications-failed"): float64(a.NotificationsFailed),
	}
	if strings.HasPrefix(s.Database.InstanceClass, "t") {
		want[s.Named("database-credits")] = 144
	}
	if s.Database.Proxy {
		want[s.Named("proxy-connections")] = float64(a.DatabaseConnectionsPercent)
	}
	releases := map[string]bool{} // what these say is for CodeDeploy alone
	if s.Release == stage.Canary {
		want[s.Named("api-release")], releases[s.Named("api-release")] = 5, true
	}
	for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery} {
		if s.Release == stage.Canary {
			crashes, failures := s.Named(string(function)+"-release-errors")+"-1", s.Named(string(function)+"-release-failures")+"-1"
			want[crashes], want[failures] = 1, 10
			releases[crashes], releases[failures] = true, true
		}
		want[s.Named(string(function)+"-error-rate")], want[s.Named(string(function)+"-throttles")] = float64(a.ErrorRatePercent), float64(a.Throttles)
	}
	got, topic := map[string]float64{}, []string{arn("sns", s.Named("alarms"))}
	for _, alarm := range found.MetricAlarms {
		got[*alarm.AlarmName] = *alarm.Threshold
		notified := topic
		if releases[*alarm.AlarmName] {
			notified = []string{}
		}
		same(t, *alarm.AlarmName+" notifies", notified, alarm.AlarmActions)
		same(t, *alarm.AlarmName+" notifies when it is over", notified, alarm.OKActions)
		if name := aws.ToString(alarm.Namespace); strings.HasPrefix(name, "Fluxa/") && !isMetric(name, aws.ToString(alarm.MetricName)) {
			t.Errorf("%s watches %s of %s, which no function writes", *alarm.AlarmName, *alarm.MetricName, name)
		}
	}
	same(t, "thresholds", want, got)
	if len(found.CompositeAlarms) != 1 {
		t.Fatalf("want one composite alarm, got %d", len(found.CompositeAlarms))
	}
	unhealthy := found.CompositeAlarms[0]
	same(t, "composite alarm", s.Named("pipeline-unhealthy"), *unhealthy.AlarmName)
	same(t, "it notifies", topic, unhealthy.AlarmActions)
	if rule := *unhealthy.AlarmRule; !strings.Contains(rule, fmt.Sprintf("ALARM(%q)", arn("cloudwatch", "alarm:"+s.Named("dlq-depth")))) {
		t.Errorf("the rule %q does not look at the dead letters", rule)
	}
}

func isMetric(namespace, name string) bool {
	return slices.ContainsFunc(contract.Metrics(), func(m contract.Metric) bool { return m.Namespace == namespace && m.Name == name })
}

func checkDashboard(t *testing.T, c *cloud, s stage.Stage) {
	answer, err := c.watch.GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: aws.String("fluxa-" + s.Name)})
	var body struct {
		Widgets []struct {
			Properties struct {
				Alarms  []string
				Metrics [][]any
			}
		}
	}
	if err := json.Unmarshal([]byte(*must(t, answer, err).DashboardBody), &body); err != nil {
		t.Fatal(err)
	}
	alarms, namespaces := 0, map[string]bool{}
	for _, widget := range body.Widgets {
		alarms += len(widget.Properties.Alarms)
		for _, metric := range widget.Properties.Metrics {
			namespace, _ := metric[0].(string)
			if !strings.HasPrefix(namespace, "Fluxa/") {
				continue
			}
			namespaces[namespace] = true
			if !isMetric(namespace, fmt.Sprint(metric[1])) {
				t.Errorf("a graph shows %v of %s, which no function writes", metric[1], namespace)
			}
		}
	}
	same(t, "namespaces", map[string]bool{contract.NamespaceIngest: true, contract.NamespaceProcessor: true, contract.NamespaceQuery: true, contract.NamespaceMaintain: true}, namespaces)
	all, err := c.watch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	watched := slices.DeleteFunc(must(t, all, err).MetricAlarms, func(a types.MetricAlarm) bool { return strings.Contains(*a.AlarmName, "-release") })
	same(t, "alarms shown", len(watched)+len(all.CompositeAlarms), alarms)
}

func checkSecret(t *testing.T, c *cloud, s stage.Stage) {
	answer, err := c.rds.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("fluxa-" + s.Name)})
	instance := must(t, answer, err).DBInstances[0]
	same(t, "user of the database", construct.Administrator, *instance.MasterUsername)
	secret, err := c.secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: instance.MasterUserSecret.SecretArn})
	var login struct{ Username, Password string }
	if err := json.Unmarshal([]byte(*must(t, secret, err).SecretString), &login); err != nil {
		t.Fatal("the secret is not JSON") // and is not printed
	}
	same(t, "user in the secret", construct.Administrator, login.Username)
	if login.Password == "" {
		t.Error("the secret has no password")
	}
	variables := func(function contract.Function) map[string]string {
		answer, err := c.lambdas.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(s.Named(string(function)))})
		return must(t, answer, err).Environment.Variables
	}
	same(t, "the secret of migrate", *instance.MasterUserSecret.SecretArn, variables(contract.FunctionMigrate)["DB_SECRET_ARN"])
	for _, function := range []contract.Function{contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain} {
		same(t, string(function)+"'s user", contract.DatabaseUser(function), variables(function)["DB_USER"])
		same(t, string(function)+"'s secret", "", variables(function)["DB_SECRET_ARN"])
	}
}

func checkPayloads(t *testing.T, c *cloud, s stage.Stage) {
	bucket := aws.String(s.Named("payloads") + "-" + account + "-" + region)
	versioning, err := c.s3.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: bucket})
	same(t, "versioning", "Enabled", string(must(t, versioning, err).Status))
	public, err := c.s3.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: bucket})
	block := must(t, public, err).PublicAccessBlockConfiguration
	same(t, "public access", "true true true true", fmt.Sprint(*block.BlockPublicAcls, *block.BlockPublicPolicy, *block.IgnorePublicAcls, *block.RestrictPublicBuckets))
	lifecycle, err := c.s3.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: bucket})
	var archived, tidied bool
	for _, rule := range must(t, lifecycle, err).Rules {
		for _, transition := range rule.Transitions {
			archived = true
			same(t, "payloads", contract.ObjectPrefix, aws.ToString(rule.Filter.Prefix))
			same(t, "archive", fmt.Sprint(s.Payloads.GlacierDays, " GLACIER_IR"), fmt.Sprint(*transition.Days, " ", transition.StorageClass))
		}
		if rule.NoncurrentVersionExpiration != nil {
			tidied = true
			same(t, "old versions", s.Payloads.OldVersionDays, int(*rule.NoncurrentVersionExpiration.NoncurrentDays))
		}
	}
	same(t, "there is a rule for each", [2]bool{true, true}, [2]bool{archived, tidied})
}
