package terraform

import (
	"slices"
	"testing"
)

// TestTables_have_no_entry_too_many takes each entry for a difference between the
// stages away, and demands that the stages or one of their variations want it.
func TestTables_have_no_entry_too_many(t *testing.T) {
	var all [][]*stage
	for name, made := range allMade() {
		folder, err := made.assembly()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		assemblies, err := loadAssemblies(folder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var stages []*stage
		for _, a := range assemblies {
			s, err := readStage(newTables(), a)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			stages = append(stages, s)
		}
		all = append(all, stages)
	}
	wanted := func(less tables) bool {
		return slices.ContainsFunc(all, func(stages []*stage) bool {
			_, err := merge(less, stages)
			return err != nil
		})
	}
	full := newTables()
	if wanted(full) {
		t.Fatal("with every entry, a merge fails: see TestVariation")
	}
	for i, v := range full.variables {
		for j, pattern := range v.stands {
			less := newTables()
			less.variables[i].stands = slices.Delete(slices.Clone(v.stands), j, j+1)
			if !wanted(less) {
				t.Errorf("variable %s: nothing wants it to stand for %s", v.name, pattern)
			}
		}
		for j, pattern := range v.resources {
			less := newTables()
			less.variables[i].resources = slices.Delete(slices.Clone(v.resources), j, j+1)
			if !wanted(less) {
				t.Errorf("variable %s: no stage lacks %s", v.name, pattern)
			}
		}
	}
	for i, d := range full.derived {
		less := newTables()
		less.derived = slices.Delete(less.derived, i, i+1)
		if !wanted(less) {
			t.Errorf("derived value: nothing wants %s", d.path)
		}
	}
	for i, c := range full.choices {
		less := newTables()
		less.choices = slices.Delete(less.choices, i, i+1)
		if !wanted(less) {
			t.Errorf("choice: nothing wants %s", c.path)
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
