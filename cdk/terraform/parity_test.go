package terraform

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
)

// parity compares a stage's templates with the plan of its environment. Each error
// is one difference: what the plan lacks, has otherwise, or has too much.
func parity(c concrete, dist string) error {
	e := &expectation{concrete: c, dist: dist, arguments: map[string]object{}}
	for _, r := range c.stage.All(slices.Collect(maps.Keys(c.catalog.Types))...) {
		e.resource(r)
	}
	for _, address := range sortedKeys(c.planned.values) {
		want, expected := e.arguments[address]
		if !expected {
			e.fail(address, "nothing in the templates stands for it")
			continue
		}
		schema := c.planned.schemas[kindOf(address)].Block
		want = settle(schema, want)
		e.compare(address, want, c.planned.arguments(address))
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

// locations says at which address each resource of the stage lies, by its stack and
// its logical id.
func locations(c catalog.Catalog, l *linker, source *template.Stage) map[template.Reference]string {
	out := map[template.Reference]string{}
	stage, err := assembly.NewStage(c, source)
	if err != nil && stage == nil {
		return out
	}
	for _, r := range stage.Resources {
		blocks, index := l.blocks[r.Key], ""
		switch {
		case len(blocks) == 0:
			continue
		case r.Each != "":
			index = fmt.Sprintf("[%q]", r.Each)
		case blocks[0].resource.Count != "":
			index = fmt.Sprintf("[%d]", r.Place)
		case blocks[0].flag != "":
			index = "[0]"
		}
		address := "module." + l.module[r.Key] + "." + blocks[0].Type + "." + blocks[0].Name + index
		out[template.Reference{Stack: r.Source.Stack.Name, Resource: r.Source.ID}] = address
	}
	return out
}

// compared is what the parity of one stage needs, made once for all tests.
type compared struct {
	catalog   catalog.Catalog
	sources   []*template.Stage
	planned   map[string]*plannedEnvironment
	locations map[string]map[template.Reference]string // by stage
	dist      string
}

func comparison(t *testing.T, of made) *compared {
	t.Helper()
	folder, err := of.assembly()
	if err != nil {
		t.Fatal(err)
	}
	repository, err := of.repository()
	if err != nil {
		t.Fatal(err)
	}
	c := &compared{
		catalog: catalog.New(), planned: map[string]*plannedEnvironment{},
		locations: map[string]map[template.Reference]string{}, dist: filepath.Join(repository, "dist"),
	}
	exported, err := export(c.catalog, folder)
	if err != nil {
		t.Fatal(err)
	}
	if c.sources, err = template.Read(folder); err != nil {
		t.Fatal(err)
	}
	for _, source := range c.sources {
		c.planned[source.Name] = readPlan(t, planned(t, environmentFolder(repository, source.Name)))
		c.locations[source.Name] = locations(c.catalog, exported.linker, source)
	}
	return c
}

func (c *compared) of(source *template.Stage, planned *plannedEnvironment) error {
	return parity(concrete{c.catalog, source, planned, c.locations[source.Name]}, c.dist)
}

// TestParity shows that a plan has every resource and property of the templates,
// with its value, and no other; and that this test would see it otherwise: each
// kind of property is broken on either side, on a copy.
func TestParity(t *testing.T) {
	t.Parallel()
	c := comparison(t, deployed)
	for _, source := range c.sources {
		t.Run(source.Name, func(t *testing.T) {
			if err := c.of(source, c.planned[source.Name]); err != nil {
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
	for _, source := range c.sources {
		for _, r := range source.All(slices.Sorted(maps.Keys(c.catalog.Types))...) {
			if c.catalog.Left.Resource(strings.TrimPrefix(r.Path, source.Name+"/")) {
				continue
			}
			for _, p := range c.catalog.Types[r.Type].Properties {
				kind := r.Type + " " + p.From.String()
				if p.To.None() || p.Write.Name == "zip" || p.Write.Name == "zip_hash" || kinds[kind] {
					continue
				}
				if len(rawAt(r.Properties, p.From, nil)) == 0 {
					continue
				}
				kinds[kind] = true
				copied := copyStage(source)
				breakAt(copied.Stack(r.Stack.Name).Resource(r.ID).Properties, p.From)
				if err := c.of(copied, c.planned[source.Name]); err == nil {
					t.Errorf("stage %s: %s: nobody sees that %s is another", source.Name, r.ID, p.From)
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
	for _, source := range c.sources {
		planned := c.planned[source.Name]
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
					if err := c.of(source, &copied); err == nil {
						t.Errorf("stage %s: nobody sees that %s of %s is another", source.Name, path, address)
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
	for _, source := range c.sources {
		planned := c.planned[source.Name]
		for _, address := range sortedKeys(planned.values) {
			few := *planned
			few.values = copyJSON(planned.values)
			delete(few.values, address)
			if c.of(source, &few) == nil {
				t.Errorf("stage %s: nobody sees that the plan lacks %s", source.Name, address)
			}
		}
		many := *planned
		many.values = copyJSON(planned.values)
		many.values["module.stateful.aws_s3_bucket.another"] = object{"bucket": "another"}
		if err := c.of(source, &many); err == nil || !strings.Contains(err.Error(), "aws_s3_bucket.another") {
			t.Errorf("stage %s: nobody sees a bucket too many: %v", source.Name, err)
		}
		for _, r := range source.All("AWS::SQS::Queue", "AWS::EC2::Subnet") {
			copied := copyStage(source)
			stack := copied.Stack(r.Stack.Name)
			stack.Resources = slices.DeleteFunc(stack.Resources, func(other *template.Resource) bool { return other.ID == r.ID })
			if c.of(copied, planned) == nil {
				t.Errorf("stage %s: nobody sees that the template lacks %s", source.Name, r.ID)
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

// copyStage copies a stage down to the properties.
func copyStage(source *template.Stage) *template.Stage {
	out := &template.Stage{Name: source.Name}
	for _, stack := range source.Stacks {
		one := *stack
		one.Resources = nil
		for _, r := range stack.Resources {
			copied := *r
			copied.Properties = template.Rewrite(r.Properties, func(v template.Value) template.Value { return v }).(template.Object)
			one.Resources = append(one.Resources, &copied)
		}
		out.Stacks = append(out.Stacks, &one)
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
func breakAt(v template.Object, path catalog.Path) {
	name := path[0].Name
	switch inner := v[name].(type) {
	case template.List:
		if len(path) == 1 {
			break
		}
		for _, item := range inner {
			if len(rawAt(item, path[1:], nil)) > 0 {
				breakAt(item.(template.Object), path[1:])
				return
			}
		}
	case template.Object:
		if len(path) > 1 {
			breakAt(inner, path[1:])
			return
		}
	}
	v[name] = broken(v[name])
}

// broken is another value of the same kind.
func broken(v any) any {
	switch v := v.(type) {
	case bool:
		return !v
	case object:
		return brokenObject(v)
	case template.Object:
		return brokenObject(v)
	case []any:
		return brokenList(v)
	case template.List:
		return template.List(brokenList(v))
	case string, json.Number:
		text := fmt.Sprint(v)
		if strings.HasPrefix(text, "{") {
			return `{"another":1}`
		}
		if cmp.Equal(v, text) {
			return text + "x"
		}
		return json.Number("7" + text)
	default:
		return "another"
	}
}

func brokenObject[M ~map[string]V, V any](v M) any {
	keys := sortedKeys(v)
	if len(keys) == 0 {
		return object{"another": "another"}
	}
	v[keys[0]] = any(broken(v[keys[0]])).(V)
	return v
}

func brokenList[L ~[]V, V any](v L) L {
	if len(v) == 0 {
		return L{any("another").(V)}
	}
	v[0] = any(broken(v[0])).(V)
	return v
}
