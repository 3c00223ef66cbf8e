package merge

import (
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// lead is a list that has to begin that of a variable.
type lead struct {
	at       location
	variable string
	stage    string
	list     hcl.Row
}

// instead is the entry of what is a variable in some stages, at a location.
func (m *merger) instead(at location) (catalog.Instead, bool) {
	for _, c := range m.catalog.Insteads {
		if c.Place.Matches(at.construct, at.property) {
			return c, true
		}
	}
	return catalog.Instead{}, false
}

// orElse merges the stages that have the flag of the entry, and notes its variable in the
// others.
func (m *merger) orElse(c catalog.Instead, at location, variants []variant) template.Value {
	with, without := m.parted(c.Flag, variants)
	if len(without) == 0 {
		return m.agreed(at, with)
	}
	for _, one := range without {
		m.note(c, at, one)
	}
	if len(with) == 0 {
		return hcl.Variable(c.Variable)
	}
	return template.Conditional{If: hcl.Variable(c.Flag), Then: m.agreed(at, with), Else: hcl.Variable(c.Variable)}
}

// note notes the value of an entry's variable in a stage.
func (m *merger) note(c catalog.Instead, at location, one variant) {
	if m.catalog.Variable(c.Variable).Kind == catalog.Strings {
		row, is := m.row(at, one)
		before, known := m.out.Values[c.Variable][one.stage].(hcl.Row)
		switch {
		case is && !known:
			m.set(c.Variable, one.stage, row)
		case is && !slices.Equal(before, row):
			m.fail("%s: the variable %s stands for properties that differ in stage %s: %s and %s", at, c.Variable, one.stage, hcl.Source(before), hcl.Source(row))
		}
		return
	}
	value, wanted := m.plain(*m.catalog.Variable(c.Variable), one)
	if wanted != "" {
		m.fail("%s: the variable %s %s, stage %s has %s", at, c.Variable, wanted, one.stage, hcl.Source(one.value))
		return
	}
	m.set(c.Variable, one.stage, value)
}

// row is a list of literals.
func (m *merger) row(at location, one variant) (out hcl.Row, is bool) {
	list, is := one.value.(template.List)
	for _, item := range list {
		switch item.(type) {
		case string, template.Text:
			literal, err := m.literal(variant{stage: one.stage, value: item})
			out, is = append(out, literal), is && err == nil
		default:
			is = false
		}
	}
	if !is {
		m.fail("%s: wants a list of texts without the flag, stage %s has %s", at, one.stage, hcl.Source(one.value))
	}
	return out, is
}

// parted parts the stages that have the flag from those that do not.
func (m *merger) parted(flag string, variants []variant) (with, without []variant) {
	for _, one := range variants {
		if m.has(one.stage, flag) {
			with = append(with, one)
		} else {
			without = append(without, one)
		}
	}
	return with, without
}

// leading counts in each stage the first members of a family that a list has, or the
// first items of the variable that a stage has instead of the family.
func (m *merger) leading(v catalog.Variable, at location, variants []variant) template.Value {
	var others []variant
	c, is := m.instead(at)
	if is {
		variants, others = m.parted(c.Flag, variants)
	}
	for _, one := range others {
		row, is := m.row(at, one)
		if !is {
			return nil
		}
		m.set(v.Name, one.stage, hcl.Number(len(row)))
		m.leads = append(m.leads, lead{at, c.Variable, one.stage, row})
	}
	family, is := m.members(v, at, variants)
	if !is {
		return nil
	}
	var whole hcl.Value = family
	switch {
	case len(variants) == 0:
		whole = hcl.Variable(c.Variable)
	case len(others) > 0:
		whole = template.Conditional{If: hcl.Variable(c.Flag), Then: whole, Else: hcl.Variable(c.Variable)}
	}
	return hcl.Func("slice", whole, hcl.Number(0), hcl.Variable(v.Name))
}

// members counts the first members of a family, and returns all of it.
func (m *merger) members(v catalog.Variable, at location, variants []variant) (every assembly.Member, is bool) {
	for _, one := range variants {
		list, is := one.value.(template.List)
		all, whole := one.value.(assembly.Member)
		switch {
		case whole && all.Which == hcl.Every{}:
			every = all
			m.set(v.Name, one.stage, m.out.Values[m.catalog.FamilyCount(all.Resource)][one.stage])
		case is && len(list) > 0:
			for i, member := range list {
				if every, is = member.(assembly.Member); !is || every.Which != hcl.Number(i) {
					m.fail("%s: the variable %s counts the first members of a family, stage %s has %s", at, v.Name, one.stage, hcl.Source(one.value))
					return every, false
				}
			}
			m.set(v.Name, one.stage, hcl.Number(len(list)))
		default:
			m.fail("%s: the variable %s counts the members of a family, stage %s has %s", at, v.Name, one.stage, hcl.Source(one.value))
			return every, false
		}
	}
	every.Which = hcl.Every{}
	return every, true
}

// followed checks the lists that begin that of a variable, now that all are known.
func (m *merger) followed() {
	for _, l := range m.leads {
		all, _ := m.out.Values[l.variable][l.stage].(hcl.Row)
		if len(all) < len(l.list) || !slices.Equal(all[:len(l.list)], l.list) {
			m.fail("%s: stage %s has %s, which are not the first of %s", l.at, l.stage, hcl.Source(l.list), l.variable)
		}
	}
}
