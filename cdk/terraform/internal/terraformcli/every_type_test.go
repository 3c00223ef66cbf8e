package terraformcli

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// depth is how many blocks inside one another a generated configuration has at the
// most, beyond those that must be there.
const depth = 2

// generator writes a configuration of any type from its schema.
type generator struct {
	rules struct {
		JSON  []string            `json:"json"`
		OneOf map[string][]string `json:"one_of"`
	}
	whole bool // optional arguments and blocks as well
}

func newGenerator(t *testing.T, whole bool) *generator {
	t.Helper()
	raw, err := os.ReadFile("../schemaprovider/rules.json")
	if err != nil {
		t.Fatal(err)
	}
	g := &generator{whole: whole}
	if err := json.Unmarshal(raw, &g.rules); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *generator) block(b *tfprotov6.SchemaBlock, at string, level int) map[string]any {
	body := map[string]any{}
	for _, a := range b.Attributes {
		if a.Required || a.Optional && g.whole && !a.WriteOnly {
			body[a.Name] = g.value(a.Type, at+"."+a.Name)
		}
	}
	for _, nested := range b.BlockTypes {
		if nested.MinItems == 0 && (!g.whole || level >= depth) {
			continue
		}
		inside := g.block(nested.Block, at+"."+nested.TypeName, level+1)
		if nested.Nesting == tfprotov6.SchemaNestedBlockNestingModeSingle {
			body[nested.TypeName] = inside
		} else {
			body[nested.TypeName] = slices.Repeat([]any{inside}, max(1, int(nested.MinItems)))
		}
	}
	return body
}

func (g *generator) value(typ tftypes.Type, at string) any {
	switch of := typ.(type) {
	case tftypes.List:
		return []any{g.value(of.ElementType, at)}
	case tftypes.Set:
		return []any{g.value(of.ElementType, at)}
	case tftypes.Map:
		return map[string]any{"key": g.value(of.ElementType, at)}
	case tftypes.Object:
		fields := map[string]any{}
		for name, field := range of.AttributeTypes {
			fields[name] = g.value(field, at+"."+name)
		}
		return fields
	}
	if choices := g.rules.OneOf[at]; choices != nil {
		return choices[0]
	}
	switch {
	case typ.Is(tftypes.Number):
		return 7
	case typ.Is(tftypes.Bool):
		return true
	case slices.Contains(g.rules.JSON, at):
		return "{}"
	default:
		return "some-" + at[strings.LastIndexByte(at, '.')+1:]
	}
}

// configuration has one resource of every type and one data source of every type.
func (g *generator) configuration(t *testing.T) (dir string, types []string) {
	t.Helper()
	server, err := schemaprovider.NewServer(schemaprovider.Unknown)
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	resources, data := map[string]any{}, map[string]any{}
	for name, s := range schemas.ResourceSchemas {
		resources[name] = map[string]any{"this": g.block(s.Block, name, 0)}
		types = append(types, name)
	}
	for name, s := range schemas.DataSourceSchemas {
		data[name] = map[string]any{"this": g.block(s.Block, "data."+name, 0)}
		types = append(types, "data."+name)
	}
	encoded, err := json.Marshal(map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"aws": map[string]any{"source": "hashicorp/aws"}}},
		"provider":  map[string]any{"aws": map[string]any{"region": "eu-west-1"}},
		"resource":  resources,
		"data":      data,
	})
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	write(t, filepath.Join(dir, "main.tf.json"), string(encoded))
	return dir, types
}

func TestEvery_type_is_planned_and_applied(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		whole    bool
		computed schemaprovider.Computed
	}{
		"required arguments only":                    {false, schemaprovider.Unknown},
		"required arguments only, with placeholders": {false, schemaprovider.Placeholder},
		"every argument":                             {true, schemaprovider.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, types := newGenerator(t, test.whole).configuration(t)
			w := open(t, dir, test.computed)
			if err := w.Validate(t.Context()); err != nil {
				t.Fatal(err)
			}
			plan, err := w.Plan(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(plan.ResourceChanges); n != 153 {
				t.Errorf("%d resources are planned, want 153", n)
			}
			if test.computed == schemaprovider.Placeholder {
				checkUnknown(t, plan)
			}
			state, err := w.Apply(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var applied []string
			for _, r := range state.Values.RootModule.Resources {
				applied = append(applied, strings.TrimSuffix(r.Address, ".this"))
			}
			if slices.Sort(types); !slices.Equal(slices.Sorted(slices.Values(applied)), types) || len(types) != 183 {
				t.Errorf("applied %d of %d types", len(applied), len(types))
			}
			again, err := w.Plan(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if changed := Changes(again); len(changed) != 0 {
				t.Errorf("a second plan changes %q", changed)
			}
		})
	}
}

// checkUnknown expects the boolean arguments that the provider computes, all of which are
// left out, to be unknown, and nothing else.
func checkUnknown(t *testing.T, plan *tfjson.Plan) {
	t.Helper()
	server, err := schemaprovider.NewServer(schemaprovider.Placeholder)
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range plan.ResourceChanges {
		unknown, ok := r.Change.AfterUnknown.(map[string]any)
		if !ok {
			t.Fatalf("%s has no object of unknowns: %v", r.Address, r.Change.AfterUnknown)
		}
		for _, a := range schemas.ResourceSchemas[r.Type].Block.Attributes {
			if !a.Optional || !a.Computed || !a.Type.Is(tftypes.Bool) {
				continue
			}
			if unknown[a.Name] != true {
				t.Errorf("%s.%s, a boolean argument, is known in the plan", r.Address, a.Name)
			}
			delete(unknown, a.Name)
		}
		for name := range maps.Keys(unknown) {
			if unknown[name] == true {
				t.Errorf("%s.%s is unknown in the plan", r.Address, name)
			}
		}
	}
}
