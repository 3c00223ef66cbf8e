package privilege

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Statement is one action on one resource. Resource is written with the names of
// the templates, such as "AWS::SQS::Queue EventsQueue.Arn". Condition is the
// condition's JSON, empty when there is none.
type Statement struct {
	Action, Resource, Condition string
}

// Function is one Lambda function of the templates, with what its role is allowed
// and denied. One that is not named fluxa-NAME-STAGE after the stage's prefix, such as the
// CDK makes them for custom resources, has its stack and logical id for a name and no Stage.
type Function struct {
	Name, Stage string
	Role        string // as the templates name it
	Allow, Deny []Statement
	Targets     map[Kind]string // the resources its settings point to
	Problems    []string        // what cannot be judged, or is wrong with its settings
	Traced      bool            // by X-Ray
	InVPC       bool
	Fed         bool // by an event source mapping
}

// setting is an environment variable that points to a resource.
type setting struct {
	variable string
	target   Kind
	kind     string
	property string // the physical name's, which contains part
	part     string
}

func settings() []setting {
	return []setting{
		{"QUEUE_URL", EventsQueue, "AWS::SQS::Queue", "QueueName", "-events-"},
		{"DLQ_URL", DeadLetterQueue, "AWS::SQS::Queue", "QueueName", "-dlq-"},
		{"PAYLOAD_BUCKET", PayloadBucket, "AWS::S3::Bucket", "BucketName", "payloads"},
		{"TOPIC_ARN", Topic, "AWS::SNS::Topic", "TopicName", ""},
		{"DB_SECRET_ARN", DatabaseSecret, "AWS::SecretsManager::Secret", "Name", ""},
		{"INGEST_VERSION_ARN", IngestVersion, "AWS::Lambda::Version", "FunctionName", "Ingest"},
		{"PROCESSOR_VERSION_ARN", ProcessorVersion, "AWS::Lambda::Version", "FunctionName", "Processor"},
		{"QUERY_VERSION_ARN", QueryVersion, "AWS::Lambda::Version", "FunctionName", "Query"},
	}
}

// Granted returns the functions of a stage, in the order of its templates. It reads
// the policies of a function's role, inline or attached, and those of queues,
// buckets, topics, keys and secrets that name the role.
//
// Returns an error for what it cannot read: a role that is not in the templates, a
// statement with NotAction or NotResource.
func Granted(stage *template.Stage) ([]Function, error) {
	t := read(stage)
	var out []Function
	var errs []error
	for _, r := range t.All("AWS::Lambda::Function") {
		f, err := t.function(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s of %s: %w", t.name(r), r.Stack.Name, err))
		}
		out = append(out, f)
	}
	return out, errors.Join(errs...)
}

// masterSecret is the attribute of a database whose password RDS keeps.
const masterSecret = "MasterUserSecret.SecretArn"

var functionName = regexp.MustCompile(`^fluxa-([a-z]+)-([a-z0-9-]+)$`)

func (t *templates) function(r *template.Resource) (Function, error) {
	f := Function{
		Name: r.Stack.Name + "/" + r.ID, Targets: map[Kind]string{},
		InVPC: r.At("VpcConfig", "SubnetIds") != nil, Traced: r.At("TracingConfig", "Mode") == "Active",
	}
	name := t.resolve(r.At("FunctionName")).text
	if parts := functionName.FindStringSubmatch(strings.TrimPrefix(name, t.Prefix())); parts != nil {
		f.Name, f.Stage = parts[1], parts[2]
	}
	t.aim(&f, r)
	t.aimLogs(&f, r, name)
	t.feed(&f, r)
	role := t.resolve(r.At("Role"))
	if role.resource == nil || role.resource.Type != "AWS::IAM::Role" {
		return f, fmt.Errorf("its role %q is not in the templates", role.text)
	}
	f.Role = t.name(role.resource)
	err := t.permit(&f, role.resource)
	t.aimDeployments(&f)
	t.aimUser(&f, r)
	return f, err
}

// aimUser finds the user of the database whom the function's settings name, at the
// database or the proxy that they name, which IAM knows by an id of its own: a proxy's is
// the last part of its ARN.
func (t *templates) aimUser(f *Function, r *template.Resource) {
	host, user := t.resolve(r.At("Environment", "Variables", "DB_HOST")), t.resolve(r.At("Environment", "Variables", "DB_USER")).text
	if host.resource == nil || user == "" {
		return
	}
	id := t.name(host.resource) + ".DbiResourceId"
	if host.resource.Type == "AWS::RDS::DBProxy" {
		id = fmt.Sprintf("Split([: %s.DBProxyArn])[6]", t.name(host.resource))
	}
	f.Targets[DatabaseUser] = id + "/" + user
	for _, s := range f.Allow {
		if s.Action == loginAction && strings.HasSuffix(s.Resource, ":dbuser:"+id+"/"+user) {
			f.Targets[DatabaseUser] = s.Resource
		}
	}
}

// aim finds the resources that the function's settings point to.
func (t *templates) aim(f *Function, r *template.Resource) {
	for _, s := range settings() {
		set := r.At("Environment", "Variables", s.variable)
		if set == nil {
			continue
		}
		target := t.resolve(set)
		kept := s.target == DatabaseSecret && target.attribute == masterSecret
		if target.resource == nil || target.resource.Type != s.kind && !kept {
			f.problem("%s is %s, which is no %s of the templates", s.variable, target.text, s.kind)
			continue
		}
		of, encrypted := target.resource, template.Value(target.resource.Properties)
		if kept {
			encrypted = of.At("MasterUserSecret")
		}
		if kept || s.kind == "AWS::Lambda::Version" { // whose Ref is its ARN
			f.Targets[s.target] = target.text
		} else {
			f.Targets[s.target] = t.arn(of)
		}
		if name := t.resolve(of.At(s.property)).text; name != "" && !strings.Contains(name, s.part) {
			f.problem("%s is %s, whose %s %q does not contain %q", s.variable, t.name(of), s.property, name, s.part)
		}
		if s.target == PayloadBucket {
			f.Targets[PayloadObjects] = f.Targets[PayloadBucket] + "/" + contract.ObjectPrefix + "*"
			f.Targets[ExportObjects] = f.Targets[PayloadBucket] + "/" + contract.ExportPrefix + "*"
		}
		key := t.keyOf(encrypted)
		kind, known := keyKinds()[s.target]
		switch {
		case key != nil && known:
			f.Targets[kind] = t.arn(key)
		case key != nil:
			f.problem("%s is encrypted with %s, and the table of operations has no actions on that", s.target, t.name(key))
		}
	}
}

// keyOf returns the KMS key of the templates that a value mentions, nil for none.
func (t *templates) keyOf(v template.Value) *template.Resource {
	key := t.mentioned(v, "AWS::KMS::Key", "AWS::KMS::Alias")
	if key != nil && key.Type == "AWS::KMS::Alias" {
		return t.keyOf(key.At("TargetKeyId"))
	}
	return key
}

// aimLogs finds the function's log group: the one that it names, or that is named
// for it.
func (t *templates) aimLogs(f *Function, r *template.Resource, name string) {
	given := t.resolve(r.At("LoggingConfig", "LogGroup"))
	if given.text == "" {
		given.text = "/aws/lambda/" + name
	}
	for _, group := range t.All("AWS::Logs::LogGroup") {
		if given.resource == group || given.resource == nil && t.resolve(group.At("LogGroupName")).text == given.text {
			f.Targets[OwnLogGroup] = t.arn(group)
		}
	}
}

// aimDeployments takes for the deployments those of all groups of the one application.
func (t *templates) aimDeployments(f *Function) {
	for _, application := range t.All("AWS::CodeDeploy::Application") {
		suffix := ":deploymentgroup:" + t.resolve(application.At("ApplicationName")).text + "/*"
		for _, s := range f.Allow {
			if strings.HasPrefix(s.Resource, "arn:") && strings.HasSuffix(s.Resource, suffix) {
				f.Targets[Deployments] = s.Resource
			}
		}
	}
}

// feed finds the queues that the function is fed from, by itself or by one of its
// aliases and versions.
func (t *templates) feed(f *Function, r *template.Resource) {
	for _, mapping := range t.All("AWS::Lambda::EventSourceMapping") {
		fed := mapping
		for fed != nil && fed.Type != "AWS::Lambda::Function" {
			fed = t.mentioned(fed.At("FunctionName"), "AWS::Lambda::Function", "AWS::Lambda::Alias", "AWS::Lambda::Version")
		}
		if fed != r {
			continue
		}
		f.Fed = true
		if source := t.resolve(mapping.At("EventSourceArn")).text; source != f.Targets[EventsQueue] {
			f.problem("it is fed from %s, which is not the queue of its QUEUE_URL", source)
		}
	}
}

func (f *Function) problem(format string, arguments ...any) {
	f.Problems = append(f.Problems, fmt.Sprintf(format, arguments...))
}
