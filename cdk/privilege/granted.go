package privilege

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Statement is one action on one resource. Resource is written with the names of
// the templates, such as "AWS::SQS::Queue EventsQueue.Arn". Condition is the
// condition's JSON, empty when there is none.
type Statement struct {
	Action, Resource, Condition string
}

// Function is one Lambda function of the templates, with what its role is allowed
// and denied. One that is not named fluxa-NAME-STAGE, such as CDK makes them for
// custom resources, has its stack and logical id for a name and no Stage.
type Function struct {
	Name, Stage string
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
	}
}

// Granted reads the synthesized templates of one stage, by the name of their
// stack, and returns their functions in order. It reads the policies of a
// function's role, inline or attached, and those of queues, buckets, topics, keys
// and secrets that name the role.
//
// Returns an error for what it cannot read: a role that is not in the templates, a
// statement with NotAction or NotResource.
func Granted(stacks map[string]map[string]any) ([]Function, error) {
	t := parse(stacks)
	var out []Function
	var errs []error
	for _, r := range t.of("AWS::Lambda::Function") {
		f, err := t.function(r)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s of %s: %w", r.name, r.stack, err))
		}
		out = append(out, f)
	}
	return out, errors.Join(errs...)
}

// masterSecret is the attribute of a database whose password RDS keeps.
const masterSecret = "MasterUserSecret.SecretArn"

var functionName = regexp.MustCompile(`^fluxa-([a-z]+)-([a-z0-9-]+)$`)

func (t *templates) function(r *resource) (Function, error) {
	_, vpc := r.get("VpcConfig", "SubnetIds").raw.([]any)
	f := Function{
		Name: r.stack + "/" + r.id, Targets: map[Kind]string{},
		InVPC: vpc, Traced: r.get("TracingConfig", "Mode").raw == "Active",
	}
	name := t.resolve(r.get("FunctionName")).text
	if parts := functionName.FindStringSubmatch(name); parts != nil {
		f.Name, f.Stage = parts[1], parts[2]
	}
	t.aim(&f, r)
	t.aimLogs(&f, r, name)
	t.feed(&f, r)
	role := t.resolve(r.get("Role"))
	if role.resource == nil || role.resource.kind != "AWS::IAM::Role" {
		return f, fmt.Errorf("its role %q is not in the templates", role.text)
	}
	return f, t.permit(&f, role.resource)
}

// aim finds the resources that the function's settings point to.
func (t *templates) aim(f *Function, r *resource) {
	for _, s := range settings() {
		set := r.get("Environment", "Variables", s.variable)
		if set.raw == nil {
			continue
		}
		target := t.resolve(set)
		kept := s.target == DatabaseSecret && target.attribute == masterSecret
		if target.resource == nil || target.resource.kind != s.kind && !kept {
			f.problem("%s is %s, which is no %s of the templates", s.variable, target.text, s.kind)
			continue
		}
		of, encrypted := target.resource, target.resource.get()
		if kept {
			encrypted = of.get("MasterUserSecret")
			f.Targets[s.target] = target.text
		} else {
			f.Targets[s.target] = attributeOf(of, "Arn").text
		}
		if name := t.resolve(of.get(s.property)).text; name != "" && !strings.Contains(name, s.part) {
			f.problem("%s is %s, whose %s %q does not contain %q", s.variable, of.name, s.property, name, s.part)
		}
		key := t.keyOf(encrypted)
		switch {
		case s.target == PayloadBucket:
			f.Targets[PayloadObjects] = f.Targets[PayloadBucket] + "/" + contract.ObjectPrefix + "*"
		case s.target == Topic && key != nil:
			f.Targets[TopicKey] = attributeOf(key, "Arn").text
		}
		if key != nil && s.target != Topic {
			f.problem("%s is encrypted with %s, and the table of operations has no actions on that", s.target, key.name)
		}
	}
}

// keyOf returns the KMS key of the templates that a value mentions, nil for none.
func (t *templates) keyOf(v value) *resource {
	key := t.mentioned(v, "AWS::KMS::Key", "AWS::KMS::Alias")
	if key != nil && key.kind == "AWS::KMS::Alias" {
		return t.keyOf(key.get("TargetKeyId"))
	}
	return key
}

// aimLogs finds the function's log group: the one that it names, or that is named
// for it.
func (t *templates) aimLogs(f *Function, r *resource, name string) {
	given := t.resolve(r.get("LoggingConfig", "LogGroup"))
	if given.text == "" {
		given.text = "/aws/lambda/" + name
	}
	for _, group := range t.of("AWS::Logs::LogGroup") {
		if given.resource == group || given.resource == nil && t.resolve(group.get("LogGroupName")).text == given.text {
			f.Targets[OwnLogGroup] = attributeOf(group, "Arn").text
		}
	}
}

// feed finds the queues that the function is fed from, by itself or by one of its
// aliases and versions.
func (t *templates) feed(f *Function, r *resource) {
	for _, mapping := range t.of("AWS::Lambda::EventSourceMapping") {
		fed := mapping
		for fed != nil && fed.kind != "AWS::Lambda::Function" {
			fed = t.mentioned(fed.get("FunctionName"), "AWS::Lambda::Function", "AWS::Lambda::Alias", "AWS::Lambda::Version")
		}
		if fed != r {
			continue
		}
		f.Fed = true
		if source := t.resolve(mapping.get("EventSourceArn")).text; source != f.Targets[EventsQueue] {
			f.problem("it is fed from %s, which is not the queue of its QUEUE_URL", source)
		}
	}
}

func (f *Function) problem(format string, arguments ...any) {
	f.Problems = append(f.Problems, fmt.Sprintf(format, arguments...))
}
