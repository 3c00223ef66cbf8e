package merge

import (
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// aligned merges lists of different lengths, such as the statements of a policy: item by
// item, where those that only some stages have are there with the flags. Returns false
// for lists of which one is no part of the longest, and for items that no flag explains.
func (m *merger) aligned(flags []string, at location, variants []variant) (template.Value, bool) {
	if !all[template.List](variants) {
		return nil, false
	}
	longest := slices.MaxFunc(variants, func(a, b variant) int {
		return len(a.value.(template.List)) - len(b.value.(template.List))
	}).value.(template.List)
	items := make([][]variant, len(longest))
	for _, one := range variants {
		places, is := placesIn(longest, one.value.(template.List))
		if !is {
			return nil, false
		}
		for j, i := range places {
			items[i] = append(items[i], variant{one.stage, one.place, one.value.(template.List)[j]})
		}
	}
	conditions := make([]hcl.Value, len(items))
	for i, item := range items {
		if len(item) == len(variants) {
			continue
		}
		if conditions[i] = m.condition(flags, item, variants); conditions[i] == nil {
			return nil, false
		}
	}
	if !slices.ContainsFunc(conditions, func(c hcl.Value) bool { return c != nil }) {
		return nil, false
	}
	var runs []template.Value
	for i, item := range items {
		merged := m.value(at.element(i), item)
		if conditions[i] != nil {
			runs = append(runs, template.Conditional{If: conditions[i], Then: template.List{merged}, Else: template.List{}})
			continue
		}
		runs = always(runs, merged)
	}
	return hcl.Func("concat", runs...), true
}

// condition is that of an item which some of the variants have: of the flags that differ
// all together or else one alone. It is nil if none explains the item.
func (m *merger) condition(flags []string, item, variants []variant) hcl.Value {
	differ := slices.DeleteFunc(slices.Clone(flags), func(flag string) bool {
		return !slices.ContainsFunc(variants, func(v variant) bool { return m.has(v.stage, flag) != m.has(variants[0].stage, flag) })
	})
	candidates := [][]string{differ}
	for _, flag := range differ {
		candidates = append(candidates, []string{flag})
	}
	for _, candidate := range candidates {
		explains := len(candidate) > 0
		for _, one := range variants {
			want := !slices.ContainsFunc(candidate, func(flag string) bool { return !m.has(one.stage, flag) })
			explains = explains && want == slices.ContainsFunc(item, func(v variant) bool { return v.stage == one.stage })
		}
		if explains {
			return m.conjunction(candidate)
		}
	}
	return nil
}

func (m *merger) conjunction(flags []string) hcl.Value {
	var out hcl.Value
	for _, flag := range flags {
		var one hcl.Value = hcl.Variable(flag)
		if m.catalog.Variable(flag).Kind != catalog.Bool {
			one = hcl.Op(one, "!=", nil)
		}
		if out == nil {
			out = one
			continue
		}
		out = hcl.Op(out, "&&", one)
	}
	return out
}

// placesIn returns where in a list the items of another are, in its order: those very
// items, or else such as are alike.
func placesIn(list, part template.List) ([]int, bool) {
	for _, same := range []func(a, b template.Value) bool{template.Equal, alike} {
		var out []int
		for i, item := range list {
			if len(out) < len(part) && same(item, part[len(out)]) {
				out = append(out, i)
			}
		}
		if len(out) == len(part) {
			return out, true
		}
	}
	return nil, false
}

// alike reports whether two values differ at the most in what they refer to.
func alike(a, b template.Value) bool {
	switch a := a.(type) {
	case template.Object:
		b, is := b.(template.Object)
		if !is || len(a) != len(b) {
			return false
		}
		for key := range a {
			if _, has := b[key]; !has || !alike(a[key], b[key]) {
				return false
			}
		}
		return true
	case template.List:
		b, is := b.(template.List)
		return is && slices.EqualFunc(a, b, alike)
	case string:
		return template.Equal(a, b)
	default:
		_, plain := b.(string)
		return !plain
	}
}
