package template

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Resolve replaces what only the surroundings of a template know by what lookup
// returns for it, and computes the functions whose arguments are known then. Lookup
// is called with each Reference, Pseudo, Import and Zones; one that it returns as it
// is stays in the result. The value itself stays as it is.
//
// Returns the first error of lookup, with the path to it.
func Resolve(v Value, lookup func(Value) (Value, error)) (Value, error) {
	c, is := v.(composite)
	if !is {
		switch v.(type) {
		case Reference, Pseudo, Import, Zones:
			return lookup(v)
		}
		return v, nil
	}
	parts := make([]Value, len(c.parts()))
	for i, part := range c.parts() {
		var err error
		if parts[i], err = Resolve(part, lookup); err != nil {
			return nil, within(c, i, err)
		}
	}
	switch v := c.with(parts).(type) {
	case Call:
		return compute(v), nil
	case Element:
		return element(v.Of, v.Key)
	default:
		return v, nil
	}
}

// within adds to an error in which part of a value it is.
func within(v composite, part int, err error) error {
	switch v := v.(type) {
	case Object:
		return fmt.Errorf("%s: %w", v.keys()[part], err)
	case List:
		return fmt.Errorf("[%d]: %w", part, err)
	default:
		return err
	}
}

// Literal returns a value of which everything is known as encoding/json would have
// decoded it, with numbers as json.Number. Returns an error, with the path to it,
// for what is not.
func Literal(v Value) (any, error) {
	switch v := v.(type) {
	case nil, string, bool, json.Number:
		return v, nil
	case List:
		out := make([]any, len(v))
		for i, part := range v {
			var err error
			if out[i], err = Literal(part); err != nil {
				return nil, within(v, i, err)
			}
		}
		return out, nil
	case Object:
		out := make(map[string]any, len(v))
		for i, key := range v.keys() {
			var err error
			if out[key], err = Literal(v[key]); err != nil {
				return nil, within(v, i, err)
			}
		}
		return out, nil
	default:
		return nil, fmt.Errorf("%T %v is not known", v, v)
	}
}

// compute returns the result of a call as far as its arguments are known.
func compute(c Call) Value {
	if len(c.Arguments) != 2 {
		return c
	}
	separator, is := c.Arguments[0].(string)
	if !is {
		return c
	}
	switch of := c.Arguments[1].(type) {
	case List:
		if c.Function != "Join" {
			break
		}
		var out []Value
		for i, item := range of {
			if i > 0 {
				out = append(out, separator)
			}
			out = append(out, item)
		}
		return Join(out...)
	case string:
		if c.Function != "Split" {
			break
		}
		out := List{}
		for part := range strings.SplitSeq(of, separator) {
			out = append(out, part)
		}
		return out
	}
	return c
}

// element returns an element of a list that is known.
func element(of, key Value) (Value, error) {
	list, known := of.(List)
	if !known {
		return Element{of, key}, nil
	}
	index, err := strconv.Atoi(fmt.Sprint(key))
	if err != nil || index < 0 || index >= len(list) {
		return nil, fmt.Errorf("the list has no element %v", key)
	}
	return list[index], nil
}
