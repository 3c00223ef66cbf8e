package terraform

import (
	"encoding/json"
	"fmt"
	"strings"
)

// writing turns the merged value of a property into that of an argument.
type writing func(*part, Value) (Value, error)

// writeAs are the writings by their names in the table.
func (l *linker) writeAs(name string) (writing, bool) {
	simple := func(f func(Value) Value) writing { return func(_ *part, v Value) (Value, error) { return f(v), nil } }
	w, known := map[string]writing{
		"":               simple(func(v Value) Value { return v }),
		"json":           simple(func(v Value) Value { return Call{"jsonencode", []Value{v}} }),
		"block":          emptyBlock,
		"not":            simple(negated),
		"only":           only,
		"number":         number,
		"named_values":   simple(func(v Value) Value { return v }),
		"tags":           simple(l.tags),
		"lines":          simple(lines),
		"all_methods":    simple(func(v Value) Value { return text("*", v) }),
		"migrations":     simple(func(v Value) Value { return Object{"migrations": v} }),
		"final_snapshot": finalSnapshot,
		"zip":            l.zip,
		"zip_hash":       l.zipHash,
		"log_group_arn":  attributed("Ref", "@Arn"),
		"function_name":  attributed("Arn", "Ref"),
		"alias_function": attributed("Ref", "@FunctionName"),
		"alias_name":     attributed("Ref", "@Name"),
		"qualified":      l.qualified,
	}[name]
	return w, known
}

func negated(v Value) Value {
	if b, is := v.(bool); is {
		return !b
	}
	return Call{"!", []Value{v}}
}

// emptyBlock is for an object that says something by being there.
func emptyBlock(_ *part, v Value) (Value, error) {
	if object, is := v.(Object); !is || len(object) > 0 {
		return nil, fmt.Errorf("must be empty, got %s", shown(v))
	}
	return v, nil
}

// only is the one element of a list.
func only(_ *part, v Value) (Value, error) {
	list, is := v.(List)
	if !is || len(list) != 1 {
		return nil, fmt.Errorf("must be a list of one, got %s", shown(v))
	}
	return list[0], nil
}

func number(_ *part, v Value) (Value, error) {
	s, is := v.(string)
	if !is {
		return v, nil
	}
	if !json.Valid([]byte(s)) {
		return nil, fmt.Errorf("must be a number, got %q", s)
	}
	return json.Number(s), nil
}

// lines writes a text of several lines one under the other.
func lines(v Value) Value {
	s, is := v.(string)
	if !is || !strings.Contains(s, "\n") {
		return v
	}
	var all List
	for line := range strings.SplitSeq(s, "\n") {
		all = append(all, line)
	}
	return Call{"join", []Value{"\n", all}}
}

func finalSnapshot(p *part, v Value) (Value, error) {
	name := text(p.properties["DBInstanceIdentifier"], "-final")
	if b, is := v.(bool); is {
		if b {
			return name, nil
		}
		return nil, nil
	}
	return Conditional{v, name, nil}, nil
}

// attributed asks a reference for another attribute than CloudFormation wants.
func attributed(from, to string) writing {
	return func(_ *part, v Value) (Value, error) {
		r, is := v.(Reference)
		if !is || r.Attribute != from {
			return nil, fmt.Errorf("must be the %s of a resource, got %s", from, shown(v))
		}
		r.Attribute = to
		return r, nil
	}
}

// qualified is the ARN of an alias, which the CDK takes apart to name it as
// function:alias.
func (l *linker) qualified(_ *part, v Value) (Value, error) {
	parts, _ := v.(Text)
	if len(parts) == 2 {
		element, _ := parts[0].(Element)
		split, _ := element.Of.(Call)
		if len(split.Arguments) == 2 && same(element.Key, json.Number("6")) && split.Arguments[0] == ":" {
			if r, is := split.Arguments[1].(Reference); is && r.Attribute == "Ref" {
				if alias := l.parts[r.Resource]; alias != nil && parts[1] == text(":", alias.properties["Name"]) {
					return r, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("must be the function and the alias of an alias's ARN, got %s", shown(v))
}

func (l *linker) zip(p *part, _ Value) (Value, error) { return Variable(zipVariable(l.nameOf(p))), nil }

func (l *linker) zipHash(p *part, _ Value) (Value, error) {
	return Call{"filebase64sha256", []Value{Variable(zipVariable(l.nameOf(p)))}}, nil
}

func zipVariable(function string) string { return "lambda_" + function + "_zip_path" }

// tags writes the tags that all resources have in common by their local value.
func (l *linker) tags(v Value) Value {
	own, is := v.(Object)
	if !is {
		return v
	}
	extra := Object{}
	for key, value := range own {
		if !same(l.common[key], value) {
			extra[key] = value
		}
	}
	for key := range l.common {
		if own[key] == nil {
			return v
		}
	}
	if len(extra) == 0 {
		return Local("tags")
	}
	return Call{"merge", []Value{Local("tags"), extra}}
}
