package privilege

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/adopted"
	"github.com/fluxa/fluxa/cdk/template"
)

// templates are those of one stage.
type templates struct {
	*template.Stage
	named map[string]int // resources of each type and logical id: more than one when stacks share it
}

func read(stage *template.Stage) *templates {
	stage = adopted.Undo(stage)
	t := &templates{stage, map[string]int{}}
	for _, s := range stage.Stacks {
		for _, r := range s.Resources {
			t.named[r.Type+" "+r.ID]++
		}
	}
	return t
}

// name returns the type and the logical id of a resource, such as "AWS::SQS::Queue
// EventsQueue"; with the stack when two share it.
func (t *templates) name(r *template.Resource) string {
	if name := r.Type + " " + r.ID; t.named[name] == 1 {
		return name
	}
	return r.Type + " " + r.Stack.Name + "/" + r.ID
}

// term is a value as text. When it is one attribute of a resource and nothing
// else, resource and attribute say so.
type term struct {
	text      string
	resource  *template.Resource
	attribute string
}

// resolve writes a value with the names of the resources that it refers to. What
// depends on more than that equals nothing else.
func (t *templates) resolve(v template.Value) term {
	if text, is := v.(template.Text); is && len(text) == 1 {
		v = text[0]
	}
	switch v := v.(type) {
	case nil:
		return term{}
	case template.Reference:
		return t.follow(v)
	default:
		return t.logGroup(fmt.Sprint(t.write(v)))
	}
}

// write puts names in the place of references and pseudo parameters, and words in that of
// functions that could not be computed.
func (t *templates) write(v template.Value) template.Value {
	return template.Rewrite(v, func(part template.Value) template.Value {
		switch part := part.(type) {
		case template.Reference:
			return t.follow(part).text
		case template.Pseudo:
			return "${" + string(part) + "}"
		case template.Call:
			return fmt.Sprintf("%s(%v)", part.Function, part.Arguments)
		case template.Element:
			return fmt.Sprintf("%v[%v]", part.Of, part.Key)
		}
		return part
	})
}

// follow returns an attribute of a resource, under one name where it has several:
// "Arn" is that of each Ref that is an ARN. Of a parameter it is "${its name}".
func (t *templates) follow(ref template.Reference) term {
	r := t.Resource(ref)
	if r == nil {
		return term{text: "${" + ref.Resource + "}"}
	}
	switch r.Type + "." + ref.Attribute {
	case "AWS::SNS::Topic.Ref", "AWS::SNS::Topic.TopicArn", "AWS::SecretsManager::Secret.Ref", "AWS::SecretsManager::Secret.Id":
		return t.attribute(r, "Arn")
	case "AWS::SecretsManager::SecretTargetAttachment.Ref":
		return t.resolve(r.At("SecretId"))
	}
	return t.attribute(r, ref.Attribute)
}

func (t *templates) attribute(r *template.Resource, attribute string) term {
	if attribute == "Ref" {
		return term{t.name(r), r, attribute}
	}
	return term{t.name(r) + "." + attribute, r, attribute}
}

func (t *templates) arn(r *template.Resource) string { return t.attribute(r, "Arn").text }

// mentioned returns the first resource of the types that a value refers to,
// however deep, nil for none.
func (t *templates) mentioned(v template.Value, types ...string) (found *template.Resource) {
	template.Visit(v, func(part template.Value) {
		if ref, is := part.(template.Reference); is && found == nil {
			if r := t.follow(ref).resource; r != nil && slices.Contains(types, r.Type) {
				found = r
			}
		}
	})
	return found
}

// logGroup takes the ARN of a log group, written with its name, for that log group.
func (t *templates) logGroup(text string) term {
	before, name, ok := strings.Cut(text, ":log-group:")
	name, all := strings.CutSuffix(name, ":*")
	if !ok || !all || !strings.HasPrefix(before, "arn:") || !strings.Contains(before, ":logs:") {
		return term{text: text}
	}
	for _, group := range t.All("AWS::Logs::LogGroup") {
		if group.At("LogGroupName") == name {
			return t.attribute(group, "Arn")
		}
	}
	return term{text: text}
}

// list returns what may be written as one or as several.
func list(v template.Value) template.List {
	switch v := v.(type) {
	case nil:
		return nil
	case template.List:
		return v
	default:
		return template.List{v}
	}
}
