package terraform

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// concrete computes a template's values as CloudFormation would: with the stand-ins
// of the plan for what AWS answers. It shares nothing with the export but where a
// resource lies, and what the attributes are called.
type concrete struct {
	tables   tables
	stage    *assembly
	planned  *plannedEnvironment
	location map[*template]map[string]string // addresses by logical id
}

func (c concrete) value(in *template, v any) (any, error) {
	switch v := v.(type) {
	case object:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return c.function(in, name, argument)
				}
			}
		}
		out := object{}
		for key, inner := range v {
			value, err := c.value(in, inner)
			if err != nil {
				return nil, err
			}
			out[key] = value
		}
		return out, nil
	case []any:
		out := []any{}
		for _, inner := range v {
			value, err := c.value(in, inner)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		return out, nil
	default:
		return v, nil
	}
}

func (c concrete) function(in *template, name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return c.attribute(in, argument.(string), "Ref")
	case "Fn::GetAtt":
		pair := argument.([]any)
		return c.attribute(in, pair[0].(string), pair[1].(string))
	case "Fn::ImportValue":
		for _, other := range c.stage.stacks {
			for _, o := range other.Outputs {
				if o.Export.Name == argument {
					return c.value(other, o.Value)
				}
			}
		}
		return nil, fmt.Errorf("nothing is exported as %v", argument)
	case "Fn::Sub":
		var failed error
		out := regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllStringFunc(argument.(string), func(name string) string {
			value, err := c.attribute(in, name[2:len(name)-1], "Ref")
			if err != nil {
				failed = err
			}
			return fmt.Sprint(value)
		})
		return out, failed
	}
	pair, err := c.value(in, argument)
	if err != nil {
		return nil, err
	}
	switch name {
	case "Fn::GetAZs":
		return []any{"us-east-1a", "us-east-1b", "us-east-1c"}, nil
	case "Fn::Join":
		var words []string
		for _, word := range pair.([]any)[1].([]any) {
			words = append(words, fmt.Sprint(word))
		}
		return strings.Join(words, pair.([]any)[0].(string)), nil
	case "Fn::Select":
		index, err := strconv.Atoi(fmt.Sprint(pair.([]any)[0]))
		if list := pair.([]any)[1].([]any); err == nil && index < len(list) {
			return list[index], nil
		}
	}
	return nil, fmt.Errorf("the test does not know %s of %v", name, argument)
}

func (c concrete) attribute(in *template, name, attribute string) (any, error) {
	known := map[string]any{
		"AWS::AccountId": schemaprovider.AccountID, "AWS::Region": "us-east-1", "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
	}
	if value, is := known[name]; is {
		return value, nil
	}
	entry, is := in.Resources[name]
	if !is {
		return nil, fmt.Errorf("there is no resource %s", name)
	}
	m := c.tables.mappings[entry.Type]
	path, suffix, _ := strings.Cut(m.attributes[attribute], "|")
	if m.into != "" {
		name = entry.Properties[m.into].(object)["Ref"].(string)
	}
	value, err := c.planned.at(c.location[in][name], path)
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", name, attribute, err)
	}
	if suffix == "" {
		return value, nil
	}
	return fmt.Sprint(value) + suffix, nil
}

// at returns a planned value by the path of an attribute: a, or a[0].b.
func (p *plannedEnvironment) at(address, path string) (any, error) {
	var value any = p.values[address]
	for _, step := range regexp.MustCompile(`\w+`).FindAllString(path, -1) {
		switch v := value.(type) {
		case object:
			value = v[step]
		case []any:
			if n, err := strconv.Atoi(step); err == nil && n < len(v) {
				value = v[n]
			}
		}
	}
	if _, whole := value.(object); whole || value == nil {
		return nil, fmt.Errorf("the plan has no %s of %q", path, address)
	}
	return value, nil
}

// parsed reads a JSON document, nil when it is none.
func parsed(v any) any {
	text, is := v.(string)
	if !is {
		return v
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var out any
	if decoder.Decode(&out) != nil {
		return nil
	}
	return out
}
