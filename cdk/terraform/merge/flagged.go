package merge

import (
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// chosen merges the stages that have the first of the flags, and those that do not
// have it, each by the other flags.
func (m *merger) chosen(flags []string, at location, variants []variant) template.Value {
	if len(flags) == 0 {
		return m.agreed(at, variants)
	}
	if merged, is := m.aligned(flags, at, variants); is {
		return merged
	}
	var with, without []variant
	for _, one := range variants {
		if m.has(one.stage, flags[0]) {
			with = append(with, one)
		} else {
			without = append(without, one)
		}
	}
	if len(with) == 0 || len(without) == 0 {
		return m.chosen(flags[1:], at, variants)
	}
	return either(m.conjunction(flags[:1]), m.chosen(flags[1:], at, with), m.chosen(flags[1:], at, without))
}

// flagged merges lists of resources of which some are there with a flag only, such as
// the alarms on a dashboard: each of those is in the list with its flag, also one whose
// flag every stage has, since a list that names what is not there has a null in it. In a
// resource under the same flag it has none there, and neither if it is all that the list
// has: such a list, as that of the clusters of a proxy, is not one without it. Returns false
// for lists that differ in anything else, and for those in which no resource has a flag.
func (m *merger) flagged(at location, variants []variant) (template.Value, bool) {
	own := m.flag(at.construct)
	var union template.List
	for _, one := range variants {
		union = joined(union, one.value.(template.List))
	}
	flags := make([]string, len(union))
	for i, item := range union {
		r, is := named(item)
		if !is {
			continue
		}
		flag := m.flag(r.Resource)
		lacking := slices.ContainsFunc(variants, func(v variant) bool { return !has(v.value.(template.List), item) })
		if lacking || len(union) > 1 && flag != own && m.everywhere(flag) {
			flags[i] = flag
		}
	}
	for _, one := range variants {
		var want template.List
		for i, item := range union {
			if flags[i] == "" || m.has(one.stage, flags[i]) {
				want = append(want, item)
			}
		}
		if !template.Equal(want, one.value) {
			return nil, false
		}
	}
	if !slices.ContainsFunc(flags, func(flag string) bool { return flag != "" }) {
		return nil, false
	}
	var runs []template.Value
	for i, item := range union {
		if flags[i] != "" {
			runs = append(runs, template.Conditional{If: m.conjunction(flags[i : i+1]), Then: template.List{item}, Else: template.List{}})
			continue
		}
		runs = always(runs, item)
	}
	return hcl.Func("concat", runs...), true
}

// grown merges lists that end in all members of a family with those of stages that have
// no member. Returns false for lists that differ in anything else.
func (m *merger) grown(variants []variant) (template.Value, bool) {
	var longest template.Call
	for _, one := range variants {
		if call, is := one.value.(template.Call); is {
			longest = call
		}
	}
	if longest.Function != "concat" || len(longest.Arguments) != 2 {
		return nil, false
	}
	every, is := longest.Arguments[1].(assembly.Member)
	if !is {
		return nil, false
	}
	for _, one := range variants {
		none := m.out.Values[m.catalog.FamilyCount(every.Resource)][one.stage] == hcl.Number(0)
		if !template.Equal(one.value, longest) && !(none && template.Equal(one.value, longest.Arguments[0])) {
			return nil, false
		}
	}
	return longest, true
}

// conditional is what says itself in which stages it is there, and is nothing in the
// others. Returns false for anything else.
func conditional(variants []variant) (template.Value, bool) {
	var there template.Value
	for _, one := range variants {
		if one.value != nil {
			there = one.value
		}
	}
	choice, is := there.(template.Conditional)
	differs := slices.ContainsFunc(variants, func(v variant) bool { return v.value != nil && !template.Equal(v.value, there) })
	return there, is && choice.Else == nil && !differs
}

// always appends an item to the last run, if that is one of items that are always there.
func always(runs []template.Value, item template.Value) []template.Value {
	if last := len(runs) - 1; last >= 0 {
		if list, is := runs[last].(template.List); is {
			runs[last] = append(list, item)
			return runs
		}
	}
	return append(runs, template.List{item})
}

// joined is a list with the items of both, in the order of both.
func joined(union, list template.List) template.List {
	at := 0
	for _, item := range list {
		if i := slices.IndexFunc(union, func(v template.Value) bool { return template.Equal(v, item) }); i >= 0 {
			at = i
		} else {
			union = slices.Insert(slices.Clone(union), at, item)
		}
		at++
	}
	return union
}

func has(list template.List, item template.Value) bool {
	return slices.ContainsFunc(list, func(v template.Value) bool { return template.Equal(v, item) })
}

// named is the resource that an item names, also as all of a text.
func named(item template.Value) (template.Reference, bool) {
	if text, is := item.(template.Text); is && len(text) == 1 {
		item = text[0]
	}
	r, is := item.(template.Reference)
	return r, is
}
