package catalog

import (
	"fmt"
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// Cover returns the properties of a resource without those that are left out, each
// read as its entry says. Returns an error for a property without an entry.
func (t *Type) Cover(properties template.Object) (template.Object, error) {
	covered, err := t.coverParts(nil, properties)
	out, _ := covered.(template.Object)
	return out, err
}

func (t *Type) cover(path Path, v template.Value) (template.Value, error) {
	i := slices.IndexFunc(t.Properties, func(p Property) bool { return slices.Equal(p.From, path) })
	if i < 0 {
		return t.coverParts(path, v)
	}
	switch entry := t.Properties[i]; {
	case entry.Omitted == "":
		value, err := entry.Read.apply(v)
		if err != nil {
			return nil, fmt.Errorf("property %s: %w", path, err)
		}
		return value, nil
	case entry.While == nil || template.Equal(v, entry.While):
		return nil, nil
	case entry.OrElse:
		return t.coverParts(path, v)
	default:
		return nil, fmt.Errorf("property %s: %s may leave it out only while it is %s, got %s", path, t.CloudFormation, plain(entry.While), plain(v))
	}
}

// plain writes a value for a message, a string without its quotes.
func plain(v template.Value) string {
	if s, is := v.(string); is {
		return s
	}
	return hcl.Source(v)
}

func (t *Type) coverParts(path Path, v template.Value) (template.Value, error) {
	missing := fmt.Errorf("property %s: %s has no entry for it in the table", path, t.CloudFormation)
	switch v := v.(type) {
	case template.Object:
		if len(v) == 0 && path != nil {
			return nil, missing
		}
		out := template.Object{}
		for _, key := range sortedKeys(v) {
			value, err := t.cover(path.in(key), v[key])
			if err != nil {
				return nil, err
			}
			if value != nil {
				out[key] = value
			}
		}
		if len(out) == 0 && path != nil {
			return nil, nil
		}
		return out, nil
	case template.List:
		if len(v) == 0 || path[len(path)-1].Each {
			return nil, missing
		}
		var out template.List
		for _, item := range v {
			value, err := t.cover(path.eachElement(), item)
			if err != nil {
				return nil, err
			}
			if value != nil {
				out = append(out, value)
			}
		}
		if len(out) == 0 {
			return nil, nil
		}
		return out, nil
	case template.Conditional:
		then, err := t.cover(path, v.Then)
		if err != nil {
			return nil, err
		}
		otherwise, err := t.cover(path, v.Else)
		return template.Conditional{If: v.If, Then: then, Else: otherwise}, err
	case nil:
		return nil, nil
	default:
		return nil, missing
	}
}
