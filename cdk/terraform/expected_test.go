package terraform

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// expectation gathers what the plan must have, from the template.
type expectation struct {
	concrete
	dist      string            // the folder of the zips
	arguments map[string]object // by address
	errs      []error
}

func (e *expectation) fail(id, format string, args ...any) {
	e.errs = append(e.errs, fmt.Errorf("stage %s: %s: %s", e.stage.stage, id, fmt.Sprintf(format, args...)))
}

// resource expects what a resource of the template must become.
func (e *expectation) resource(in *template, id string) {
	entry := in.Resources[id]
	m := e.tables.mappings[entry.Type]
	if m == nil {
		e.fail(id, "the type %s has no counterpart", entry.Type)
		return
	}
	address := e.location[in][id]
	if m.into == "" && e.planned.values[address] == nil {
		e.fail(id, "the plan has no %s", address)
		return
	}
	properties := object{}
	for name, value := range entry.Properties {
		properties[name] = value
	}
	if entry.DeletionPolicy != "" {
		properties["@Retain"] = entry.DeletionPolicy == "Retain"
	}
	if rules, is := properties["SecurityGroupEgress"].([]any); is {
		properties["SecurityGroupEgress"] = slices.DeleteFunc(slices.Clone(rules), func(rule any) bool { return canonical(rule) == canonical(nothingOut()) })
	}
	for _, path := range uncovered(m, "", properties) {
		e.fail(id, "property %s has no counterpart", path)
	}
	if m.into == "" {
		e.body(address)
	}
	for _, p := range m.properties {
		if p.to == "" {
			continue
		}
		for _, found := range rawAt(properties, strings.Split(p.from, "."), nil) {
			if err := e.property(in, m, address, p, found); err != nil {
				e.fail(id, "property %s: %v", p.from, err)
			}
		}
	}
	e.always(in, m, address, entry)
}

// nothingOut is the CDK's rule against CloudFormation's own, which lets all out.
func nothingOut() object {
	return object{"CidrIp": "255.255.255.255/32", "Description": "Disallow all traffic", "FromPort": 252, "IpProtocol": "icmp", "ToPort": 86}
}

// uncovered are the paths of which the table knows nothing.
func uncovered(m *mapping, path string, v any) []string {
	if path != "" && slices.ContainsFunc(m.properties, func(p property) bool { return p.from == path && !p.orElse }) {
		return nil
	}
	var out []string
	switch v := v.(type) {
	case object:
		for key, inner := range v {
			out = append(out, uncovered(m, strings.TrimPrefix(path+"."+key, "."), inner)...)
		}
	case []any:
		for _, inner := range v {
			out = append(out, uncovered(m, path+"[]", inner)...)
		}
	default:
		out = []string{path}
	}
	return out
}

type raw struct {
	value   any
	indices []int
	holder  object // the object that has the last list's element, for its key
}

func rawAt(v any, steps []string, indices []int) []raw {
	if len(steps) == 0 {
		return []raw{{value: v, indices: indices}}
	}
	name, list := strings.CutSuffix(steps[0], "[]")
	inner, has := v.(object)[name]
	if !has {
		return nil
	}
	if !list {
		if _, is := inner.(object); len(steps) > 1 && !is {
			return nil
		}
		return rawAt(inner, steps[1:], indices)
	}
	var out []raw
	for i, item := range inner.([]any) {
		for _, one := range rawAt(item, steps[1:], append(slices.Clone(indices), i)) {
			if one.holder == nil {
				one.holder, _ = item.(object)
			}
			out = append(out, one)
		}
	}
	return out
}

func (e *expectation) body(address string) object {
	if e.arguments[address] == nil {
		e.arguments[address] = object{}
	}
	return e.arguments[address]
}

// property expects the value of one property at its place.
func (e *expectation) property(in *template, m *mapping, address string, p property, found raw) error {
	value, err := e.argument(in, p, found.value, address)
	if err != nil || value == nil {
		return err
	}
	path, indices := p.to, found.indices
	if kind, rest, split := strings.Cut(p.to, ":"); split {
		path = rest
		kind, repeated := strings.CutSuffix(kind, "[]")
		key := ""
		for _, s := range m.splits {
			if s.terraform == kind && s.key != "" {
				key = "_" + fmt.Sprint(found.holder[s.key[strings.LastIndex(s.key, ".")+1:]])
			}
		}
		if repeated {
			indices = indices[1:]
		}
		parent := address
		if address = e.splitAddress(parent, kind, key); e.planned.values[address] == nil {
			return fmt.Errorf("the plan has no %s", address)
		}
		for _, s := range m.splits {
			for argument, from := range s.parent {
				if s.terraform == kind {
					if e.body(address)[argument], err = e.planned.at(parent, from); err != nil {
						return err
					}
				}
			}
		}
	}
	e.put(address, e.body(address), strings.Split(path, "."), indices, value)
	return nil
}

func (e *expectation) splitAddress(parent, kind, key string) string {
	base, index, indexed := strings.Cut(parent, "[")
	words := strings.Split(base, ".")
	address := strings.Join([]string{words[0], words[1], kind, words[3] + key}, ".")
	if indexed {
		return address + "[" + index
	}
	if e.planned.values[address] == nil && e.planned.values[address+"[0]"] != nil {
		return address + "[0]"
	}
	return address
}

// put puts a value into a tree of blocks, in which a repeated block is a list in
// the order of the template.
func (e *expectation) put(at string, into object, steps []string, indices []int, value any) {
	for i, step := range steps {
		name := strings.TrimRight(step, "{}[]")
		at += "." + name
		if name == step {
			into[name] = value
			return
		}
		list, _ := into[name].([]any)
		if strings.HasSuffix(step, "[]") && i == len(steps)-1 {
			for key, inner := range value.(object) {
				list = append(list, object{"name": key, "value": inner})
			}
			into[name] = list
			return
		}
		place := 0
		if strings.HasSuffix(step, "[]") {
			place, indices = indices[0], indices[1:]
		}
		for len(list) <= place {
			list = append(list, object{})
		}
		into[name], into = list, list[place].(object)
	}
}

func (e *expectation) always(in *template, m *mapping, address string, entry templateEntry) {
	if m.into != "" {
		address = e.location[in][entry.Properties[m.into].(object)["Ref"].(string)]
	}
	for _, f := range m.always {
		switch f.value {
		case "true":
			e.body(address)[f.to] = true
		case `jsonencode({})`:
			e.body(address)[f.to] = jsonDocument{object{}}
		case deployedAgain: // a hash over what is built from stand-ins: only that there is one counts
			e.body(address)[f.to] = e.planned.values[address][f.to]
		default:
			e.fail(f.to, "the test does not know %s", f.value)
		}
	}
}

// argument is what an argument must be for a property: nil for none.
func (e *expectation) argument(in *template, p property, v any, address string) (any, error) {
	for writing, attribute := range map[string]string{
		"log_group_arn": "@Arn", "alias_function": "@FunctionName", "alias_name": "@Name", "function_name": "Ref", "qualified": "Ref",
	} {
		if p.write == writing {
			target := targetOf(v)
			if target == "" {
				return nil, fmt.Errorf("names no resource: %v", v)
			}
			return e.attribute(in, target, attribute)
		}
	}
	value, err := e.value(in, v)
	if err != nil {
		return nil, err
	}
	switch p.read {
	case "pairs", "tags":
		value = byName(value)
	case "names":
		var names []any
		for _, one := range value.([]any) {
			names = append(names, one.(object)["Name"])
		}
		value = names
	}
	switch p.write {
	case "", "only", "tags", "lines", "number", "qualified", "named_values":
	case "json":
		return jsonDocument{ordered(parsed(value))}, nil
	case "block":
		if canonical(value) != "{}" {
			return nil, fmt.Errorf("must be empty, got %v", value)
		}
	case "not":
		return !value.(bool), nil
	case "all_methods":
		return "*" + value.(string), nil
	case "migrations":
		return object{"migrations": value}, nil
	case "final_snapshot":
		if value == true {
			return fmt.Sprint(e.planned.values[address]["identifier"], "-final"), nil
		}
		return nil, nil
	case "zip", "zip_hash":
		return e.code(p.write, fmt.Sprint(e.planned.values[address]["function_name"]))
	default:
		return nil, fmt.Errorf("the test does not know the writing %q", p.write)
	}
	if list, is := value.([]any); is && p.write == "only" && len(list) == 1 {
		return list[0], nil
	}
	return value, nil
}

// targetOf is the resource that a Ref, a GetAtt or the parts of an ARN name.
func targetOf(v any) string {
	switch v := v.(type) {
	case object:
		if name, is := v["Ref"].(string); is {
			return name
		}
		for _, key := range []string{"Fn::GetAtt", "Fn::Join", "Fn::Select", "Fn::Split"} {
			if list, is := v[key].([]any); is && key == "Fn::GetAtt" {
				return fmt.Sprint(list[0])
			} else if is && len(list) == 2 {
				return targetOf(list[1])
			}
		}
	case []any:
		if len(v) > 0 {
			return targetOf(v[0])
		}
	}
	return ""
}

func (e *expectation) code(write, function string) (any, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(function, "fluxa-"), "-"+e.stage.stage)
	if write == "zip" {
		return "../../../../dist/" + name + ".zip", nil
	}
	content, err := os.ReadFile(filepath.Join(e.dist, name+".zip"))
	sum := sha256.Sum256(content)
	return base64.StdEncoding.EncodeToString(sum[:]), err
}

func byName(v any) any {
	out := object{}
	for _, one := range v.([]any) {
		pair := one.(object)
		name, _ := pair["Name"].(string)
		if name == "" {
			name = pair["Key"].(string)
		}
		if !strings.HasPrefix(name, "aws-cdk:") {
			out[name] = pair["Value"]
		}
	}
	return out
}

// ordered sorts the actions and resources of a policy, which are sets.
func ordered(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for key, inner := range v {
			inner = ordered(inner)
			if list, is := inner.([]any); is && v["Effect"] != nil && strings.Contains(" Action Resource ", " "+key+" ") {
				inner = sorted(list)
			}
			out[key] = inner
		}
		return out
	case []any:
		out := []any{}
		for _, inner := range v {
			out = append(out, ordered(inner))
		}
		return out
	case json.Number:
		return v
	default:
		return v
	}
}

// settle sorts what is a set for the provider, and leaves out what is empty.
func settle(block *tfjson.SchemaBlock, values object) object {
	out := object{}
	for name, value := range values {
		nested := block.NestedBlocks[name]
		if nested == nil {
			attribute := block.Attributes[name]
			if list, is := value.([]any); is && attribute != nil && attribute.AttributeType.IsSetType() {
				value = sorted(list)
			}
			out[name] = value
			continue
		}
		var items []any
		for _, item := range value.([]any) {
			items = append(items, settle(nested.Block, item.(object)))
		}
		if nested.NestingMode == tfjson.SchemaNestingModeSet {
			items = sorted(items)
		}
		out[name] = items
	}
	return out
}
