package terraform

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
	"github.com/fluxa/fluxa/cdk/terraform/merge"
)

// linker knows where each resource stands, and makes references between them.
type linker struct {
	catalog   catalog.Catalog
	resources map[string]*merge.Resource // by key
	common    template.Object            // tags
	module    map[string]string          // by key
	blocks    map[string][]*block        // by key
	all       []*block
	crossings map[string]map[string]crossing // by module that takes, and name
	errs      []error
}

// crossing is a value that one module takes from another.
type crossing struct {
	name, from string
	of         hcl.Address
	attribute  catalog.Attribute
	key        string    // of the resource
	which      hcl.Value // of a family
}

// list reports whether the value is one of every member of a family.
func (c crossing) list() bool { return c.which == hcl.Every{} }

// what says what the value is.
func (c crossing) what() string {
	words := c.attribute.Words
	if words == "" {
		words = strings.ReplaceAll(c.attribute.Name, "_", " ")
	}
	words = "the " + words + " of "
	if c.list() {
		words += "each of "
	}
	return words + hcl.Source(c.of)
}

func link(c catalog.Catalog, p *merge.Platform) (*linker, error) {
	l := &linker{
		catalog: c, resources: map[string]*merge.Resource{}, module: map[string]string{}, blocks: map[string][]*block{},
		crossings: map[string]map[string]crossing{}, common: commonTags(c, p.Resources),
	}
	for _, r := range p.Resources {
		l.resources[r.Key] = r
		stack, _, _ := strings.Cut(r.Key, "/")
		i := slices.IndexFunc(c.Modules, func(m catalog.Module) bool { return slices.Contains(m.Stacks, stack) })
		if i < 0 {
			return nil, fmt.Errorf("%s: no module of the table holds its stack", r.Key)
		}
		l.module[r.Key] = c.Modules[i].Name
	}
	type place struct {
		module string
		hcl.Address
	}
	taken := map[place]string{}
	for _, r := range p.Resources {
		if c.Types[r.Type].Into != "" {
			continue
		}
		blocks, err := l.build(r)
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			at := place{l.module[r.Key], b.Address}
			if other, is := taken[at]; is {
				return nil, fmt.Errorf("%s and %s are both called %s: the table of names must tell them apart", other, r.Key, hcl.Source(b.Address))
			}
			taken[at] = r.Key
		}
		l.blocks[r.Key], l.all = blocks, append(l.all, blocks...)
	}
	for _, r := range p.Resources {
		if err := l.become(r); err != nil {
			return nil, err
		}
	}
	return l, l.cycle()
}

// become adds to a block what a resource says that is a part of it.
func (l *linker) become(r *merge.Resource) error {
	t := l.catalog.Types[r.Type]
	if t.Into == "" {
		return nil
	}
	whole := l.whole(r.Key)
	if whole == r || len(l.blocks[whole.Key]) == 0 {
		return fmt.Errorf("%s: property %s: must name a resource", r, t.Into)
	}
	into := l.blocks[whole.Key][0].body
	for _, f := range t.Always {
		into.set(f.Name, f.Value)
	}
	into.tagsLast()
	return nil
}

// surroundings are what the writings may know of a resource.
func (l *linker) surroundings(r *merge.Resource) catalog.Surroundings {
	return catalog.Surroundings{
		Name: l.catalog.Name(r.Key, l.catalog.Types[r.Type]), Properties: r.Properties, CommonTags: l.common,
		Other: func(key string) template.Object {
			if other := l.resources[key]; other != nil {
				return other.Properties
			}
			return nil
		},
	}
}

// commonTags are those that every resource with tags has.
func commonTags(c catalog.Catalog, resources []*merge.Resource) template.Object {
	var common template.Object
	for _, r := range resources {
		tags, is := r.Properties[c.Types[r.Type].TagsOf()].(template.Object)
		if !is {
			continue
		}
		if common == nil {
			common = maps.Clone(tags)
		}
		maps.DeleteFunc(common, func(name string, value template.Value) bool { return !template.Equal(tags[name], value) })
	}
	return common
}

// whole returns the resource of which one is a part, mostly itself; nil for a key
// that no stack has.
func (l *linker) whole(key string) *merge.Resource {
	r := l.resources[key]
	if r == nil {
		return nil
	}
	if into := l.catalog.Types[r.Type].Into; into != "" {
		if reference, is := r.Properties[into].(template.Reference); is {
			return l.whole(reference.Resource)
		}
	}
	return r
}

// resolve puts addresses in the place of a value's references, for a block of a
// module, or for its outputs when from is nil.
func (l *linker) resolve(module string, from *block, v hcl.Value) hcl.Value {
	attribute := func(r template.Reference) catalog.Attribute {
		if resource := l.resources[r.Resource]; resource != nil {
			return l.catalog.Types[resource.Type].Attributes[r.Attribute]
		}
		return catalog.Attribute{}
	}
	return template.Rewrite(v, func(v hcl.Value) hcl.Value {
		switch v := v.(type) {
		case template.Reference:
			return l.refer(module, from, v.Resource, attribute(v), nil)
		case assembly.Member:
			return l.refer(module, from, v.Resource, attribute(v.Reference), v.Which)
		case catalog.ResourceAttribute:
			return l.refer(module, from, v.Resource, v.Attribute, nil)
		case catalog.Dependencies:
			var all template.List
			for _, key := range l.resources[v.Resource].DependsOn {
				all = append(all, l.addresses(key)...)
			}
			return all
		default:
			return v
		}
	})
}

// refer is an attribute of the resource with the key, as a block of a module
// reaches it.
func (l *linker) refer(module string, from *block, key string, a catalog.Attribute, which hcl.Value) hcl.Value {
	r := l.whole(key)
	if r == nil || a.Name == "" {
		l.errs = append(l.errs, fmt.Errorf("a reference to %s, which no stack has", key))
		return nil
	}
	b := l.blocks[r.Key][0]
	var out hcl.Value
	switch {
	case l.module[r.Key] != module:
		out = l.cross(module, b, key, a, which)
	case r.Count != "", r.Each != nil:
		out = a.Of(template.Element{Of: b.Address, Key: which})
	case b.flag == "":
		out = a.Of(b.Address)
	case from != nil && from.flag == b.flag:
		out = a.Of(template.Element{Of: b.Address, Key: hcl.Number(0)})
	default:
		out = hcl.Func("one", a.Of(template.Element{Of: b.Address, Key: hcl.Every{}}))
	}
	if a.Instead != "" && l.module[r.Key] == module { // another module takes what is used
		instead := hcl.Variable(a.Instead)
		if b.flag == "" {
			out = hcl.Func("coalesce", instead, out)
		} else { // both may be null, where it is not there: that is an error to coalesce
			out = template.Conditional{If: hcl.Op(instead, "!=", nil), Then: instead, Else: out}
		}
	}
	if a.Suffix != "" {
		return template.Join(out, a.Suffix)
	}
	return out
}

// cross makes an input of the module for what another has.
func (l *linker) cross(module string, b *block, key string, a catalog.Attribute, which hcl.Value) hcl.Value {
	c := crossing{
		name: catalog.Snake(b.Name + "_" + strings.TrimPrefix(b.Type, "aws_") + "_" + a.Name),
		from: l.module[b.resource.Key], of: b.Address, attribute: a, key: key, which: which,
	}
	c.attribute.Suffix = ""
	if c.list() {
		c.name += "s"
	}
	if l.crossings[module] == nil {
		l.crossings[module] = map[string]crossing{}
	}
	l.crossings[module][c.name] = c
	return hcl.Variable(c.name)
}

// depends returns the addresses of what a block depends on, without what it refers
// to anyway.
func (l *linker) depends(b *block) []hcl.Value {
	named := l.references(b, b.body)
	var out []hcl.Value
	for _, key := range b.dependsOn {
		r := l.whole(key)
		if r == nil || named[r.Key] {
			continue
		}
		for _, address := range l.addresses(r.Key) {
			if !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	return out
}

// addresses are those of a resource and of what is split off it.
func (l *linker) addresses(key string) []hcl.Value {
	var out []hcl.Value
	if r := l.whole(key); r != nil {
		for _, b := range l.blocks[r.Key] {
			out = append(out, b.Address)
		}
	}
	return out
}

// references are the keys of all resources to which a body of a block refers.
func (l *linker) references(of *block, b *body) map[string]bool {
	out := map[string]bool{}
	add := func(keys ...string) {
		for _, key := range keys {
			if r := l.whole(key); r != nil {
				out[r.Key] = true
			}
		}
	}
	for _, a := range b.arguments {
		template.Visit(a.value, func(v hcl.Value) {
			switch v := v.(type) {
			case template.Reference:
				add(v.Resource)
			case assembly.Member:
				add(v.Resource)
			case catalog.ResourceAttribute:
				add(v.Resource)
			case catalog.Dependencies:
				add(of.resource.DependsOn...)
			}
		})
	}
	for _, n := range b.blocks {
		maps.Copy(out, l.references(of, n.body))
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
				circle[i] = l.resources[key].String()
			}
			return fmt.Errorf("these resources refer to each other in a circle: %s", strings.Join(circle, " → "))
		}
		state[key], way = under, append(way, key)
		next := map[string]bool{}
		for _, b := range l.blocks[key] {
			for other := range l.references(b, b.body) {
				if other != key || b == l.blocks[key][0] {
					next[other] = true
				}
			}
			for _, on := range b.dependsOn {
				if r := l.whole(on); r != nil {
					next[r.Key] = true
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
		if err := follow(b.resource.Key); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
