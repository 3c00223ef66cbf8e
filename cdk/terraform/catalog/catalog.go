// Package catalog says what each CloudFormation type and each of its properties
// becomes in Terraform, and in what the stages may differ. It is data: an entry a
// type, a line a property, with functions for what a property's name does not say.
package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// Retain and UpdatePolicy name what of a resource stands beside its properties, as
// if it were one of them: whether it is kept when its stack is deleted, and how it
// is replaced.
const (
	Retain       = "DeletionPolicy"
	UpdatePolicy = "UpdatePolicy"
)

// Type says what a CloudFormation type becomes.
type Type struct {
	CloudFormation, Terraform string

	Omitted      string               // why resources of the type are left out
	Into         string               // the property that names the resource of which this one becomes a part
	Nouns        []string             // ends of a construct path that the type says already
	Shorten      func(string) string  // a name from a construct path that says too much
	Attributes   map[string]Attribute // what Ref and GetAtt give
	Properties   []Property
	Splits       []Split
	Always       []Fixed
	ReplaceFirst bool                // create_before_destroy
	ReadyWith    map[string][]string // attribute: types of the module without which another cannot use it
}

// TagsOf is the property that has a resource's tags, empty for a type without.
func (t *Type) TagsOf() string {
	for _, p := range t.Properties {
		if p.Read.Name == asTags().Name || p.Read.Name == asTagMap().Name {
			return p.From.String()
		}
	}
	return ""
}

// Instead is the variables that are used instead of attributes, in the order of their
// names: all of them or none, since the attributes are those of one resource.
func (t *Type) Instead() []string {
	var out []string
	for _, a := range t.Attributes {
		if a.Instead != "" {
			out = append(out, a.Instead)
		}
	}
	slices.Sort(out)
	return out
}

// Attribute is an attribute of a resource in Terraform.
type Attribute struct {
	Name   string
	Block  string // that has it: the first of its name; empty for the resource
	Suffix string // that CloudFormation's attribute has and the provider's lacks
	Words  string // what it is, where the name does not say it

	Instead string // the variable that is used instead unless it is null; empty for none
}

// Of is the value of the attribute of a resource.
func (a Attribute) Of(resource hcl.Value) hcl.Value {
	if a.Block != "" {
		resource = template.Element{Of: hcl.Attribute{Of: resource, Name: a.Block}, Key: hcl.Number(0)}
	}
	return hcl.Attribute{Of: resource, Name: a.Name}
}

// ResourceAttribute is a reference to an attribute in Terraform's words. Resource
// is the key of a resource of the platform.
type ResourceAttribute struct {
	Resource  string
	Attribute Attribute
}

// OwnName stands for a name that the CDK leaves to CloudFormation, which makes it of
// the construct path and a hash: that of the resource in Terraform, such as
// database_proxy, with what makes it unique where the resource lies. Most is how many
// characters it may have, zero for any.
type OwnName struct {
	Stage, Region bool
	Most          int
}

// Of returns the name of a resource. Returns an error for one that is too long with
// the longest stage and region.
func (n OwnName) Of(resource string) (hcl.Value, error) {
	words := strings.ReplaceAll(resource, "_", "-")
	if !n.Stage {
		return words, nil
	}
	parts, longest := []hcl.Value{hcl.Variable("name_prefix"), "fluxa-" + words + "-", hcl.Variable("environment")}, len("fluxa-"+words+"-")+longestStage
	if n.Region {
		parts, longest = append(parts, "-", template.Pseudo("AWS::Region")), len("fluxa-"+words+"-"+"-")+stageAndRegion
	}
	if n.Most > 0 && longest > n.Most {
		return nil, fmt.Errorf("is called %s, which gives a name of up to %d characters, and AWS takes %d: the table of names must shorten it", resource, longest, n.Most)
	}
	return template.Join(parts...), nil
}

// Dependencies stands for the addresses of everything a resource depends on, and
// DependenciesHash for a hash of them.
type (
	Dependencies     struct{ Resource string }
	DependenciesHash struct{}
)

// Property says where a property goes. It is read before the stages are compared,
// and written after.
type Property struct {
	From    Path
	To      Target // zero when no argument stands for it
	Read    Reading
	Write   Writing
	Omitted string         // why it is left out
	While   template.Value // the only value with which it may be left out, nil for any
	OrElse  bool           // with another value, its parts have entries of their own
}

// Split is a resource of its own for a part of the properties. With a key there is
// one for each element, named by that property of it.
type Split struct {
	Terraform string
	Parent    map[string]string // argument: attribute of the resource it is split from
	Key       Path
}

// Fixed is an argument for which no property stands, and why.
type Fixed struct {
	Name    string
	Value   hcl.Value
	Because string
}

// Catalog is all the tables. Make one with New.
type Catalog struct {
	Types     map[string]*Type // by their names in CloudFormation
	Variables []Variable
	Choices   []Choice
	Insteads  []Instead
	Derived   []Derived
	Families  []Family
	Each      []Each
	Listed    []Listed
	Outputs   []Output
	Modules   []Module
	Left      Left
	names     []shortName
}

// New returns the tables of Fluxa's platform.
func New() Catalog {
	c := Catalog{
		Types: map[string]*Type{}, Variables: variables(), Choices: append(choices(), encryptionChoices()...), Insteads: insteads(), Derived: derivedValues(), Families: families(), Each: each(), Listed: listed(),
		Outputs: outputs(), Modules: modules(), Left: leftOut(), names: shortNames(),
	}
	for _, group := range [][]Type{
		ec2(), iam(), kms(), logs(), s3(), rds(), rdsCluster(), backup(), sqs(), sns(), lambda(), apiGateway(), apiGatewayCallers(),
		cloudWatch(), waf(), xray(), custom(),
	} {
		for _, t := range group {
			c.Types[t.CloudFormation] = &t
		}
	}
	return c
}

// Type returns the entry of a CloudFormation type.
func (c Catalog) Type(cloudFormation string) (*Type, error) {
	t, known := c.Types[cloudFormation]
	if !known {
		return nil, fmt.Errorf("the type %s has no entry in the table", cloudFormation)
	}
	return t, nil
}

// Variable returns the entry of a variable, nil when there is none.
func (c Catalog) Variable(name string) *Variable {
	for i := range c.Variables {
		if c.Variables[i].Name == name {
			return &c.Variables[i]
		}
	}
	return nil
}

// Family is a row of alike resources, numbered from one in the construct path,
// which become one resource with a count.
type Family struct {
	pattern *regexp.Regexp // before, number, after
	Count   string         // the variable
}

// Listed is a property of the members of a family that a stage lists in a variable, one
// for each. A stage that lists none has the members of Default, in their order.
type Listed struct {
	Place    Place
	Variable string
	Default  hcl.Value
}

// Member returns the key of the family to which a key belongs, and its place from
// zero; an empty key for none.
func (c Catalog) Member(key string) (family string, place int) {
	for _, f := range c.Families {
		if match := f.pattern.FindStringSubmatch(key); match != nil {
			if number, err := strconv.Atoi(match[2]); err == nil {
				return match[1] + "*" + match[3], number - 1
			}
		}
	}
	return "", 0
}

// FamilyCount is the variable of the family that has the key, empty for none.
func (c Catalog) FamilyCount(key string) string {
	for _, f := range c.Families {
		match := f.pattern.FindStringSubmatch(strings.Replace(key, "*", "1", 1))
		if match != nil && match[1]+"*"+match[3] == key {
			return f.Count
		}
	}
	return ""
}
