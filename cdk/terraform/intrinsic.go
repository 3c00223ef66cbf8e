package terraform

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// noValue stands for AWS::NoValue until what holds it has left it out.
type noValue struct{}

// scope is where a name of a template is looked up.
type scope interface {
	// reference returns what Ref gives for a name.
	reference(name string) (Value, error)
	// attribute returns what Fn::GetAtt gives.
	attribute(name, attribute string) (Value, error)
	// imported returns what is exported under a name.
	imported(name string) (Value, error)
	// condition and mapping return a part of the template.
	condition(name string) (any, error)
	mapping(name string) (map[string]any, error)
}

// understand turns a decoded part of a template into a value.
func understand(in scope, v any) (Value, error) {
	switch v := v.(type) {
	case map[string]any:
		if name, argument, is := intrinsic(v); is {
			value, err := apply(in, name, argument)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return value, nil
		}
		out := Object{}
		for _, key := range sortedKeys(v) {
			value, err := understand(in, v[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if value != (noValue{}) {
				out[key] = value
			}
		}
		return out, nil
	case []any:
		out := List{}
		for i, item := range v {
			value, err := understand(in, item)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			if _, none := value.(noValue); !none {
				out = append(out, value)
			}
		}
		return out, nil
	default:
		return v, nil
	}
}

func intrinsic(v map[string]any) (name string, argument any, is bool) {
	if len(v) != 1 {
		return "", nil, false
	}
	for key, value := range v {
		if key == "Ref" || strings.HasPrefix(key, "Fn::") {
			return key, value, true
		}
	}
	return "", nil, false
}

func apply(in scope, name string, argument any) (Value, error) {
	switch name {
	case "Ref":
		target, err := word(argument)
		if err != nil {
			return nil, err
		}
		return named(in, target)
	case "Fn::GetAtt":
		target, attribute, err := attributeOf(argument)
		if err != nil {
			return nil, err
		}
		return in.attribute(target, attribute)
	case "Fn::Sub":
		return substitute(in, argument)
	case "Fn::ImportValue":
		imported, err := understand(in, argument)
		if err != nil {
			return nil, err
		}
		target, err := word(imported)
		if err != nil {
			return nil, err
		}
		return in.imported(target)
	case "Fn::If":
		return choose(in, argument)
	case "Fn::FindInMap":
		return find(in, argument)
	case "Fn::Join", "Fn::Select", "Fn::Split", "Fn::GetAZs":
		value, err := understand(in, argument)
		if err != nil {
			return nil, err
		}
		return ofLists(name, value)
	default:
		return nil, fmt.Errorf("the export does not know this function")
	}
}

// named returns what Ref gives: of a pseudo parameter, or of a resource.
func named(in scope, name string) (Value, error) {
	switch name {
	case "AWS::NoValue":
		return noValue{}, nil
	case "AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::URLSuffix":
		return Pseudo(name), nil
	}
	return in.reference(name)
}

func word(v any) (string, error) {
	s, is := v.(string)
	if !is {
		return "", fmt.Errorf("must name something by a string, got %v", v)
	}
	return s, nil
}

func attributeOf(argument any) (target, attribute string, err error) {
	switch a := argument.(type) {
	case string:
		target, attribute, _ = strings.Cut(a, ".")
	case []any:
		if len(a) == 2 {
			target, _ = a[0].(string)
			attribute, _ = a[1].(string)
		}
	}
	if target == "" || attribute == "" {
		return "", "", fmt.Errorf("must name a resource and an attribute, got %v", argument)
	}
	return target, attribute, nil
}

func substitute(in scope, argument any) (Value, error) {
	own := map[string]any{}
	if pair, is := argument.([]any); is && len(pair) == 2 {
		argument = pair[0]
		own, _ = pair[1].(map[string]any)
	}
	template, err := word(argument)
	if err != nil {
		return nil, err
	}
	var out []Value
	rest := template
	for _, at := range regexp.MustCompile(`\$\{([^}]*)\}`).FindAllStringSubmatchIndex(template, -1) {
		out = append(out, template[len(template)-len(rest):at[0]])
		rest = template[at[1]:]
		value, err := substituted(in, own, template[at[2]:at[3]])
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return text(append(out, rest)...), nil
}

func substituted(in scope, own map[string]any, name string) (Value, error) {
	if literal, is := strings.CutPrefix(name, "!"); is {
		return "${" + literal + "}", nil
	}
	if value, is := own[name]; is {
		return understand(in, value)
	}
	if target, attribute, is := strings.Cut(name, "."); is {
		return in.attribute(target, attribute)
	}
	return named(in, name)
}

func choose(in scope, argument any) (Value, error) {
	three, is := argument.([]any)
	if !is || len(three) != 3 {
		return nil, fmt.Errorf("must have a condition and two values, got %v", argument)
	}
	condition, err := decide(in, map[string]any{"Condition": three[0]})
	if err != nil {
		return nil, err
	}
	var values [2]Value
	for i := range values {
		if values[i], err = understand(in, three[i+1]); err != nil {
			return nil, err
		}
		if values[i] == (noValue{}) {
			values[i] = nil
		}
	}
	return Conditional{condition, values[0], values[1]}, nil
}

// decide turns a condition into an expression of HCL.
func decide(in scope, v any) (Value, error) {
	object, _ := v.(map[string]any)
	operators := map[string]string{"Fn::Equals": "==", "Fn::And": "&&", "Fn::Or": "||", "Fn::Not": "!"}
	for key, argument := range object {
		if key == "Condition" {
			name, err := word(argument)
			if err != nil {
				return nil, err
			}
			definition, err := in.condition(name)
			if err != nil {
				return nil, err
			}
			return decide(in, definition)
		}
		operator, known := operators[key]
		operands, list := argument.([]any)
		if !known || !list || len(object) != 1 {
			break
		}
		call := Call{Function: operator}
		for _, operand := range operands {
			value, err := understand(in, operand)
			if operator != "==" {
				value, err = decide(in, operand)
			}
			if err != nil {
				return nil, err
			}
			call.Arguments = append(call.Arguments, value)
		}
		return call, nil
	}
	return nil, fmt.Errorf("the export does not understand the condition %v", v)
}

func find(in scope, argument any) (Value, error) {
	three, is := argument.([]any)
	if !is || len(three) != 3 {
		return nil, fmt.Errorf("must have a map and two keys, got %v", argument)
	}
	name, err := word(three[0])
	if err != nil {
		return nil, err
	}
	mapping, err := in.mapping(name)
	if err != nil {
		return nil, err
	}
	value, err := understand(in, mapping)
	if err != nil {
		return nil, err
	}
	for _, key := range three[1:] {
		k, err := understand(in, key)
		if err != nil {
			return nil, err
		}
		object, known := value.(Object)
		literal, fixed := k.(string)
		if !known || !fixed {
			value = Element{value, k}
			continue
		}
		if value, known = object[literal]; !known {
			return nil, fmt.Errorf("the map %s has no key %q", name, literal)
		}
	}
	return value, nil
}

func ofLists(name string, v Value) (Value, error) {
	if name == "Fn::GetAZs" {
		if region, is := v.(string); is && region == "" || same(v, Pseudo("AWS::Region")) {
			return Call{"GetAZs", nil}, nil
		}
		return nil, fmt.Errorf("the zones of a region other than the stack's own are not supported, got %v", v)
	}
	pair, is := v.(List)
	if !is || len(pair) != 2 {
		return nil, fmt.Errorf("must have two arguments, got %v", v)
	}
	switch name {
	case "Fn::Split":
		return Call{"split", pair}, nil
	case "Fn::Join":
		items, fixed := pair[1].(List)
		if !fixed {
			return Call{"join", pair}, nil
		}
		var out []Value
		for i, item := range items {
			if i > 0 {
				out = append(out, pair[0])
			}
			out = append(out, item)
		}
		return text(out...), nil
	}
	index, err := strconv.Atoi(fmt.Sprint(pair[0]))
	if err != nil || index < 0 {
		return nil, fmt.Errorf("the index must be a number, got %v", pair[0])
	}
	switch of := pair[1].(type) {
	case List:
		if index >= len(of) {
			return nil, fmt.Errorf("the list has no element %d", index)
		}
		return of[index], nil
	case Call:
		if of.Function == "GetAZs" {
			return Zone{strconv.Itoa(index)}, nil
		}
	}
	return Element{pair[1], json.Number(strconv.Itoa(index))}, nil
}
