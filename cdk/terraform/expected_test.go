package terraform

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// expectation gathers what the plan must have, from the template.
type expectation struct {
	concrete
	dist      string            // the folder of the zips
	arguments map[string]object // by address
	errs      []error
}

func (e *expectation) fail(id, format string, args ...any) {
	e.errs = append(e.errs, fmt.Errorf("stage %s: %s: %s", e.stage.Name, id, fmt.Sprintf(format, args...)))
}

// resource expects what a resource of the template must become.
func (e *expectation) resource(r *template.Resource) {
	if e.catalog.Left.Resource(strings.TrimPrefix(r.Path, e.stage.Name+"/")) {
		return
	}
	t := e.catalog.Types[catalog.TypeOf(r)]
	if t == nil {
		e.fail(r.ID, "the type %s has no counterpart", r.Type)
		return
	}
	address := ""
	if t.Omitted == "" {
		address = e.addressOf(template.Reference{Stack: r.Stack.Name, Resource: r.ID})
	}
	if t.Into == "" && e.planned.values[address] == nil {
		e.fail(r.ID, "the plan has no %s", address)
		return
	}
	properties := maps.Clone(r.Properties)
	if r.DeletionPolicy != "" {
		properties[catalog.Retain] = strings.HasPrefix(r.DeletionPolicy, "Retain")
	}
	if rules, is := properties["SecurityGroupEgress"].(template.List); is {
		properties["SecurityGroupEgress"] = slices.DeleteFunc(slices.Clone(rules), func(rule template.Value) bool { return template.Equal(rule, nothingOut()) })
	}
	for _, path := range uncovered(t, "", properties) {
		e.fail(r.ID, "property %s has no counterpart", path)
	}
	if t.Into == "" {
		e.body(address)
	}
	for _, p := range t.Properties {
		if p.To.None() {
			continue
		}
		for _, one := range rawAt(properties, p.From, nil) {
			if err := e.property(t, address, p, one); err != nil {
				e.fail(r.ID, "property %s: %v", p.From, err)
			}
		}
	}
	e.always(t, address)
}

// nothingOut is the CDK's rule against CloudFormation's own, which lets all out.
func nothingOut() template.Object {
	return template.Object{
		"CidrIp": "255.255.255.255/32", "Description": "Disallow all traffic", "FromPort": json.Number("252"), "IpProtocol": "icmp", "ToPort": json.Number("86"),
	}
}

// uncovered are the paths of which the table knows nothing.
func uncovered(t *catalog.Type, path string, v template.Value) []string {
	if path != "" && slices.ContainsFunc(t.Properties, func(p catalog.Property) bool { return p.From.String() == path && !p.OrElse }) {
		return nil
	}
	var out []string
	switch v := v.(type) {
	case template.Object:
		for key, inner := range v {
			out = append(out, uncovered(t, strings.TrimPrefix(path+"."+key, "."), inner)...)
		}
	case template.List:
		for _, inner := range v {
			out = append(out, uncovered(t, path+"[]", inner)...)
		}
	default:
		out = []string{path}
	}
	return out
}

// raw is a value that stands in a template at the path of a property.
type raw struct {
	value   template.Value
	indices []int
	holder  template.Object // the object that has the last list's element, for its key
}

func rawAt(v template.Value, path catalog.Path, indices []int) []raw {
	if len(path) == 0 {
		return []raw{{value: v, indices: indices}}
	}
	inner, has := v.(template.Object)[path[0].Name]
	if !has {
		return nil
	}
	if !path[0].Each {
		if _, is := inner.(template.Object); len(path) > 1 && !is {
			return nil
		}
		return rawAt(inner, path[1:], indices)
	}
	var out []raw
	for i, item := range inner.(template.List) {
		for _, one := range rawAt(item, path[1:], append(slices.Clone(indices), i)) {
			if one.holder == nil {
				one.holder, _ = item.(template.Object)
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
func (e *expectation) property(t *catalog.Type, address string, p catalog.Property, one raw) error {
	value, err := e.argument(p, one.value, address)
	if err != nil || value == nil {
		return err
	}
	indices := one.indices
	if p.To.Split != "" {
		key := ""
		for _, s := range t.Splits {
			if s.Terraform == p.To.Split && s.Key != nil {
				key = "_" + fmt.Sprint(one.holder[s.Key[len(s.Key)-1].Name])
			}
		}
		if p.To.EachSplit {
			indices = indices[1:]
		}
		parent := address
		if address = e.splitAddress(parent, p.To.Split, key); e.planned.values[address] == nil {
			return fmt.Errorf("the plan has no %s", address)
		}
		for _, s := range t.Splits {
			for argument, from := range s.Parent {
				if s.Terraform == p.To.Split {
					if e.body(address)[argument], err = e.planned.at(parent, catalog.Attribute{Name: from}); err != nil {
						return err
					}
				}
			}
		}
	}
	expect(e.body(address), p.To, indices, value)
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

// expect puts a value into a tree of blocks, in which a repeated block is a list in
// the order of the template.
func expect(into object, to catalog.Target, indices []int, value any) {
	for i, step := range to.Path {
		list, _ := into[step.Name].([]any)
		if step.Each && i == len(to.Path)-1 && to.Attribute == "" {
			for key, inner := range value.(object) {
				list = append(list, object{"name": key, "value": inner})
			}
			into[step.Name] = list
			return
		}
		place := 0
		if step.Each {
			place, indices = indices[0], indices[1:]
		}
		for len(list) <= place {
			list = append(list, object{})
		}
		into[step.Name], into = list, list[place].(object)
	}
	if to.Attribute != "" {
		into[to.Attribute] = value
	}
}

func (e *expectation) always(t *catalog.Type, address string) {
	for _, f := range t.Always {
		switch value := f.Value.(type) {
		case bool:
			e.body(address)[f.Name] = value
		case template.Call:
			if hcl.Source(value) != "jsonencode({})" {
				e.fail(f.Name, "the test does not know %s", hcl.Source(value))
			}
			e.body(address)[f.Name] = jsonDocument{object{}}
		case catalog.OwnName:
			name, _, _ := strings.Cut(strings.Split(address, ".")[3], "[")
			name = strings.ReplaceAll(name, "_", "-")
			if value.Stage {
				name = e.stage.Prefix() + "fluxa-" + name + "-" + e.stage.Name
			}
			if value.Region {
				name += "-us-east-1"
			}
			e.body(address)[f.Name] = name
		case catalog.DependenciesHash: // a hash over what is built from stand-ins: only that there is one counts
			e.body(address)[f.Name] = e.planned.values[address][f.Name]
		default:
			e.fail(f.Name, "the test does not know %v", value)
		}
	}
}

// argument is what an argument must be for a property: nil for none.
func (e *expectation) argument(p catalog.Property, v template.Value, address string) (any, error) {
	for writing, attribute := range map[string]string{
		"arn of Ref": "arn", "function_name of Ref": "function_name", "name of Ref": "name", "function_name of Arn": "function_name", "qualified": "arn",
	} {
		if p.Write.Name == writing {
			target, is := targetOf(v)
			if !is {
				return nil, fmt.Errorf("names no resource: %v", v)
			}
			return e.terraform(target, catalog.Attribute{Name: attribute})
		}
	}
	value, err := e.value(v)
	if err != nil {
		return nil, err
	}
	switch p.Read.Name {
	case "pairs", "tags":
		value = byName(value)
	case "variables":
		if variables, is := value.(object); is {
			delete(variables, "FLUXA_RELEASE")
		}
	}
	switch p.Write.Name {
	case "", "only", "tags", "lines", "number", "named_values", "policy_arn":
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
			planned := e.planned.values[address]
			name := planned["identifier"]
			if name == nil {
				name = planned["cluster_identifier"]
			}
			return fmt.Sprint(name, "-final-", planned["vpc_security_group_ids"].([]any)[0]), nil
		}
		return nil, nil
	case "zip", "zip_hash":
		return e.code(p.Write.Name, fmt.Sprint(e.planned.values[address]["function_name"]))
	default:
		return nil, fmt.Errorf("the test does not know the writing %q", p.Write.Name)
	}
	if list, is := value.([]any); is && p.Write.Name == "only" && len(list) == 1 {
		return list[0], nil
	}
	return value, nil
}

// targetOf is the resource that a reference or the parts of an ARN name.
func targetOf(v template.Value) (template.Reference, bool) {
	var first template.Reference
	template.Visit(v, func(part template.Value) {
		if r, is := part.(template.Reference); is && first.Resource == "" {
			first = r
		}
	})
	return first, first.Resource != ""
}

func (e *expectation) code(write, function string) (any, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(function, e.stage.Prefix()+"fluxa-"), "-"+e.stage.Name)
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
