package terraform

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// plannedEnvironment is what a plan says, as plain JSON: the values of each
// resource by address, and which arguments its configuration has.
type plannedEnvironment struct {
	values     map[string]object
	configured map[string]any // by address without indices
	schemas    map[string]*tfjson.Schema
}

func readPlan(t *testing.T, plan *tfjson.Plan) *plannedEnvironment {
	t.Helper()
	raw, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	var decoded object
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if err := decoder.Decode(&decoded); err != nil {
		t.Fatal(err)
	}
	p := &plannedEnvironment{values: map[string]object{}, configured: map[string]any{}, schemas: schemas(t)}
	p.resources(dig(decoded, "planned_values", "root_module"))
	calls, _ := dig(decoded, "configuration", "root_module", "module_calls").(object)
	for name, call := range calls {
		all, _ := dig(call, "module", "resources").([]any)
		for _, one := range all {
			p.configured["module."+name+"."+one.(object)["address"].(string)] = one.(object)["expressions"]
		}
	}
	if len(p.values) == 0 || len(p.configured) == 0 {
		t.Fatal("the plan has no resources: the test reads it wrongly")
	}
	return p
}

func (p *plannedEnvironment) resources(module any) {
	all, _ := dig(module, "resources").([]any)
	for _, one := range all {
		if r := one.(object); r["mode"] == "managed" {
			p.values[r["address"].(string)] = r["values"].(object)
		}
	}
	children, _ := dig(module, "child_modules").([]any)
	for _, child := range children {
		p.resources(child)
	}
}

func dig(v any, keys ...string) any {
	for _, key := range keys {
		inner, _ := v.(object)
		v = inner[key]
	}
	return v
}

func schemas(t *testing.T) map[string]*tfjson.Schema {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("internal", "schemaprovider", "*.schema.json.gz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("found the schemas %v, %v, want one", files, err)
	}
	file, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() // it is only read
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var all tfjson.ProviderSchemas
	if err := json.NewDecoder(unpacked).Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, provider := range all.Schemas {
		return provider.ResourceSchemas
	}
	t.Fatal("the schema file has no provider")
	return nil
}

func kindOf(address string) string { return strings.Split(address, ".")[2] }

// arguments are what a resource was given: its planned values without those that
// only AWS gives.
func (p *plannedEnvironment) arguments(address string) object {
	base, _, _ := strings.Cut(address, "[")
	kind := kindOf(address)
	return given(kind, p.schemas[kind].Block, p.values[address], p.configured[base], false)
}

// given takes the configuration of several blocks at once where there are several:
// then it is not known whether a value of one of them is AWS's.
func given(kind string, block *tfjson.SchemaBlock, values object, configured any, several bool) object {
	out := object{}
	for name, value := range values {
		expression, nested := dig(configured, name), block.NestedBlocks[name]
		dynamic := expression == nil && nested != nil
		if dynamic { // the plan tells the configuration of blocks that are not dynamic only
			expression = anything(nested.Block)
		}
		if value == nil || expression == nil {
			continue
		}
		if nested != nil {
			var items []any
			for _, item := range blocksOf(value) {
				items = append(items, given(kind, nested.Block, item.(object), union(expression), dynamic || len(blocksOf(expression)) > 1))
			}
			if nested.NestingMode == tfjson.SchemaNestingModeSet {
				items = sorted(items)
			}
			if len(items) > 0 {
				out[name] = items
			}
			continue
		}
		attribute := block.Attributes[name]
		// A condition may leave an argument out, which the plan tells of booleans alone: they
		// are unknown.
		_, isNumber := value.(json.Number)
		_, isText := value.(string)
		if attribute.Computed && (several || isNumber || isText && nullable(kind, expression)) && stands(kind, name, value) {
			continue
		}
		if attribute.AttributeType.IsSetType() {
			value = sorted(value.([]any))
		}
		out[name] = value
	}
	return out
}

// nullable reports whether an argument is given by variables, of which one may be null or
// choose null, and otherwise by resources of other types: then AWS chooses the value. A
// text shows which of the two it is: neither has a placeholder of the argument itself.
func nullable(kind string, expression any) bool {
	of, is := expression.(map[string]any)
	if !is {
		return false
	}
	references, _ := of["references"].([]any)
	variables := 0
	for _, one := range references {
		switch reference := fmt.Sprint(one); {
		case strings.HasPrefix(reference, "var."):
			variables++
		case !strings.HasPrefix(reference, "aws_") || strings.HasPrefix(reference, kind+"."):
			return false
		}
	}
	return variables > 0
}

// anything is a configuration that has every argument of a block.
func anything(block *tfjson.SchemaBlock) object {
	out := object{}
	for name := range block.Attributes {
		out[name] = object{}
	}
	return out
}

func blocksOf(v any) []any {
	if list, is := v.([]any); is {
		return list
	}
	return []any{v}
}

// union has the arguments of all blocks of a name: which of the blocks of a set is
// which, the plan does not tell.
func union(expression any) object {
	out := object{}
	for _, one := range blocksOf(expression) {
		for name, value := range one.(object) {
			if before, is := out[name]; is {
				value = append(slices.Clone(blocksOf(before)), blocksOf(value)...)
			}
			out[name] = value
		}
	}
	return out
}

// stands tells of a value that stands for AWS's answer.
func stands(kind, name string, value any) bool {
	switch v := value.(type) {
	case string:
		return strings.HasPrefix(v, kind+"/") && (strings.HasSuffix(v, "/"+name) || strings.HasSuffix(v, "."+name))
	case json.Number:
		n, err := v.Int64()
		return err == nil && n >= 1<<30 && n < 1<<31
	default:
		return false
	}
}

func sorted(items []any) []any {
	out := slices.Clone(items)
	slices.SortFunc(out, func(a, b any) int { return strings.Compare(canonical(a), canonical(b)) })
	return out
}

// canonical writes a value such that alike values are written alike: Terraform
// turns numbers and texts into each other.
func canonical(v any) string {
	switch v := v.(type) {
	case object:
		var out []string
		for _, key := range sortedKeys(v) {
			out = append(out, key+"="+canonical(v[key]))
		}
		return "{" + strings.Join(out, ",") + "}"
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, canonical(item))
		}
		return "[" + strings.Join(out, ",") + "]"
	case jsonDocument:
		return "json" + canonical(v.content)
	case string:
		return strconv.Quote(v)
	default:
		return strconv.Quote(fmt.Sprint(v))
	}
}

// jsonDocument is an argument that is a JSON document.
type jsonDocument struct{ content any }
