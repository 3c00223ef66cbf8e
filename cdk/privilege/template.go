package privilege

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// resource is one resource of a template.
type resource struct {
	stack, id  string
	kind       string // its CloudFormation type
	name       string // type and logical id, such as "AWS::SQS::Queue EventsQueue"; with the stack when two share it
	properties map[string]any
}

// value is something of a template that may refer to resources of its stack.
type value struct {
	stack string
	raw   any
}

// templates are the stacks of one stage.
type templates struct {
	resources map[string]map[string]*resource // by stack and logical id
	exports   map[string]value
	order     []*resource
}

func parse(stacks map[string]map[string]any) *templates {
	t := &templates{resources: map[string]map[string]*resource{}, exports: map[string]value{}}
	names := map[string]int{}
	for _, stack := range slices.Sorted(maps.Keys(stacks)) {
		t.resources[stack] = map[string]*resource{}
		entries := object(stacks[stack]["Resources"])
		for _, id := range slices.Sorted(maps.Keys(entries)) {
			entry := object(entries[id])
			kind, _ := entry["Type"].(string)
			r := &resource{stack: stack, id: id, kind: kind, name: kind + " " + id, properties: object(entry["Properties"])}
			t.resources[stack][id], t.order = r, append(t.order, r)
			names[r.name]++
		}
		for _, output := range object(stacks[stack]["Outputs"]) {
			if name, ok := object(object(output)["Export"])["Name"].(string); ok {
				t.exports[name] = value{stack, object(output)["Value"]}
			}
		}
	}
	for _, r := range t.order {
		if names[r.name] > 1 {
			r.name = r.kind + " " + r.stack + "/" + r.id
		}
	}
	return t
}

// of returns the resources of a type, in the order of stacks and ids.
func (t *templates) of(kinds ...string) []*resource {
	var out []*resource
	for _, r := range t.order {
		if slices.Contains(kinds, r.kind) {
			out = append(out, r)
		}
	}
	return out
}

func (r *resource) get(path ...string) value {
	var raw any = r.properties
	for _, name := range path {
		raw = object(raw)[name]
	}
	return value{r.stack, raw}
}

// term is a value with its references followed. When it is one attribute of a
// resource and nothing else, resource and attribute say so; Ref is the attribute
// "", but for those whose Ref is their ARN.
type term struct {
	text      string
	resource  *resource
	attribute string
}

func attributeOf(r *resource, attribute string) term {
	if attribute == "" {
		return term{r.name, r, ""}
	}
	return term{r.name + "." + attribute, r, attribute}
}

// resolve follows Ref, Fn::GetAtt, Fn::Join, Fn::Sub and Fn::ImportValue. What it
// does not know stays as its JSON, so that it equals nothing else.
func (t *templates) resolve(v value) term {
	switch raw := v.raw.(type) {
	case nil:
		return term{}
	case string:
		return t.named(raw)
	case map[string]any:
		if len(raw) == 1 {
			for function, argument := range raw {
				if out, ok := t.apply(function, value{v.stack, argument}); ok {
					return out
				}
			}
		}
	}
	text, err := json.Marshal(v.raw)
	if err != nil {
		return term{text: fmt.Sprint(v.raw)}
	}
	return term{text: string(text)}
}

func (t *templates) apply(function string, argument value) (term, bool) {
	pair, _ := argument.raw.([]any)
	text, isText := argument.raw.(string)
	switch function {
	case "Ref":
		return t.attribute(argument.stack, text, ""), isText
	case "Fn::GetAtt":
		if isText {
			id, attribute, _ := strings.Cut(text, ".")
			return t.attribute(argument.stack, id, attribute), true
		}
		if len(pair) == 2 {
			return t.attribute(argument.stack, t.resolve(value{argument.stack, pair[0]}).text, t.resolve(value{argument.stack, pair[1]}).text), true
		}
	case "Fn::Join":
		if len(pair) != 2 {
			break
		}
		separator, _ := pair[0].(string)
		parts, ok := pair[1].([]any)
		return t.join(argument.stack, separator, parts), ok
	case "Fn::Sub":
		if len(pair) == 2 {
			text, isText = pair[0].(string)
			return t.substitute(argument.stack, text, object(pair[1])), isText
		}
		return t.substitute(argument.stack, text, nil), isText
	case "Fn::ImportValue":
		export, ok := t.exports[t.resolve(argument).text]
		if ok {
			return t.resolve(export), true
		}
	}
	return term{}, false
}

func (t *templates) join(stack, separator string, parts []any) term {
	if len(parts) == 1 {
		return t.resolve(value{stack, parts[0]})
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = t.resolve(value{stack, part}).text
	}
	return t.named(strings.Join(texts, separator))
}

func (t *templates) substitute(stack, text string, variables map[string]any) term {
	var out []any
	for {
		before, rest, found := strings.Cut(text, "${")
		if before != "" {
			out = append(out, before)
		}
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}
		given, known := variables[name]
		id, attribute, dotted := strings.Cut(name, ".")
		switch {
		case strings.HasPrefix(name, "!"):
			out = append(out, "${"+name[1:]+"}")
		case known:
			out = append(out, given)
		case dotted:
			out = append(out, map[string]any{"Fn::GetAtt": []any{id, attribute}})
		default:
			out = append(out, map[string]any{"Ref": name})
		}
		text = after
	}
	return t.join(stack, "", out)
}

// attribute returns an attribute of a resource, under one name where it has
// several. Of a parameter or a pseudo parameter it returns "${its name}".
func (t *templates) attribute(stack, id, attribute string) term {
	r := t.resources[stack][id]
	if r == nil {
		return term{text: "${" + id + "}"}
	}
	switch r.kind + "." + attribute {
	case "AWS::SNS::Topic.", "AWS::SNS::Topic.TopicArn", "AWS::SecretsManager::Secret.", "AWS::SecretsManager::Secret.Id":
		attribute = "Arn"
	case "AWS::SecretsManager::SecretTargetAttachment.":
		return t.resolve(r.get("SecretId"))
	}
	return attributeOf(r, attribute)
}

// mentioned returns the first resource of the types that a value refers to,
// however deep, nil for none.
func (t *templates) mentioned(v value, kinds ...string) *resource {
	if r := t.resolve(v).resource; r != nil && slices.Contains(kinds, r.kind) {
		return r
	}
	var inner []any
	switch raw := v.raw.(type) {
	case []any:
		inner = raw
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			inner = append(inner, raw[name])
		}
	}
	for _, one := range inner {
		if r := t.mentioned(value{v.stack, one}, kinds...); r != nil {
			return r
		}
	}
	return nil
}

// named takes the ARN of a log group, written with its name, for that log group.
func (t *templates) named(text string) term {
	before, name, ok := strings.Cut(text, ":log-group:")
	if !ok || !strings.HasPrefix(before, "arn:") || !strings.Contains(before, ":logs:") {
		return term{text: text}
	}
	for _, group := range t.of("AWS::Logs::LogGroup") {
		if group.properties["LogGroupName"] == strings.TrimSuffix(name, ":*") && strings.HasSuffix(name, ":*") {
			return attributeOf(group, "Arn")
		}
	}
	return term{text: text}
}

func object(raw any) map[string]any {
	out, _ := raw.(map[string]any)
	return out
}

// list returns what may be written as one or as several.
func list(raw any) []any {
	switch raw := raw.(type) {
	case nil:
		return nil
	case []any:
		return raw
	default:
		return []any{raw}
	}
}
