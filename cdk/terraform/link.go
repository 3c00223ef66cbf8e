package terraform

import (
	"fmt"
	"slices"
	"strings"
)

// linker knows where each resource stands, and makes references between them.
type linker struct {
	tables tables
	parts  map[string]*part
	common Object // tags
	module map[string]string
	blocks map[string][]*block // by key
	all    []*block
	inputs map[string]map[string]crossing // by module and name
	errs   []error
}

// crossing is a value that one module takes from another.
type crossing struct {
	name, from, of, attribute string
	reference                 Reference
	list                      bool
}

func link(t tables, p *platform) (*linker, error) {
	l := &linker{
		tables: t, parts: map[string]*part{}, module: map[string]string{}, blocks: map[string][]*block{},
		inputs: map[string]map[string]crossing{},
	}
	for _, one := range p.parts {
		l.parts[one.key] = one
		for _, m := range t.modules {
			if stack, _, _ := strings.Cut(one.key, "/"); slices.Contains(m.stacks, stack) {
				l.module[one.key] = m.name
			}
		}
		if l.module[one.key] == "" {
			return nil, fmt.Errorf("%s: no module of the table holds its stack", one.key)
		}
	}
	l.common = commonTags(p.parts)
	for _, one := range p.parts {
		l.suffixes(one)
	}
	taken := map[string]string{}
	for _, one := range p.parts {
		if m := t.mappings[one.kind]; m.into != "" {
			continue
		}
		blocks, err := l.build(one)
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			address := l.module[one.key] + "/" + b.kind + "." + b.name
			if other, is := taken[address]; is {
				return nil, fmt.Errorf("%s and %s are both called %s.%s: the table of names must tell them apart", other, one.key, b.kind, b.name)
			}
			taken[address] = one.key
		}
		l.blocks[one.key], l.all = blocks, append(l.all, blocks...)
	}
	return l, l.become(p.parts)
}

// become adds to a block what the resources say that are parts of it.
func (l *linker) become(parts []*part) error {
	for _, one := range parts {
		m := l.tables.mappings[one.kind]
		if m.into == "" {
			continue
		}
		whole, is := one.properties[m.into].(Reference)
		if !is || len(l.blocks[whole.Resource]) == 0 {
			return fmt.Errorf("%s (%s): property %s: must name a resource", one.key, ids(one), m.into)
		}
		into := l.blocks[whole.Resource][0].body
		for _, f := range m.always {
			into.arguments = append(into.arguments, argument{f.to, Expression(f.value)})
		}
		into.tagsLast()
	}
	return nil
}

func (l *linker) nameOf(p *part) string { return l.tables.name(p.key, l.tables.mappings[p.kind]) }

// commonTags are those that every resource with tags has.
func commonTags(parts []*part) Object {
	var common Object
	for _, p := range parts {
		tags, is := p.properties["Tags"].(Object)
		if !is {
			continue
		}
		if common == nil {
			common = Object{}
			for key, value := range tags {
				common[key] = value
			}
		}
		for key, value := range common {
			if !same(tags[key], value) {
				delete(common, key)
			}
		}
	}
	return common
}

// suffixes adds to references what the provider's attribute lacks.
func (l *linker) suffixes(p *part) {
	p.properties, _ = rewrite(p.properties, func(v Value) Value {
		r, is := v.(Reference)
		if !is || l.parts[r.Resource] == nil {
			return v
		}
		attribute, suffix, has := strings.Cut(l.tables.mappings[l.parts[r.Resource].kind].attributes[r.Attribute], "|")
		if !has {
			return v
		}
		return text(Reference{r.Resource, "=" + attribute, r.Index}, suffix)
	}).(Object)
}

// whole returns the part of which a resource is one.
func (l *linker) whole(key string) *part {
	p := l.parts[key]
	if p == nil {
		return nil
	}
	if m := l.tables.mappings[p.kind]; m.into != "" {
		if r, is := p.properties[m.into].(Reference); is {
			return l.whole(r.Resource)
		}
	}
	return p
}

// attribute returns the provider's name of what a reference asks for.
func (l *linker) attribute(r Reference) string {
	if name, is := strings.CutPrefix(r.Attribute, "="); is {
		return name
	}
	if p := l.parts[r.Resource]; p != nil {
		return l.tables.mappings[p.kind].attributes[r.Attribute]
	}
	return ""
}

// refer writes a reference from a block, or from an output when from is nil.
func (l *linker) refer(module string, from *block, r Reference) string {
	p := l.whole(r.Resource)
	if p == nil {
		l.errs = append(l.errs, fmt.Errorf("a reference to %s, which no stack has", r.Resource))
		return "null"
	}
	if l.module[p.key] != module {
		return l.cross(module, p, r)
	}
	b := l.blocks[p.key][0]
	address, attribute := b.kind+"."+b.name, l.attribute(r)
	switch {
	case attribute == "":
		return strings.Join(l.addresses(p.key), ",\n")
	case p.count != "":
		return address + "[" + r.Index + "]." + attribute
	case b.condition == "":
		return address + "." + attribute
	case from != nil && from.condition == b.condition:
		return address + "[0]." + attribute
	default:
		return "one(" + address + "[*]." + attribute + ")"
	}
}

// cross makes an input of the module for what another has.
func (l *linker) cross(module string, p *part, r Reference) string {
	b := l.blocks[p.key][0]
	attribute := l.attribute(r)
	kind := strings.TrimPrefix(b.kind, "aws_")
	name := snake(b.name + "_" + kind + "_" + attribute)
	name = strings.ReplaceAll(name, "_master_user_secret_0_secret_arn", "_secret_arn")
	c := crossing{name: name, from: l.module[p.key], of: b.kind + "." + b.name, attribute: attribute, reference: r, list: r.Index == "*"}
	if c.list {
		c.name += "s"
	}
	if l.inputs[module] == nil {
		l.inputs[module] = map[string]crossing{}
	}
	l.inputs[module][c.name] = c
	return "var." + c.name
}

// depends returns the addresses of what a block depends on, without what it
// refers to anyway.
func (l *linker) depends(b *block) []string {
	named := map[string]bool{}
	for key := range l.references(b.body) {
		named[key] = true
	}
	var out []string
	for _, key := range b.dependsOn {
		p := l.whole(key)
		if p == nil || named[p.key] {
			continue
		}
		for _, address := range l.addresses(p.key) {
			if !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	return out
}

// addresses are those of a part and of what is split off it.
func (l *linker) addresses(key string) []string {
	var out []string
	for _, b := range l.blocks[key] {
		out = append(out, b.kind+"."+b.name)
	}
	return out
}

// references are the keys of all parts to which a body refers.
func (l *linker) references(b *body) map[string]bool {
	out := map[string]bool{}
	for _, a := range b.arguments {
		visit(a.value, func(v Value) {
			if r, is := v.(Reference); is {
				if p := l.whole(r.Resource); p != nil {
					out[p.key] = true
				}
			}
		})
	}
	for _, n := range b.blocks {
		for key := range l.references(n.body) {
			out[key] = true
		}
	}
	return out
}

// cycle returns an error when resources refer to each other in a circle.
func (l *linker) cycle() error {
	const under, done = 1, 2
	state := map[string]int{}
	var way []string
	var follow func(key string) error
	follow = func(key string) error {
		switch state[key] {
		case done:
			return nil
		case under:
			circle := append(slices.Clone(way[slices.Index(way, key):]), key)
			for i, key := range circle {
				circle[i] = key + " (" + ids(l.parts[key]) + ")"
			}
			return fmt.Errorf("these resources refer to each other in a circle: %s", strings.Join(circle, " → "))
		}
		state[key], way = under, append(way, key)
		next := map[string]bool{}
		for _, b := range l.blocks[key] {
			for other := range l.references(b.body) {
				if other != key || b == l.blocks[key][0] {
					next[other] = true
				}
			}
			for _, on := range b.dependsOn {
				if p := l.whole(on); p != nil {
					next[p.key] = true
				}
			}
		}
		for _, other := range sortedKeys(next) {
			if err := follow(other); err != nil {
				return err
			}
		}
		state[key], way = done, way[:len(way)-1]
		return nil
	}
	for _, b := range l.all {
		if err := follow(b.part.key); err != nil {
			return err
		}
	}
	return nil
}
