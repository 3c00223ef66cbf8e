// Package merge makes one platform of the stages: what all have, with variables
// for what they differ in. A difference that no entry of the catalog covers stops
// the export.
package merge

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// Platform is what all stages have, with variables for their differences.
type Platform struct {
	Stages    []string
	Resources []*Resource
	Outputs   []Output
	Values    map[string]map[string]template.Value // of the variables, by name and stage
}

// Resource is a resource of the platform: what the stages that have it agree on.
type Resource struct {
	Key, Type  string
	ID         string // the logical id in the first stage that has it, for messages
	Properties template.Object
	DependsOn  []string // keys
	Flag       string   // the variable without which it is not there; empty for always
	Count      string   // the variable that counts its family; empty for none

	Each *catalog.Each // for what there is one of; nil for a resource that is there once
}

// String names the resource for a message.
func (r *Resource) String() string { return r.Key + " (" + r.ID + ")" }

// Output is an output that stages have.
type Output struct {
	assembly.Output
	Stages []string // that have it
}

// From names the output as the catalog does.
func (o Output) From() string { return o.Stack + "/" + o.Name }

// variant is what one stage, or one member of a family in it, has.
type variant struct {
	stage string
	place int
	value template.Value
}

// member is a resource of one of the stages.
type member struct {
	stage string
	*assembly.Resource
}

// location is that of a value in the platform.
type location struct{ construct, property string }

func (l location) String() string { return l.construct + ":" + l.property }

// in goes on to a key of an object.
func (l location) in(key string) location {
	if l.property == "" {
		return location{l.construct, key}
	}
	return location{l.construct, l.property + "." + key}
}

// element goes on to an element of a list.
func (l location) element(i int) location {
	return location{l.construct, fmt.Sprintf("%s[%d]", l.property, i)}
}

// check is a derived value that has to be what a stage has.
type check struct {
	at      location
	want    hcl.Value
	variant variant
}

// percent is a value that is a share of a variable.
type percent struct {
	at       location
	variable catalog.Variable
	one      variant
}

type merger struct {
	catalog  catalog.Catalog
	stages   map[string]*assembly.Stage
	out      *Platform
	there    map[string]map[string]bool // by flag and stage: whether the stage has a resource under it
	checks   []check
	percents []percent
	leads    []lead
	errs     []error
}

// Merge compares the stages. Returns an error for each difference that no entry of
// the catalog covers.
func Merge(c catalog.Catalog, stages []*assembly.Stage) (*Platform, error) {
	m := &merger{
		catalog: c, stages: map[string]*assembly.Stage{}, out: &Platform{Values: map[string]map[string]template.Value{}},
		there: map[string]map[string]bool{},
	}
	for _, s := range stages {
		m.stages[s.Name] = s
		m.out.Stages = append(m.out.Stages, s.Name)
		m.set("environment", s.Name, s.Name)
		m.set("name_prefix", s.Name, s.Prefix)
		for name, literal := range s.Adopted {
			var value template.Value // null
			if literal != "" {
				value = literal
			}
			m.set(name, s.Name, value)
		}
	}
	m.clients(stages)
	m.tags(stages)
	resources := collect(stages)
	for _, members := range resources {
		m.presence(members)
		m.foresee(members)
	}
	for _, members := range resources {
		m.resource(members)
	}
	m.outputs(stages)
	m.share()
	m.followed()
	if len(m.errs) == 0 {
		m.verify()
	}
	return m.out, errors.Join(m.errs...)
}

func (m *merger) fail(format string, args ...any) {
	m.errs = append(m.errs, fmt.Errorf(format, args...))
}

// collect brings together what has the same key, in the order of the stage that
// has most.
func collect(stages []*assembly.Stage) [][]member {
	ordered := slices.Clone(stages)
	slices.SortStableFunc(ordered, func(a, b *assembly.Stage) int { return len(b.Resources) - len(a.Resources) })
	index := map[string]int{}
	var out [][]member
	for _, s := range ordered {
		for _, r := range s.Resources {
			i, known := index[r.Key]
			if !known {
				i = len(out)
				index[r.Key], out = i, append(out, nil)
			}
			out[i] = append(out[i], member{s.Name, r})
		}
	}
	return out
}

// presence says under which flag a resource is there, and how many of a family.
func (m *merger) presence(members []member) {
	first := members[0]
	count := map[string]int{}
	for _, member := range members {
		count[member.stage]++
	}
	m.properties(members)
	if m.catalog.EachBy(first.Key) != nil {
		return
	}
	flag := m.flagOf(first.Key)
	if counter := m.catalog.FamilyCount(first.Key); counter != "" && flag == nil {
		for _, stage := range m.out.Stages {
			m.set(counter, stage, hcl.Number(count[stage]))
		}
		return
	}
	if flag == nil {
		if len(count) < len(m.out.Stages) {
			m.fail("stage %s has %s (%s), and not every stage: a variable must cover it", first.stage, first.Key, first.Source.ID)
		}
		return
	}
	for _, stage := range m.out.Stages {
		if count[stage] > 0 {
			if m.there[flag.Name] == nil {
				m.there[flag.Name] = map[string]bool{}
			}
			m.there[flag.Name][stage] = true
		}
		switch {
		case flag.Kind == catalog.Bool:
			m.set(flag.Name, stage, count[stage] > 0)
		case count[stage] == 0:
			m.set(flag.Name, stage, nil) // the other stages have it as a property
		}
	}
}

// flagOf is the variable that says whether there is a resource, nil for none.
func (m *merger) flagOf(key string) *catalog.Variable {
	for _, v := range m.catalog.Variables {
		if slices.ContainsFunc(v.Resources, func(g catalog.Glob) bool { return g.Matches(key) }) {
			return &v
		}
	}
	return nil
}

// flag is the variable under which a resource is there, empty for always. A flag on
// which properties depend as well is none where every stage has it: what they would
// be without it, no template says.
func (m *merger) flag(key string) string {
	flag := m.flagOf(key)
	if flag == nil {
		return ""
	}
	chooses := slices.ContainsFunc(m.catalog.Choices, func(c catalog.Choice) bool { return c.Flag == flag.Name }) ||
		slices.ContainsFunc(m.catalog.Insteads, func(i catalog.Instead) bool { return i.Flag == flag.Name })
	if (chooses || flag.Tacit) && m.everywhere(flag.Name) {
		return ""
	}
	return flag.Name
}

// everywhere reports whether every stage has a flag.
func (m *merger) everywhere(flag string) bool {
	return !slices.ContainsFunc(m.out.Stages, func(stage string) bool { return !m.has(stage, flag) })
}

// has reports whether a stage has a flag: a resource under it, or a value of the variable.
// The value of one that is not a bool is known only when the property for which it stands was
// merged; its resources are known before.
func (m *merger) has(stage, flag string) bool {
	value := m.out.Values[flag][stage]
	return value != nil && value != false || m.there[flag][stage]
}

func (m *merger) resource(members []member) {
	first := members[0]
	r := &Resource{
		Key: first.Key, Type: catalog.TypeOf(first.Source), ID: first.Source.ID, Flag: m.flag(first.Key), Count: m.catalog.FamilyCount(first.Key),
		Each: m.catalog.EachBy(first.Key),
	}
	byStage := slices.SortedFunc(slices.Values(members), func(a, b member) int { return cmp.Compare(a.stage, b.stage) })
	r.ID = byStage[0].Source.ID
	var variants []variant
	for _, member := range members {
		if kind := catalog.TypeOf(member.Source); kind != r.Type {
			m.fail("%s is of type %s in stage %s and of type %s in stage %s", r.Key, r.Type, first.stage, kind, member.stage)
			return
		}
		variants = append(variants, variant{member.stage, member.Place, member.Properties})
		for _, on := range member.DependsOn {
			if !slices.Contains(r.DependsOn, on) {
				r.DependsOn = append(r.DependsOn, on)
			}
		}
	}
	r.Properties, _ = m.value(location{construct: r.Key}, variants).(template.Object)
	m.out.Resources = append(m.out.Resources, r)
}

// value merges what the variants have at a location.
func (m *merger) value(at location, variants []variant) template.Value {
	for _, v := range m.catalog.Variables {
		if slices.ContainsFunc(v.Stands, func(p catalog.Place) bool { return p.Matches(at.construct, at.property) }) {
			return m.part(v, at, variants)
		}
		if slices.ContainsFunc(v.Leads, func(p catalog.Place) bool { return p.Matches(at.construct, at.property) }) {
			return m.leading(v, at, variants)
		}
	}
	for _, l := range m.catalog.Listed {
		if l.Place.Matches(at.construct, at.property) {
			return m.listed(l, at, variants)
		}
	}
	for _, d := range m.catalog.Derived {
		if d.Place.Matches(at.construct, at.property) {
			for _, one := range variants {
				m.checks = append(m.checks, check{at, d.Value, one})
			}
			return d.Value
		}
	}
	if c, is := m.instead(at); is {
		return m.orElse(c, at, variants)
	}
	var flags []string
	for _, c := range m.catalog.Choices {
		if c.Place.Matches(at.construct, at.property) {
			flags = append(flags, c.Flag)
		}
	}
	return m.chosen(flags, at, variants)
}

// part is a variable, and nothing where it is null and stands for an entry of a map,
// which null does not leave out.
func (m *merger) part(v catalog.Variable, at location, variants []variant) template.Value {
	value := m.variable(v, at, variants)
	everywhere := !slices.ContainsFunc(variants, func(one variant) bool { return one.value == nil })
	if everywhere || !v.Entry {
		return value
	}
	return either(hcl.Op(hcl.Variable(v.Name), "!=", nil), value, nil)
}

// agreed is what all variants have, and an error where they differ.
func (m *merger) agreed(at location, variants []variant) template.Value {
	first := variants[0]
	switch value := first.value.(type) {
	case template.Object:
		if all[template.Object](variants) {
			return m.object(at, variants)
		}
	case template.List:
		if all[template.List](variants) {
			if merged, is := m.flagged(at, variants); is {
				return merged
			}
		}
		if all[template.List](variants) && !slices.ContainsFunc(variants, func(v variant) bool { return len(v.value.(template.List)) != len(value) }) {
			out := template.List{}
			for i := range value {
				out = append(out, m.value(at.element(i), inside(variants, func(v template.Value) template.Value { return v.(template.List)[i] })))
			}
			return out
		}
	}
	if merged, is := m.grown(variants); is {
		return merged
	}
	if merged, is := conditional(variants); is {
		return merged
	}
	for _, other := range variants[1:] {
		if !template.Equal(first.value, other.value) {
			m.fail("%s differs: stage %s has %s, stage %s has %s: a variable must cover it",
				at, first.stage, hcl.Source(first.value), other.stage, hcl.Source(other.value))
			return nil
		}
	}
	return first.value
}

func all[T any](variants []variant) bool {
	return !slices.ContainsFunc(variants, func(v variant) bool { _, is := v.value.(T); return !is })
}

// inside returns the variants with what f gives of their values.
func inside(variants []variant, f func(template.Value) template.Value) []variant {
	out := slices.Clone(variants)
	for i := range out {
		out[i].value = f(out[i].value)
	}
	return out
}

func (m *merger) object(at location, variants []variant) template.Value {
	keys := map[string]bool{}
	for _, v := range variants {
		for key := range v.value.(template.Object) {
			keys[key] = true
		}
	}
	out := template.Object{}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		value := m.value(at.in(key), inside(variants, func(v template.Value) template.Value { return v.(template.Object)[key] }))
		if value != nil {
			out[key] = value
		}
	}
	return out
}
