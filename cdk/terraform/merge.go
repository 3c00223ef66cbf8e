package terraform

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// part is a resource of the platform: what the stages that have it agree on.
type part struct {
	key, kind  string
	ids        map[string]string // logical ids, by stage
	properties Object
	dependsOn  []string
	condition  string // the variable without which it is not there; empty for always
	count      string // the variable that counts its family
}

// platform is what all stages have, with variables for their differences.
type platform struct {
	stages  []string
	parts   []*part
	outputs []output
	values  map[string]map[string]Value // of the variables, by name and stage
}

// variant is what one stage, or one member of a family in it, has.
type variant struct {
	stage string
	index int
	value Value
}

type merger struct {
	tables tables
	out    *platform
	checks []check
	errs   []error
}

// check is a derived value that has to be what a stage has.
type check struct {
	path, expression string
	variant          variant
}

// merge compares the stages. Returns an error for each difference that no entry of
// the tables covers.
func merge(t tables, stages []*stage) (*platform, error) {
	m := &merger{tables: t, out: &platform{values: map[string]map[string]Value{}}}
	for _, s := range stages {
		m.out.stages = append(m.out.stages, s.name)
		m.set("environment", s.name, s.name)
	}
	found := m.collect(stages)
	for _, members := range found {
		m.presence(members)
	}
	for _, members := range found {
		m.resource(members)
	}
	m.outputs(stages)
	if len(m.errs) == 0 {
		m.verify()
	}
	return m.out, errors.Join(m.errs...)
}

// collect brings together what has the same key, in the order of the stage that
// has most.
func (m *merger) collect(stages []*stage) [][]found {
	ordered := slices.Clone(stages)
	slices.SortStableFunc(ordered, func(a, b *stage) int { return len(b.resources) - len(a.resources) })
	at := map[string]int{}
	var out [][]found
	for _, s := range ordered {
		for _, r := range s.resources {
			i, known := at[r.key]
			if !known {
				i = len(out)
				at[r.key], out = i, append(out, nil)
			}
			out[i] = append(out[i], found{s.name, r})
		}
	}
	return out
}

type found struct {
	stage string
	*resource
}

// presence says under which flag a resource is there, and how many of a family.
func (m *merger) presence(members []found) {
	first := members[0]
	count := map[string]int{}
	for _, member := range members {
		count[member.stage]++
	}
	if counter := m.counter(first.key); counter != "" {
		for _, stage := range m.out.stages {
			m.set(counter, stage, json.Number(fmt.Sprint(count[stage])))
		}
		return
	}
	flag, is := m.flagOf(first.key)
	if !is {
		if len(count) < len(m.out.stages) {
			m.fail("stage %s has %s (%s), and not every stage: a variable must cover it", first.stage, first.key, first.id)
		}
		return
	}
	for _, stage := range m.out.stages {
		switch {
		case flag.kind == "bool":
			m.set(flag.name, stage, count[stage] > 0)
		case count[stage] == 0:
			m.set(flag.name, stage, nil) // the other stages have it as a property
		}
	}
}

// counter is the variable of the family that has the key, empty for none.
func (m *merger) counter(key string) string {
	for _, f := range m.tables.families {
		if at := f.pattern.FindStringSubmatch(strings.Replace(key, "*", "1", 1)); at != nil && at[1]+"*"+at[3] == key {
			return f.count
		}
	}
	return ""
}

func (m *merger) flagOf(key string) (variable, bool) {
	for _, v := range m.tables.variables {
		if slices.ContainsFunc(v.resources, func(pattern string) bool { return matches(pattern, key) }) {
			return v, true
		}
	}
	return variable{}, false
}

// condition is the variable under which a resource is there, empty for always. A
// flag on which properties depend as well is none where every stage has it: what
// they would be without it, no template says.
func (m *merger) condition(key string) string {
	flag, _ := m.flagOf(key)
	chooses := slices.ContainsFunc(m.tables.choices, func(c choice) bool { return c.flag == flag.name })
	everywhere := !slices.ContainsFunc(m.out.stages, func(stage string) bool { return m.out.values[flag.name][stage] != true })
	if chooses && everywhere {
		return ""
	}
	return flag.name
}

func (m *merger) resource(members []found) {
	first := members[0]
	p := &part{key: first.key, kind: first.kind, ids: map[string]string{}, condition: m.condition(first.key), count: m.counter(first.key)}
	var variants []variant
	for _, member := range members {
		if member.kind != p.kind {
			m.fail("%s is of type %s in stage %s and of type %s in stage %s", p.key, p.kind, first.stage, member.kind, member.stage)
			return
		}
		p.ids[member.stage] = member.id
		variants = append(variants, variant{member.stage, member.index, member.properties})
		for _, on := range member.dependsOn {
			if !slices.Contains(p.dependsOn, on) {
				p.dependsOn = append(p.dependsOn, on)
			}
		}
	}
	merged := m.value(p.key+":", variants)
	p.properties, _ = merged.(Object)
	m.out.parts = append(m.out.parts, p)
}

// value merges what the variants have at a path.
func (m *merger) value(path string, variants []variant) Value {
	for _, v := range m.tables.variables {
		if slices.ContainsFunc(v.stands, func(pattern string) bool { return matches(pattern, path) }) {
			return m.variable(v, path, variants)
		}
	}
	for _, d := range m.tables.derived {
		if matches(d.path, path) {
			for _, one := range variants {
				m.checks = append(m.checks, check{path, d.expression, one})
			}
			return Expression(d.expression)
		}
	}
	for _, c := range m.tables.choices {
		if matches(c.path, path) {
			return m.choice(c, path, variants)
		}
	}
	return m.plain(path, variants)
}

func (m *merger) plain(path string, variants []variant) Value {
	first := variants[0]
	if zone, is := first.value.(Zone); is {
		if !slices.ContainsFunc(variants, func(v variant) bool { return !same(v.value, Zone{fmt.Sprint(v.index)}) }) && len(variants) > len(m.out.stages) {
			return Zone{"count.index"}
		}
		first.value = zone
	}
	switch first.value.(type) {
	case Object:
		if all[Object](variants) {
			return m.object(path, variants)
		}
	case List:
		if all[List](variants) && !slices.ContainsFunc(variants, func(v variant) bool { return len(v.value.(List)) != len(first.value.(List)) }) {
			out := List{}
			for i := range first.value.(List) {
				out = append(out, m.value(fmt.Sprintf("%s[%d]", path, i), pick(variants, func(v Value) Value { return v.(List)[i] })))
			}
			return out
		}
	}
	for _, other := range variants[1:] {
		if !same(first.value, other.value) {
			m.fail("%s differs: stage %s has %s, stage %s has %s: a variable must cover it", path, first.stage, shown(first.value), other.stage, shown(other.value))
			return nil
		}
	}
	return first.value
}

func all[T any](variants []variant) bool {
	return !slices.ContainsFunc(variants, func(v variant) bool { _, is := v.value.(T); return !is })
}

func pick(variants []variant, f func(Value) Value) []variant {
	out := slices.Clone(variants)
	for i := range out {
		out[i].value = f(out[i].value)
	}
	return out
}

func (m *merger) object(path string, variants []variant) Value {
	keys := map[string]bool{}
	for _, v := range variants {
		for key := range v.value.(Object) {
			keys[key] = true
		}
	}
	out := Object{}
	for _, key := range sortedKeys(keys) {
		below := path + "." + key
		if strings.HasSuffix(path, ":") {
			below = path + key
		}
		if value := m.value(below, pick(variants, func(v Value) Value { return v.(Object)[key] })); value != nil {
			out[key] = value
		}
	}
	return out
}

// variable notes the value of a variable in each stage.
func (m *merger) variable(v variable, path string, variants []variant) Value {
	before, after, within := strings.Cut(v.within, "{}")
	for _, one := range variants {
		value := one.value
		if _, is := value.(Text); is { // a text that has the stage's name in it by chance
			if literal, err := m.literal(one); err == nil {
				value = literal
			}
		}
		if literal, is := value.(string); is && within {
			inner, fits := strings.CutPrefix(literal, before)
			inner, ends := strings.CutSuffix(inner, after)
			if !fits || !ends {
				m.fail("%s: the variable %s wants %q, stage %s has %q", path, v.name, v.within, one.stage, literal)
				return nil
			}
			value = inner
		}
		switch known := value.(type) {
		case nil, bool, string, json.Number:
			if v.kind == "number" && known != nil {
				value = json.Number(fmt.Sprint(known))
			}
		default:
			m.fail("%s: the variable %s stands for a plain value, stage %s has %s", path, v.name, one.stage, shown(value))
			return nil
		}
		if v.scale != 0 {
			if value = divided(value, v.scale); value == nil {
				m.fail("%s: the variable %s wants a multiple of %d, stage %s has %s", path, v.name, v.scale, one.stage, shown(one.value))
				return nil
			}
		}
		m.set(v.name, one.stage, value)
	}
	switch {
	case within:
		return text(before, Variable(v.name), after)
	case v.scale != 0:
		return Call{"*", []Value{Variable(v.name), json.Number(fmt.Sprint(v.scale))}}
	default:
		return Variable(v.name)
	}
}

func divided(v Value, by int64) Value {
	number, is := v.(json.Number)
	whole, fits := new(big.Int).SetString(string(number), 10)
	if !is || !fits {
		return nil
	}
	quotient, rest := new(big.Int).QuoRem(whole, big.NewInt(by), new(big.Int))
	if rest.Sign() != 0 {
		return nil
	}
	return json.Number(quotient.String())
}

// set notes the value of a variable in a stage. A variable has one.
func (m *merger) set(name, stage string, value Value) {
	values := m.out.values[name]
	if values == nil {
		values = map[string]Value{}
		m.out.values[name] = values
	}
	if before, is := values[stage]; is && !same(before, value) {
		m.fail("the variable %s stands for properties that differ in stage %s: %s and %s", name, stage, shown(before), shown(value))
		return
	}
	values[stage] = value
}

// outputs merges the outputs of the stacks. One that the table ties to a flag is
// there in the stages that have the flag.
func (m *merger) outputs(stages []*stage) {
	at := map[string]int{}
	var variants [][]variant
	for _, s := range stages {
		for _, o := range s.outputs {
			name := o.stack + "/" + o.name
			i, known := at[name]
			if !known {
				i = len(m.out.outputs)
				at[name], m.out.outputs, variants = i, append(m.out.outputs, o), append(variants, nil)
			}
			if first := m.out.outputs[i]; first.description != o.description {
				m.fail("the output %s is %q in stage %s and %q in stage %s", name, first.description, variants[i][0].stage, o.description, s.name)
			}
			m.out.outputs[i].stages = append(m.out.outputs[i].stages, s.name)
			variants[i] = append(variants[i], variant{stage: s.name, value: o.value})
		}
	}
	for i := range m.out.outputs {
		o := &m.out.outputs[i]
		name := o.stack + "/" + o.name
		flag := m.flagOfOutput(name)
		want := slices.DeleteFunc(slices.Clone(m.out.stages), func(stage string) bool { return flag != "" && m.out.values[flag][stage] != true })
		if !slices.Equal(o.stages, want) {
			m.fail("the output %s is there in the stages %v, and the table wants it in %v", name, o.stages, want)
		}
		o.value = m.value("output "+name+":", variants[i])
	}
}

func (m *merger) flagOfOutput(name string) string {
	for _, o := range m.tables.outputs {
		if o.from == name {
			return o.flag
		}
	}
	return ""
}
