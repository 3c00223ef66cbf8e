package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// Reading turns a property of a template into what is compared between the stages.
// The zero value leaves it as it is. Name is for tests and messages.
type Reading struct {
	Name string
	read func(template.Value) (template.Value, error)
}

func (r Reading) apply(v template.Value) (template.Value, error) {
	if r.read == nil {
		return v, nil
	}
	return r.read(v)
}

// asPairs turns a list of names with values into an object.
func asPairs() Reading { return Reading{"pairs", pairs} }

// asTags does the same for tags, without those that only the CDK reads.
func asTags() Reading { return Reading{"tags", tags} }

// asTagMap is for tags that are texts by their names.
func asTagMap() Reading {
	return Reading{"tag_map", func(v template.Value) (template.Value, error) {
		if _, is := v.(template.Object); !is {
			return nil, fmt.Errorf("must be tags by their names, got %s", hcl.Source(v))
		}
		return v, nil
	}}
}

// fromJSON reads a text that is a JSON document, with what is put into it.
func fromJSON() Reading { return Reading{"json", document} }

// asPolicy puts actions and resources, which are sets, in one order: the CDK sorts
// them by how they are written, and that differs with the stage's region.
func asPolicy() Reading { return Reading{"policy", policy} }

// asPolicyName reads the path and name of a policy of the account from its ARN.
func asPolicyName() Reading {
	return Reading{"policy_name", func(v template.Value) (template.Value, error) {
		parts, _ := v.(template.Text)
		if len(parts) > 0 {
			last, _ := parts[len(parts)-1].(string)
			if name, is := strings.CutPrefix(last, ":policy/"); is && template.Equal(v, policyARN(name)) {
				return name, nil
			}
		}
		return nil, fmt.Errorf("must be the ARN of a policy of the account, got %s", hcl.Source(v))
	}}
}

func policyARN(name template.Value) template.Value {
	return template.Join("arn:", template.Pseudo("AWS::Partition"), ":iam::", template.Pseudo("AWS::AccountId"), ":policy/", name)
}

// asZone takes one of the first zones of the region, and one that is named.
func asZone() Reading { return Reading{"zone", zone} }

// asVariables leaves out that releases are canaries: Terraform has none, and metrics of
// each version that no alarm reads would only cost.
func asVariables() Reading {
	return Reading{"variables", func(v template.Value) (template.Value, error) {
		if object, is := v.(template.Object); is {
			delete(object, "FLUXA_RELEASE")
		}
		return v, nil
	}}
}

// asAsset is for code: what the zip holds is the packager's, and that there is one
// is all that counts.
func asAsset() Reading {
	return Reading{"asset", func(template.Value) (template.Value, error) { return true, nil }}
}

func pairs(v template.Value) (template.Value, error) {
	list, is := v.(template.List)
	if !is {
		return nil, fmt.Errorf("must be a list of names and values, got %s", hcl.Source(v))
	}
	out := template.Object{}
	for _, item := range list {
		pair, _ := item.(template.Object)
		name, named := pair["Name"].(string)
		if !named {
			name, named = pair["Key"].(string)
		}
		if !named || len(pair) != 2 || pair["Value"] == nil {
			return nil, fmt.Errorf("must have a name and a value, got %s", hcl.Source(item))
		}
		out[name] = pair["Value"]
	}
	return out, nil
}

func tags(v template.Value) (template.Value, error) {
	all, err := pairs(v)
	if err != nil {
		return nil, err
	}
	for name := range leftOut().tags {
		delete(all.(template.Object), name)
	}
	return all, nil
}

func policy(v template.Value) (template.Value, error) {
	return template.Rewrite(v, func(part template.Value) template.Value {
		statement, is := part.(template.Object)
		if !is || statement["Effect"] == nil {
			return part
		}
		for _, set := range []string{"Action", "NotAction", "Resource", "NotResource"} {
			if list, is := statement[set].(template.List); is {
				slices.SortFunc(list, compare)
			}
		}
		return statement
	}), nil
}

// compare orders the members of a set: literals, references, then texts, which are
// compared part by part, the longer one first where all parts of the other are alike.
func compare(a, b template.Value) int {
	rank := func(v template.Value) int {
		switch v.(type) {
		case string, template.Pseudo, hcl.Variable:
			return 0
		case template.Reference:
			return 1
		default:
			return 2
		}
	}
	if ranks := cmp.Compare(rank(a), rank(b)); ranks != 0 {
		return ranks
	}
	x, text := a.(template.Text)
	y, both := b.(template.Text)
	if text && both {
		n := min(len(x), len(y))
		return cmp.Or(slices.CompareFunc(x[:n], y[:n], compare), cmp.Compare(len(y), len(x)))
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func zone(v template.Value) (template.Value, error) {
	if element, is := v.(template.Element); is && element.Of == (template.Zones{}) {
		return v, nil
	}
	if named, is := v.(template.Text); is && len(named) == 2 && named[0] == template.Pseudo("AWS::Region") {
		if letter, _ := named[1].(string); len(letter) == 1 && letter >= "a" && letter <= "z" {
			return v, nil
		}
	}
	return nil, fmt.Errorf("must be one of the region's zones, got %s", hcl.Source(v))
}

// hole stands in a JSON document for a value that is put into it. It is of
// Unicode's private use, and in no text that people write.
const hole = "\ue000"

// Document reads a text that is a JSON document, with what is put into it.
func Document(v template.Value) (template.Value, error) { return document(v) }

func document(v template.Value) (template.Value, error) {
	whole, is := v.(template.Text)
	if !is {
		whole = template.Text{v}
	}
	var written strings.Builder
	var holes []template.Value // in the order of the text
	for _, part := range whole {
		literal, is := part.(string)
		if !is {
			literal, holes = hole, append(holes, part)
		}
		written.WriteString(literal)
	}
	decoder := json.NewDecoder(strings.NewReader(written.String()))
	filled, err := fill(decoder, &holes)
	if err != nil {
		return nil, fmt.Errorf("must be a JSON document: %w", err)
	}
	return filled, nil
}

// fill reads the next value of a document in the order of the text, and fills its
// holes.
func fill(from *json.Decoder, holes *[]template.Value) (template.Value, error) {
	from.UseNumber()
	token, err := from.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case string:
		var out []template.Value
		for i, piece := range strings.Split(token, hole) {
			if i > 0 {
				out, *holes = append(out, (*holes)[0]), (*holes)[1:]
			}
			out = append(out, piece)
		}
		return template.Join(out...), nil
	case json.Delim:
		object, list := template.Object{}, template.List{}
		for from.More() {
			key := ""
			if token == '{' {
				name, err := from.Token()
				if err != nil {
					return nil, err
				}
				key = name.(string)
			}
			value, err := fill(from, holes)
			if err != nil {
				return nil, err
			}
			if object[key] = value; token == '[' {
				list = append(list, value)
			}
		}
		if _, err := from.Token(); err != nil {
			return nil, err
		}
		if token == '[' {
			return list, nil
		}
		return object, nil
	default:
		return token, nil
	}
}
