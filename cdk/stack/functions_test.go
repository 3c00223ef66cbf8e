package stack_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// functionPaths are the constructs of the functions.
func functionPaths() map[contract.Function]string {
	return map[contract.Function]string{
		contract.FunctionIngest: "Ingest", contract.FunctionProcessor: "Processor",
		contract.FunctionQuery: "Query", contract.FunctionMigrate: "Migrate", contract.FunctionMaintain: "Maintain",
	}
}

func TestFunctions_run_on_arm64_without_a_runtime_of_AWS_s(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, pipeline)
		verify := 0
		if p.settings.Release == stage.Canary {
			verify = 1
		}
		a.count(t, "AWS::Lambda::Function", len(contract.Functions())+verify)
		a.eachHas(t, "AWS::Lambda::Function", object{"Architectures": []any{"arm64"}, "Runtime": "provided.al2023", "Handler": "bootstrap"})
	})
}

func TestFunctions_have_the_stage_s_memory_and_time(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		f, a := p.settings.Functions, p.assert(t, pipeline)
		for name, size := range map[string][2]int{
			"ingest":    {f.Ingest.MemoryMiB, f.Ingest.TimeoutSeconds},
			"processor": {f.Processor.MemoryMiB, f.Processor.TimeoutSeconds},
			"query":     {f.Query.MemoryMiB, f.Query.TimeoutSeconds},
			"migrate":   {f.Migrate.MemoryMiB, f.Migrate.TimeoutSeconds},
			"maintain":  {f.Maintain.MemoryMiB, f.Maintain.TimeoutSeconds},
		} {
			a.has(t, "AWS::Lambda::Function", object{"FunctionName": p.settings.Named(name), "MemorySize": size[0], "Timeout": size[1]})
		}
	})
}

func TestFunctions_take_no_more_concurrency_than_the_stage_gives(t *testing.T) {
	t.Parallel()
	// The processor is bounded where it is fed: a reservation would throttle
	// messages into their redrive count.
	for p, want := range map[*platform]map[string]any{
		dev(t):    {"Ingest": nil, "Processor": nil, "Query": 10, "Migrate": nil, "Maintain": nil},
		prod(t):   {"Ingest": 200, "Processor": nil, "Query": 100, "Migrate": nil, "Maintain": nil},
		abroad(t): {"Ingest": nil, "Processor": nil, "Query": 100, "Migrate": nil, "Maintain": nil},
	} {
		for path, reserved := range want {
			function := p.stacks[pipeline].at(t, path+"/Function")
			same(t, function, function.plain("ReservedConcurrentExecutions"), reserved)
		}
	}
}

func TestFunctions_log_JSON_into_a_group_of_their_own_that_ends(t *testing.T) {
	each(t, func(t *testing.T, p *platform) {
		a := p.assert(t, pipeline)
		for function, path := range functionPaths() {
			name := "/aws/lambda/" + p.settings.Named(string(function))
			a.has(t, "AWS::Logs::LogGroup", object{"LogGroupName": name, "RetentionInDays": p.settings.Logs.RetentionDays})
			same(t, path, p.stacks[pipeline].at(t, path+"/Function").plain("LoggingConfig"), object{
				"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN", "LogGroup": "${Pipeline/" + path + "/Log}",
			})
			same(t, path, p.stacks[pipeline].at(t, path+"/Log").plain("LogGroupName"), name)
		}
	})
}

func TestFunctions_let_debug_lines_through_only_where_the_stage_writes_them(t *testing.T) {
	abroad(t).assert(t, pipeline).eachHas(t, "AWS::Lambda::Function", object{
		"LoggingConfig": like(object{"ApplicationLogLevel": "DEBUG"}),
		"Environment":   object{"Variables": like(object{"FLUXA_LOG_LEVEL": "debug"})},
	})
	each(t, func(t *testing.T, p *platform) {
		p.assert(t, pipeline).eachHas(t, "AWS::Lambda::Function", object{"Environment": object{"Variables": like(object{"FLUXA_LOG_LEVEL": p.settings.Logs.Level})}})
	})
}

func TestFunctions_send_traces_where_the_stage_asks_for_them(t *testing.T) {
	// Lambda's rate for what comes from the queue cannot be set: where requests alone are
	// traced, the processor sends nothing.
	all := append(both(t), paused(t))
	for _, p := range all {
		for function, path := range functionPaths() {
			var want any = object{"Mode": "Active"}
			if p.settings.Traces.RequestsOnly && function == contract.FunctionProcessor {
				want = nil
			}
			at := p.stacks[pipeline].at(t, path+"/Function")
			same(t, at, at.plain("TracingConfig"), want)
		}
	}
	abroad(t).assert(t, pipeline).eachHas(t, "AWS::Lambda::Function", object{"TracingConfig": absent()})
}

func TestFunctions_with_a_database_are_in_the_network_and_ingest_is_not(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		var subnets []string
		for _, subnet := range p.stacks[network].all("AWS::EC2::Subnet") {
			subnets = append(subnets, "${Network/"+subnet.Path+"}")
		}
		inside := object{"SubnetIds": subnets, "SecurityGroupIds": []string{"${Network/Private/Clients.GroupId}"}}
		for path, want := range map[string]any{"Ingest": nil, "Processor": inside, "Query": inside, "Migrate": inside, "Maintain": inside} {
			function := p.stacks[pipeline].at(t, path+"/Function")
			same(t, function, function.plain("VpcConfig"), want)
		}
	}
}

func TestFunctions_have_a_role_each_that_only_Lambda_takes(t *testing.T) {
	t.Parallel()
	for _, p := range both(t) {
		for _, path := range functionPaths() {
			function, role := p.stacks[pipeline].at(t, path+"/Function"), p.stacks[pipeline].at(t, path+"/Role")
			same(t, function, function.plain("Role"), "${Pipeline/"+path+"/Role.Arn}")
			trust := allow(nil, "sts:AssumeRole")
			trust.Principal = object{"Service": "lambda.amazonaws.com"}
			sameStatements(t, role, role.statements("AssumeRolePolicyDocument"), trust)
			same(t, role, role.plain("ManagedPolicyArns"), nil)
			same(t, role, role.plain("Policies"), nil)
			same(t, role, p.stacks[pipeline].at(t, path+"/Role/DefaultPolicy").plain("Roles"), []string{"${Pipeline/" + path + "/Role}"})
		}
	}
}

func TestFunctions_may_do_what_they_do_and_nothing_else(t *testing.T) {
	t.Parallel()
	const payloads, bucket, secret = "${Data/Payloads/Bucket.Arn}/raw/*", "${Data/Payloads/Bucket.Arn}", "${Data/Database/Instance.MasterUserSecret.SecretArn}"
	const exports = "${Data/Payloads/Bucket.Arn}/exports/*"
	own := map[contract.Function][]statement{
		contract.FunctionIngest: {
			allow([]string{eventsQueue}, "sqs:SendMessage"),
			allow([]string{payloads}, "s3:PutObject"),
		},
		contract.FunctionProcessor: {
			allow([]string{eventsQueue}, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"),
			allow([]string{deadLetters}, "sqs:SendMessage"),
			allow([]string{"${Pipeline/Notifications/Topic}"}, "sns:Publish"),
			allow([]string{"${Pipeline/TopicKey.Arn}"}, "kms:Decrypt", "kms:GenerateDataKey*"),
			allow([]string{payloads}, "s3:GetObject"),
			allow([]string{bucket}, "s3:ListBucket"),
		},
		contract.FunctionQuery: {
			allow([]string{payloads}, "s3:GetObject"),
			allow([]string{bucket}, "s3:ListBucket"),
		},
		contract.FunctionMigrate: {
			allow([]string{secret}, "secretsmanager:GetSecretValue"),
		},
		contract.FunctionMaintain: {
			allow([]string{eventsQueue}, "sqs:SendMessage"),
			allow([]string{"${Pipeline/Notifications/Topic}"}, "sns:Publish"),
			allow([]string{"${Pipeline/TopicKey.Arn}"}, "kms:Decrypt", "kms:GenerateDataKey*"),
			allow([]string{payloads}, "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion"),
			allow([]string{bucket}, "s3:ListBucket", "s3:ListBucketVersions"),
			allow([]string{exports}, "s3:GetObject", "s3:PutObject"),
		},
	}
	// login is of a user of the proxy where there is one, and of the database for what goes
	// past it.
	login := func(p *platform, function contract.Function) []statement {
		if function == contract.FunctionIngest || function == contract.FunctionMigrate {
			return nil
		}
		id := "${Data/Database/Instance.DbiResourceId}"
		if p.settings.Database.Proxy && function != contract.FunctionMaintain {
			id = "${part 6 of ${Data/Database/Proxy.DBProxyArn}}"
		}
		return []statement{allow([]string{p.userARN(id, contract.DatabaseUser(function))}, "rds-db:connect")}
	}
	for _, p := range append(both(t), abroad(t)) {
		for function, path := range functionPaths() {
			want := append(slices.Clone(own[function]), allow([]string{"${Pipeline/" + path + "/Log.Arn}"}, "logs:CreateLogStream", "logs:PutLogEvents"))
			want = append(want, login(p, function)...)
			if p.settings.Tracing && !(p.settings.Traces.RequestsOnly && function == contract.FunctionProcessor) {
				want = append(want, allow([]string{"*"}, "xray:PutTelemetryRecords", "xray:PutTraceSegments"))
			}
			if function != contract.FunctionIngest || p.settings.OTLP.Endpoint != "" {
				access := p.stacks[pipeline].at(t, path+"/NetworkAccess")
				same(t, access, access.plain("Roles"), []string{"${Pipeline/" + path + "/Role}"})
				sameStatements(t, access, access.statements("PolicyDocument"), interfaces(p, function)...)
			}
			sameStatements(t, fmt.Sprintf("%s of %s", function, p.settings.Name),
				p.stacks[pipeline].at(t, path+"/Role/DefaultPolicy").statements("PolicyDocument"), want...)
		}
	}
}

// interfaces is what a function in the network needs: Lambda keeps its interfaces,
// its own code must not.
func interfaces(p *platform, function contract.Function) []statement {
	lambda := allow([]string{"*"}, "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")
	code := lambda
	lambda.Sid, code.Sid, code.Effect = "LambdaKeepsTheInterfaces", "TheCodeDoesNot", "Deny"
	code.Condition = object{"ArnEquals": object{"lambda:SourceFunctionArn": fmt.Sprintf("arn:%s:lambda:%s:%s:function:%s",
		p.partition(), p.region(), p.account(), p.settings.Named(string(function)))}}
	return []statement{lambda, code}
}

func (p *platform) account() string { return cmp.Or(p.settings.Account, "${AWS::AccountId}") }

// userARN is what IAM calls a user of the database with an id.
func (p *platform) userARN(id, user string) string {
	return fmt.Sprintf("arn:%s:rds-db:%s:%s:dbuser:%s/%s", p.partition(), p.region(), p.account(), id, user)
}

func TestProcessor_is_fed_by_the_queue_through_its_alias_each_message_failing_for_itself(t *testing.T) {
	for p, fed := range map[*platform]struct {
		size, window     int
		scaling, pollers any
	}{
		dev(t):  {10, 0, object{"MaximumConcurrency": 5}, absent()},
		prod(t): {100, 1, object{"MaximumConcurrency": 50}, absent()},
		// Lambda refuses a mapping with both.
		abroad(t): {1000, 300, absent(), object{"MinimumPollers": 2, "MaximumPollers": 5}},
	} {
		a := p.assert(t, pipeline)
		a.count(t, "AWS::Lambda::EventSourceMapping", 1)
		a.has(t, "AWS::Lambda::EventSourceMapping", object{
			"FunctionResponseTypes": []any{"ReportBatchItemFailures"},
			"BatchSize":             fed.size, "MaximumBatchingWindowInSeconds": fed.window,
			"ScalingConfig": fed.scaling, "ProvisionedPollerConfig": fed.pollers,
		})
		mapping := p.stacks[pipeline].at(t, "Processor/Events")
		same(t, mapping, mapping.plain("EventSourceArn"), eventsQueue)
		// The name in the alias's ARN, and again the alias.
		same(t, mapping, mapping.plain("FunctionName"), "${part 6 of ${Pipeline/Processor/Release/Alias}}:live")
	}
}
