package privilege_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/privilege"
)

// document is one policy of a function of the stage.
type document struct {
	function string
	path     []any // of its statements, below the resources of fluxa-pipeline-dev
}

func documents() []document {
	attached := func(function, id string) document {
		return document{function, []any{id, "Properties", "PolicyDocument", "Statement"}}
	}
	return []document{
		attached("ingest", "IngestRoleDefaultPolicy0FA274D7"),
		attached("processor", "ProcessorRoleDefaultPolicy51E6C1DA"),
		attached("query", "QueryRoleDefaultPolicy016F42B2"),
		{"migrate", []any{"MigrateRole893862C7", "Properties", "Policies", 0, "PolicyDocument", "Statement"}},
		{"maintain", []any{"MaintainRole893862C7", "Properties", "Policies", 0, "PolicyDocument", "Statement"}},
	}
}

func (d document) statements(t *testing.T, stacks map[string]tree) []any {
	t.Helper()
	return inner(t, stacks["fluxa-pipeline-dev"]["Resources"], d.path...).([]any)
}

// actions returns a statement's actions, which are written as one or several.
func actions(statement any) []any {
	switch actions := statement.(tree)["Action"].(type) {
	case []any:
		return actions
	default:
		return []any{actions}
	}
}

// mentions reports whether one of the findings begins and ends like this.
func mentions(findings []string, prefix, suffix string) bool {
	return slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, prefix) && strings.HasSuffix(f, suffix) })
}

// TestJudge_each_grant_that_is_taken_away_is_missed takes one action after the
// other from the good stage, and nothing else.
func TestJudge_each_grant_that_is_taken_away_is_missed(t *testing.T) {
	t.Parallel()
	taken := map[string]int{}
	for _, d := range documents() {
		for i, statement := range d.statements(t, templates(t)) {
			if statement.(tree)["Effect"] != "Allow" {
				continue
			}
			for j, action := range actions(statement) {
				stacks := templates(t)
				from := d.statements(t, stacks)[i].(tree)
				from["Action"] = slices.Delete(slices.Clone(actions(from)), j, j+1)
				taken[d.function]++
				got := judge(t, stacks)
				if len(got) != 1 || !mentions(got, fmt.Sprintf("%s: %s on ", d.function, action), " and not granted") {
					t.Errorf("without %s of %s: findings %q", action, d.function, got)
				}
			}
		}
	}
	want := map[string]int{"ingest": 6, "processor": 21, "query": 13, "migrate": 11, "maintain": 22}
	if !maps.Equal(taken, want) {
		t.Errorf("taken away %v, want %v", taken, want)
	}
}

func TestJudge_each_grant_that_is_added_is_found(t *testing.T) {
	t.Parallel()
	queue := tree{"Fn::GetAtt": []any{"EventsQueue7396B467", "Arn"}}
	bucket := tree{"Fn::ImportValue": "fluxa-data-dev:ExportsOutputFnGetAttPayloadsBucket1715615AArnE0969AA1"}
	for name, c := range map[string]struct {
		action, resource any
		finding          string
	}{
		"an action of another service": {"dynamodb:GetItem", tree{"Fn::Sub": "arn:${AWS::Partition}:dynamodb:eu-west-1:1:table/t"},
			"dynamodb:GetItem on arn:${AWS::Partition}:dynamodb:eu-west-1:1:table/t is granted and no call needs it"},
		"another action on the queue":    {"sqs:PurgeQueue", queue, "sqs:PurgeQueue on %s(AWS::SQS::Queue EventsQueue7396B467.Arn) is granted and no call needs it"},
		"all objects":                    {"s3:GetObject", tree{"Fn::Join": []any{"", []any{bucket, "/*"}}}, "s3:GetObject on AWS::S3::Bucket PayloadsBucket1715615A.Arn/* is granted and no call needs it"},
		"a log group of another":         {"logs:PutLogEvents", tree{"Fn::GetAtt": []any{"APILog", "Arn"}}, "logs:PutLogEvents on ${APILog} is granted and no call needs it"},
		"a role":                         {"sts:AssumeRole", tree{"Fn::GetAtt": "QueryRole357B8D1A.Arn"}, "sts:AssumeRole on AWS::IAM::Role QueryRole357B8D1A.Arn is granted and no call needs it"},
		"all actions":                    {"*", "*", "* on * is granted with a wildcard: name the actions that are needed"},
		"actions by a wildcard":          {"logs:*", "*", "logs:* on * is granted with a wildcard: name the actions that are needed"},
		"every resource":                 {"logs:PutLogEvents", "*", "logs:PutLogEvents on * is granted although its own log group is enough"},
		"every resource, in another way": {[]any{"logs:PutLogEvents"}, []any{"*"}, "logs:PutLogEvents on * is granted although its own log group is enough"},
	} {
		for _, d := range documents() {
			stacks := templates(t)
			added := append(d.statements(t, stacks), tree{"Effect": "Allow", "Action": c.action, "Resource": c.resource})
			put(t, inner(t, stacks["fluxa-pipeline-dev"]["Resources"], d.path[:len(d.path)-1]...), "Statement", added)
			want := d.function + ": " + strings.Replace(c.finding, "%s(", "the events queue (", 1)
			if d.function != "ingest" && d.function != "processor" && d.function != "maintain" { // which have no queue
				want = d.function + ": " + strings.NewReplacer("%s(", "", "Arn)", "Arn").Replace(c.finding)
			}
			if got := judge(t, stacks); len(got) != 1 || got[0] != want {
				t.Errorf("%s: findings %q\nwant %q", name, got, want)
			}
		}
	}
}

func put(t *testing.T, raw any, key string, value any) {
	t.Helper()
	into, ok := raw.(tree)
	if !ok {
		t.Fatalf("%v is no object", raw)
	}
	into[key] = value
}

// TestJudge_finds_what_else_is_wrong changes one thing of the good stage. An
// operation in braces stands for where the processor calls it.
func TestJudge_finds_what_else_is_wrong(t *testing.T) {
	t.Parallel()
	const pipeline, data = "fluxa-pipeline-dev", "fluxa-data-dev"
	processor := func(t *testing.T, stacks map[string]tree) tree {
		return properties(t, stacks, pipeline, "ProcessorFunction5B2A90E2")
	}
	variables := func(t *testing.T, stacks map[string]tree) tree {
		return inner(t, processor(t, stacks), "Environment", "Variables").(tree)
	}
	statement := func(t *testing.T, stacks map[string]tree, function string, action string) tree {
		for _, d := range documents() {
			for _, s := range d.statements(t, stacks) {
				if d.function == function && slices.Contains(actions(s), any(action)) {
					return s.(tree)
				}
			}
		}
		t.Fatalf("%s is not granted %s", function, action)
		return nil
	}
	deny := func(t *testing.T, stacks map[string]tree, condition any) {
		role := properties(t, stacks, pipeline, "ProcessorRole00D2607C")
		role["Policies"] = []any{tree{"PolicyDocument": tree{"Statement": tree{
			"Effect": "Deny", "Action": []any{"sns:*", "sqs:DeleteMessage"}, "Resource": "*", "Condition": condition,
		}}}}
	}
	const (
		denied  = "processor: sns:Publish on the topic is needed ({sns.PublishBatch}) and may be denied"
		polling = "processor: sqs:DeleteMessage on the events queue is needed (Lambda takes the function's messages) and may be denied"
	)
	for name, c := range map[string]struct {
		change func(t *testing.T, stacks map[string]tree)
		want   []string
	}{
		"no tracing": {func(t *testing.T, s map[string]tree) { delete(processor(t, s), "TracingConfig") }, []string{
			"processor: xray:PutTraceSegments on * is granted and no call needs it",
			"processor: xray:PutTelemetryRecords on * is granted and no call needs it"}},
		"a managed policy of AWS": {func(t *testing.T, s map[string]tree) {
			properties(t, s, pipeline, "QueryRole357B8D1A")["ManagedPolicyArns"] = []any{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
		}, []string{"query: the managed policy arn:aws:iam::aws:policy/ReadOnlyAccess is attached, and its statements are not in the templates: write the actions that are needed"}},
		"a managed policy of the stage": {func(t *testing.T, s map[string]tree) {
			s[data]["Resources"].(tree)["Extra"] = tree{"Type": "AWS::IAM::ManagedPolicy", "Properties": tree{"PolicyDocument": tree{"Statement": []any{
				tree{"Effect": "Allow", "Action": "s3:ListBuckets", "Resource": "*"}}}}}
			s[data]["Outputs"].(tree)["Extra"] = tree{"Value": tree{"Ref": "Extra"}, "Export": tree{"Name": "extra"}}
			properties(t, s, pipeline, "QueryRole357B8D1A")["ManagedPolicyArns"] = []any{tree{"Fn::ImportValue": "extra"}}
		}, []string{"query: s3:ListBuckets on * is granted and no call needs it"}},
		"a key policy that names the role": {func(t *testing.T, s map[string]tree) {
			policy := inner(t, properties(t, s, pipeline, "TopicKeyB2E0C9CB"), "KeyPolicy").(tree)
			policy["Statement"] = append(policy["Statement"].([]any), tree{"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*",
				"Principal": tree{"AWS": []any{tree{"Fn::GetAtt": []any{"ProcessorRole00D2607C", "Arn"}}}}})
		}, []string{"processor: kms:Encrypt on the topic's key (AWS::KMS::Key TopicKeyB2E0C9CB.Arn) is granted and no call needs it"}},
		"a queue policy that names the role": {func(t *testing.T, s map[string]tree) {
			policy := inner(t, properties(t, s, pipeline, "EventsQueuePolicy58834349"), "PolicyDocument").(tree)
			policy["Statement"] = append(policy["Statement"].([]any), tree{"Effect": "Allow", "Action": "sqs:PurgeQueue",
				"Resource": tree{"Fn::GetAtt": []any{"EventsQueue7396B467", "Arn"}}, "Principal": tree{"AWS": tree{"Fn::GetAtt": []any{"QueryRole357B8D1A", "Arn"}}}})
		}, []string{"query: sqs:PurgeQueue on AWS::SQS::Queue EventsQueue7396B467.Arn is granted and no call needs it"}},
		"a condition": {func(t *testing.T, s map[string]tree) {
			statement(t, s, "ingest", "s3:PutObject")["Condition"] = tree{"Bool": tree{"aws:SecureTransport": "true"}}
		}, []string{`ingest: s3:PutObject on payload objects (AWS::S3::Bucket PayloadsBucket1715615A.Arn/raw/*) is granted under the condition {"Bool":{"aws:SecureTransport":"true"}}, and whether the call meets it is not known`}},
		"a denial": {func(t *testing.T, s map[string]tree) { deny(t, s, nil) }, []string{denied, polling}},
		"a denial of the code alone": {func(t *testing.T, s map[string]tree) {
			deny(t, s, tree{"ArnEquals": tree{"lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:1:function:fluxa-processor-dev"}})
		}, []string{denied}},
		"a denial without TLS":        {func(t *testing.T, s map[string]tree) { deny(t, s, tree{"Bool": tree{"aws:SecureTransport": "false"}}) }, nil},
		"a denial of unknown meaning": {func(t *testing.T, s map[string]tree) { deny(t, s, tree{"Bool": tree{"aws:ViaAWSService": "true"}}) }, []string{denied, polling}},
		"the queues changed over": {func(t *testing.T, s map[string]tree) {
			v := variables(t, s)
			v["QUEUE_URL"], v["DLQ_URL"] = v["DLQ_URL"], v["QUEUE_URL"]
		}, []string{
			"processor: sqs:ChangeMessageVisibility on the events queue is needed ({sqs.ChangeMessageVisibilityBatch}) and not granted",
			"processor: sqs:SendMessage on the dead-letter queue is needed ({sqs.SendMessage}, {sqs.SendMessageBatch}) and not granted",
			"processor: sqs:ReceiveMessage on the events queue is needed (Lambda takes the function's messages) and not granted",
			"processor: sqs:DeleteMessage on the events queue is needed (Lambda takes the function's messages) and not granted",
			"processor: sqs:GetQueueAttributes on the events queue is needed (Lambda takes the function's messages) and not granted",
			"processor: sqs:ReceiveMessage on the dead-letter queue (AWS::SQS::Queue EventsQueue7396B467.Arn) is granted and no call needs it",
			"processor: sqs:DeleteMessage on the dead-letter queue (AWS::SQS::Queue EventsQueue7396B467.Arn) is granted and no call needs it",
			"processor: sqs:GetQueueAttributes on the dead-letter queue (AWS::SQS::Queue EventsQueue7396B467.Arn) is granted and no call needs it",
			"processor: sqs:ChangeMessageVisibility on the dead-letter queue (AWS::SQS::Queue EventsQueue7396B467.Arn) is granted and no call needs it",
			"processor: sqs:SendMessage on the events queue (AWS::SQS::Queue EventsDeadLetters8A90034E.Arn) is granted and no call needs it",
			`processor: QUEUE_URL is AWS::SQS::Queue EventsDeadLetters8A90034E, whose QueueName "fluxa-dlq-dev" does not contain "-events-"`,
			`processor: DLQ_URL is AWS::SQS::Queue EventsQueue7396B467, whose QueueName "fluxa-events-dev" does not contain "-dlq-"`,
			"processor: it is fed from AWS::SQS::Queue EventsQueue7396B467.Arn, which is not the queue of its QUEUE_URL",
		}},
		"a topic that is not there": {func(t *testing.T, s map[string]tree) { variables(t, s)["TOPIC_ARN"] = "arn:aws:sns:eu-west-1:1:other" }, []string{
			"processor: sns:Publish on the topic is needed ({sns.PublishBatch}), and its settings do not say which resource that is",
			"processor: kms:GenerateDataKey* on the topic's key is needed ({sns.PublishBatch}), and its settings do not say which resource that is",
			"processor: kms:Decrypt on the topic's key is needed ({sns.PublishBatch}), and its settings do not say which resource that is",
			"processor: sns:Publish on AWS::SNS::Topic NotificationsTopicAE679CBD.Arn is granted and no call needs it",
			"processor: kms:Decrypt on AWS::KMS::Key TopicKeyB2E0C9CB.Arn is granted and no call needs it",
			"processor: kms:GenerateDataKey* on AWS::KMS::Key TopicKeyB2E0C9CB.Arn is granted and no call needs it",
			"processor: TOPIC_ARN is arn:aws:sns:eu-west-1:1:other, which is no AWS::SNS::Topic of the templates",
		}},
		"a customer's key of the bucket": {func(t *testing.T, s map[string]tree) {
			s[data]["Resources"].(tree)["Key"] = tree{"Type": "AWS::KMS::Key", "Properties": tree{}}
			byDefault := inner(t, properties(t, s, data, "PayloadsBucket1715615A"), "BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault")
			put(t, byDefault, "KMSMasterKeyID", tree{"Fn::GetAtt": []any{"Key", "Arn"}})
		}, []string{
			"ingest: kms:GenerateDataKey on the payload bucket's key is needed ({ingest s3.PutObject bucket.go}) and not granted",
			"processor: kms:Decrypt on the payload bucket's key is needed ({s3.GetObject}) and not granted",
			"query: kms:Decrypt on the payload bucket's key is needed ({s3.GetObject}) and not granted",
			"maintain: kms:GenerateDataKey on the payload bucket's key is needed ({maintain s3.PutObject exports.go}) and not granted",
			"maintain: kms:Decrypt on the payload bucket's key is needed ({maintain s3.GetObject bucket.go}, {maintain s3.GetObject versions.go}) and not granted",
			"maintain: kms:Decrypt on the payload bucket's key is needed ({maintain s3.GetObject exports.go}) and not granted",
		}},
		"a customer's key of the queues": {func(t *testing.T, s map[string]tree) {
			s[pipeline]["Resources"].(tree)["Key"] = tree{"Type": "AWS::KMS::Key", "Properties": tree{}}
			for _, queue := range []string{"EventsQueue7396B467", "EventsDeadLetters8A90034E"} {
				properties(t, s, pipeline, queue)["KmsMasterKeyId"] = tree{"Fn::GetAtt": []any{"Key", "Arn"}}
			}
		}, []string{
			"ingest: kms:GenerateDataKey on the events queue's key is needed ({sqs.SendMessage}, {sqs.SendMessageBatch}) and not granted",
			"ingest: kms:Decrypt on the events queue's key is needed ({sqs.SendMessage}, {sqs.SendMessageBatch}) and not granted",
			"processor: kms:GenerateDataKey on the dead-letter queue's key is needed ({sqs.SendMessage}, {sqs.SendMessageBatch}) and not granted",
			"processor: kms:Decrypt on the dead-letter queue's key is needed ({sqs.SendMessage}, {sqs.SendMessageBatch}) and not granted",
			"processor: kms:Decrypt on the events queue's key is needed (Lambda takes the function's messages) and not granted",
			"maintain: kms:GenerateDataKey on the events queue's key is needed ({sqs.SendMessage}, {sqs.SendMessageBatch}) and not granted",
			"maintain: kms:Decrypt on the events queue's key is needed ({sqs.SendMessage}, {sqs.SendMessageBatch}) and not granted",
		}},
		"a customer's key of the database alone": {func(t *testing.T, s map[string]tree) {
			s[data]["Resources"].(tree)["Key"] = tree{"Type": "AWS::KMS::Key", "Properties": tree{}}
			properties(t, s, data, "DatabaseInstanceAA8A5FDE")["KmsKeyId"] = tree{"Ref": "Key"}
		}, nil},
		"a customer's key of the secret": {func(t *testing.T, s map[string]tree) {
			s[data]["Resources"].(tree)["Key"] = tree{"Type": "AWS::KMS::Key", "Properties": tree{}}
			properties(t, s, data, "DatabaseInstanceAA8A5FDE")["MasterUserSecret"] = tree{"KmsKeyId": tree{"Ref": "Key"}}
		}, []string{
			"migrate: kms:Decrypt on the database secret's key is needed ({migrate secretsmanager.GetSecretValue credentials.go}) and not granted",
		}},
		"the topic's key by its alias": {func(t *testing.T, s map[string]tree) {
			properties(t, s, pipeline, "NotificationsTopicAE679CBD")["KmsMasterKeyId"] = tree{"Ref": "TopicKeyAlias7728FB4F"}
		}, nil},
		"a log group by its default name": {func(t *testing.T, s map[string]tree) { delete(processor(t, s), "LoggingConfig") }, nil},
		"a mapping to the function itself": {func(t *testing.T, s map[string]tree) {
			properties(t, s, pipeline, "ProcessorEventsFF57EACB")["FunctionName"] = tree{"Ref": "ProcessorFunction5B2A90E2"}
		}, nil},
		"an action in other letters": {func(t *testing.T, s map[string]tree) {
			statement(t, s, "ingest", "s3:PutObject")["Action"] = "S3:putobject"
		}, nil},
		"a policy that is added to the role": {func(t *testing.T, s map[string]tree) {
			s[pipeline]["Resources"].(tree)["Added"] = tree{"Type": "AWS::IAM::RolePolicy", "Properties": tree{
				"RoleName": tree{"Ref": "QueryRole357B8D1A"}, "PolicyDocument": tree{"Statement": tree{"Effect": "Allow", "Action": "s3:ListBuckets", "Resource": "*"}}}}
		}, []string{"query: s3:ListBuckets on * is granted and no call needs it"}},
		"a secret for a bucket": {func(t *testing.T, s map[string]tree) {
			inner(t, properties(t, s, pipeline, "QueryFunction22F86FFC"), "Environment", "Variables").(tree)["PAYLOAD_BUCKET"] = tree{
				"Fn::ImportValue": "fluxa-data-dev:ExportsOutputFnGetAttDatabaseInstanceAA8A5FDEMasterUserSecretSecretArnE83EC1AA"}
		}, []string{
			"query: s3:GetObject on payload objects is needed ({s3.GetObject}), and its settings do not say which resource that is",
			"query: s3:ListBucket on the payload bucket is needed ({s3.GetObject}), and its settings do not say which resource that is",
			"query: s3:GetObject on AWS::S3::Bucket PayloadsBucket1715615A.Arn/raw/* is granted and no call needs it",
			"query: s3:ListBucket on AWS::S3::Bucket PayloadsBucket1715615A.Arn is granted and no call needs it",
			"query: PAYLOAD_BUCKET is AWS::RDS::DBInstance DatabaseInstanceAA8A5FDE.MasterUserSecret.SecretArn, which is no AWS::S3::Bucket of the templates",
		}},
		"a function that nobody knows": {func(t *testing.T, s map[string]tree) {
			properties(t, s, pipeline, "CustomProviderHandler5E6F7A8B")["FunctionName"] = "fluxa-report-dev"
		}, []string{"report: its code is not known: the contract has no such function"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stacks := templates(t)
			c.change(t, stacks)
			got, want := strings.Join(judge(t, stacks), "\n"), strings.Join(c.want, "\n")
			handlers := reached(t)
			processor := slices.IndexFunc(handlers, func(h privilege.Handler) bool { return h.Name == "processor" })
			places := map[string][]string{}
			for _, call := range handlers[processor].Calls {
				places[call.Operation] = append(places[call.Operation], call.Position)
			}
			for _, h := range handlers { // such as {maintain s3.GetObject exports.go}
				for _, call := range h.Calls {
					file, _, _ := strings.Cut(path.Base(call.Position), ":")
					of := h.Name + " " + call.Operation + " " + file
					places[of] = append(places[of], call.Position)
				}
			}
			for operation, positions := range places {
				want = strings.ReplaceAll(want, "{"+operation+"}", strings.Join(positions, ", "))
			}
			if got != want {
				t.Errorf("findings\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestJudge_refuses_what_it_cannot_read(t *testing.T) {
	t.Parallel()
	const pipeline = "fluxa-pipeline-dev"
	for name, c := range map[string]struct {
		change func(t *testing.T, stacks map[string]tree)
		want   string
	}{
		"a function less": {func(t *testing.T, s map[string]tree) {
			delete(s[pipeline]["Resources"].(tree), "QueryFunction22F86FFC")
		},
			"0 functions of the templates are named fluxa-query-STAGE: it must be one, of one stage"},
		"two stages": {func(t *testing.T, s map[string]tree) {
			for _, stack := range []string{"fluxa-data", "fluxa-network", "fluxa-pipeline"} {
				raw, err := json.Marshal(s[stack+"-dev"])
				if err != nil {
					t.Fatal(err)
				}
				var prod tree
				if err := json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "-dev", "-prod")), &prod); err != nil {
					t.Fatal(err)
				}
				s[stack+"-prod"] = prod
			}
		}, "2 functions of the templates are named fluxa-ingest-STAGE: it must be one, of one stage"},
		"a role of elsewhere": {func(t *testing.T, s map[string]tree) {
			properties(t, s, pipeline, "QueryFunction22F86FFC")["Role"] = "arn:aws:iam::1:role/query"
		}, `AWS::Lambda::Function QueryFunction22F86FFC of fluxa-pipeline-dev: its role "arn:aws:iam::1:role/query" is not in the templates`},
		"NotAction": {func(t *testing.T, s map[string]tree) {
			statement := documents()[0].statements(t, s)[0].(tree)
			statement["NotAction"] = statement["Action"]
		}, "AWS::Lambda::Function IngestFunctionB02ED0EB of fluxa-pipeline-dev: AWS::IAM::Policy IngestRoleDefaultPolicy0FA274D7: a statement has NotAction or NotResource: it must name what it is about"},
		"no effect": {func(t *testing.T, s map[string]tree) { delete(documents()[0].statements(t, s)[0].(tree), "Effect") },
			"AWS::Lambda::Function IngestFunctionB02ED0EB of fluxa-pipeline-dev: AWS::IAM::Policy IngestRoleDefaultPolicy0FA274D7: a statement has the effect <nil>: it must be Allow or Deny"},
	} {
		stacks := templates(t)
		c.change(t, stacks)
		if _, err := privilege.Judge(reached(t), parsed(t, stacks)); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v\nwant %s", name, err, c.want)
		}
	}
}
