// Package assembly reads the stages of a cloud assembly such that they can be
// compared: each resource with the key by which it is found in the other stages,
// and with values that do not name the stage.
package assembly

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/cdk/adopted"
	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// Stage is one stage, ready to be compared.
type Stage struct {
	Name, Account, Region string // the last two empty when its deployer points at them
	Prefix                string // of every name; mostly empty
	Resources             []*Resource
	Outputs               []Output
	Adopted               map[string]string // what is used instead of attributes, by the variable; empty for none

	Clients template.Object // the settings of each, by name
	HasKeys bool            // whether the clients have keys
}

// Resource is a resource of one stage. Its key is its construct path without what
// names the stage. References in its properties have keys for resources, and no
// stack.
type Resource struct {
	Key        string
	Place      int    // in its family, from zero
	Each       string // the key in its for_each; empty for what is there once
	Source     *template.Resource
	Properties template.Object
	DependsOn  []string // keys
}

// Output is what a stack says to its users. Exports for other stacks are none.
type Output struct {
	Stack, Name, Description string
	Value                    template.Value
}

// Member is a reference to a member of a family, whose key is that of the family.
// Which is its place, hcl.CountIndex for the one with the place of the resource
// that refers to it, or hcl.Every.
type Member struct {
	template.Reference
	Which hcl.Value
}

// Read reads all stages of a cloud assembly, in the order of their names. Returns
// an error for each resource and property that the catalog does not know.
func Read(c catalog.Catalog, folder string) ([]*Stage, error) {
	sources, err := template.Read(folder)
	if err != nil {
		return nil, err
	}
	if len(sources) < 2 {
		return nil, fmt.Errorf("%s: has %d stages, and the export compares at least two: synthesize all of them", folder, len(sources))
	}
	var stages []*Stage
	var errs []error
	for _, source := range sources {
		stage, err := NewStage(c, source)
		stages, errs = append(stages, stage), append(errs, err)
	}
	return stages, errors.Join(errs...)
}

// reader reads the templates of one stage.
type reader struct {
	catalog catalog.Catalog
	source  *template.Stage
	keys    map[template.Reference]string // by stack and logical id
	unique  *regexp.Regexp                // a unique id of the CDK that begins with the stage
	word    *regexp.Regexp                // the stage's name in a construct path, with its prefix or without
	naming  naming
}

// NewStage reads one stage.
func NewStage(c catalog.Catalog, source *template.Stage) (*Stage, error) {
	instead := adoptedBy(c, source)
	source = adopted.Undo(source)
	r := &reader{
		catalog: c, source: source, keys: map[template.Reference]string{},
		unique: regexp.MustCompile(`\b` + regexp.QuoteMeta(strings.ReplaceAll(source.Name, "-", "")) + `([A-Z]\w*?)[0-9A-F]{8}\b`),
		word:   regexp.MustCompile(`\b(` + regexp.QuoteMeta(source.Prefix()) + `)?` + regexp.QuoteMeta(source.Name) + `\b`),
		naming: newNaming(source.Prefix(), source.Name),
	}
	var errs []error
	for _, stack := range source.Stacks {
		errs = append(errs, r.checkUnused(stack), r.nameAll(stack))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	stage := &Stage{Name: source.Name, Prefix: source.Prefix(), Adopted: instead}
	for _, stack := range source.Stacks {
		stage.Account, stage.Region = max(stage.Account, stack.Account), max(stage.Region, stack.Region)
		for _, source := range stack.Resources {
			made, err := r.resource(stack, source)
			if err != nil {
				errs = append(errs, fmt.Errorf("stage %s: stack %s: %s: %w", stage.Name, stack.Name, source.ID, err))
			} else if made != nil {
				stage.Resources = append(stage.Resources, made)
			}
		}
		for _, o := range stack.Outputs {
			if o.Export != "" {
				continue
			}
			value, err := r.value(stack, o.Value)
			if err != nil {
				errs = append(errs, fmt.Errorf("stage %s: stack %s: output %s: %w", stage.Name, stack.Name, o.Name, err))
			}
			stage.Outputs = append(stage.Outputs, Output{stack.Name, o.Name, o.Description, value})
		}
	}
	errs = append(errs, r.clients(stage))
	gather(c, stage)
	return stage, errors.Join(errs...)
}

// adoptedBy returns the value of each variable that stands for an attribute.
func adoptedBy(c catalog.Catalog, source *template.Stage) map[string]string {
	out := map[string]string{}
	for kind, t := range c.Types {
		for attribute, a := range t.Attributes {
			if a.Instead == "" {
				continue
			}
			out[a.Instead] = ""
			for _, r := range source.All(kind) {
				out[a.Instead] = adopted.By(r)[attribute]
			}
		}
	}
	return out
}

// checkUnused refuses parameters and rules of a template that mean something.
func (r *reader) checkUnused(stack *template.Stack) error {
	var errs []error
	check := func(what string, names map[string]any, known map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if _, is := known[name]; !is {
				errs = append(errs, fmt.Errorf("stage %s: stack %s: the %s %s has no counterpart", r.source.Name, stack.Name, what, name))
			}
		}
	}
	check("parameter", stack.Parameters, r.catalog.Left.Parameters)
	check("rule", stack.Rules, r.catalog.Left.Rules)
	return errors.Join(errs...)
}

// nameAll gives each resource of a stack its key.
func (r *reader) nameAll(stack *template.Stack) error {
	taken := map[string]string{}
	for _, source := range stack.Resources {
		if source.Path == "" {
			return fmt.Errorf("stage %s: stack %s: %s has no aws:cdk:path: synthesize with the path metadata", r.source.Name, stack.Name, source.ID)
		}
		key := strings.TrimPrefix(source.Path, r.source.Name+"/")
		key = r.word.ReplaceAllString(r.unique.ReplaceAllString(key, "$1"), "stage")
		if other, is := taken[key]; is {
			return fmt.Errorf("stage %s: stack %s: %s and %s have the same construct path %s", r.source.Name, stack.Name, source.ID, other, key)
		}
		taken[key], r.keys[template.Reference{Stack: stack.Name, Resource: source.ID}] = source.ID, key
	}
	return nil
}

// resource returns nil for a resource or a type that is left out as a whole.
func (r *reader) resource(stack *template.Stack, source *template.Resource) (*Resource, error) {
	if r.catalog.Left.Resource(r.keys[template.Reference{Stack: stack.Name, Resource: source.ID}]) {
		return nil, nil
	}
	t, err := r.catalog.Type(catalog.TypeOf(source))
	if err != nil {
		return nil, err
	}
	if t.Omitted != "" {
		return nil, nil
	}
	for _, name := range slices.Sorted(maps.Keys(source.Metadata)) {
		if _, known := r.catalog.Left.Metadata[name]; !known {
			return nil, fmt.Errorf("the metadata %s of %s has no entry in the table of what is left out", name, source.Type)
		}
	}
	properties := template.Object{}
	for _, name := range slices.Sorted(maps.Keys(source.Properties)) {
		value, err := r.value(stack, source.Properties[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		properties[name] = value
	}
	if err := addPolicies(source, properties); err != nil {
		return nil, err
	}
	out := &Resource{Key: r.keys[template.Reference{Stack: stack.Name, Resource: source.ID}], Source: source}
	if out.Properties, err = t.Cover(properties); err != nil {
		return nil, err
	}
	for _, id := range source.DependsOn {
		key, known := r.keys[template.Reference{Stack: stack.Name, Resource: id}]
		if !known {
			return nil, fmt.Errorf("DependsOn: the stack has no resource %s", id)
		}
		out.DependsOn = append(out.DependsOn, key)
	}
	return out, nil
}

// addPolicies adds to the properties what of a resource says what becomes of it.
func addPolicies(source *template.Resource, properties template.Object) error {
	deletion, replaced := source.DeletionPolicy, source.UpdateReplacePolicy
	if deletion == "RetainExceptOnCreate" { // Terraform rolls nothing back
		deletion = "Retain"
	}
	if deletion != replaced {
		return fmt.Errorf("DeletionPolicy is %q and UpdateReplacePolicy %q: the export knows only both alike", deletion, replaced)
	}
	switch deletion {
	case "":
	case "Delete", "Retain":
		properties[catalog.Retain] = deletion == "Retain"
	default:
		return fmt.Errorf("DeletionPolicy: the export knows Delete and Retain, got %q", deletion)
	}
	if source.UpdatePolicy != nil {
		properties[catalog.UpdatePolicy] = source.UpdatePolicy
	}
	return nil
}

// value replaces logical ids by keys, and what names the stage, and its account and
// region where these are fixed, so that the stages can be compared.
func (r *reader) value(stack *template.Stack, v template.Value) (template.Value, error) {
	v, err := template.Resolve(v, func(v template.Value) (template.Value, error) {
		reference, is := v.(template.Reference)
		if !is {
			return v, nil
		}
		key, known := r.keys[template.Reference{Stack: reference.Stack, Resource: reference.Resource}]
		if !known {
			return nil, fmt.Errorf("the stack has no resource %s", reference.Resource)
		}
		kind := catalog.TypeOf(r.source.Resource(reference))
		t, err := r.catalog.Type(kind)
		if err != nil {
			return nil, err
		}
		if _, known := t.Attributes[reference.Attribute]; !known {
			return nil, fmt.Errorf("%s: the table has no attribute %s of %s", reference.Resource, reference.Attribute, kind)
		}
		return template.Reference{Resource: key, Attribute: reference.Attribute}, nil
	})
	if err != nil {
		return nil, err
	}
	v = replaceIn(v, regexp.MustCompile(`\barn:aws:`), template.Join("arn:", template.Pseudo("AWS::Partition"), ":"))
	if stack.Account != "" {
		v = replaceIn(v, regexp.MustCompile(`\b`+regexp.QuoteMeta(stack.Account)+`\b`), template.Pseudo("AWS::AccountId"))
	}
	if stack.Region != "" {
		v = replaceIn(v, regexp.MustCompile(`\b`+regexp.QuoteMeta(stack.Region)), template.Pseudo("AWS::Region"))
	}
	return r.naming.in(v), nil
}

// replaceIn puts the value in the place of each match, in every string of v.
func replaceIn(v template.Value, what *regexp.Regexp, with template.Value) template.Value {
	return template.Rewrite(v, func(part template.Value) template.Value {
		literal, is := part.(string)
		if !is {
			return part
		}
		var out []template.Value
		for i, piece := range what.Split(literal, -1) {
			if i > 0 {
				out = append(out, with)
			}
			out = append(out, piece)
		}
		replaced := template.Join(out...)
		if whole, is := replaced.(template.Text); is && len(whole) == 1 {
			if _, is := with.(template.Pseudo); is {
				return with // as the template has it where it is not fixed
			}
		}
		return replaced
	})
}
