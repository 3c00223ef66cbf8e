package terraform

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parity compares a stage's templates with the plan of its environment. Each error
// is one difference: what the plan lacks, has otherwise, or has too much.
func parity(t tables, x *exported, a *assembly, planned *plannedEnvironment, dist string) error {
	e := &expectation{
		concrete:  concrete{t, a, planned, locations(t, x, a)},
		dist:      dist,
		arguments: map[string]object{},
	}
	for _, stack := range a.stacks {
		for _, id := range sortedKeys(stack.Resources) {
			e.resource(stack, id)
		}
	}
	for _, address := range sortedKeys(planned.values) {
		want, expected := e.arguments[address]
		if !expected {
			e.fail(address, "nothing in the templates stands for it")
			continue
		}
		schema := planned.schemas[kindOf(address)].Block
		want = settle(schema, want)
		e.compare(address, want, planned.arguments(address))
	}
	return errors.Join(e.errs...)
}

func (e *expectation) compare(address string, want, got object) {
	for _, name := range sortedKeys(want) {
		w, g := want[name], got[name]
		g = alike(w, g)
		if list, is := w.([]any); is && len(list) == 0 && g == nil {
			continue
		}
		if canonical(w) != canonical(g) {
			e.fail(address, "%s: the template has %s, the plan %s", name, canonical(w), canonical(g))
		}
	}
	for _, name := range sortedKeys(got) {
		if _, is := want[name]; !is {
			e.fail(address, "%s: no property of the template stands for %s", name, canonical(got[name]))
		}
	}
}

// alike reads what is planned as JSON where a document is wanted.
func alike(want, got any) any {
	switch w := want.(type) {
	case jsonDocument:
		if got != nil {
			return jsonDocument{ordered(parsed(got))}
		}
	case object:
		if g, is := got.(object); is {
			out := object{}
			for key, value := range g {
				out[key] = alike(w[key], value)
			}
			return out
		}
	case []any:
		if g, is := got.([]any); is && len(g) == len(w) {
			out := []any{}
			for i := range g {
				out = append(out, alike(w[i], g[i]))
			}
			return out
		}
	}
	return got
}

// locations says at which address each resource of the stage lies.
func locations(t tables, x *exported, a *assembly) map[*template]map[string]string {
	out := map[*template]map[string]string{}
	r, err := newStageReader(t, a)
	if err != nil {
		return out
	}
	for _, stack := range a.stacks {
		out[stack] = map[string]string{}
		for id, key := range r.keys[stack] {
			index := ""
			if family, i := t.member(key); family != "" {
				key, index = family, fmt.Sprintf("[%d]", i)
			}
			blocks := x.linker.blocks[key]
			if len(blocks) == 0 {
				continue
			}
			if blocks[0].condition != "" {
				index = "[0]"
			}
			out[stack][id] = "module." + x.linker.module[key] + "." + blocks[0].kind + "." + blocks[0].name + index
		}
	}
	return out
}

// compared is what the parity of one stage needs, made once for all tests.
type compared struct {
	tables   tables
	exported *exported
	planned  map[string]*plannedEnvironment
	dist     string
}

func comparison(t *testing.T, of made) *compared {
	t.Helper()
	assembly, err := of.assembly()
	if err != nil {
		t.Fatal(err)
	}
	repository, err := of.repository()
	if err != nil {
		t.Fatal(err)
	}
	c := &compared{tables: newTables(), planned: map[string]*plannedEnvironment{}, dist: filepath.Join(repository, "dist")}
	if c.exported, err = export(c.tables, assembly); err != nil {
		t.Fatal(err)
	}
	for _, a := range c.exported.assemblies {
		c.planned[a.stage] = readPlan(t, planned(t, environmentFolder(repository, a.stage)))
	}
	return c
}

func (c *compared) of(a *assembly, planned *plannedEnvironment) error {
	return parity(c.tables, c.exported, a, planned, c.dist)
}

// TestParity shows that a plan has every resource and property of the templates,
// with its value, and no other; and that this test would see it otherwise: each
// kind of property is broken on either side, on a copy.
func TestParity(t *testing.T) {
	c := comparison(t, deployed)
	for _, a := range c.exported.assemblies {
		t.Run(a.stage, func(t *testing.T) {
			if err := c.of(a, c.planned[a.stage]); err != nil {
				t.Fatal(err)
			}
		})
	}
	if t.Failed() {
		t.FailNow()
	}
	t.Run("sees_a_changed_property_of_a_template", c.changedTemplates)
	t.Run("sees_a_changed_value_of_a_plan", c.changedPlans)
	t.Run("sees_a_resource_too_few_or_too_many", c.changedResources)
}

func (c *compared) changedTemplates(t *testing.T) {
	kinds := map[string]bool{}
	for _, a := range c.exported.assemblies {
		for at, stack := range a.stacks {
			for _, id := range sortedKeys(stack.Resources) {
				for _, p := range c.tables.mappings[stack.Resources[id].Type].properties {
					kind := stack.Resources[id].Type + " " + p.from
					if p.to == "" || p.write == "zip" || p.write == "zip_hash" || kinds[kind] || strings.HasPrefix(p.from, "@") {
						continue
					}
					if len(rawAt(stack.Resources[id].Properties, strings.Split(p.from, "."), nil)) == 0 {
						continue
					}
					kinds[kind] = true
					copied := a.copy()
					breakAt(copied.stacks[at].Resources[id].Properties, strings.Split(p.from, "."))
					if err := c.of(copied, c.planned[a.stage]); err == nil {
						t.Errorf("stage %s: %s: nobody sees that %s is another", a.stage, id, p.from)
					}
				}
			}
		}
	}
	if len(kinds) < 100 {
		t.Errorf("only %d kinds of property were broken, want at least 100", len(kinds))
	}
	t.Logf("%d kinds of property were broken", len(kinds))
}

func (c *compared) changedPlans(t *testing.T) {
	kinds := map[string]bool{}
	for _, a := range c.exported.assemblies {
		planned := c.planned[a.stage]
		for _, address := range sortedKeys(planned.values) {
			for _, path := range argumentPaths(planned.arguments(address)) {
				kind := kindOf(address) + "." + path
				if kinds[kind] || kind == "aws_api_gateway_deployment.triggers" {
					continue
				}
				kinds[kind] = true
				for _, change := range []func(any) any{broken, func(any) any { return nil }} {
					copied := *planned
					copied.values = copyJSON(planned.values)
					changeAll(copied.values[address], strings.Split(path, "."), change)
					if err := c.of(a, &copied); err == nil {
						t.Errorf("stage %s: nobody sees that %s of %s is another", a.stage, path, address)
					}
				}
			}
		}
	}
	if len(kinds) < 100 {
		t.Errorf("only %d kinds of argument were broken, want at least 100", len(kinds))
	}
	t.Logf("%d kinds of argument were broken", len(kinds))
}

func (c *compared) changedResources(t *testing.T) {
	for _, a := range c.exported.assemblies {
		planned := c.planned[a.stage]
		for _, address := range sortedKeys(planned.values) {
			few := *planned
			few.values = copyJSON(planned.values)
			delete(few.values, address)
			if c.of(a, &few) == nil {
				t.Errorf("stage %s: nobody sees that the plan lacks %s", a.stage, address)
			}
		}
		many := *planned
		many.values = copyJSON(planned.values)
		many.values["module.stateful.aws_s3_bucket.another"] = object{"bucket": "another"}
		if err := c.of(a, &many); err == nil || !strings.Contains(err.Error(), "aws_s3_bucket.another") {
			t.Errorf("stage %s: nobody sees a bucket too many: %v", a.stage, err)
		}
		for at, stack := range a.stacks {
			copied := a.copy()
			for _, id := range sortedKeys(stack.Resources) {
				if stack.Resources[id].Type == "AWS::SQS::Queue" || stack.Resources[id].Type == "AWS::EC2::Subnet" {
					delete(copied.stacks[at].Resources, id)
					if c.of(copied, planned) == nil {
						t.Errorf("stage %s: nobody sees that the template lacks %s", a.stage, id)
					}
					copied = a.copy()
				}
			}
		}
	}
}

// argumentPaths are the paths of all arguments, those in blocks included.
func argumentPaths(arguments object) []string {
	found := map[string]bool{}
	for name, value := range arguments {
		list, _ := value.([]any)
		for _, item := range list {
			if block, is := item.(object); is {
				for _, inner := range argumentPaths(block) {
					found[name+"."+inner] = true
				}
			}
		}
		if len(list) == 0 || !strings.HasPrefix(fmt.Sprint(list[0]), "map[") {
			found[name] = true
		}
	}
	return sortedKeys(found)
}

func changeAll(v any, steps []string, change func(any) any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			changeAll(item, steps, change)
		}
	case object:
		if len(steps) > 1 {
			changeAll(v[steps[0]], steps[1:], change)
		} else if v[steps[0]] != nil {
			v[steps[0]] = change(v[steps[0]])
		}
	}
}

// copy copies the assembly down to the properties.
func (a *assembly) copy() *assembly {
	out := &assembly{stage: a.stage}
	for _, stack := range a.stacks {
		one := *stack
		one.Resources = map[string]templateEntry{}
		for id, entry := range stack.Resources {
			entry.Properties = copyJSON(entry.Properties)
			one.Resources[id] = entry
		}
		out.stacks = append(out.stacks, &one)
	}
	return out
}

func copyJSON[T any](v T) T {
	var copyAny func(any) any
	copyAny = func(v any) any {
		switch v := v.(type) {
		case object:
			out := object{}
			for key, inner := range v {
				out[key] = copyAny(inner)
			}
			return out
		case map[string]object:
			out := map[string]object{}
			for key, inner := range v {
				out[key] = copyAny(inner).(object)
			}
			return out
		case []any:
			out := slices.Clone(v)
			for i := range out {
				out[i] = copyAny(out[i])
			}
			return out
		default:
			return v
		}
	}
	return copyAny(v).(T)
}

// breakAt changes the first value under a path.
func breakAt(v object, steps []string) {
	name, list := strings.CutSuffix(steps[0], "[]")
	inner := any(v[name])
	switch {
	case len(steps) == 1:
		v[name] = broken(inner)
	case list:
		for _, item := range inner.([]any) {
			if len(rawAt(item, steps[1:], nil)) > 0 {
				breakAt(item.(object), steps[1:])
				return
			}
		}
	default:
		breakAt(inner.(object), steps[1:])
	}
}

// broken is another value of the same kind.
func broken(v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case object:
		if _, _, is := intrinsic(v); is {
			return "another"
		}
		if keys := sortedKeys(v); len(keys) > 0 {
			v[keys[0]] = broken(v[keys[0]])
			return v
		}
		return object{"another": "another"}
	case []any:
		if len(v) > 0 {
			v[0] = broken(v[0])
			return v
		}
		return []any{"another"}
	case nil:
		return "another"
	default:
		text := fmt.Sprint(v)
		if strings.HasPrefix(text, "{") {
			return `{"another":1}`
		}
		if cmp.Equal(v, text) {
			return text + "x"
		}
		return "7" + text
	}
}
