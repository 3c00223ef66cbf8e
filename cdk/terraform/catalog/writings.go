package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// Surroundings are what a writing may know of the resource that has the property.
type Surroundings struct {
	Name       string          // of the resource in Terraform
	Properties template.Object // of the resource
	CommonTags template.Object // that every resource has
	// Other returns the properties of the resource with the key, nil for none.
	Other func(key string) template.Object
}

// Writing turns the merged value of a property into that of an argument. The zero
// value leaves it as it is. Name is for tests.
type Writing struct {
	Name  string
	write func(Surroundings, template.Value) (template.Value, error)
}

// Apply writes a value.
func (w Writing) Apply(in Surroundings, v template.Value) (template.Value, error) {
	if w.write == nil {
		return v, nil
	}
	return w.write(in, v)
}

// written is a writing that knows nothing but the value, and cannot fail.
func written(name string, f func(template.Value) template.Value) Writing {
	return Writing{name, func(_ Surroundings, v template.Value) (template.Value, error) { return f(v), nil }}
}

func asJSON() Writing {
	return written("json", func(v template.Value) template.Value { return hcl.Func("jsonencode", v) })
}

// namedValues is for blocks with a name and a value, of the keys of an object.
func namedValues() Writing {
	return written("named_values", func(v template.Value) template.Value { return v })
}

// ofAllMethods is the path of a method, of any.
func ofAllMethods() Writing {
	return written("all_methods", func(v template.Value) template.Value { return template.Join("*", v) })
}

func asTrigger() Writing {
	return written("migrations", func(v template.Value) template.Value { return template.Object{"migrations": v} })
}

func negated() Writing {
	return written("not", func(v template.Value) template.Value {
		if b, is := v.(bool); is {
			return !b
		}
		return hcl.Not(v)
	})
}

// asLines writes a text of several lines one under the other.
func asLines() Writing {
	return written("lines", func(v template.Value) template.Value {
		s, is := v.(string)
		if !is || !strings.Contains(s, "\n") {
			return v
		}
		var lines template.List
		for line := range strings.SplitSeq(s, "\n") {
			lines = append(lines, line)
		}
		return hcl.Func("join", "\n", lines)
	})
}

// emptyBlock is for an object that says something by being there.
func emptyBlock() Writing {
	return Writing{"block", func(_ Surroundings, v template.Value) (template.Value, error) {
		if object, is := v.(template.Object); !is || len(object) > 0 {
			return nil, fmt.Errorf("must be empty, got %s", hcl.Source(v))
		}
		return v, nil
	}}
}

// onlyElement is the one element of a list, which may be there with a flag only.
func onlyElement() Writing {
	return Writing{"only", func(_ Surroundings, v template.Value) (template.Value, error) { return only(v) }}
}

func only(v template.Value) (template.Value, error) {
	if either, is := v.(template.Conditional); is {
		then, err := only(either.Then)
		otherwise, other := only(either.Else)
		return template.Conditional{If: either.If, Then: then, Else: otherwise}, errors.Join(err, other)
	}
	list, is := v.(template.List)
	if v != nil && (!is || len(list) != 1) {
		return nil, fmt.Errorf("must be a list of one, got %s", hcl.Source(v))
	}
	if v == nil {
		return nil, nil
	}
	return list[0], nil
}

// asPolicyARN names a policy of the account by its ARN, and null by none.
func asPolicyARN() Writing {
	return written("policy_arn", func(v template.Value) template.Value {
		return template.Conditional{If: hcl.Op(v, "!=", nil), Then: policyARN(v)}
	})
}

func asNumber() Writing {
	return Writing{"number", func(_ Surroundings, v template.Value) (template.Value, error) {
		s, is := v.(string)
		if !is {
			return v, nil
		}
		if !json.Valid([]byte(s)) {
			return nil, fmt.Errorf("must be a number, got %q", s)
		}
		return json.Number(s), nil
	}}
}

// finalSnapshot names the snapshot of what is retained. A name can be taken once; the
// id of the security group is that of this life of the stage, so that one which is
// destroyed, made again and destroyed again does not fail. Both are properties, by the
// names that the type has for them.
func finalSnapshot(identifier, groupsIn string) Writing {
	return Writing{"final_snapshot", func(in Surroundings, v template.Value) (template.Value, error) {
		groups, _ := in.Properties[groupsIn].(template.List)
		if len(groups) == 0 {
			return nil, errors.New("the final snapshot is named for the database's security group, it has none")
		}
		name := template.Join(in.Properties[identifier], "-final-", groups[0])
		switch v {
		case true:
			return name, nil
		case false:
			return nil, nil
		default:
			return template.Conditional{If: v, Then: name}, nil
		}
	}}
}

// attributeOf asks a reference for an attribute of Terraform's instead of the one
// that CloudFormation wants.
func attributeOf(cloudFormation, terraform string) Writing {
	return Writing{terraform + " of " + cloudFormation, func(_ Surroundings, v template.Value) (template.Value, error) {
		r, is := v.(template.Reference)
		if !is || r.Attribute != cloudFormation {
			return nil, fmt.Errorf("must be the %s of a resource, got %s", cloudFormation, hcl.Source(v))
		}
		return ResourceAttribute{r.Resource, Attribute{Name: terraform}}, nil
	}}
}

// aliasArn is the ARN of an alias, which the CDK takes apart to name it as
// function:alias.
func aliasArn() Writing {
	return Writing{"qualified", func(in Surroundings, v template.Value) (template.Value, error) {
		parts, _ := v.(template.Text)
		if len(parts) > 0 {
			element, _ := parts[0].(template.Element)
			split, _ := element.Of.(template.Call)
			if len(split.Arguments) == 2 {
				r, is := split.Arguments[1].(template.Reference)
				function := template.Element{Of: template.Call{Function: "Split", Arguments: []template.Value{":", r}}, Key: hcl.Number(6)}
				if is && r.Attribute == "Ref" && template.Equal(v, template.Join(function, ":", in.Other(r.Resource)["Name"])) {
					return r, nil
				}
			}
		}
		return nil, fmt.Errorf("must be the function and the alias of an alias's ARN, got %s", hcl.Source(v))
	}}
}

func zipPath() Writing {
	return Writing{"zip", func(in Surroundings, _ template.Value) (template.Value, error) {
		return hcl.Variable(ZipVariable(in.Name)), nil
	}}
}

func zipHash() Writing {
	return Writing{"zip_hash", func(in Surroundings, _ template.Value) (template.Value, error) {
		return hcl.Func("filebase64sha256", hcl.Variable(ZipVariable(in.Name))), nil
	}}
}

// ownTags writes the tags that all resources have in common by their local value.
func ownTags() Writing {
	return Writing{"tags", func(in Surroundings, v template.Value) (template.Value, error) {
		own, is := v.(template.Object)
		if !is {
			return v, nil
		}
		extra := maps.Clone(own)
		for name, value := range in.CommonTags {
			if own[name] == nil {
				return v, nil
			}
			if template.Equal(own[name], value) {
				delete(extra, name)
			}
		}
		if len(extra) == 0 {
			return hcl.Local("tags"), nil
		}
		return hcl.Func("merge", hcl.Local("tags"), extra), nil
	}}
}

// ZipVariable is the variable with the path of a function's zip.
func ZipVariable(function string) string { return "lambda_" + function + "_zip_path" }

// ZipFunction is the function whose zip's path is in the variable, empty for none.
func ZipFunction(variable string) string {
	function, is := strings.CutSuffix(strings.TrimPrefix(variable, "lambda_"), "_zip_path")
	if !is || !strings.HasPrefix(variable, "lambda_") {
		return ""
	}
	return function
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
