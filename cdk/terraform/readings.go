package terraform

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// readAs are the readings of a property that go before the comparison of the
// stages, by their names in the table.
func readAs(name string) (func(Value) (Value, error), bool) {
	f, known := map[string]func(Value) (Value, error){
		"":       func(v Value) (Value, error) { return v, nil },
		"pairs":  pairs,
		"tags":   tags,
		"json":   fromJSON,
		"policy": policy,
		"zone":   zone,
		"names":  listed,
		// What the zip holds is the packager's; that there is one is all that counts.
		"asset": func(Value) (Value, error) { return true, nil },
	}[name]
	return f, known
}

// pairs turns a list of names with values into an object.
func pairs(v Value) (Value, error) {
	list, is := v.(List)
	if !is {
		return nil, fmt.Errorf("must be a list of names and values, got %v", v)
	}
	out := Object{}
	for _, item := range list {
		pair, _ := item.(Object)
		name, named := pair["Name"].(string)
		if !named {
			name, named = pair["Key"].(string)
		}
		if !named || len(pair) != 2 || pair["Value"] == nil {
			return nil, fmt.Errorf("must have a name and a value, got %v", item)
		}
		out[name] = pair["Value"]
	}
	return out, nil
}

// listed turns a list of objects that have only a name into the list of the names.
func listed(v Value) (Value, error) {
	list, _ := v.(List)
	out := List{}
	for _, item := range list {
		object, _ := item.(Object)
		if object["Name"] == nil || len(object) != 1 {
			return nil, fmt.Errorf("must be a list of names, got %v", v)
		}
		out = append(out, object["Name"])
	}
	return out, nil
}

func tags(v Value) (Value, error) {
	all, err := pairs(v)
	if err != nil {
		return nil, err
	}
	for name := range all.(Object) {
		if _, left := leftOut().tags[name]; left {
			delete(all.(Object), name)
		}
	}
	return all, nil
}

// policy puts actions and resources, which are sets, in one order: the CDK sorts
// them by how they are written, and that differs with the stage's region.
func policy(v Value) (Value, error) {
	return rewrite(v, func(part Value) Value {
		statement, is := part.(Object)
		if !is || statement["Effect"] == nil {
			return part
		}
		for _, set := range []string{"Action", "NotAction", "Resource", "NotResource"} {
			if list, is := statement[set].(List); is {
				slices.SortFunc(list, func(a, b Value) int { return strings.Compare(fmt.Sprintf("%#v", a), fmt.Sprintf("%#v", b)) })
			}
		}
		return statement
	}), nil
}

// zone reads a zone that is named with its region's letter.
func zone(v Value) (Value, error) {
	if _, is := v.(Zone); is {
		return v, nil
	}
	if named, is := v.(Text); is && len(named) == 2 && named[0] == Pseudo("AWS::Region") {
		if letter, _ := named[1].(string); len(letter) == 1 && letter >= "a" && letter <= "z" {
			return Zone{strconv.Itoa(int(letter[0] - 'a'))}, nil
		}
	}
	return nil, fmt.Errorf("must be one of the region's zones, got %v", v)
}

// fromJSON reads a text that is a JSON document, with what is put into it.
func fromJSON(v Value) (Value, error) {
	whole, is := v.(Text)
	if !is {
		whole = Text{v}
	}
	var document strings.Builder
	for i, part := range whole {
		if literal, is := part.(string); is {
			document.WriteString(literal)
		} else {
			fmt.Fprintf(&document, "\ue000%d\ue000", i)
		}
	}
	decoder := json.NewDecoder(strings.NewReader(document.String()))
	decoder.UseNumber()
	var decoded any
	if err := decoder.Decode(&decoded); err != nil {
		return nil, fmt.Errorf("must be a JSON document: %w", err)
	}
	var restore func(any) Value
	restore = func(v any) Value {
		switch v := v.(type) {
		case map[string]any:
			out := Object{}
			for key, item := range v {
				out[key] = restore(item)
			}
			return out
		case []any:
			out := List{}
			for _, item := range v {
				out = append(out, restore(item))
			}
			return out
		case string:
			var out []Value
			for i, piece := range strings.Split(v, "\ue000") {
				if i%2 == 0 {
					out = append(out, piece)
				} else if at, err := strconv.Atoi(piece); err == nil {
					out = append(out, whole[at])
				}
			}
			return text(out...)
		default:
			return v
		}
	}
	return restore(decoded), nil
}
