package privilege

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what a resource is to a function.
type Kind string

// The kinds. Any is for actions that IAM cannot bind to a resource.
const (
	EventsQueue      Kind = "the events queue"
	DeadLetterQueue  Kind = "the dead-letter queue"
	PayloadBucket    Kind = "the payload bucket"
	PayloadObjects   Kind = "payload objects"
	ExportObjects    Kind = "files of exports"
	Topic            Kind = "the topic"
	TopicKey         Kind = "the topic's key"
	EventsQueueKey   Kind = "the events queue's key"
	DeadLetterKey    Kind = "the dead-letter queue's key"
	PayloadKey       Kind = "the payload bucket's key"
	SecretKey        Kind = "the database secret's key"
	DatabaseSecret   Kind = "the database secret"
	DatabaseUser     Kind = "its user of the database"
	OwnLogGroup      Kind = "its own log group"
	Deployments      Kind = "the deployments"
	IngestVersion    Kind = "a version of ingest"
	ProcessorVersion Kind = "a version of processor"
	QueryVersion     Kind = "a version of query"
	Any              Kind = "any resource (*)"

	// someQueue is the queue that the adapter was made for.
	someQueue Kind = "a queue"
)

// Need is an action that a function must be allowed, either for the Calls of its
// code or for what Lambda does with its role. Sourceless are calls of Lambda that
// do not carry the function's ARN as lambda:SourceFunctionArn.
type Need struct {
	Action     string
	Kind       Kind
	Calls      []Call
	Lambda     string // what it does, such as "writes the function's log"
	Sourceless bool
}

// Why returns where the calls are, or what Lambda does.
func (n Need) Why() string {
	if n.Lambda != "" {
		return "Lambda " + n.Lambda
	}
	var positions []string
	for _, call := range n.Calls {
		positions = append(positions, call.Position)
	}
	return strings.Join(positions, ", ")
}

type grant struct {
	action string
	kind   Kind
}

// operations says which actions the operations take that the functions call. It
// has no other operations: what is not called is not granted.
//
//   - A batch is allowed by the action of one:
//     https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html,
//     https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
//   - Without ListBucket a missing key cannot be told from a missing grant:
//     https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
//   - What is done to a deployment is allowed on its group:
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
//   - Whoever publishes to a topic with a customer's key uses the key:
//     https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func operations() map[string][]grant {
	return map[string][]grant{
		"codedeploy.GetDeployment":                        {{"codedeploy:GetDeployment", Deployments}},
		"codedeploy.PutLifecycleEventHookExecutionStatus": {{"codedeploy:PutLifecycleEventHookExecutionStatus", Deployments}},
		"lambda.Invoke": {
			{"lambda:InvokeFunction", IngestVersion}, {"lambda:InvokeFunction", ProcessorVersion}, {"lambda:InvokeFunction", QueryVersion},
		},
		"s3.GetObject":                     {{"s3:GetObject", PayloadObjects}, {"s3:ListBucket", PayloadBucket}},
		"s3.DeleteObject":                  {{"s3:DeleteObjectVersion", PayloadObjects}}, // none is without a version
		"s3.ListObjectVersions":            {{"s3:ListBucketVersions", PayloadBucket}},
		"s3.PutObject":                     {{"s3:PutObject", PayloadObjects}},
		"secretsmanager.GetSecretValue":    {{"secretsmanager:GetSecretValue", DatabaseSecret}},
		"sns.PublishBatch":                 {{"sns:Publish", Topic}, {dataKeys, TopicKey}, {"kms:Decrypt", TopicKey}},
		"sqs.ChangeMessageVisibilityBatch": {{"sqs:ChangeMessageVisibility", someQueue}},
		"sqs.SendMessage":                  {{"sqs:SendMessage", someQueue}},
		"sqs.SendMessageBatch":             {{"sqs:SendMessage", someQueue}},
	}
}

// dataKeys is the one action that is granted with a wildcard: the family that SNS
// names in its documentation.
const dataKeys = "kms:GenerateDataKey*"

// login is the constructor of what signs tokens to log in to the database with. It calls
// nothing: the database asks IAM
// (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html).
const (
	login       = "pkg/rdsiam.New"
	loginAction = "rds-db:connect"
)

// use is an action that what a constructor makes needs, and that its calls do not show.
type use struct {
	constructor string
	action      string
	kind        Kind
}

// uses has the database's login, and what s3.GetObject takes besides when it names a version
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
func uses() []use {
	return []use{
		{login, loginAction, DatabaseUser},
		{"pkg/s3blob.NewVersions", "s3:GetObjectVersion", PayloadObjects},
	}
}

// exports is the adapter whose objects are the files of exports.
const exports = "(*pkg/s3blob.Exports)."

// adapter is a constructor that says which queue the action is for.
type adapter struct {
	constructor string
	action      string
	queue       Kind
}

func adapters() []adapter {
	return []adapter{
		{"pkg/sqsqueue.NewSender", "sqs:SendMessage", EventsQueue},
		{"pkg/sqsqueue.NewDeadLetters", "sqs:SendMessage", DeadLetterQueue},
		{"pkg/sqsqueue.NewPostponer", "sqs:ChangeMessageVisibility", EventsQueue},
	}
}

// duty is what the Lambda platform does with a function's role.
type duty struct {
	when    func(Function) bool
	kind    Kind
	actions []string
	why     string

	sourceless bool
}

// duties has the platform's part:
//
//   - https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html:
//     the deployment makes the log group, so that CreateLogGroup is not needed
//   - https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html:
//     X-Ray's writes have no resource
//   - https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: interfaces
//     that do not exist yet have no name; Describe works on all only
//   - https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
//   - https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
//     lists what is sourceless
func duties() []duty {
	return []duty{{
		when: func(Function) bool { return true }, kind: OwnLogGroup, why: "writes the function's log",
		actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
	}, {
		when: func(f Function) bool { return f.Traced }, kind: Any, why: "traces the function",
		actions: []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"},
	}, {
		when: func(f Function) bool { return f.InVPC }, kind: Any, why: "keeps the function's network interfaces", sourceless: true,
		actions: []string{
			"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
			"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
		},
	}, {
		when: func(f Function) bool { return f.Fed }, kind: EventsQueue, why: "takes the function's messages", sourceless: true,
		actions: []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
	}}
}

// Needs returns what a function needs, by its code and by how it is deployed.
// Returns an error for a call that the table of operations does not have, and for
// one to a queue when no adapter says which queue.
func Needs(f Function, r Reach) ([]Need, error) {
	var out []Need
	add := func(action string, kind Kind, call Call) {
		at := slices.IndexFunc(out, func(n Need) bool { return n.Action == action && n.Kind == kind })
		if at < 0 {
			at, out = len(out), append(out, Need{Action: action, Kind: kind})
		}
		out[at].Calls = append(out[at].Calls, call)
	}
	table := operations()
	for _, call := range r.Calls {
		grants, known := table[call.Operation]
		if !known {
			return nil, fmt.Errorf("%s calls %s (%s), and the table of operations does not say which actions that takes", f.Name, call.Operation, call.Position)
		}
		for _, g := range grants {
			kinds := []Kind{g.kind}
			switch {
			case g.kind == someQueue:
				kinds = queues(r, g.action)
			case g.kind == PayloadObjects && strings.HasPrefix(call.Caller, exports):
				kinds = []Kind{ExportObjects}
			}
			if len(kinds) == 0 {
				return nil, fmt.Errorf("%s calls %s (%s), and reaches none of %s, which say for which queue", f.Name, call.Operation, call.Position, constructors(g.action))
			}
			for _, kind := range kinds {
				add(g.action, kind, call)
			}
		}
	}
	for _, u := range uses() {
		if slices.Contains(r.Functions, u.constructor) {
			add(u.action, u.kind, Call{Operation: u.action, Position: u.constructor})
		}
	}
	for _, d := range duties() {
		for _, action := range d.actions {
			if d.when(f) {
				out = append(out, Need{Action: action, Kind: d.kind, Lambda: d.why, Sourceless: d.sourceless})
			}
		}
	}
	return append(out, keyNeeds(f, out)...), nil
}

func queues(r Reach, action string) []Kind {
	var out []Kind
	for _, a := range adapters() {
		if a.action == action && slices.Contains(r.Functions, a.constructor) {
			out = append(out, a.queue)
		}
	}
	return out
}

func constructors(action string) string {
	var out []string
	for _, a := range adapters() {
		if a.action == action {
			out = append(out, a.constructor)
		}
	}
	return strings.Join(out, ", ")
}
