package catalog

import (
	"slices"
	"strings"
)

// Path is that of a property in a template.
type Path []Step

// Step is one step of a Path: a property, or each element of it.
type Step struct {
	Name string
	Each bool
}

func prop(names ...string) Path { return Path{}.in(names...) }

// in goes on to properties of what the path leads to.
func (p Path) in(names ...string) Path {
	p = slices.Clone(p)
	for _, name := range names {
		p = append(p, Step{Name: name})
	}
	return p
}

// each goes on to properties of the elements of what the path leads to.
func (p Path) each(names ...string) Path {
	p = slices.Clone(p)
	p[len(p)-1].Each = true
	return p.in(names...)
}

// eachElement is the path of the elements of what the path leads to.
func (p Path) eachElement() Path { return p.each() }

// String writes the path for a message, such as Rules[].Prefix.
func (p Path) String() string {
	words := make([]string, len(p))
	for i, step := range p {
		words[i] = step.Name
		if step.Each {
			words[i] += "[]"
		}
	}
	return strings.Join(words, ".")
}

// Target is where a property goes: an argument of a resource or of a block in it,
// or a block that says something by being there. Its methods return another one.
type Target struct {
	Split     string // the type of the resource split off that has it; empty for the resource itself
	EachSplit bool   // there is a resource split off for each element of the first list
	Path      []BlockStep
	Attribute string // empty when the last block is the target
}

// BlockStep is a block on the way to a Target: one, or one for each element.
type BlockStep struct {
	Name string
	Each bool
}

// Attr is an argument of the resource.
func Attr(name string) Target { return Target{Attribute: name} }

// Block is a block of the resource.
func Block(name string) Target { return Target{}.Block(name) }

// Blocks is a block of the resource for each element of a list, or key of an object.
func Blocks(name string) Target { return Target{}.Blocks(name) }

// At is a resource split off, of the type.
func At(terraform string) Target { return Target{Split: terraform} }

// AtEach is a resource split off for each element of a list.
func AtEach(terraform string) Target { return Target{Split: terraform, EachSplit: true} }

// Attr is an argument at the target.
func (t Target) Attr(name string) Target {
	t.Attribute = name
	return t
}

// Block is a block at the target.
func (t Target) Block(name string) Target {
	t.Path = append(slices.Clone(t.Path), BlockStep{Name: name})
	return t
}

// Blocks is a block at the target for each element.
func (t Target) Blocks(name string) Target {
	t.Path = append(slices.Clone(t.Path), BlockStep{Name: name, Each: true})
	return t
}

// None reports whether no argument stands for the property.
func (t Target) None() bool { return t.Attribute == "" && len(t.Path) == 0 }

// String writes the target for a message.
func (t Target) String() string {
	words := []string{t.Split}
	for _, block := range t.Path {
		words = append(words, block.Name)
	}
	return strings.Trim(strings.Join(append(words, t.Attribute), "."), ".")
}
