// Package template reads the cloud assembly that the CDK writes (cdk.out) and the
// CloudFormation templates in it. It is the one place that understands intrinsic
// functions, such as Ref and Fn::Sub: Parse turns them into a tree of values, and
// Resolve computes what the caller knows the references of. The values of a Stage
// that was read need no more than that: imports are followed already. Conditions and
// mappings are not supported, since the CDK app has none.
package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Value is a part of a template: nil (absent), a string, a bool, a json.Number, or
// one of the types of this package. Other types may take part as leaves when they
// are comparable.
type Value any

// List is a JSON array.
type List []Value

// Object is a JSON object.
type Object map[string]Value

// Reference is an attribute of a resource or a parameter, in CloudFormation's
// words; that of a Ref is "Ref". Stack is the name of the stack that has the
// resource, and empty as long as only Parse saw the value.
type Reference struct{ Stack, Resource, Attribute string }

// Pseudo is a pseudo parameter, such as AWS::Region.
type Pseudo string

// Import is what a stack exports under the name.
type Import string

// Zones are the availability zones of the stack's region: a list of their names.
type Zones struct{}

// Text is the concatenation of its parts. Make one with Join.
type Text []Value

// Call is a function that could not be computed: "Join" or "Split", with
// CloudFormation's two arguments.
type Call struct {
	Function  string
	Arguments []Value
}

// Element is one element of a list. Its Key is a json.Number.
type Element struct{ Of, Key Value }

// Conditional is Then or Else. Either may be nil. Parse makes none: no template has
// a condition.
type Conditional struct{ If, Then, Else Value }

// composite is a value that has parts.
type composite interface {
	head() string // what two values of equal parts can differ in
	parts() []Value
	with(parts []Value) Value // the same kind of value, of other parts
}

func (v List) head() string        { return "list" }
func (v Text) head() string        { return "text" }
func (v Object) head() string      { return "object " + strings.Join(v.keys(), "\x00") }
func (v Call) head() string        { return v.Function }
func (v Element) head() string     { return "element" }
func (v Conditional) head() string { return "conditional" }

func (v List) parts() []Value        { return v }
func (v Text) parts() []Value        { return v }
func (v Call) parts() []Value        { return v.Arguments }
func (v Element) parts() []Value     { return []Value{v.Of, v.Key} }
func (v Conditional) parts() []Value { return []Value{v.If, v.Then, v.Else} }
func (v Object) parts() []Value {
	out := make([]Value, 0, len(v))
	for _, key := range v.keys() {
		out = append(out, v[key])
	}
	return out
}

func (v List) with(parts []Value) Value        { return List(parts) }
func (v Text) with(parts []Value) Value        { return Join(parts...) }
func (v Call) with(parts []Value) Value        { return Call{v.Function, parts} }
func (v Element) with(parts []Value) Value     { return Element{parts[0], parts[1]} }
func (v Conditional) with(parts []Value) Value { return Conditional{parts[0], parts[1], parts[2]} }
func (v Object) with(parts []Value) Value {
	out := make(Object, len(v))
	for i, key := range v.keys() {
		out[key] = parts[i]
	}
	return out
}

func (v Object) keys() []string { return slices.Sorted(maps.Keys(v)) }

// Equal reports whether two values are the same. Numbers are compared as they are
// written: 1 is not 1.0.
func Equal(a, b Value) bool {
	x, composed := a.(composite)
	y, both := b.(composite)
	if !composed || !both {
		return !composed && !both && a == b
	}
	return x.head() == y.head() && slices.EqualFunc(x.parts(), y.parts(), Equal)
}

// Visit calls f for the value and then for each of its parts, those of an object
// in the order of their keys.
func Visit(v Value, f func(Value)) {
	f(v)
	if c, is := v.(composite); is {
		for _, part := range c.parts() {
			Visit(part, f)
		}
	}
}

// Rewrite returns the value with every part replaced by what change returns for
// it, the innermost first. The value itself stays as it is.
func Rewrite(v Value, change func(Value) Value) Value {
	if c, is := v.(composite); is {
		parts := slices.Clone(c.parts())
		for i, part := range parts {
			parts[i] = Rewrite(part, change)
		}
		v = c.with(parts)
	}
	return change(v)
}

// Join concatenates: the parts that are texts are taken apart, numbers and truths
// are written out, and neighbouring strings become one. Returns a string when all
// parts are literal, else a Text.
func Join(parts ...Value) Value {
	var out Text
	var add func(v Value)
	add = func(v Value) {
		switch v := v.(type) {
		case Text:
			for _, part := range v {
				add(part)
			}
		case string:
			if v == "" {
				return
			}
			if n := len(out); n > 0 {
				if last, is := out[n-1].(string); is {
					out[n-1] = last + v
					return
				}
			}
			out = append(out, v)
		case json.Number, bool:
			add(fmt.Sprint(v))
		default:
			out = append(out, v)
		}
	}
	for _, part := range parts {
		add(part)
	}
	switch {
	case len(out) == 0:
		return ""
	case len(out) == 1:
		if _, is := out[0].(string); is {
			return out[0]
		}
	}
	return out
}
