package terraform

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Value is a part of a template once its intrinsic functions are understood. It
// is nil (absent), a string, a bool, a json.Number, or one of the types below.
type Value any

// List is a JSON array.
type List []Value

// Object is a JSON object. It is written in the order of its keys.
type Object map[string]Value

// Reference is an attribute of another resource, in CloudFormation's words; that
// of a Ref is "Ref". Resource is the resource's key.
type Reference struct {
	Resource, Attribute string
	Index               string // of a member of a family: a number, "count.index", "*"; else empty
}

// Pseudo is a pseudo parameter, such as AWS::Region.
type Pseudo string

// Text is the concatenation of its parts.
type Text []Value

// Call is a function or, when its name is not a word, an operator of HCL.
type Call struct {
	Function  string
	Arguments []Value
}

// Element is one element of a list, or of a map when Key is a string.
type Element struct {
	Of  Value
	Key Value
}

// Zone is an availability zone of the region, counted from zero, or that of the
// instance of its resource when Index is "count.index".
type Zone struct{ Index string }

// Conditional is Then or Else. Either may be nil.
type Conditional struct{ If, Then, Else Value }

// Expression is HCL, as it stands in one of the tables.
type Expression string

// Local is a local value of the module.
type Local string

// Variable is an input variable of the module.
type Variable string

func same(a, b Value) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

// sortedKeys gives the keys of a map in their order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// text joins the parts: those that are texts themselves are taken apart, and
// neighbouring strings become one.
func text(parts ...Value) Value {
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
		case json.Number:
			add(v.String())
		case bool:
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

// parts returns the values of which this one consists, none for a leaf.
func parts(v Value) []Value {
	switch v := v.(type) {
	case List:
		return v
	case Text:
		return v
	case Object:
		out := make([]Value, 0, len(v))
		for _, key := range sortedKeys(v) {
			out = append(out, v[key])
		}
		return out
	case Call:
		return v.Arguments
	case Element:
		return []Value{v.Of, v.Key}
	case Conditional:
		return []Value{v.If, v.Then, v.Else}
	default:
		return nil
	}
}

// rewrite replaces every part of the value, the innermost first.
func rewrite(v Value, change func(Value) Value) Value {
	each := func(from []Value) []Value {
		out := make([]Value, 0, len(from))
		for _, part := range from {
			out = append(out, rewrite(part, change))
		}
		return out
	}
	switch t := v.(type) {
	case List:
		v = List(each(t))
	case Text:
		v = text(each(t)...)
	case Object:
		out := make(Object, len(t))
		for key, part := range t {
			out[key] = rewrite(part, change)
		}
		v = out
	case Call:
		v = Call{t.Function, each(t.Arguments)}
	case Element:
		v = Element{rewrite(t.Of, change), rewrite(t.Key, change)}
	case Conditional:
		v = Conditional{rewrite(t.If, change), rewrite(t.Then, change), rewrite(t.Else, change)}
	}
	return change(v)
}

// visit calls f for the value and for each of its parts.
func visit(v Value, f func(Value)) {
	f(v)
	for _, part := range parts(v) {
		visit(part, f)
	}
}
