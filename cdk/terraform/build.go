package terraform

import (
	"fmt"
	"slices"
	"strings"
)

// block is a resource block. The first block of a part is that of its type, the
// others are split off.
type block struct {
	kind, name   string
	part         *part
	condition    string // the flag without which it is not there
	body         *body
	dependsOn    []string // keys
	replaceFirst bool
}

type body struct {
	arguments []argument
	blocks    []*nested
}

type argument struct {
	name  string
	value Value
}

type nested struct {
	name, id  string
	condition Value // nil for always
	body      *body
}

func (b *body) nested(name, id string) *body {
	for _, n := range b.blocks {
		if n.name == name && n.id == id {
			return n.body
		}
	}
	n := &nested{name: name, id: id, body: &body{}}
	b.blocks = append(b.blocks, n)
	return n.body
}

// when makes a block that is there under a condition, nil for always.
func (b *body) when(name string, condition Value) error {
	for _, n := range b.blocks {
		if n.name == name {
			if !same(n.condition, condition) {
				return fmt.Errorf("one part of the block %s is there always, and another is not", name)
			}
			return nil
		}
	}
	b.blocks = append(b.blocks, &nested{name: name, condition: condition, body: &body{}})
	return nil
}

// tagsLast puts the tags behind all other arguments.
func (b *body) tagsLast() {
	slices.SortStableFunc(b.arguments, func(x, y argument) int {
		last := map[bool]int{false: 0, true: 1}
		return last[x.name == "tags"] - last[y.name == "tags"]
	})
}

// at is one value found under a path of the table.
type at struct {
	indices   []int
	value     Value
	condition Value
	path      string
}

// find returns what stands under a path, in the order of the elements.
func findAll(v Value, steps []string, found at) ([]at, error) {
	if v == nil {
		return nil, nil
	}
	if len(steps) == 0 {
		found.value = v
		return []at{found}, nil
	}
	if c, is := v.(Conditional); is {
		if c.Else != nil || found.condition != nil {
			return nil, fmt.Errorf("property %s: depends on a condition in a way that a block cannot", found.path)
		}
		found.condition = c.If
		return findAll(c.Then, steps, found)
	}
	name, list := strings.CutSuffix(steps[0], "[]")
	object, is := v.(Object)
	if !is {
		return nil, nil
	}
	found.path = strings.TrimPrefix(found.path+"."+name, ".")
	inner := object[name]
	if !list {
		return findAll(inner, steps[1:], found)
	}
	items, is := inner.(List)
	if !is && inner != nil {
		return nil, fmt.Errorf("property %s: must be a list", found.path)
	}
	var out []at
	for i, item := range items {
		one := found
		one.indices = append(append([]int(nil), found.indices...), i)
		below, err := findAll(item, steps[1:], one)
		if err != nil {
			return nil, err
		}
		out = append(out, below...)
	}
	return out, nil
}

// builder makes the blocks of one part.
type builder struct {
	tables tables
	linker *linker
	part   *part
	m      *mapping
	blocks []*block
}

func (l *linker) build(p *part) ([]*block, error) {
	m, err := l.tables.mapping(p.kind)
	if err != nil {
		return nil, err
	}
	b := &builder{tables: l.tables, linker: l, part: p, m: m}
	main := b.block(m.terraform, l.tables.name(p.key, m), p.condition)
	main.replaceFirst = m.replaceFirst
	for _, entry := range m.properties {
		if entry.to == "" {
			continue
		}
		found, err := findAll(p.properties, strings.Split(entry.from, "."), at{})
		for _, one := range found {
			if err == nil {
				err = b.place(entry, one)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s (%s): %w", p.key, ids(p), err)
		}
	}
	for _, f := range m.always {
		main.body.arguments = append(main.body.arguments, argument{f.to, b.fixed(f)})
	}
	main.body.tagsLast()
	for _, s := range b.blocks {
		s.dependsOn = p.dependsOn
		if s != main {
			s.dependsOn = nil
		}
	}
	return b.blocks, nil
}

func (b *builder) fixed(f fixed) Value {
	if f.value != deployedAgain {
		return Expression(f.value)
	}
	var all List
	for _, key := range b.part.dependsOn {
		all = append(all, Reference{Resource: key, Attribute: "="})
	}
	return Object{"redeployment": Call{"sha1", []Value{Call{"jsonencode", []Value{all}}}}}
}

func ids(p *part) string {
	for _, stage := range sortedKeys(p.ids) {
		return p.ids[stage]
	}
	return ""
}

func (b *builder) block(kind, name, condition string) *block {
	for _, made := range b.blocks {
		if made.kind == kind && made.name == name {
			return made
		}
	}
	made := &block{kind: kind, name: name, part: b.part, condition: condition, body: &body{}}
	b.blocks = append(b.blocks, made)
	return made
}

// place puts one value where its entry says.
func (b *builder) place(entry property, one at) error {
	path, indices := entry.to, one.indices
	target := b.blocks[0]
	if kind, rest, is := strings.Cut(entry.to, ":"); is {
		path = rest
		kind, each := strings.CutSuffix(kind, "[]")
		name := target.name
		if each {
			key, err := b.keyed(kind, indices[0])
			if err != nil {
				return err
			}
			name, indices = strings.TrimSuffix(name+"_"+key, "_"), indices[1:]
		}
		var err error
		if target, err = b.splitOff(kind, name, one.condition); err != nil {
			return fmt.Errorf("property %s: %w", one.path, err)
		}
		one.condition = nil
	}
	write, known := b.linker.writeAs(entry.write)
	if !known {
		return fmt.Errorf("property %s: the table has no writing %q", one.path, entry.write)
	}
	value, err := write(b.part, one.value)
	if err != nil {
		return fmt.Errorf("property %s: %w", one.path, err)
	}
	steps := strings.Split(path, ".")
	if name, is := strings.CutSuffix(steps[0], "{}"); is {
		if err := target.body.when(name, one.condition); err != nil {
			return fmt.Errorf("property %s: %w", one.path, err)
		}
	} else if one.condition != nil {
		value = Conditional{one.condition, value, nil}
	}
	return put(target.body, steps, indices, value)
}

func put(into *body, steps []string, indices []int, value Value) error {
	for i, step := range steps {
		last := i == len(steps)-1
		if name, is := strings.CutSuffix(step, "{}"); is {
			into = into.nested(name, "")
		} else if name, is := strings.CutSuffix(step, "[]"); is && !last {
			if len(indices) == 0 {
				return fmt.Errorf("the table has more blocks to repeat than lists: %s", strings.Join(steps, "."))
			}
			into, indices = into.nested(name, fmt.Sprint(indices[0])), indices[1:]
		} else if is {
			object, _ := value.(Object)
			for _, key := range sortedKeys(object) {
				one := into.nested(name, key)
				one.arguments = append(one.arguments, argument{"name", key}, argument{"value", object[key]})
			}
		} else {
			into.arguments = append(into.arguments, argument{step, value})
		}
	}
	return nil
}

// keyed returns by what a repeated split is named.
func (b *builder) keyed(kind string, index int) (string, error) {
	for _, s := range b.m.splits {
		if s.terraform != kind || s.key == "" {
			continue
		}
		found, err := findAll(b.part.properties, strings.Split(s.key, "."), at{})
		if err != nil {
			return "", err
		}
		for _, one := range found {
			if one.indices[0] == index {
				return snake(fmt.Sprint(one.value)), nil
			}
		}
	}
	if index > 0 {
		return "", fmt.Errorf("the table has no key for a second %s", kind)
	}
	return "", nil
}

// splitOff returns the block of a split, made when it is not there yet.
func (b *builder) splitOff(kind, name string, condition Value) (*block, error) {
	flag := b.part.condition
	if v, is := condition.(Variable); is && flag == "" {
		flag = string(v)
	} else if condition != nil {
		return nil, fmt.Errorf("the condition %s cannot be that of a resource", shown(condition))
	}
	before := len(b.blocks)
	made := b.block(kind, name, flag)
	if len(b.blocks) == before {
		if made.condition != flag {
			return nil, fmt.Errorf("one part of %s is there always, and another is not", kind)
		}
		return made, nil
	}
	for _, s := range b.m.splits {
		if s.terraform == kind {
			for _, name := range sortedKeys(s.parent) {
				made.body.arguments = append(made.body.arguments, argument{name, Reference{Resource: b.part.key, Attribute: "=" + s.parent[name]}})
			}
			return made, nil
		}
	}
	return nil, fmt.Errorf("the table of %s has no split %s", b.m.cloudformation, kind)
}
