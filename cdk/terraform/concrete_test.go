package terraform

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// concrete computes a template's values as CloudFormation would: with the stand-ins
// of the plan for what AWS answers. It shares nothing with the export but where a
// resource lies, and what the attributes are called.
type concrete struct {
	catalog  catalog.Catalog
	stage    *template.Stage
	planned  *plannedEnvironment
	location map[template.Reference]string // addresses by stack and logical id
}

func (c concrete) value(v template.Value) (any, error) {
	resolved, err := template.Resolve(v, func(v template.Value) (template.Value, error) {
		switch v := v.(type) {
		case template.Reference:
			return c.attribute(v, v.Attribute)
		case template.Zones:
			return template.List{"us-east-1a", "us-east-1b", "us-east-1c"}, nil
		case template.Pseudo:
			known := map[template.Pseudo]string{
				"AWS::AccountId": schemaprovider.AccountID, "AWS::Region": "us-east-1", "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com",
			}
			if literal, is := known[v]; is {
				return literal, nil
			}
		}
		return nil, fmt.Errorf("the test does not know %v", v)
	})
	if err != nil {
		return nil, err
	}
	return template.Literal(resolved)
}

// attribute is an attribute of a resource, in CloudFormation's words.
func (c concrete) attribute(r template.Reference, attribute string) (template.Value, error) {
	resource := c.stage.Resource(r)
	if resource == nil {
		return nil, fmt.Errorf("there is no resource %s", r.Resource)
	}
	a := c.catalog.Types[catalog.TypeOf(resource)].Attributes[attribute]
	value, err := c.terraform(r, a)
	if err != nil || a.Suffix == "" {
		return value, err
	}
	return fmt.Sprint(value) + a.Suffix, nil
}

// terraform is an attribute of a resource, in Terraform's words.
func (c concrete) terraform(r template.Reference, a catalog.Attribute) (template.Value, error) {
	value, err := c.planned.at(c.addressOf(r), a)
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", r.Resource, a.Name, err)
	}
	return value, nil
}

// addressOf is the address of what a resource becomes, or becomes a part of.
func (c concrete) addressOf(r template.Reference) string {
	resource := c.stage.Resource(r)
	if into := c.catalog.Types[catalog.TypeOf(resource)].Into; into != "" {
		r = resource.Properties[into].(template.Reference)
	}
	return c.location[template.Reference{Stack: r.Stack, Resource: r.Resource}]
}

// at returns a planned value.
func (p *plannedEnvironment) at(address string, a catalog.Attribute) (any, error) {
	holder := p.values[address]
	if a.Block != "" {
		if list, _ := holder[a.Block].([]any); len(list) > 0 {
			holder, _ = list[0].(object)
		}
	}
	switch value := holder[a.Name].(type) {
	case string, bool, json.Number:
		return value, nil
	}
	return nil, fmt.Errorf("the plan has no %s of %q", a.Name, address)
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
