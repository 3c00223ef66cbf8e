package terraform

import (
	"fmt"
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
	"github.com/fluxa/fluxa/cdk/terraform/merge"
)

// block is a resource block. The first block of a resource is that of its type, the
// others are split off.
type block struct {
	hcl.Address
	resource     *merge.Resource
	flag         string // the variable without which it is not there
	body         *body
	dependsOn    []string // keys
	replaceFirst bool
}

// body is the inside of a block. References in its values are those of the platform.
type body struct {
	arguments []argument
	blocks    []*nested
}

type argument struct {
	name  string
	value hcl.Value
}

// nested is a block in another one. Of several with one name, id tells them apart.
type nested struct {
	name, id  string
	condition hcl.Value // nil for always
	body      *body
}

func (b *body) set(name string, v hcl.Value) { b.arguments = append(b.arguments, argument{name, v}) }

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
func (b *body) when(name string, condition hcl.Value) error {
	for _, n := range b.blocks {
		if n.name == name {
			if !template.Equal(n.condition, condition) {
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
	isTags := func(a argument) bool { return a.name == "tags" }
	if i := slices.IndexFunc(b.arguments, isTags); i >= 0 {
		tags := b.arguments[i]
		b.arguments = append(slices.Delete(b.arguments, i, i+1), tags)
	}
}

// occurrence is one value that a resource has at the path of a property. Indices
// are those of the elements of lists on the way.
type occurrence struct {
	indices   []int
	condition hcl.Value // under which it is there, nil for always
	value     hcl.Value
}

// occurrences returns what a value has at a path, in the order of the elements.
func occurrences(v hcl.Value, path catalog.Path) ([]occurrence, error) {
	if v == nil {
		return nil, nil
	}
	if len(path) == 0 {
		return []occurrence{{value: v}}, nil
	}
	if c, is := v.(template.Conditional); is {
		below, err := occurrences(c.Then, path)
		for i := range below {
			if c.Else != nil || below[i].condition != nil {
				return nil, fmt.Errorf("property %s: depends on a condition in a way that a block cannot", path)
			}
			below[i].condition = c.If
		}
		return below, err
	}
	object, _ := v.(template.Object)
	inner := object[path[0].Name]
	if !path[0].Each {
		return occurrences(inner, path[1:])
	}
	items, is := inner.(template.List)
	if !is && inner != nil {
		return nil, fmt.Errorf("property %s: must be a list", path)
	}
	var out []occurrence
	for i, item := range items {
		below, err := occurrences(item, path[1:])
		if err != nil {
			return nil, err
		}
		for _, one := range below {
			one.indices = append([]int{i}, one.indices...)
			out = append(out, one)
		}
	}
	return out, nil
}

// builder makes the blocks of one resource.
type builder struct {
	linker   *linker
	resource *merge.Resource
	entry    *catalog.Type
	blocks   []*block
}

func (l *linker) build(r *merge.Resource) ([]*block, error) {
	t, err := l.catalog.Type(r.Type)
	if err != nil {
		return nil, err
	}
	b := &builder{linker: l, resource: r, entry: t}
	main, _ := b.block(hcl.Address{Type: t.Terraform, Name: l.catalog.Name(r.Key, t)}, r.Flag)
	main.replaceFirst, main.dependsOn = t.ReplaceFirst, r.DependsOn
	for _, p := range t.Properties {
		if p.To.None() {
			continue
		}
		all, err := occurrences(r.Properties, p.From)
		for _, one := range all {
			if err == nil {
				err = b.place(p, one)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r, err)
		}
	}
	for _, f := range t.Always {
		value := f.Value
		switch stands := value.(type) {
		case catalog.DependenciesHash:
			value = template.Object{"redeployment": hcl.Func("sha1", hcl.Func("jsonencode", catalog.Dependencies{Resource: r.Key}))}
		case catalog.OwnName:
			name, err := stands.Of(main.Name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r, err)
			}
			main.body.arguments = slices.Insert(main.body.arguments, 0, argument{f.Name, name})
			continue
		}
		main.body.set(f.Name, value)
	}
	main.body.tagsLast()
	return b.blocks, nil
}

// block returns the block of the address, and whether it is new.
func (b *builder) block(address hcl.Address, flag string) (made *block, isNew bool) {
	for _, made := range b.blocks {
		if made.Address == address {
			return made, false
		}
	}
	made = &block{Address: address, resource: b.resource, flag: flag, body: &body{}}
	b.blocks = append(b.blocks, made)
	return made, true
}

// place puts one value where its entry says.
func (b *builder) place(p catalog.Property, one occurrence) error {
	into := b.blocks[0]
	indices := one.indices
	if p.To.Split != "" {
		name := into.Name
		if p.To.EachSplit {
			key, err := b.splitKey(p.To.Split, indices[0])
			if err != nil {
				return err
			}
			if key != "" {
				name += "_" + key
			}
			indices = indices[1:]
		}
		var err error
		if into, err = b.splitOff(hcl.Address{Type: p.To.Split, Name: name}, one.condition); err != nil {
			return fmt.Errorf("property %s: %w", p.From, err)
		}
		one.condition = nil
	}
	value, err := p.Write.Apply(b.linker.surroundings(b.resource), one.value)
	if err != nil {
		return fmt.Errorf("property %s: %w", p.From, err)
	}
	if path := p.To.Path; len(path) > 0 && !path[0].Each {
		if err := into.body.when(path[0].Name, one.condition); err != nil {
			return fmt.Errorf("property %s: %w", p.From, err)
		}
	} else if one.condition != nil {
		value = template.Conditional{If: one.condition, Then: value}
	}
	return put(into.body, p.To, indices, value)
}

func put(into *body, to catalog.Target, indices []int, value hcl.Value) error {
	for i, step := range to.Path {
		switch {
		case !step.Each:
			into = into.nested(step.Name, "")
		case i == len(to.Path)-1 && to.Attribute == "":
			object, _ := value.(template.Object)
			for _, key := range sortedKeys(object) {
				one := into.nested(step.Name, key)
				one.set("name", key)
				one.set("value", object[key])
			}
			return nil
		case len(indices) == 0:
			return fmt.Errorf("the table has more blocks to repeat than lists: %s", to)
		default:
			into, indices = into.nested(step.Name, fmt.Sprint(indices[0])), indices[1:]
		}
	}
	if to.Attribute != "" {
		into.set(to.Attribute, value)
	}
	return nil
}

// splitKey returns by what a repeated split is named.
func (b *builder) splitKey(terraform string, index int) (string, error) {
	for _, s := range b.entry.Splits {
		if s.Terraform != terraform || s.Key == nil {
			continue
		}
		all, err := occurrences(b.resource.Properties, s.Key)
		if err != nil {
			return "", err
		}
		for _, one := range all {
			if one.indices[0] == index {
				return catalog.Snake(fmt.Sprint(one.value)), nil
			}
		}
	}
	if index > 0 {
		return "", fmt.Errorf("the table has no key for a second %s", terraform)
	}
	return "", nil
}

// splitOff returns the block of a split, made when it is not there yet.
func (b *builder) splitOff(address hcl.Address, condition hcl.Value) (*block, error) {
	flag := b.resource.Flag
	if v, is := condition.(hcl.Variable); is && flag == "" {
		flag = string(v)
	} else if condition != nil {
		return nil, fmt.Errorf("the condition %s cannot be that of a resource", hcl.Source(condition))
	}
	made, isNew := b.block(address, flag)
	if made.flag != flag {
		return nil, fmt.Errorf("one part of %s is there always, and another is not", address.Type)
	}
	if !isNew {
		return made, nil
	}
	for _, s := range b.entry.Splits {
		if s.Terraform == address.Type {
			for _, name := range sortedKeys(s.Parent) {
				made.body.set(name, catalog.ResourceAttribute{Resource: b.resource.Key, Attribute: catalog.Attribute{Name: s.Parent[name]}})
			}
			return made, nil
		}
	}
	return nil, fmt.Errorf("the table of %s has no split %s", b.entry.CloudFormation, address.Type)
}
