package template

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// noValue stands for AWS::NoValue until what has it as a part has left it out.
type noValue struct{}

// Parse turns a decoded part of a template into a value. Numbers must have been
// decoded as json.Number, and become that. Functions of literals are computed.
//
// Returns an error, with the path to it, for an intrinsic function that is not
// supported and for one with arguments that cannot be.
func Parse(raw any) (Value, error) {
	v, err := parse(raw)
	if v == (noValue{}) {
		v = nil
	}
	return v, err
}

func parse(raw any) (Value, error) {
	switch raw := raw.(type) {
	case map[string]any:
		if name, argument, is := intrinsic(raw); is {
			v, err := apply(name, argument)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return v, nil
		}
		out := Object{}
		for key, part := range raw {
			v, err := parse(part)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if _, none := v.(noValue); !none {
				out[key] = v
			}
		}
		return out, nil
	case []any:
		out := List{}
		for i, part := range raw {
			v, err := parse(part)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			if _, none := v.(noValue); !none {
				out = append(out, v)
			}
		}
		return out, nil
	case float64: // of whoever did not decode numbers as they are written
		return nil, fmt.Errorf("the number %v must be decoded as json.Number", raw)
	default:
		return raw, nil
	}
}

func intrinsic(raw map[string]any) (name string, argument any, is bool) {
	for key, value := range raw {
		if len(raw) == 1 && (key == "Ref" || strings.HasPrefix(key, "Fn::")) {
			return key, value, true
		}
	}
	return "", nil, false
}

func apply(name string, argument any) (Value, error) {
	switch name {
	case "Ref":
		target, err := word(argument)
		return named(target), err
	case "Fn::GetAtt":
		return attribute(argument)
	case "Fn::Sub":
		return substitute(argument)
	}
	v, err := parse(argument)
	if err != nil {
		return nil, err
	}
	arguments, _ := v.(List)
	switch {
	case name == "Fn::ImportValue":
		export, err := word(v)
		return Import(export), err
	case name == "Fn::GetAZs":
		if v != "" && v != Pseudo("AWS::Region") {
			return nil, fmt.Errorf("the zones of a region other than the stack's own are not supported, got %v", v)
		}
		return Zones{}, nil
	case name == "Fn::Select" && len(arguments) == 2:
		index, err := strconv.Atoi(fmt.Sprint(arguments[0]))
		if err != nil || index < 0 {
			return nil, fmt.Errorf("the index must be a number, got %v", arguments[0])
		}
		return element(arguments[1], json.Number(strconv.Itoa(index)))
	case (name == "Fn::Join" || name == "Fn::Split") && len(arguments) == 2:
		return compute(Call{strings.TrimPrefix(name, "Fn::"), arguments}), nil
	case name == "Fn::Select" || name == "Fn::Join" || name == "Fn::Split":
		return nil, fmt.Errorf("has the wrong number of arguments, got %v", argument)
	}
	return nil, fmt.Errorf("this function is not supported")
}

// named is what Ref and ${} refer to.
func named(name string) Value {
	switch {
	case name == "AWS::NoValue":
		return noValue{}
	case strings.HasPrefix(name, "AWS::"):
		return Pseudo(name)
	}
	return Reference{Resource: name, Attribute: "Ref"}
}

func word(v any) (string, error) {
	s, is := v.(string)
	if !is {
		return "", fmt.Errorf("must name something by a string, got %v", v)
	}
	return s, nil
}

func attribute(argument any) (Value, error) {
	var out Reference
	switch a := argument.(type) {
	case string:
		out.Resource, out.Attribute, _ = strings.Cut(a, ".")
	case []any:
		if len(a) == 2 {
			out.Resource, _ = a[0].(string)
			out.Attribute, _ = a[1].(string)
		}
	}
	if out.Resource == "" || out.Attribute == "" {
		return nil, fmt.Errorf("must name a resource and an attribute, got %v", argument)
	}
	return out, nil
}

func substitute(argument any) (Value, error) {
	var own map[string]any
	if pair, is := argument.([]any); is && len(pair) == 2 {
		argument = pair[0]
		own, _ = pair[1].(map[string]any)
	}
	rest, err := word(argument)
	if err != nil {
		return nil, err
	}
	var out []Value
	for {
		before, after, found := strings.Cut(rest, "${")
		name, next, closed := strings.Cut(after, "}")
		if !found || !closed {
			return Join(append(out, rest)...), nil
		}
		v, err := substituted(own, name)
		if err != nil {
			return nil, err
		}
		out, rest = append(out, before, v), next
	}
}

func substituted(own map[string]any, name string) (Value, error) {
	if literal, is := strings.CutPrefix(name, "!"); is {
		return "${" + literal + "}", nil
	}
	if value, is := own[name]; is {
		return Parse(value)
	}
	if strings.Contains(name, ".") {
		return attribute(name)
	}
	return named(name), nil
}
