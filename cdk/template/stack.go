package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Stage is what is deployed as one: stacks that may import from each other.
type Stage struct {
	Name   string
	Stacks []*Stack
}

// Prefix returns what every name of the stage begins with, such as acme-; mostly empty.
func (s *Stage) Prefix() string {
	if len(s.Stacks) == 0 {
		return ""
	}
	return s.Stacks[0].Prefix()
}

// Stack is one stack of a stage, with its template.
type Stack struct {
	Stage     string
	Name      string // without the stage: Network
	StackName string // as CloudFormation calls it: fluxa-network-dev
	File      string // that has the template

	Account, Region string // each empty when the stack goes where its deployer points

	Description string
	Resources   []*Resource // in the order of the file
	Outputs     []*Output   // in the order of their names
	Parameters  map[string]any
	Rules       map[string]any
}

// Prefix returns what the stack's name has before fluxa-network-dev and the like: every
// name of the stage begins with it.
func (s *Stack) Prefix() string {
	if before, is := strings.CutSuffix(s.StackName, "fluxa-"+strings.ToLower(s.Name)+"-"+s.Stage); is {
		return before
	}
	return ""
}

// Resource is one resource of a template.
type Resource struct {
	Stack *Stack
	ID    string // its logical id
	Path  string // of its construct, with the stage: dev/Network/Private/VPC/Resource

	Type                string
	Properties          Object
	DeletionPolicy      string
	UpdateReplacePolicy string
	UpdatePolicy        Value
	DependsOn           []string // logical ids
	Metadata            map[string]any
}

// Output is one output of a template. Export is the name by which other stacks
// import it, empty when they cannot.
type Output struct {
	Name, Description, Export string
	Value                     Value
}

// entry is a resource as it stands in the file.
type entry struct {
	Type                string
	Properties          map[string]any
	DeletionPolicy      string
	UpdateReplacePolicy string
	UpdatePolicy        any
	DependsOn           names
	Metadata            map[string]any
}

// names is one name or several.
type names []string

func (n *names) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*n = names{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(n))
}

// Decode reads the stack's template, with values as Parse leaves them: NewStage
// follows what they refer to. Returns an error, too, for a section and for an
// attribute of a resource that are not supported.
func (s *Stack) Decode(raw []byte) error {
	var file struct {
		AWSTemplateFormatVersion, Description string
		Resources                             json.RawMessage
		Outputs                               map[string]struct {
			Description string
			Value       any
			Export      struct{ Name string }
		}
		Parameters, Rules map[string]any
	}
	if err := decode(raw, &file); err != nil {
		return err
	}
	s.Description, s.Parameters, s.Rules = file.Description, file.Parameters, file.Rules
	entries := map[string]entry{}
	order, err := keysInOrder(file.Resources)
	if err != nil {
		return fmt.Errorf("read the resources: %w", err)
	}
	if file.Resources != nil {
		if err := decode(file.Resources, &entries); err != nil {
			return fmt.Errorf("read the resources: %w", err)
		}
	}
	var errs []error
	for _, id := range order {
		r, err := newResource(entries[id])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", id, err))
		}
		r.ID, r.Stack = id, s
		s.Resources = append(s.Resources, r)
	}
	for _, name := range sortedKeys(file.Outputs) {
		o := file.Outputs[name]
		v, err := Parse(o.Value)
		if err != nil {
			errs = append(errs, fmt.Errorf("output %s: %w", name, err))
		}
		s.Outputs = append(s.Outputs, &Output{name, o.Description, o.Export.Name, v})
	}
	return errors.Join(errs...)
}

func decode(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func newResource(e entry) (*Resource, error) {
	r := &Resource{
		Type: e.Type, DeletionPolicy: e.DeletionPolicy, UpdateReplacePolicy: e.UpdateReplacePolicy,
		DependsOn: e.DependsOn, Metadata: e.Metadata, Properties: Object{},
	}
	r.Path, _ = e.Metadata["aws:cdk:path"].(string)
	var err error
	if r.UpdatePolicy, err = Parse(e.UpdatePolicy); err != nil {
		return r, fmt.Errorf("UpdatePolicy: %w", err)
	}
	properties, err := Parse(e.Properties)
	r.Properties, _ = properties.(Object)
	return r, err
}

// NewStage returns a stage of stacks whose templates are decoded. In their values
// every Reference says its stack, and what another stack exports is put in the
// place of its name. Returns an error for an export that the stage does not have; a
// Reference may have such a name.
func NewStage(name string, stacks ...*Stack) (*Stage, error) {
	stage := &Stage{name, stacks}
	var errs []error
	for _, s := range stacks {
		s.Stage = name
		follow := func(v *Value, where string) {
			out, err := Resolve(*v, func(v Value) (Value, error) { return stage.follow(s, v) })
			if err != nil {
				errs = append(errs, fmt.Errorf("stage %s: stack %s: %s: %w", name, s.Name, where, err))
				return
			}
			*v = out
		}
		for _, r := range s.Resources {
			for _, key := range r.Properties.keys() {
				v := r.Properties[key]
				follow(&v, r.ID+": "+key)
				r.Properties[key] = v
			}
			follow(&r.UpdatePolicy, r.ID+": UpdatePolicy")
		}
		for _, o := range s.Outputs {
			follow(&o.Value, "output "+o.Name)
		}
	}
	return stage, errors.Join(errs...)
}

// follow is the lookup of the values of one of the stage's stacks.
func (stage *Stage) follow(s *Stack, v Value) (Value, error) {
	switch v := v.(type) {
	case Reference:
		if v.Stack == "" {
			v.Stack = s.Name
		}
		return v, nil
	case Import:
		for _, other := range stage.Stacks {
			for _, o := range other.Outputs {
				if o.Export == string(v) {
					return Resolve(o.Value, func(v Value) (Value, error) { return stage.follow(other, v) })
				}
			}
		}
		return nil, fmt.Errorf("no stack of the stage exports %s", v)
	}
	return v, nil
}

// Stack returns the stack of the name, nil when the stage has none.
func (stage *Stage) Stack(name string) *Stack {
	for _, s := range stage.Stacks {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Resource returns the resource that a reference names, nil when it names none.
func (stage *Stage) Resource(ref Reference) *Resource {
	if s := stage.Stack(ref.Stack); s != nil {
		return s.Resource(ref.Resource)
	}
	return nil
}

// All returns the resources of the types, in the order of stacks and files.
func (stage *Stage) All(types ...string) []*Resource {
	var out []*Resource
	for _, s := range stage.Stacks {
		for _, r := range s.Resources {
			if slices.Contains(types, r.Type) {
				out = append(out, r)
			}
		}
	}
	return out
}

// Resource returns the resource of the logical id, nil when the stack has none.
func (s *Stack) Resource(id string) *Resource {
	for _, r := range s.Resources {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// At returns the property at the path, nil when there is none.
func (r *Resource) At(path ...string) Value { return At(r.Properties, path...) }

// At returns what an object has at the path, nil when there is nothing.
func At(v Value, path ...string) Value {
	for _, key := range path {
		object, _ := v.(Object)
		v = object[key]
	}
	return v
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
