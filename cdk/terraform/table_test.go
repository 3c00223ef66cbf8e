package terraform

import (
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/merge"
)

// TestTables_have_no_entry_too_many takes each entry for a difference between the
// stages away, and demands that the stages or one of their variations want it.
func TestTables_have_no_entry_too_many(t *testing.T) {
	t.Parallel()
	var all [][]*assembly.Stage
	for name, made := range allMade() {
		folder, err := made.assembly()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		stages, err := assembly.Read(catalog.New(), folder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, stages)
	}
	wanted := func(less catalog.Catalog) bool {
		return slices.ContainsFunc(all, func(stages []*assembly.Stage) bool {
			_, err := merge.Merge(less, stages)
			return err != nil
		})
	}
	full := catalog.New()
	if wanted(full) {
		t.Fatal("with every entry, a merge fails: see TestVariation")
	}
	for i, v := range full.Variables {
		for j, pattern := range v.Stands {
			less := catalog.New()
			less.Variables[i].Stands = slices.Delete(slices.Clone(v.Stands), j, j+1)
			if !wanted(less) {
				t.Errorf("variable %s: nothing wants it to stand for %s", v.Name, pattern)
			}
		}
		for j, pattern := range v.Resources {
			less := catalog.New()
			less.Variables[i].Resources = slices.Delete(slices.Clone(v.Resources), j, j+1)
			if !wanted(less) {
				t.Errorf("variable %s: no stage lacks %s", v.Name, pattern)
			}
		}
	}
	for i, d := range full.Derived {
		less := catalog.New()
		less.Derived = slices.Delete(less.Derived, i, i+1)
		if !wanted(less) {
			t.Errorf("derived value: nothing wants %s", d.Place)
		}
	}
	for i, c := range full.Choices {
		less := catalog.New()
		less.Choices = slices.Delete(less.Choices, i, i+1)
		if !wanted(less) {
			t.Errorf("choice: nothing wants %s", c.Place)
		}
	}
}

// TestLeft_names_only_resources_that_a_stage_has keeps the list of what is left out
// from outliving it.
func TestLeft_names_only_resources_that_a_stage_has(t *testing.T) {
	t.Parallel()
	stages, err := template.Read(assemblyFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	for glob, because := range catalog.New().Left.Resources {
		found := slices.ContainsFunc(stages, func(s *template.Stage) bool {
			return slices.ContainsFunc(s.Stacks, func(stack *template.Stack) bool {
				return slices.ContainsFunc(stack.Resources, func(r *template.Resource) bool { return glob.Matches(strings.TrimPrefix(r.Path, s.Name+"/")) })
			})
		})
		if !found || because == "" {
			t.Errorf("%s is left out (%q), and no stage has it", glob, because)
		}
	}
}

func allMade() map[string]made {
	out := map[string]made{asDeployed: deployed}
	for name, made := range variations {
		out[name] = made
	}
	return out
}
