package terraform

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// mapping says what a CloudFormation type becomes. Paths of properties are those
// of the template, "Rules[].Prefix" for that of each element; "@Retain" is the
// deletion policy and "@UpdatePolicy" the update policy.
type mapping struct {
	cloudformation string
	terraform      string
	left           string            // why resources of the type are left out
	into           string            // the property that names the resource of which this one becomes a part
	nouns          []string          // ends of a construct path that the type says already
	attributes     map[string]string // what Ref and GetAtt give: an attribute, with "|" and a text to follow it
	properties     []property
	splits         []split
	always         []fixed
	replaceFirst   bool                // create_before_destroy
	readyWith      map[string][]string // attribute: types of the module without which another cannot use it
}

// property says where a property goes: an attribute, "block{}.attribute" in a
// block, "block[].attribute" in a block for each element, with "type:" before it
// when it is one of a resource split off. It is read before the stages are
// compared, and written after.
type property struct {
	from, to    string
	read, write string
	left        string // why it is left out, and then there is no to
	while       string // the only value with which it may be left out, empty for any
	orElse      bool   // with another value, its parts have entries of their own
}

// split is a resource of its own for a part of the properties. With a key there is
// one for each element, named by that property of it.
type split struct {
	terraform string
	parent    map[string]string // argument: attribute of the resource it is split from
	key       string
}

// fixed is an argument for which no property stands, and why.
type fixed struct{ to, value, because string }

// tables are all the tables.
type tables struct {
	mappings  map[string]*mapping
	variables []variable
	choices   []choice
	derived   []derived
	families  []family
	outputs   []moduleOutput
	names     []shortName
	modules   []module
}

func newTables() tables {
	t := tables{
		mappings: map[string]*mapping{}, variables: variables(), choices: choices(), derived: derivedValues(),
		families: families(), outputs: moduleOutputs(), names: shortNames(), modules: modules(),
	}
	for _, group := range [][]mapping{
		ec2(), iam(), kms(), logs(), s3(), rds(), sqs(), sns(), lambda(), apiGateway(), apiGatewayCallers(),
		cloudWatch(), codeDeploy(), waf(), xray(), custom(),
	} {
		for _, m := range group {
			t.mappings[m.cloudformation] = &m
		}
	}
	return t
}

func (t tables) mapping(kind string) (*mapping, error) {
	m, known := t.mappings[kind]
	if !known {
		return nil, fmt.Errorf("the type %s has no entry in the table", kind)
	}
	return m, nil
}

// family is a row of alike resources, numbered from one in the construct path,
// which become one resource with a count.
type family struct {
	pattern *regexp.Regexp // before, number, after
	count   string         // the variable
}

// member returns the key of the family to which the key belongs, and its place.
func (t tables) member(key string) (string, int) {
	for _, f := range t.families {
		if at := f.pattern.FindStringSubmatch(key); at != nil {
			if number, err := strconv.Atoi(at[2]); err == nil {
				return at[1] + "*" + at[3], number - 1
			}
		}
	}
	return "", 0
}

// of returns the entries for a path.
func (m *mapping) of(path string) []property {
	var out []property
	for _, p := range m.properties {
		if p.from == path {
			out = append(out, p)
		}
	}
	return out
}

// cover checks that every property has an entry. It returns the value without
// what is left out, read as the entries say.
func (m *mapping) cover(path string, v Value) (Value, error) {
	if entries := m.of(path); len(entries) > 0 && path != "" {
		first := entries[0]
		if first.left != "" {
			if first.while != "" && fmt.Sprint(v) != first.while {
				if first.orElse {
					return m.coverParts(path, v)
				}
				return nil, fmt.Errorf("property %s: %s may leave it out only while it is %s, got %v", path, m.cloudformation, first.while, v)
			}
			return nil, nil
		}
		read, known := readAs(first.read)
		if !known {
			return nil, fmt.Errorf("property %s: the table of %s has no reading %q", path, m.cloudformation, first.read)
		}
		value, err := read(v)
		if err != nil {
			return nil, fmt.Errorf("property %s: %w", path, err)
		}
		return value, nil
	}
	return m.coverParts(path, v)
}

func (m *mapping) coverParts(path string, v Value) (Value, error) {
	missing := fmt.Errorf("property %s: %s has no entry for it in the table", path, m.cloudformation)
	switch v := v.(type) {
	case Object:
		if len(v) == 0 && path != "" {
			return nil, missing
		}
		out := Object{}
		for _, key := range sortedKeys(v) {
			value, err := m.cover(strings.TrimPrefix(path+"."+key, "."), v[key])
			if err != nil {
				return nil, err
			}
			if value != nil {
				out[key] = value
			}
		}
		if len(out) == 0 && path != "" {
			return nil, nil
		}
		return out, nil
	case List:
		if len(v) == 0 {
			return nil, missing
		}
		out := List{}
		for _, item := range v {
			value, err := m.cover(path+"[]", item)
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
	case Conditional:
		then, err := m.cover(path, v.Then)
		if err != nil {
			return nil, err
		}
		otherwise, err := m.cover(path, v.Else)
		return Conditional{v.If, then, otherwise}, err
	case nil:
		return nil, nil
	default:
		return nil, missing
	}
}
